-- Spend of a customer from now on. Grain: one row; key: customerid.
INSERT INTO customer_spend (customerid, amount_spent_e5, purchase_count)
VALUES (?1, ?2, ?3)
ON CONFLICT (customerid) DO UPDATE SET
    amount_spent_e5 = excluded.amount_spent_e5,
    purchase_count = excluded.purchase_count
