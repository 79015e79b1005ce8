-- Receipts seen for the first time, as JSON: a body may be longer than bulk load takes.
-- Grain: one row per receipt.
INSERT INTO #staged_receipt (
    path, receipt, dataset, state, etag, recipe, content_hash, parquet,
    rows_read, rows_staged, rows_refused, rows_duplicate, min_id, max_id,
    written_at, body
)
SELECT
    path, receipt, dataset, state, etag, recipe, content_hash, parquet,
    rows_read, rows_staged, rows_refused, rows_duplicate, min_id, max_id,
    written_at, body
FROM OPENJSON(@P1) WITH (
    path nvarchar(800) '$.path',
    receipt bigint '$.receipt',
    dataset nvarchar(100) '$.dataset',
    state nvarchar(20) '$.state',
    etag nvarchar(200) '$.etag',
    recipe nvarchar(200) '$.recipe',
    content_hash nvarchar(64) '$.content_hash',
    parquet nvarchar(2000) '$.parquet',
    rows_read bigint '$.rows_read',
    rows_staged bigint '$.rows_staged',
    rows_refused bigint '$.rows_refused',
    rows_duplicate bigint '$.rows_duplicate',
    min_id bigint '$.min_id',
    max_id bigint '$.max_id',
    written_at nvarchar(40) '$.written_at',
    body nvarchar(max) '$.body'
);
