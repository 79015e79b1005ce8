-- The facts of one day and of a span of customers. Grain and key: as fact_movie_analytics.
SELECT
    {table}.{name},
    fact.customerid, fact.amount_spent_e5, fact.review_score, fact.review_count, fact.insert_date
FROM fact_movie_analytics AS fact
JOIN {table} USING ({key})
WHERE fact.fact_id BETWEEN ?1 AND ?2
  AND fact.customerid BETWEEN ?3 AND ?4
ORDER BY
    fact.customerid,
    {table}.{name}{,}
