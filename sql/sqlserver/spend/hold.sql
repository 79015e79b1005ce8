-- Customers who keep their last total. Grain and key: one row per customer.
INSERT INTO $(ops).held_customer (customerid, amount_milli, purchases, publish_id, since, detail)
SELECT customerid, amount_milli, purchases, publish_id, CAST(since AS datetime2(0)), detail
FROM #staged_held;
