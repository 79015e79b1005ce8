-- Forgets all spend. Grain: one row per buyer.
DELETE FROM $(dw).customer_spend;
