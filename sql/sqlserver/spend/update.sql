-- Buyers who are known. Grain: one row per customer.
UPDATE spend
SET amount_spent = total.amount_spent,
    purchase_count = total.purchase_count
FROM $(dw).customer_spend AS spend
JOIN #spend_total AS total ON total.customerid = spend.customerid
WHERE total.purchase_count > 0;
