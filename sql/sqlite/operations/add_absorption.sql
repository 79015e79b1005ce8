-- Receipts that changed nothing in the facts were absorbed. Grain: one row; key: absorption_id.
INSERT INTO ops_absorption_log (absorption_id, absorbed_at, receipts)
VALUES (?1, ?2, ?3)
