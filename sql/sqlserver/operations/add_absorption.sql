-- Receipts that changed nothing in the facts were absorbed. Grain: one row; key: absorption_id.
INSERT INTO $(ops).absorption_log (absorption_id, absorbed_at, receipts)
VALUES (@P9, CAST(@P2 AS datetime2(0)), @P4);
