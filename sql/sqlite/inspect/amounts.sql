-- The spend that facts show, exactly. Grain and key: one row per customer and day.
SELECT DISTINCT customerid, id_dim_date, amount_spent_e5 FROM fact_movie_analytics
