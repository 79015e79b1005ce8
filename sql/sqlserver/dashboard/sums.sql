-- Reviews of a span of days, added up by each dimension. @P3, @P4 and @P5 are JSON lists of the
-- chosen locations, devices and systems; an empty one lets all through. The members of a
-- dimension are added up under the filters of the others, so that a member not chosen shows what
-- it would add. Grain and key: one row per dimension and key: 0 day, 1 location, 2 device, 3 os,
-- and 4 for all facts of the span whatever is chosen.
WITH
choose_locations AS (SELECT id FROM OPENJSON(@P3) WITH (id int '$.id')),
choose_devices AS (SELECT id FROM OPENJSON(@P4) WITH (id int '$.id')),
choose_systems AS (SELECT id FROM OPENJSON(@P5) WITH (id int '$.id')),
mark_chosen AS (
    SELECT
        id_dim_date, id_dim_location, id_dim_devices, id_dim_os,
        review_score, review_count, fact_count,
        CASE WHEN @P3 = N'[]' OR id_dim_location IN (SELECT id FROM choose_locations)
            THEN 1 ELSE 0 END AS in_locations,
        CASE WHEN @P4 = N'[]' OR id_dim_devices IN (SELECT id FROM choose_devices)
            THEN 1 ELSE 0 END AS in_devices,
        CASE WHEN @P5 = N'[]' OR id_dim_os IN (SELECT id FROM choose_systems)
            THEN 1 ELSE 0 END AS in_systems
    FROM $(dw).agg_daily
    WHERE id_dim_date BETWEEN @P1 AND @P2
)
SELECT
    0 AS dimension,
    id_dim_date AS id,
    CAST(SUM(review_score) AS bigint) AS score,
    CAST(SUM(review_count) AS bigint) AS reviews,
    CAST(SUM(fact_count) AS bigint) AS facts
FROM mark_chosen
WHERE in_locations = 1 AND in_devices = 1 AND in_systems = 1
GROUP BY id_dim_date
UNION ALL
SELECT
    1, id_dim_location, CAST(SUM(review_score) AS bigint), CAST(SUM(review_count) AS bigint),
    CAST(SUM(fact_count) AS bigint)
FROM mark_chosen
WHERE in_devices = 1 AND in_systems = 1
GROUP BY id_dim_location
UNION ALL
SELECT
    2, id_dim_devices, CAST(SUM(review_score) AS bigint), CAST(SUM(review_count) AS bigint),
    CAST(SUM(fact_count) AS bigint)
FROM mark_chosen
WHERE in_locations = 1 AND in_systems = 1
GROUP BY id_dim_devices
UNION ALL
SELECT
    3, id_dim_os, CAST(SUM(review_score) AS bigint), CAST(SUM(review_count) AS bigint),
    CAST(SUM(fact_count) AS bigint)
FROM mark_chosen
WHERE in_locations = 1 AND in_devices = 1
GROUP BY id_dim_os
UNION ALL
SELECT
    4, 0, CAST(COALESCE(SUM(review_score), 0) AS bigint),
    CAST(COALESCE(SUM(review_count), 0) AS bigint),
    CAST(COALESCE(SUM(fact_count), 0) AS bigint)
FROM mark_chosen;
