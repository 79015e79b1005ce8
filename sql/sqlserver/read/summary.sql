-- The whole warehouse in numbers. Grain: one row. `Unknown` is no member of a dimension.
WITH
sum_facts AS (
    SELECT
        COALESCE(SUM(fact_count), 0) AS facts,
        COALESCE(SUM(review_count), 0) AS reviews,
        COALESCE(SUM(review_score), 0) AS positive_reviews,
        MIN(id_dim_date) AS first_day,
        MAX(id_dim_date) AS last_day
    FROM $(dw).agg_daily
),
list_days AS (SELECT DISTINCT id_dim_date FROM $(dw).agg_daily),
count_days AS (SELECT COUNT_BIG(*) AS days FROM list_days),
list_customers AS (SELECT DISTINCT customerid FROM $(dw).fact_movie_analytics),
count_customers AS (SELECT COUNT_BIG(*) AS customers FROM list_customers),
count_buyers AS (SELECT COUNT_BIG(*) AS buyers FROM $(dw).customer_spend),
count_{name} AS (SELECT COUNT_BIG(*) AS {name}_members FROM $(dw).{table} WHERE {key} > 0),
sum_unmatched AS (SELECT COALESCE(SUM(unmatched), 0) AS unmatched_logs FROM $(ops).day_total),
sum_staged AS (
    SELECT COALESCE(SUM(rows_staged), 0) AS staged_reviews
    FROM $(ops).load_history
    WHERE live = 1 AND dataset = N'classified_movie_review'
)
SELECT
    CAST(facts AS bigint) AS facts,
    CAST(reviews AS bigint) AS reviews,
    CAST(positive_reviews AS bigint) AS positive_reviews,
    days,
    first_day,
    last_day,
    customers,
    buyers,
    {name}_members,
    CAST(unmatched_logs AS bigint) AS unmatched_logs,
    CAST(staged_reviews AS bigint) AS staged_reviews
FROM sum_facts
CROSS JOIN count_days
CROSS JOIN count_customers
CROSS JOIN count_buyers
CROSS JOIN count_{name}
CROSS JOIN sum_unmatched
CROSS JOIN sum_staged;
