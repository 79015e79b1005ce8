-- A fact with what its customer spent, 0 without purchases. Grain: one row; key: fact_id.
INSERT INTO fact_movie_analytics (
    fact_id, customerid, id_dim_date, id_dim_devices, id_dim_location, id_dim_os,
    id_dim_browser, review_score, review_count, insert_date, amount_spent_e5
)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
