-- The newest publish and the newest absorption. Grain: one row.
SELECT absorption_id, publish_id, published_at, fact_recipe
FROM (SELECT coalesce(max(absorption_id), 0) AS absorption_id FROM ops_absorption_log)
LEFT JOIN (
    SELECT publish_id, published_at, fact_recipe
    FROM ops_publish_log
    ORDER BY publish_id DESC
    LIMIT 1
) ON true
