-- Forgets all spend. Grain: one row per buyer.
DELETE FROM customer_spend
