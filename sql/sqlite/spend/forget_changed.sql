-- Begins a publish without changed customers. Grain: one row per customer.
DELETE FROM temp.changed_spend
