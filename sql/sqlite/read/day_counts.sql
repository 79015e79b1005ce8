-- Reviews counted on each day that has facts. Grain and key: one row per day.
SELECT id_dim_date, sum(review_count) FROM agg_daily GROUP BY id_dim_date
