-- What reports read.

-- Grain: as fact_movie_analytics. Money is shown as a number, the table holds it exactly.
CREATE VIEW v_fact_movie_analytics AS
SELECT
    fact.customerid,
    dim_date.log_date,
    dim_devices.device,
    dim_location.location,
    dim_os.os,
    dim_browser.browser,
    fact.amount_spent_e5 / 100000.0 AS amount_spent,
    fact.review_score,
    fact.review_count,
    fact.insert_date
FROM fact_movie_analytics AS fact
JOIN dim_date USING (id_dim_date)
JOIN dim_devices USING (id_dim_devices)
JOIN dim_location USING (id_dim_location)
JOIN dim_os USING (id_dim_os)
JOIN dim_browser USING (id_dim_browser);

-- Grain and key: one row per customer with purchases. The only place to add spend up: the
-- facts repeat it on each row of a customer.
CREATE VIEW v_customer_spend AS
SELECT customerid, amount_spent_e5 / 100000.0 AS amount_spent
FROM customer_spend;

-- Grain and key: one row per source path and receipt. Every row that was read is staged, refused
-- or a duplicate: unaccounted is always 0.
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
JOIN ops_publish_log AS publish USING (publish_id);

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
    JOIN ops_publish_log AS publish USING (publish_id)
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

-- What waits for its other half. Grain and key: one row per day with logs whose review is not
-- there, and one row without a day for all reviews whose log is not there.
CREATE VIEW ops_v_unmatched AS
SELECT 'log' AS what, dim_date.log_date, total.unmatched AS waiting
FROM ops_day_total AS total
JOIN dim_date USING (id_dim_date)
WHERE total.unmatched > 0
UNION ALL
SELECT 'review', NULL, live_reviews - (SELECT coalesce(sum(matched), 0) FROM ops_day_total)
FROM ops_publish_log
WHERE publish_id = (SELECT max(publish_id) FROM ops_publish_log);
