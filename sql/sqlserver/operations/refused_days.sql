-- Days that keep their last good rows. Grain and key: one row per day.
SELECT id_dim_date, publish_id, check_name, detail
FROM $(ops).refused_day
ORDER BY id_dim_date;
