-- The newest publish and the newest absorption. Grain: one row.
SELECT absorbed.absorption_id, newest.publish_id, newest.published_at, newest.fact_recipe
FROM (
    SELECT COALESCE(MAX(absorption_id), 0) AS absorption_id FROM $(ops).absorption_log
) AS absorbed
LEFT JOIN (
    SELECT TOP (1) publish_id, published_at, fact_recipe
    FROM $(ops).publish_log
    ORDER BY publish_id DESC
) AS newest ON 1 = 1;
