-- The facts that a check of one's own judges, with the columns of v_fact_movie_analytics. Grain: as
-- fact_movie_analytics; @P1 is a JSON array of days.
SELECT
    fact.customerid,
    calendar.log_date,
    {table}.{name},
    fact.amount_spent,
    fact.review_score,
    fact.review_count,
    fact.insert_date
FROM $(dw).fact_movie_analytics AS fact
JOIN $(dw).dim_date AS calendar ON calendar.id_dim_date = fact.id_dim_date
JOIN $(dw).{table} AS {table} ON {table}.{key} = fact.{key}
WHERE fact.id_dim_date IN (SELECT id FROM OPENJSON(@P1) WITH (id int '$.id'));
