-- Reviews of the days asked for that show `Unknown` in each dimension. Grain and key: one row per
-- day with facts.
SELECT
    CAST(SUM(CAST(CASE WHEN {key} = 0 THEN review_count ELSE 0 END AS bigint)) AS bigint) AS {name},
    id_dim_date
FROM $(dw).fact_movie_analytics
WHERE id_dim_date IN (SELECT id FROM OPENJSON(@P1) WITH (id int '$.id'))
GROUP BY id_dim_date;
