-- A customer without any purchase left. Grain: at most one row; key: customerid.
DELETE FROM customer_spend WHERE customerid = ?1
