-- Facts of some days, and what became of the logs of each day.
-- Grain: day, customer, all dimensions; where is_total is 1: day.
-- A log without a review has no customer. It counts in the total of its day alone.
-- In: logs and reviews, each id once; days.
WITH
logs_of_days AS (
    SELECT logs.*
    FROM logs
    LEFT SEMI JOIN days ON days.day = logs.day
),
joined AS (
    SELECT
        logs_of_days.day,
        reviews.id AS review,
        reviews.customer,
        reviews.positive,
        reviews.has_others,
        CASE WHEN reviews.id IS NOT NULL THEN coalesce(logs_of_days.{name}, 'Unknown') END
            AS {name}{,}
    FROM logs_of_days
    LEFT JOIN reviews ON reviews.id = logs_of_days.id
)
SELECT
    day,
    customer,
    {name},
    CAST(grouping(customer) AS INT) AS is_total,
    CAST(sum(positive) AS BIGINT) AS score,
    CAST(count(*) AS BIGINT) AS logs,
    CAST(count(review) AS BIGINT) AS reviews,
    CAST(count(CASE WHEN has_others THEN 1 END) AS BIGINT) AS other_customers
FROM joined
GROUP BY GROUPING SETS (
    (
        day, customer,
        {name}{,}
    ),
    (day)
)
