-- What customers have spent now. Grain and key: one row per customer whose purchases changed.
INSERT INTO #spend_total (customerid, before, amount_spent, purchase_count)
SELECT
    staged.customerid,
    COALESCE(spend.amount_spent, 0),
    CASE
        WHEN COALESCE(spend.purchase_count, 0) + staged.purchases = 0 THEN 0
        ELSE CAST(COALESCE(spend.amount_spent, 0) + staged.amount AS decimal(18, 5))
    END,
    COALESCE(spend.purchase_count, 0) + staged.purchases
FROM #staged_spend AS staged
LEFT JOIN $(dw).customer_spend AS spend ON spend.customerid = staged.customerid;
