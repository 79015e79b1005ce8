-- Everybody who bought something, with reviews or without. Money as in customers.sql.
-- Grain: one row.
SELECT
    count(*) AS customers,
    coalesce(sum(amount_spent_e5 / 100000), 0) AS units,
    coalesce(sum(amount_spent_e5 % 100000), 0) AS e5
FROM customer_spend
