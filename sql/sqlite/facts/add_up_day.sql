-- The sums of a day by the dimensions of the dashboard, from its facts. Grain and key: as
-- agg_daily; ?1 is the day's key, ?2 and ?3 are its range of fact_id.
INSERT INTO agg_daily (
    {key},
    id_dim_date, review_score, review_count, fact_count
)
SELECT
    {key},
    ?1, sum(review_score), sum(review_count), count(*)
FROM fact_movie_analytics
WHERE fact_id BETWEEN ?2 AND ?3
GROUP BY
    {key}{,}
