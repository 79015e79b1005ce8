-- Where a publish is loaded before its transaction begins: on the connection that publishes, gone
-- with it. Columns that bulk load fills stand in the order of what is sent, and have exactly the
-- types that are sent: it converts nothing, and the driver sends decimals in a way that not every
-- server reads. Texts of more than 2,000 characters would become (max) on their way. Texts that
-- are compared carry their collation, which the temporary database need not share. Keys have no
-- names: names of constraints are shared by all temporary tables of a server.

-- Facts with the publish's own codes for texts. Grain: one row per fact.
CREATE TABLE #staged_fact (
    id_dim_date  int NOT NULL,
    customerid   bigint NOT NULL,
    review_score int NOT NULL,
    review_count int NOT NULL,
    {name}_code int NOT NULL{,}
);

-- All else but spend, in one load. kind says which columns a row has:
--     day      a day that is replaced: id_dim_date to unmatched. Key: id_dim_date
--     refused  a day that keeps its last good rows: id_dim_date, reason, detail. Key: id_dim_date
--     text     a text that a fact uses, dimensions counted from 1. Key: dimension and code
--     receipt  seen for the first time: path to source_at, detail. Key: path and receipt
--     refusal  of such a receipt: path, receipt, reason, rows_refused, detail, parquet. Key: path,
--              receipt and reason
--     live     a path whose live version changes: path, receipt, null where none is left. Key: path
CREATE TABLE #staged_row (
    kind           nvarchar(8) NOT NULL,
    id_dim_date    int NULL,
    log_date       nvarchar(10) NULL,
    day            int NULL,
    month          int NULL,
    year           int NULL,
    season         nvarchar(6) NULL,
    matched        bigint NULL,
    unmatched      bigint NULL,
    dimension      int NULL,
    code           int NULL,
    text           nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
    path           nvarchar(800) COLLATE Latin1_General_100_BIN2 NULL,
    receipt        bigint NULL,
    dataset        nvarchar(100) NULL,
    state          nvarchar(20) NULL,
    etag           nvarchar(200) NULL,
    recipe         nvarchar(200) NULL,
    content_hash   nvarchar(64) NULL,
    parquet        nvarchar(2000) NULL,
    rows_read      bigint NULL,
    rows_staged    bigint NULL,
    rows_refused   bigint NULL,
    rows_duplicate bigint NULL,
    min_id         bigint NULL,
    max_id         bigint NULL,
    written_at     nvarchar(40) NULL,
    source_at      nvarchar(40) NULL,
    reason         nvarchar(100) NULL,
    detail         nvarchar(max) NULL
);

-- How spend changes, in 1/100,000. Grain and key: one row per customer.
CREATE TABLE #staged_spend (
    customerid bigint NOT NULL,
    amount_e5  bigint NOT NULL,
    purchases  bigint NOT NULL
);

-- Customers who keep their last total. Grain and key: one row per customer.
CREATE TABLE #staged_held (
    customerid   bigint NOT NULL,
    amount_milli nvarchar(40) NOT NULL,
    purchases    bigint NOT NULL,
    publish_id   bigint NOT NULL,
    since        nvarchar(40) NOT NULL,
    detail       nvarchar(max) NOT NULL
);

-- Keys of the texts that facts use. Grain and key: one row per dimension and code.
CREATE TABLE #text_key (
    dimension int NOT NULL,
    code      int NOT NULL,
    id        int NOT NULL,
    PRIMARY KEY (dimension, code)
);

-- What customers have spent then. Grain and key: one row per customer whose purchases change.
CREATE TABLE #spend_total (
    customerid     bigint NOT NULL,
    amount_spent   decimal(18, 5) NOT NULL,
    purchase_count bigint NOT NULL
);
