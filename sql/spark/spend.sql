-- How the spend of customers changes; purchases without a customer count for nobody.
-- Grain: customer; customers for whom nothing changed are left out.
-- In: purchases, with rank 0 in the old versions of changed files and 1 in the new ones.
-- Decimals are exact: 10 digits times 12 digits, summed with 15 digits to spare.
WITH
signed AS (
    SELECT
        customer,
        CAST(quantity AS DECIMAL(10, 0)) * unit_price
            * CASE WHEN rank = 1 THEN CAST(1 AS DECIMAL(1, 0)) ELSE CAST(-1 AS DECIMAL(1, 0)) END
            AS amount,
        CASE WHEN rank = 1 THEN 1 ELSE -1 END AS purchase
    FROM purchases
    WHERE customer IS NOT NULL
),
summed AS (
    SELECT customer, sum(amount) AS amount, sum(purchase) AS purchases
    FROM signed
    GROUP BY customer
)
SELECT
    customer,
    CAST(amount AS DECIMAL(38, 3)) AS amount,
    CAST(purchases AS BIGINT) AS purchases
FROM summed
WHERE amount <> 0 OR purchases <> 0
