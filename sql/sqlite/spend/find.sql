-- Spend of a customer so far. Grain: at most one row; key: customerid.
SELECT amount_spent_e5, purchase_count FROM customer_spend WHERE customerid = ?1
