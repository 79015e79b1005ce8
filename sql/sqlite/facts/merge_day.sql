-- The facts of a day that came in parts, those of a grain added up, behind the rows of the parts.
-- Grain: one row per customer and dimensions. ?1 and ?2 are the first and the last fact_id of the
-- parts.
INSERT INTO fact_movie_analytics (
    {key},
    fact_id, customerid, id_dim_date, review_score, review_count, insert_date, amount_spent_e5
)
SELECT
    {key},
    ?2 + row_number() OVER (),
    customerid,
    id_dim_date,
    sum(review_score),
    sum(review_count),
    insert_date,
    amount_spent_e5
FROM fact_movie_analytics
WHERE fact_id BETWEEN ?1 AND ?2
GROUP BY
    {key},
    customerid, id_dim_date, insert_date, amount_spent_e5
