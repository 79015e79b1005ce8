-- Receipts that change nothing in the facts are absorbed without a publish.

-- Grain and key: one row per commit of a publisher that changed nothing in the facts. Each commit
-- adds a row here or to ops_publish_log: so a publisher notices every commit since its first read.
CREATE TABLE ops_absorption_log (
    absorption_id INTEGER PRIMARY KEY,
    absorbed_at   TEXT NOT NULL,        -- UTC, 2021-04-25T06:15:04Z
    receipts      INTEGER NOT NULL
);

DROP VIEW ops_v_load_history;
DROP VIEW ops_v_freshness;

-- Grain and key: one row per source path and receipt. Every row that was read is staged, refused
-- or a duplicate: unaccounted is always 0. publish_id is the newest publish when the receipt was
-- absorbed: its own, where it changed the facts; 0 before the first.
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
    history.written_at,
    history.publish_id,
    publish.published_at
FROM ops_load_history AS history
LEFT JOIN ops_publish_log AS publish USING (publish_id);

-- Grain and key: one row per dataset: how new is what counts, and how many paths count another
-- version than the newest one that was sent.
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
list_datasets AS (SELECT DISTINCT dataset FROM ops_load_history)
SELECT
    dataset,
    coalesce(paths_live, 0) AS paths_live,
    coalesce(paths_refused, 0) AS paths_refused,
    newest_staged_at,
    newest_published_at
FROM list_datasets
LEFT JOIN find_live USING (dataset)
LEFT JOIN mark_refused USING (dataset);
