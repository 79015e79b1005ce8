-- Reviews counted on each day that has facts. Grain and key: one row per day.
SELECT id_dim_date, CAST(SUM(review_count) AS bigint) AS reviews
FROM $(dw).agg_daily
GROUP BY id_dim_date;
