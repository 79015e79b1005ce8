-- The whole warehouse in numbers. Grain: one row. `Unknown` is no member of a dimension.
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
count_{name} AS (SELECT count(*) AS {name}_members FROM {table} WHERE {key} > 0),
sum_unmatched AS (SELECT coalesce(sum(unmatched), 0) AS unmatched_logs FROM ops_day_total),
sum_staged AS (
    SELECT coalesce(sum(rows_staged), 0) AS staged_reviews
    FROM ops_load_history
    WHERE live = 1 AND dataset = 'classified_movie_review'
)
SELECT *
FROM sum_facts, count_customers, count_buyers, sum_unmatched, sum_staged,
    count_{name}{,}
