-- The totals of a day. Grain: one row; key: id_dim_date.
DELETE FROM ops_day_total WHERE id_dim_date = ?1
