-- How long each file took from its last write to staging and to the facts.

-- Both UTC, 2021-04-25T06:15:04Z. source_at: when the file was last written, by the clock of its
-- storage; NULL where the version counted before, and before this step. absorbed_at: when the
-- warehouse took the receipt in.
ALTER TABLE ops_load_history ADD COLUMN source_at TEXT;
ALTER TABLE ops_load_history ADD COLUMN absorbed_at TEXT;

DROP VIEW ops_v_load_history;
DROP VIEW ops_v_freshness;

-- Grain and key: one row per source path and receipt. Every row that was read is staged, refused
-- or a duplicate: unaccounted is always 0. publish_id is the newest publish when the receipt was
-- absorbed: its own, where it changed the facts; 0 before the first. Seconds are counted from the
-- last write of the file; published_seconds of staged rows alone, as others wait for a snapshot.
CREATE VIEW ops_v_load_history AS
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
        WHEN history.state IN ('accepted', 'loaded')
            THEN max(0, unixepoch(history.written_at) - unixepoch(history.source_at))
    END AS staged_seconds,
    CASE
        WHEN history.state = 'accepted'
            THEN max(0, unixepoch(history.absorbed_at) - unixepoch(history.source_at))
    END AS published_seconds,
    history.publish_id,
    publish.published_at
FROM ops_load_history AS history
LEFT JOIN ops_publish_log AS publish USING (publish_id);

-- Grain and key: one row per dataset: how new is what counts, and how many paths count another
-- version than the newest one that was sent. newest_arrived_at is when the newest file was read first,
-- refused or not; a version that is staged again did not arrive.
CREATE VIEW ops_v_freshness AS
WITH
find_newest AS (
    SELECT path, max(receipt) AS receipt FROM ops_load_history GROUP BY path
),
mark_refused AS (
    SELECT history.dataset, count(*) AS paths_refused
    FROM ops_load_history AS history
    JOIN find_newest USING (path, receipt)
    WHERE history.state IN ('rejected', 'failed')
    GROUP BY history.dataset
),
find_live AS (
    SELECT
        history.dataset,
        count(*) AS paths_live,
        max(history.written_at) AS newest_staged_at,
        max(publish.published_at) AS newest_published_at
    FROM ops_load_history AS history
    LEFT JOIN ops_publish_log AS publish USING (publish_id)
    WHERE history.live = 1
    GROUP BY history.dataset
),
find_arrived AS (
    SELECT
        dataset,
        coalesce(max(CASE WHEN source_at IS NOT NULL THEN written_at END), max(written_at))
            AS newest_arrived_at
    FROM ops_load_history
    GROUP BY dataset
)
SELECT
    dataset,
    coalesce(paths_live, 0) AS paths_live,
    coalesce(paths_refused, 0) AS paths_refused,
    newest_staged_at,
    newest_published_at,
    newest_arrived_at
FROM find_arrived
LEFT JOIN find_live USING (dataset)
LEFT JOIN mark_refused USING (dataset);
