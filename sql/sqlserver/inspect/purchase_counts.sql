-- Grain: as customer_spend.
SELECT N'purchase_counts' AS what, customerid, purchase_count
FROM $(dw).customer_spend;
