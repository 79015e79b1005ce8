-- A day that keeps its last good rows; the newest finding counts. Grain: one row; key: the day.
INSERT INTO ops_refused_day (id_dim_date, publish_id, check_name, detail)
VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (id_dim_date) DO UPDATE SET
    publish_id = excluded.publish_id,
    check_name = excluded.check_name,
    detail = excluded.detail
