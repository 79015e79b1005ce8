-- Adds up the facts of a day. Grain and key: one row per date, location, device and os.
INSERT INTO agg_daily (
    id_dim_date, id_dim_location, id_dim_devices, id_dim_os,
    review_score, review_count, fact_count
)
SELECT
    id_dim_date, id_dim_location, id_dim_devices, id_dim_os,
    sum(review_score), sum(review_count), count(*)
FROM fact_movie_analytics
WHERE fact_id BETWEEN ?1 AND ?2
GROUP BY id_dim_date, id_dim_location, id_dim_devices, id_dim_os
