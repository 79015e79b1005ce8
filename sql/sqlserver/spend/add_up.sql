-- What customers have spent now, anew where the transaction is tried again. @P8 is 1 where all
-- spend is forgotten first. Grain and key: one row per customer whose purchases change.
DELETE FROM #spend_total;
INSERT INTO #spend_total (customerid, amount_spent, purchase_count)
SELECT
    staged.customerid,
    CASE
        WHEN COALESCE(spend.purchase_count, 0) + staged.purchases = 0 THEN 0
        ELSE CAST(
            CAST(staged.amount_e5 AS decimal(20, 0)) * 0.00001 + COALESCE(spend.amount_spent, 0)
            AS decimal(18, 5)
        )
    END,
    COALESCE(spend.purchase_count, 0) + staged.purchases
FROM #staged_spend AS staged
LEFT JOIN $(dw).customer_spend AS spend ON spend.customerid = staged.customerid AND @P8 = 0;
