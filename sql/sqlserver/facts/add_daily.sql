-- Adds up the facts of the replaced days. Grain and key: one row per date, location, device and os.
INSERT INTO $(dw).agg_daily (
    id_dim_date, id_dim_location, id_dim_devices, id_dim_os,
    review_score, review_count, fact_count
)
SELECT
    fact.id_dim_date, fact.id_dim_location, fact.id_dim_devices, fact.id_dim_os,
    SUM(CAST(fact.review_score AS bigint)), SUM(CAST(fact.review_count AS bigint)), COUNT_BIG(*)
FROM $(dw).fact_movie_analytics AS fact
WHERE fact.id_dim_date IN (SELECT id_dim_date FROM #staged_day)
GROUP BY fact.id_dim_date, fact.id_dim_location, fact.id_dim_devices, fact.id_dim_os;
