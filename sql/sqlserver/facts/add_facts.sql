-- The staged facts with their keys and with what their customers spent, 0 without purchases. Keys
-- are looked up one by one: a server that knows little of temporary tables takes joins of them for
-- a handful of rows, and plans for that. Grain: one row per staged fact.
INSERT INTO $(dw).fact_movie_analytics (
    {key},
    customerid, id_dim_date, amount_spent, review_score, review_count, insert_date
)
SELECT
    (SELECT id FROM #text_key WHERE dimension = {n} AND code = staged.{name}_code),
    staged.customerid,
    staged.id_dim_date,
    COALESCE(spend.amount_spent, 0),
    staged.review_score,
    staged.review_count,
    CAST(@P2 AS datetime2(0))
FROM #staged_fact AS staged
LEFT JOIN $(dw).customer_spend AS spend ON spend.customerid = staged.customerid;
SET @rows_inserted = @@ROWCOUNT;
