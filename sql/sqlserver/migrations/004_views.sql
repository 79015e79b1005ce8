-- What reports read.
IF OBJECT_ID(N'$(dw).v_fact_movie_analytics', N'V') IS NOT NULL
    DROP VIEW $(dw).v_fact_movie_analytics;
GO
-- Grain: as fact_movie_analytics.
CREATE VIEW $(dw).v_fact_movie_analytics AS
SELECT
    fact.customerid,
    calendar.log_date,
    device.device,
    location.location,
    os.os,
    browser.browser,
    fact.amount_spent,
    fact.review_score,
    fact.review_count,
    fact.insert_date
FROM $(dw).fact_movie_analytics AS fact
JOIN $(dw).dim_date AS calendar ON calendar.id_dim_date = fact.id_dim_date
JOIN $(dw).dim_devices AS device ON device.id_dim_devices = fact.id_dim_devices
JOIN $(dw).dim_location AS location ON location.id_dim_location = fact.id_dim_location
JOIN $(dw).dim_os AS os ON os.id_dim_os = fact.id_dim_os
JOIN $(dw).dim_browser AS browser ON browser.id_dim_browser = fact.id_dim_browser;
GO
IF OBJECT_ID(N'$(dw).v_customer_spend', N'V') IS NOT NULL
    DROP VIEW $(dw).v_customer_spend;
GO
-- Grain and key: one row per customer with purchases. The only place to add spend up: the
-- facts repeat it on each row of a customer.
CREATE VIEW $(dw).v_customer_spend AS
SELECT customerid, amount_spent
FROM $(dw).customer_spend;
GO
IF OBJECT_ID(N'$(ops).v_load_history', N'V') IS NOT NULL
    DROP VIEW $(ops).v_load_history;
GO
-- Grain and key: one row per source path and receipt. Every row that was read is staged, refused
-- or a duplicate: unaccounted is always 0.
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
JOIN $(ops).publish_log AS publish ON publish.publish_id = history.publish_id;
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
    JOIN $(ops).publish_log AS publish ON publish.publish_id = history.publish_id
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
IF OBJECT_ID(N'$(ops).v_unmatched', N'V') IS NOT NULL
    DROP VIEW $(ops).v_unmatched;
GO
-- What waits for its other half. Grain and key: one row per day with logs whose review is not
-- there, and one row without a day for all reviews whose log is not there.
CREATE VIEW $(ops).v_unmatched AS
SELECT N'log' AS what, calendar.log_date, total.unmatched AS waiting
FROM $(ops).day_total AS total
JOIN $(dw).dim_date AS calendar ON calendar.id_dim_date = total.id_dim_date
WHERE total.unmatched > 0
UNION ALL
SELECT
    N'review',
    NULL,
    publish.live_reviews
        - (SELECT COALESCE(SUM(matched), 0) FROM $(ops).day_total)
FROM $(ops).publish_log AS publish
WHERE publish.publish_id = (SELECT MAX(publish_id) FROM $(ops).publish_log);
GO
IF NOT EXISTS (SELECT 1 FROM $(ops).schema_version WHERE version = 4)
    INSERT INTO $(ops).schema_version (version, name, applied_at)
    VALUES (4, N'views', SYSUTCDATETIME());
