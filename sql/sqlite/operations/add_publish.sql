-- What a publish did. Grain: one row; key: publish_id.
INSERT INTO ops_publish_log (
    publish_id, published_at, fact_recipe, receipts,
    days_replaced, rows_deleted, rows_inserted, rows_respent, days_refused, duration_ms
)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
