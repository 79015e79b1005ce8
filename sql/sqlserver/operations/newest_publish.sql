-- The newest publish. Grain: at most one row; key: publish_id.
SELECT TOP (1) publish_id, published_at, fact_recipe
FROM $(ops).publish_log
ORDER BY publish_id DESC;
