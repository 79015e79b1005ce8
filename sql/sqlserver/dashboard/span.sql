-- The first and the last day with facts. Grain: one row; NULL where there is none.
SELECT MIN(id_dim_date) AS first_day, MAX(id_dim_date) AS last_day FROM $(dw).agg_daily;
