-- Days that keep their last good rows. Grain and key: one row per day.
INSERT INTO $(ops).refused_day (id_dim_date, publish_id, check_name, detail)
SELECT id_dim_date, @P1, reason, detail
FROM #staged_row
WHERE kind = N'refused';
