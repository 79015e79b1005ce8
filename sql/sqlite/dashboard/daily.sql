-- The sums of a span of days, in order of days. Grain and key: as agg_daily. They are added up by
-- who reads them: SQLite would sort all rows anew for each column that it groups by.
SELECT
    id_dim_date, review_score, review_count, fact_count,
    {key}{,}
FROM agg_daily
WHERE id_dim_date BETWEEN ?1 AND ?2
ORDER BY id_dim_date
