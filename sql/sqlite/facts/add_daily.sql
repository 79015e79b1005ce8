-- The sums of a day by the dimensions of the dashboard; parts of a day add up. Grain: one row; key: all but the sums.
INSERT INTO agg_daily (
    {key},
    id_dim_date, review_score, review_count, fact_count
)
VALUES (
    ?{n+4},
    ?1, ?2, ?3, ?4
)
ON CONFLICT DO UPDATE SET
    review_score = review_score + excluded.review_score,
    review_count = review_count + excluded.review_count,
    fact_count = fact_count + excluded.fact_count
