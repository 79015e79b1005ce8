-- Everybody who bought something, with reviews or without. Grain: one row.
SELECT
    COUNT_BIG(*) AS customers,
    CAST(COALESCE(SUM(amount_spent), 0) AS decimal(38, 5)) AS amount_spent
FROM $(dw).customer_spend;
