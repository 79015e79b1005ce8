-- The sums of a day. Grain: as agg_daily; key: id_dim_date.
DELETE FROM agg_daily WHERE id_dim_date = ?1
