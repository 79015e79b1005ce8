-- A customer who keeps his last total. Grain: one row; key: customerid.
INSERT INTO ops_held_customer (customerid, amount_milli, purchases, publish_id, since, detail)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
