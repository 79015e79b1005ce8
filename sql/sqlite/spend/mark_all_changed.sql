-- Notes that every buyer falls to 0, until his purchases are counted again.
-- Grain: one row per buyer; key: customerid.
INSERT INTO temp.changed_spend (customerid, amount_spent_e5)
SELECT customerid, 0 FROM customer_spend
