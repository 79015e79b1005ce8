-- Grain: as dim_date.
SELECT N'dates' AS what, id_dim_date, log_date, day, month, year, season
FROM $(dw).dim_date;
