-- The sums of a location, device and os on a day. Grain: one row; key: the first four.
INSERT INTO agg_daily (
    id_dim_date, id_dim_location, id_dim_devices, id_dim_os,
    review_score, review_count, fact_count
)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
