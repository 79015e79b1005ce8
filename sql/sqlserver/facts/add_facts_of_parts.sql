-- As add_facts, where days came in parts that may have facts of the same grain: these add up.
-- Grain: one row per grain of the staged facts.
INSERT INTO $(dw).fact_movie_analytics (
    {key},
    customerid, id_dim_date, amount_spent, review_score, review_count, insert_date
)
SELECT
    (SELECT id FROM #text_key WHERE dimension = {n} AND code = merged.{name}_code),
    merged.customerid,
    merged.id_dim_date,
    COALESCE(spend.amount_spent, 0),
    merged.review_score,
    merged.review_count,
    CAST(@P2 AS datetime2(0))
FROM (
    SELECT
        {name}_code,
        customerid,
        id_dim_date,
        CAST(SUM(review_score) AS int) AS review_score,
        CAST(SUM(review_count) AS int) AS review_count
    FROM #staged_fact
    GROUP BY
        {name}_code,
        customerid,
        id_dim_date
) AS merged
LEFT JOIN $(dw).customer_spend AS spend ON spend.customerid = merged.customerid;
SET @rows_inserted = @@ROWCOUNT;
