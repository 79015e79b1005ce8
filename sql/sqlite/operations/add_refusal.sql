-- What a receipt refused, for one reason. Grain: one row; key: path, receipt and reason.
INSERT INTO ops_refusal (path, receipt, reason, rows_refused, detail, quarantine)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
