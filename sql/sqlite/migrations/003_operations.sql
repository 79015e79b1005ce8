-- What was loaded, published and refused: in the same file as the facts, so that both change
-- in one transaction.

-- Grain and key: one row per source path and receipt that this warehouse has absorbed.
-- body is the receipt's whole JSON; the columns beside it are for people who ask.
CREATE TABLE ops_load_history (
    path           TEXT NOT NULL,
    receipt        INTEGER NOT NULL,
    dataset        TEXT NOT NULL,
    state          TEXT NOT NULL,
    etag           TEXT NOT NULL,
    recipe         TEXT NOT NULL,
    content_hash   TEXT,
    parquet        TEXT,
    rows_read      INTEGER NOT NULL,
    rows_staged    INTEGER NOT NULL,
    rows_refused   INTEGER NOT NULL,
    rows_duplicate INTEGER NOT NULL,
    min_id         INTEGER,
    max_id         INTEGER,
    written_at     TEXT NOT NULL,
    publish_id     INTEGER NOT NULL,
    live           INTEGER NOT NULL DEFAULT 0,
    body           TEXT NOT NULL,
    PRIMARY KEY (path, receipt)
);

-- At most one version of a path is in the facts; and what is live is found without a scan.
CREATE UNIQUE INDEX ops_load_history_live ON ops_load_history (path) WHERE live = 1;

-- Grain and key: one row per publish. live_reviews is the number of review ids in all live files
-- after it, whether their logs are there or not.
CREATE TABLE ops_publish_log (
    publish_id    INTEGER PRIMARY KEY,
    published_at  TEXT NOT NULL,
    fact_recipe   TEXT NOT NULL,
    receipts      INTEGER NOT NULL,
    days_replaced INTEGER NOT NULL,
    rows_deleted  INTEGER NOT NULL,
    rows_inserted INTEGER NOT NULL,
    rows_respent  INTEGER NOT NULL,
    days_refused  INTEGER NOT NULL,
    live_reviews  INTEGER NOT NULL,
    duration_ms   INTEGER NOT NULL
);

-- Grain and key: one row per day that has logs: how many found their review.
CREATE TABLE ops_day_total (
    id_dim_date INTEGER PRIMARY KEY,
    matched     INTEGER NOT NULL,
    unmatched   INTEGER NOT NULL
);

-- Grain and key: one row per day that keeps its last good rows; goes when the day is replaced.
CREATE TABLE ops_refused_day (
    id_dim_date INTEGER PRIMARY KEY,
    publish_id  INTEGER NOT NULL,
    check_name  TEXT NOT NULL,
    detail      TEXT NOT NULL
);
