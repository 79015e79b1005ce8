-- A day that facts may point to. Grain: one row; key: id_dim_date.
INSERT INTO dim_date (id_dim_date, log_date, day, month, year, season)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (id_dim_date) DO NOTHING
