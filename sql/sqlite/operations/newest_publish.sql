-- The newest publish. Grain: at most one row; key: publish_id.
SELECT publish_id, published_at, fact_recipe
FROM ops_publish_log
ORDER BY publish_id DESC
LIMIT 1
