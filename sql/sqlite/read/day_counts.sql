-- Reviews and score of each day that has facts. Grain and key: one row per day.
SELECT id_dim_date, sum(review_count), sum(review_score) FROM agg_daily GROUP BY id_dim_date
