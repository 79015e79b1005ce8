-- Receipts that change nothing in the facts are absorbed without a publish.

-- Grain and key: one row per commit of a publisher that changed nothing in the facts. Each commit
-- adds a row here or to publish_log: so a publisher notices every commit since its first read.
IF OBJECT_ID(N'$(ops).absorption_log', N'U') IS NULL
CREATE TABLE $(ops).absorption_log (
    absorption_id bigint NOT NULL CONSTRAINT pk_absorption_log PRIMARY KEY,
    absorbed_at   datetime2(0) NOT NULL,        -- UTC
    receipts      bigint NOT NULL
);
GO
IF OBJECT_ID(N'$(ops).v_load_history', N'V') IS NOT NULL
    DROP VIEW $(ops).v_load_history;
GO
-- Grain and key: one row per source path and receipt. Every row that was read is staged, refused
-- or a duplicate: unaccounted is always 0. publish_id is the newest publish when the receipt was
-- absorbed: its own, where it changed the facts; 0 before the first.
CREATE VIEW $(ops).v_load_history AS
SELECT
    history.path,
    history.receipt,
    history.dataset,
    history.state,
    history.live,
    history.rows_read,
    history.rows_staged,
    history.rows_refused,
    history.rows_duplicate,
    history.rows_read - history.rows_staged - history.rows_refused - history.rows_duplicate
        AS unaccounted,
    history.etag,
    history.recipe,
    history.written_at,
    history.publish_id,
    publish.published_at
FROM $(ops).load_history AS history
LEFT JOIN $(ops).publish_log AS publish ON publish.publish_id = history.publish_id;
GO
IF OBJECT_ID(N'$(ops).v_freshness', N'V') IS NOT NULL
    DROP VIEW $(ops).v_freshness;
GO
-- Grain and key: one row per dataset: how new is what counts, and how many paths count another
-- version than the newest one that was sent.
CREATE VIEW $(ops).v_freshness AS
WITH
find_newest AS (
    SELECT path, MAX(receipt) AS receipt FROM $(ops).load_history GROUP BY path
),
mark_refused AS (
    SELECT history.dataset, COUNT_BIG(*) AS paths_refused
    FROM $(ops).load_history AS history
    JOIN find_newest AS newest
        ON newest.path = history.path AND newest.receipt = history.receipt
    WHERE history.state IN (N'rejected', N'failed')
    GROUP BY history.dataset
),
find_live AS (
    SELECT
        history.dataset,
        COUNT_BIG(*) AS paths_live,
        MAX(history.written_at) AS newest_staged_at,
        MAX(publish.published_at) AS newest_published_at
    FROM $(ops).load_history AS history
    LEFT JOIN $(ops).publish_log AS publish ON publish.publish_id = history.publish_id
    WHERE history.live = 1
    GROUP BY history.dataset
),
list_datasets AS (SELECT DISTINCT dataset FROM $(ops).load_history)
SELECT
    listed.dataset,
    COALESCE(live.paths_live, 0) AS paths_live,
    COALESCE(refused.paths_refused, 0) AS paths_refused,
    live.newest_staged_at,
    live.newest_published_at
FROM list_datasets AS listed
LEFT JOIN find_live AS live ON live.dataset = listed.dataset
LEFT JOIN mark_refused AS refused ON refused.dataset = listed.dataset;
GO
IF NOT EXISTS (SELECT 1 FROM $(ops).schema_version WHERE version = 7)
    INSERT INTO $(ops).schema_version (version, name, applied_at)
    VALUES (7, N'absorptions', SYSUTCDATETIME());
