-- The facts that a check of one's own judges, with the columns of v_fact_movie_analytics. Grain: as
-- fact_movie_analytics; ?1 is a JSON array of days. A day is a range of fact_id, so other days are
-- not read.
SELECT
    fact.customerid,
    dim_date.log_date,
    {table}.{name},
    fact.amount_spent_e5 / 100000.0 AS amount_spent,
    fact.review_score,
    fact.review_count,
    fact.insert_date
FROM json_each(?1) AS wanted
CROSS JOIN fact_movie_analytics AS fact
JOIN dim_date ON dim_date.id_dim_date = fact.id_dim_date
JOIN {table} ON {table}.{key} = fact.{key}
WHERE fact.fact_id >= (wanted.value ->> 'id') * 1000000000
  AND fact.fact_id < ((wanted.value ->> 'id') + 1) * 1000000000
