-- The customers of the chosen facts, and what these customers spent, each counted once. A list of
-- keys that is NULL lets all through. Money comes as whole units and 1/100,000 beside them, so
-- that no sum leaves the range of 64 bits. Grain: one row.
WITH
choose_customers AS (
    SELECT DISTINCT customerid
    FROM fact_movie_analytics
    WHERE fact_id BETWEEN ?1 AND ?2
      AND (?3 IS NULL OR id_dim_location IN (SELECT value FROM json_each(?3)))
      AND (?4 IS NULL OR id_dim_devices IN (SELECT value FROM json_each(?4)))
      AND (?5 IS NULL OR id_dim_os IN (SELECT value FROM json_each(?5)))
)
SELECT
    count(*) AS customers,
    coalesce(sum(amount_spent_e5 / 100000), 0) AS units,
    coalesce(sum(amount_spent_e5 % 100000), 0) AS e5
FROM choose_customers
LEFT JOIN customer_spend USING (customerid)
