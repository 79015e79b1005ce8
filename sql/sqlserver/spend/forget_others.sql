-- All buyers without a change have spent nothing: all spend was forgotten.
-- Grain and key: one row per such buyer.
INSERT INTO #spend_total (customerid, amount_spent, purchase_count)
SELECT customerid, 0, 0
FROM $(dw).customer_spend
WHERE customerid NOT IN (SELECT customerid FROM #staged_spend);
