-- What receipts seen for the first time refused. Grain and key: one row per path, receipt and
-- reason.
INSERT INTO $(ops).refusal (path, receipt, reason, rows_refused, detail, quarantine)
SELECT path, receipt, reason, rows_refused, detail, parquet
FROM #staged_row
WHERE kind = N'refusal';
