-- Days that keep their last good rows. Grain and key: one row per day.
SELECT held.id_dim_date, held.publish_id, publish.published_at, held.check_name, held.detail
FROM $(ops).refused_day AS held
INNER JOIN $(ops).publish_log AS publish ON publish.publish_id = held.publish_id
ORDER BY held.id_dim_date;
