-- A fact with what its customer spent, 0 without purchases. Grain: one row; key: fact_id.
INSERT INTO fact_movie_analytics (
    {key},
    fact_id, customerid, id_dim_date, review_score, review_count, insert_date, amount_spent_e5
)
VALUES (
    ?{n+7},
    ?1, ?2, ?3, ?4, ?5, ?6, ?7
)
