-- Notes the new total of a customer for his facts. Grain: one row; key: customerid.
INSERT INTO temp.changed_spend (customerid, amount_spent_e5)
VALUES (?1, ?2)
ON CONFLICT (customerid) DO UPDATE SET amount_spent_e5 = excluded.amount_spent_e5
