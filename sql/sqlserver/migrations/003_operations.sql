-- What was loaded, published and refused: in the same database as the facts, so that both change
-- in one transaction.

-- Grain and key: one row per source path and receipt that this warehouse has absorbed. body is
-- the receipt's whole JSON; the columns beside it are for people who ask. The key is wider than
-- a clustered index may be.
IF OBJECT_ID(N'$(ops).load_history', N'U') IS NULL
CREATE TABLE $(ops).load_history (
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
    written_at     datetime2(0) NOT NULL,       -- UTC
    publish_id     bigint NOT NULL,
    live           int NOT NULL CONSTRAINT ck_load_history_live CHECK (live IN (0, 1)),
    body           nvarchar(max) NOT NULL,
    CONSTRAINT pk_load_history PRIMARY KEY NONCLUSTERED (path, receipt)
);
GO
-- At most one version of a path is in the facts; and what is live is found without a scan.
IF NOT EXISTS (
    SELECT 1 FROM sys.indexes
    WHERE object_id = OBJECT_ID(N'$(ops).load_history') AND type = 2 AND is_primary_key = 0
)
CREATE UNIQUE INDEX ix_load_history_live ON $(ops).load_history (path) WHERE live = 1;
GO
-- Grain and key: one row per publish. live_reviews is the number of review ids in all live files
-- after it, whether their logs are there or not.
IF OBJECT_ID(N'$(ops).publish_log', N'U') IS NULL
CREATE TABLE $(ops).publish_log (
    publish_id    bigint NOT NULL CONSTRAINT pk_publish_log PRIMARY KEY,
    published_at  datetime2(0) NOT NULL,        -- UTC
    fact_recipe   nvarchar(200) NOT NULL,
    receipts      bigint NOT NULL,
    days_replaced bigint NOT NULL,
    rows_deleted  bigint NOT NULL,
    rows_inserted bigint NOT NULL,
    rows_respent  bigint NOT NULL,
    days_refused  bigint NOT NULL,
    live_reviews  bigint NOT NULL,
    duration_ms   bigint NOT NULL
);
GO
-- Grain and key: one row per day that has logs: how many found their review.
IF OBJECT_ID(N'$(ops).day_total', N'U') IS NULL
CREATE TABLE $(ops).day_total (
    id_dim_date int NOT NULL CONSTRAINT pk_day_total PRIMARY KEY
        CONSTRAINT fk_day_total_date REFERENCES $(dw).dim_date (id_dim_date),
    matched     bigint NOT NULL,
    unmatched   bigint NOT NULL
);
GO
-- Grain and key: one row per day that keeps its last good rows; goes when the day is replaced.
IF OBJECT_ID(N'$(ops).refused_day', N'U') IS NULL
CREATE TABLE $(ops).refused_day (
    id_dim_date int NOT NULL CONSTRAINT pk_refused_day PRIMARY KEY,
    publish_id  bigint NOT NULL,
    check_name  nvarchar(100) NOT NULL,
    detail      nvarchar(max) NOT NULL
);
GO
IF NOT EXISTS (SELECT 1 FROM $(ops).schema_version WHERE version = 3)
    INSERT INTO $(ops).schema_version (version, name, applied_at)
    VALUES (3, N'operations', SYSUTCDATETIME());
