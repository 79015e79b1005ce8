-- The sums of a day by the dimensions of the dashboard. Grain: one row; key: all but the sums.
INSERT INTO agg_daily (
    {key},
    id_dim_date, review_score, review_count, fact_count
)
VALUES (
    ?{n+4},
    ?1, ?2, ?3, ?4
)
