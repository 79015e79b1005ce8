-- The whole warehouse in numbers. Grain: one row. `Unknown` is no device, location, os or
-- browser of its own.
WITH
sum_facts AS (
    SELECT
        coalesce(sum(fact_count), 0) AS facts,
        coalesce(sum(review_count), 0) AS reviews,
        coalesce(sum(review_score), 0) AS positive_reviews,
        count(DISTINCT id_dim_date) AS days,
        min(id_dim_date) AS first_day,
        max(id_dim_date) AS last_day
    FROM agg_daily
),
count_customers AS (SELECT count(DISTINCT customerid) AS customers FROM fact_movie_analytics),
count_buyers AS (SELECT count(*) AS buyers FROM customer_spend),
count_devices AS (SELECT count(*) AS devices FROM dim_devices WHERE id_dim_devices > 0),
count_locations AS (SELECT count(*) AS locations FROM dim_location WHERE id_dim_location > 0),
count_systems AS (SELECT count(*) AS systems FROM dim_os WHERE id_dim_os > 0),
count_browsers AS (SELECT count(*) AS browsers FROM dim_browser WHERE id_dim_browser > 0),
sum_unmatched AS (SELECT coalesce(sum(unmatched), 0) AS unmatched_logs FROM ops_day_total),
sum_staged AS (
    SELECT coalesce(sum(rows_staged), 0) AS staged_reviews
    FROM ops_load_history
    WHERE live = 1 AND dataset = 'classified_movie_review'
)
SELECT *
FROM sum_facts, count_customers, count_buyers, count_devices, count_locations, count_systems,
    count_browsers, sum_unmatched, sum_staged
