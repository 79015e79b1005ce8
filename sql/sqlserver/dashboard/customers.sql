-- The customers of the chosen facts, and what these customers spent, each counted once. @P3, @P4
-- and @P5 as in sums.sql. Grain: one row.
WITH
choose_customers AS (
    SELECT DISTINCT customerid
    FROM $(dw).fact_movie_analytics
    WHERE id_dim_date BETWEEN @P1 AND @P2
      AND (
          @P3 = N'[]'
          OR id_dim_location IN (SELECT id FROM OPENJSON(@P3) WITH (id int '$.id'))
      )
      AND (
          @P4 = N'[]'
          OR id_dim_devices IN (SELECT id FROM OPENJSON(@P4) WITH (id int '$.id'))
      )
      AND (
          @P5 = N'[]'
          OR id_dim_os IN (SELECT id FROM OPENJSON(@P5) WITH (id int '$.id'))
      )
)
SELECT
    COUNT_BIG(*) AS customers,
    CAST(COALESCE(SUM(spend.amount_spent), 0) AS decimal(38, 5)) AS amount_spent
FROM choose_customers AS chosen
LEFT JOIN $(dw).customer_spend AS spend ON spend.customerid = chosen.customerid;
