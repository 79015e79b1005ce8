-- A day that was built again is refused no more. Grain: at most one row; key: id_dim_date.
DELETE FROM ops_refused_day WHERE id_dim_date = ?1
