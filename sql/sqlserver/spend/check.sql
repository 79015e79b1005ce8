-- Customers whose new total does not fit decimal(18,5), and of the others those who would have
-- fewer than no purchases. @P1 is 1 where all spend is forgotten first. Grain: one row.
WITH
add_up AS (
    SELECT
        CAST(staged.amount_e5 AS decimal(20, 0)) * 0.00001
            + CASE WHEN @P1 = 0 THEN COALESCE(spend.amount_spent, 0) ELSE 0 END AS amount,
        CAST(staged.purchases AS decimal(20, 0))
            + CASE WHEN @P1 = 0 THEN COALESCE(spend.purchase_count, 0) ELSE 0 END AS purchases
    FROM #staged_spend AS staged
    LEFT JOIN $(dw).customer_spend AS spend ON spend.customerid = staged.customerid
),
judge AS (
    SELECT
        CASE
            WHEN amount >= 10000000000000 OR amount <= -10000000000000 THEN 1
            WHEN purchases > 9223372036854775807 THEN 1
            ELSE 0
        END AS too_large,
        CASE WHEN purchases < 0 THEN 1 ELSE 0 END AS contradicted
    FROM add_up
)
SELECT
    CAST(COALESCE(SUM(too_large), 0) AS bigint) AS too_large,
    CAST(COALESCE(SUM(CASE WHEN too_large = 0 THEN contradicted ELSE 0 END), 0) AS bigint)
        AS contradicted
FROM judge;
