-- Reviews and score of the days asked for that have facts. Grain and key: one row per day.
SELECT
    id_dim_date,
    CAST(SUM(review_count) AS bigint) AS reviews,
    CAST(SUM(review_score) AS bigint) AS score
FROM $(dw).agg_daily
WHERE id_dim_date IN (SELECT id FROM OPENJSON(@P1) WITH (id int '$.id'))
GROUP BY id_dim_date;
