-- Grain: as dim_date.
SELECT 'dates' AS what, id_dim_date, log_date, day, month, year, season
FROM dim_date;
