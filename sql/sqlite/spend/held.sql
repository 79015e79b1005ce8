-- Customers who keep their last total. Grain and key: one row per customer.
SELECT customerid, amount_milli, purchases, publish_id, since, detail
FROM ops_held_customer
ORDER BY customerid
