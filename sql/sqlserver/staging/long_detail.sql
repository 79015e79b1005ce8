-- The body of a receipt that is longer than bulk load takes. Grain: one row; key: path and receipt.
UPDATE #staged_row SET detail = @P1 WHERE kind = N'receipt' AND path = @P2 AND receipt = @P3;
