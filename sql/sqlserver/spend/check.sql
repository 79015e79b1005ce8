-- Customers whose new total does not fit decimal(18,5) or whose purchases are more than a bigint
-- counts, and those who would have fewer than no purchases. Without a purchase left the total is 0.
-- @P1 is 1 where all spend is forgotten first. Grain and key: one row per customer.
WITH
add_up AS (
    SELECT
        staged.customerid,
        CAST(staged.amount_e5 AS decimal(20, 0)) * 0.00001
            + CASE WHEN @P1 = 0 THEN COALESCE(spend.amount_spent, 0) ELSE 0 END AS amount,
        CAST(staged.purchases AS decimal(20, 0))
            + CASE WHEN @P1 = 0 THEN COALESCE(spend.purchase_count, 0) ELSE 0 END AS purchases
    FROM #staged_spend AS staged
    LEFT JOIN $(dw).customer_spend AS spend ON spend.customerid = staged.customerid
)
SELECT customerid, CASE WHEN purchases < 0 THEN 1 ELSE 0 END AS is_contradicted
FROM add_up
WHERE purchases < 0
   OR purchases > 9223372036854775807
   OR (purchases > 0 AND (amount >= 10000000000000 OR amount <= -10000000000000));
