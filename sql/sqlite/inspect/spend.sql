-- The spend of buyers, exactly. Grain and key: one row per buyer.
SELECT customerid, amount_spent_e5 FROM customer_spend
