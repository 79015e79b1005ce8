-- Reviews and score of each day that has facts. Grain and key: one row per day.
SELECT
    id_dim_date,
    CAST(SUM(review_count) AS bigint) AS reviews,
    CAST(SUM(review_score) AS bigint) AS score
FROM $(dw).agg_daily
GROUP BY id_dim_date;
