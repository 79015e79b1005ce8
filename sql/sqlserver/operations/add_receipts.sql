-- Receipts seen for the first time. Grain: one row; key: path and receipt.
INSERT INTO $(ops).load_history (
    path, receipt, dataset, state, etag, recipe, content_hash, parquet,
    rows_read, rows_staged, rows_refused, rows_duplicate, min_id, max_id,
    written_at, body, publish_id, live, source_at, absorbed_at
)
SELECT
    path, receipt, dataset, state, etag, recipe, content_hash, parquet,
    rows_read, rows_staged, rows_refused, rows_duplicate, min_id, max_id,
    CAST(written_at AS datetime2(0)), detail, @P1, 0,
    CAST(source_at AS datetime2(0)), SYSUTCDATETIME()
FROM #staged_row
WHERE kind = N'receipt';
