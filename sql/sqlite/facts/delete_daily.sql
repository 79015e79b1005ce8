-- The sums of a day. Grain: one row per location, device and os; key: id_dim_date.
DELETE FROM agg_daily WHERE id_dim_date = ?1
