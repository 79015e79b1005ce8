-- Notes that every buyer falls to 0, until his purchases are counted again.
-- Grain and key: one row per buyer.
INSERT INTO #changed_spend (customerid, amount_spent)
SELECT customerid, 0 FROM $(dw).customer_spend;
