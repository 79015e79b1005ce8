-- The spend that facts show, exactly. Grain and key: one row per customer and day.
SELECT DISTINCT customerid, id_dim_date, amount_spent FROM $(dw).fact_movie_analytics;
