-- The newest ten publishes, newest first. Grain: one row each; key: publish_id.
SELECT TOP (10)
    publish_id, published_at, duration_ms, receipts, days_replaced, days_refused,
    rows_deleted, rows_inserted, rows_respent
FROM $(ops).publish_log
ORDER BY publish_id DESC;
