-- The facts of one day and of a span of customers. Grain and key: as fact_movie_analytics.
SELECT
    {table}.{name},
    fact.customerid, fact.amount_spent, fact.review_score, fact.review_count, fact.insert_date
FROM $(dw).fact_movie_analytics AS fact
JOIN $(dw).{table} AS {table} ON {table}.{key} = fact.{key}
WHERE fact.id_dim_date = @P1
  AND fact.customerid BETWEEN @P2 AND @P3
ORDER BY
    fact.customerid,
    {table}.{name}{,};
