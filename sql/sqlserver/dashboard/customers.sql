-- The customers of the chosen facts, and what these customers spent, each counted once. Lists of
-- keys as in sums.sql. Grain: one row.
WITH
choose_customers AS (
    SELECT DISTINCT customerid
    FROM $(dw).fact_movie_analytics
    WHERE id_dim_date BETWEEN @P1 AND @P2
      AND (@P{n+2} = N'[]'
          OR {key} IN (SELECT id FROM OPENJSON(@P{n+2}) WITH (id int '$.id')))
)
SELECT
    COUNT_BIG(*) AS customers,
    CAST(COALESCE(SUM(spend.amount_spent), 0) AS decimal(38, 5)) AS amount_spent
FROM choose_customers AS chosen
LEFT JOIN $(dw).customer_spend AS spend ON spend.customerid = chosen.customerid;
