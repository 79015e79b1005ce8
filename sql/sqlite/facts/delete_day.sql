-- The facts of a day. Grain: one row per fact; key: the day's range of fact_id.
DELETE FROM fact_movie_analytics WHERE fact_id BETWEEN ?1 AND ?2
