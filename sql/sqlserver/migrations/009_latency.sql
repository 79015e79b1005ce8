-- How long each file took from its last write to staging and to the facts.

-- Both UTC. source_at: when the file was last written, by the clock of its storage; NULL where the
-- version counted before, and before this step. absorbed_at: when the warehouse took the receipt in.
IF COL_LENGTH(N'$(ops).load_history', N'source_at') IS NULL
    ALTER TABLE $(ops).load_history ADD source_at datetime2(0) NULL;
GO
IF COL_LENGTH(N'$(ops).load_history', N'absorbed_at') IS NULL
    ALTER TABLE $(ops).load_history ADD absorbed_at datetime2(0) NULL;
GO
IF OBJECT_ID(N'$(ops).v_load_history', N'V') IS NOT NULL
    DROP VIEW $(ops).v_load_history;
GO
-- Grain and key: one row per source path and receipt. Every row that was read is staged, refused
-- or a duplicate: unaccounted is always 0. publish_id is the newest publish when the receipt was
-- absorbed: its own, where it changed the facts; 0 before the first. Seconds are counted from the
-- last write of the file; published_seconds of staged rows alone, as others wait for a snapshot.
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
    history.source_at,
    history.written_at,
    history.absorbed_at,
    CASE
        WHEN history.state NOT IN (N'accepted', N'loaded') THEN NULL
        WHEN history.written_at < history.source_at THEN 0
        ELSE DATEDIFF(second, history.source_at, history.written_at)
    END AS staged_seconds,
    CASE
        WHEN history.state <> N'accepted' THEN NULL
        WHEN history.absorbed_at < history.source_at THEN 0
        ELSE DATEDIFF(second, history.source_at, history.absorbed_at)
    END AS published_seconds,
    history.publish_id,
    publish.published_at
FROM $(ops).load_history AS history
LEFT JOIN $(ops).publish_log AS publish ON publish.publish_id = history.publish_id;
GO
IF OBJECT_ID(N'$(ops).v_freshness', N'V') IS NOT NULL
    DROP VIEW $(ops).v_freshness;
GO
-- Grain and key: one row per dataset: how new is what counts, and how many paths count another
-- version than the newest one that was sent. newest_arrived_at is when the newest file was read first,
-- refused or not; a version that is staged again did not arrive.
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
find_arrived AS (
    SELECT
        dataset,
        COALESCE(MAX(CASE WHEN source_at IS NOT NULL THEN written_at END), MAX(written_at))
            AS newest_arrived_at
    FROM $(ops).load_history
    GROUP BY dataset
)
SELECT
    arrived.dataset,
    COALESCE(live.paths_live, 0) AS paths_live,
    COALESCE(refused.paths_refused, 0) AS paths_refused,
    live.newest_staged_at,
    live.newest_published_at,
    arrived.newest_arrived_at
FROM find_arrived AS arrived
LEFT JOIN find_live AS live ON live.dataset = arrived.dataset
LEFT JOIN mark_refused AS refused ON refused.dataset = arrived.dataset;
GO
IF NOT EXISTS (SELECT 1 FROM $(ops).schema_version WHERE version = 9)
    INSERT INTO $(ops).schema_version (version, name, applied_at)
    VALUES (9, N'latency', SYSUTCDATETIME());
