-- The customers of the chosen facts, and what these customers spent, each counted once. A list of
-- keys that is NULL lets all through. Money comes as whole units and 1/100,000 beside them, so
-- that no sum leaves the range of 64 bits. Grain: one row.
WITH
choose_customers AS (
    SELECT DISTINCT customerid
    FROM fact_movie_analytics
    WHERE fact_id BETWEEN ?1 AND ?2
      AND (?{n+2} IS NULL OR {key} IN (SELECT value FROM json_each(?{n+2})))
)
SELECT
    count(*) AS customers,
    coalesce(sum(amount_spent_e5 / 100000), 0) AS units,
    coalesce(sum(amount_spent_e5 % 100000), 0) AS e5
FROM choose_customers
LEFT JOIN customer_spend USING (customerid)
