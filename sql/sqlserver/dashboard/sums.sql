-- Reviews of a span of days, added up by each dimension. @P3 and those after it are JSON lists of
-- the chosen members, one for each dimension; an empty one lets all through. The members of a
-- dimension are added up under the filters of the others, so that a member not chosen shows what
-- it would add: of all filters it may miss its own. Grain and key: one row per dimension and key;
-- dimension 0 is the day, and -1 all facts of the span whatever is chosen.
WITH
choose_{name} AS (SELECT id FROM OPENJSON(@P{n+2}) WITH (id int '$.id')),
mark_missed AS (
    SELECT
        {key},
        CASE WHEN @P{n+2} = N'[]' OR {key} IN (SELECT id FROM choose_{name})
            THEN 0 ELSE 1 END AS {name}_missed,
        id_dim_date, review_score, review_count, fact_count
    FROM $(dw).agg_daily
    WHERE id_dim_date BETWEEN @P1 AND @P2
),
count_missed AS (
    SELECT
        {key},
        {name}_missed,
        id_dim_date, review_score, review_count, fact_count,
        {name}_missed {+}
            AS missed
    FROM mark_missed
),
add_up AS (
    SELECT
        0 AS dimension, id_dim_date AS id,
        SUM(review_score) AS score, SUM(review_count) AS reviews, SUM(fact_count) AS facts
    FROM count_missed
    WHERE missed = 0
    GROUP BY id_dim_date
    UNION ALL SELECT {n}, {key}, SUM(review_score), SUM(review_count), SUM(fact_count)
    FROM count_missed WHERE missed = {name}_missed GROUP BY {key}
    UNION ALL
    SELECT
        -1, 0,
        COALESCE(SUM(review_score), 0), COALESCE(SUM(review_count), 0),
        COALESCE(SUM(fact_count), 0)
    FROM count_missed
)
SELECT
    dimension, id,
    CAST(score AS bigint) AS score, CAST(reviews AS bigint) AS reviews,
    CAST(facts AS bigint) AS facts
FROM add_up;
