-- As add_facts, where days came in parts that may have facts of the same grain: these add up. They
-- are grouped by keys, for a text may be staged under several codes.
-- Grain: one row per grain of the staged facts.
INSERT INTO $(dw).fact_movie_analytics (
    {key},
    customerid, id_dim_date, amount_spent, review_score, review_count, insert_date
)
SELECT
    merged.{key},
    merged.customerid,
    merged.id_dim_date,
    COALESCE(spend.amount_spent, 0),
    merged.review_score,
    merged.review_count,
    CAST(@P2 AS datetime2(0))
FROM (
    SELECT
        keyed.{key},
        keyed.customerid,
        keyed.id_dim_date,
        CAST(SUM(keyed.review_score) AS int) AS review_score,
        CAST(SUM(keyed.review_count) AS int) AS review_count
    FROM (
        SELECT
            (SELECT id FROM #text_key WHERE dimension = {n} AND code = staged.{name}_code) AS {key},
            staged.customerid,
            staged.id_dim_date,
            staged.review_score,
            staged.review_count
        FROM #staged_fact AS staged
    ) AS keyed
    GROUP BY
        keyed.{key},
        keyed.customerid,
        keyed.id_dim_date
) AS merged
LEFT JOIN $(dw).customer_spend AS spend ON spend.customerid = merged.customerid;
SET @rows_inserted = @@ROWCOUNT;
