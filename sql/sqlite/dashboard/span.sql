-- The first and the last day with facts. Grain: one row; NULL where there is none.
SELECT
    (SELECT min(id_dim_date) FROM agg_daily) AS first_day,
    (SELECT max(id_dim_date) FROM agg_daily) AS last_day
