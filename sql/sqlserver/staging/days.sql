-- Days that are replaced. Grain and key: one row per day.
INSERT INTO #staged_day (id_dim_date, log_date, day, month, year, season, matched, unmatched)
SELECT id, log_date, day, month, year, season, matched, unmatched
FROM OPENJSON(@P1) WITH (
    id        int '$.id',
    log_date  date '$.log_date',
    day       int '$.day',
    month     int '$.month',
    year      int '$.year',
    season    nvarchar(6) '$.season',
    matched   bigint '$.matched',
    unmatched bigint '$.unmatched'
);
