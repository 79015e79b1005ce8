-- The body of a receipt that is longer than bulk load takes. Grain: one row; key: nth.
UPDATE #staged_receipt SET body = @P1 WHERE nth = @P2;
