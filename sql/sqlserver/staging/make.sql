-- Where a publish is loaded before its transaction begins: by bulk, on the connection that
-- publishes, gone with it. The order of columns is the order of what is sent, and types are
-- exactly those that are sent: bulk load converts nothing. Texts carry their collation, which the
-- temporary database need not share. Each table is read whole, but for the one with a key.
-- That has no name: names of constraints are shared by all temporary tables of a server.

-- Facts with the publish's own codes for texts. Grain: one row per fact.
CREATE TABLE #staged_fact (
    id_dim_date  int NOT NULL,
    customerid   bigint NOT NULL,
    review_score int NOT NULL,
    review_count int NOT NULL,
    {name}_code int NOT NULL{,}
);

-- Grain and key: one row per day that is replaced.
CREATE TABLE #staged_day (
    id_dim_date int NOT NULL,
    log_date    date NOT NULL,
    day         int NOT NULL,
    month       int NOT NULL,
    year        int NOT NULL,
    season      nvarchar(6) NOT NULL,
    matched     bigint NOT NULL,
    unmatched   bigint NOT NULL
);

-- Grain and key: one row per text that a fact uses, dimensions counted from 1. id is its key, once
-- that is known.
CREATE TABLE #staged_text (
    dimension int NOT NULL,
    code      int NOT NULL,
    text      nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    id        int NULL,
    PRIMARY KEY (dimension, code)
);

-- How spend changes. Grain and key: one row per customer. Two more digits than a total has: the
-- way from one end of the range to the other is twice as long.
CREATE TABLE #staged_spend (
    customerid bigint NOT NULL,
    amount     decimal(20, 5) NOT NULL,
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

-- What customers have spent then. Grain and key: one row per customer of #staged_spend
-- whose total fits.
CREATE TABLE #spend_total (
    customerid     bigint NOT NULL,
    before         decimal(18, 5) NOT NULL,
    amount_spent   decimal(18, 5) NOT NULL,
    purchase_count bigint NOT NULL
);

-- What their facts must show. Grain and key: one row per customer.
CREATE TABLE #changed_spend (
    customerid   bigint NOT NULL,
    amount_spent decimal(18, 5) NOT NULL
);

-- Grain: one row per path and receipt seen for the first time; key: nth.
CREATE TABLE #staged_receipt (
    nth            int NOT NULL,
    path           nvarchar(800) COLLATE Latin1_General_100_BIN2 NOT NULL,
    receipt        bigint NOT NULL,
    dataset        nvarchar(100) NOT NULL,
    state          nvarchar(20) NOT NULL,
    etag           nvarchar(200) NOT NULL,
    recipe         nvarchar(200) NOT NULL,
    content_hash   nvarchar(64) NULL,
    parquet        nvarchar(2000) NULL,
    rows_read      bigint NOT NULL,
    rows_staged    bigint NOT NULL,
    rows_refused   bigint NOT NULL,
    rows_duplicate bigint NOT NULL,
    min_id         bigint NULL,
    max_id         bigint NULL,
    written_at     nvarchar(40) NOT NULL,
    body           nvarchar(max) NOT NULL
);

-- What these receipts refused. Grain and key: one row per path, receipt and reason.
CREATE TABLE #staged_refusal (
    path         nvarchar(800) COLLATE Latin1_General_100_BIN2 NOT NULL,
    receipt      bigint NOT NULL,
    reason       nvarchar(40) NOT NULL,
    rows_refused bigint NULL,
    detail       nvarchar(max) NULL,
    quarantine   nvarchar(2000) NULL
);

-- Paths whose live version changes. Grain and key: one row per path; receipt is null where none
-- is left.
CREATE TABLE #staged_live (
    path    nvarchar(800) COLLATE Latin1_General_100_BIN2 NOT NULL,
    receipt bigint NULL
);

-- Days that keep their last good rows. Grain and key: one row per day.
CREATE TABLE #staged_refused (
    id_dim_date int NOT NULL,
    check_name  nvarchar(100) NOT NULL,
    detail      nvarchar(max) NOT NULL
);
