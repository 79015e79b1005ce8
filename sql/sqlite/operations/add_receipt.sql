-- A receipt seen for the first time. Grain: one row; key: path and receipt.
INSERT INTO ops_load_history (
    path, receipt, dataset, state, etag, recipe, content_hash, parquet,
    rows_read, rows_staged, rows_refused, rows_duplicate, min_id, max_id,
    written_at, publish_id, body, source_at, absorbed_at
)
VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
    strftime('%Y-%m-%dT%H:%M:%SZ', 'now')
)
