-- All totals are counted anew. Grain: one row per customer.
DELETE FROM ops_held_customer
