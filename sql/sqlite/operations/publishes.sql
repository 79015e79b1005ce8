-- The newest publishes, newest first. Grain: one row each; key: publish_id.
SELECT
    publish_id, published_at, duration_ms, receipts, days_replaced, days_refused,
    rows_deleted, rows_inserted, rows_respent
FROM ops_publish_log
ORDER BY publish_id DESC
LIMIT ?1
