-- Grain: as customer_spend.
SELECT 'purchase_counts' AS what, customerid, purchase_count
FROM customer_spend;
