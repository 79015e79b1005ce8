-- Days that keep their last good rows. Grain and key: one row per day.
INSERT INTO $(ops).refused_day (id_dim_date, publish_id, check_name, detail)
SELECT id, @P2, check_name, detail
FROM OPENJSON(@P1) WITH (
    id         int '$.id',
    check_name nvarchar(100) '$.check_name',
    detail     nvarchar(max) '$.detail'
);
