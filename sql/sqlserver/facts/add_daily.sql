-- Adds up the facts of the replaced days. Grain and key: as agg_daily.
INSERT INTO $(dw).agg_daily (
    {key},
    id_dim_date, review_score, review_count, fact_count
)
SELECT
    fact.{key},
    fact.id_dim_date,
    SUM(CAST(fact.review_score AS bigint)), SUM(CAST(fact.review_count AS bigint)), COUNT_BIG(*)
FROM $(dw).fact_movie_analytics AS fact
WHERE fact.id_dim_date IN (SELECT id_dim_date FROM #staged_row WHERE kind = N'day')
GROUP BY
    fact.{key},
    fact.id_dim_date;
