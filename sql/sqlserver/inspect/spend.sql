-- The spend of buyers, exactly. Grain and key: one row per buyer.
SELECT customerid, amount_spent FROM $(dw).customer_spend;
