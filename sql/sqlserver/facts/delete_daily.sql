-- The sums of the days that are replaced. Key: id_dim_date.
DELETE FROM $(dw).agg_daily
WHERE id_dim_date IN (SELECT id_dim_date FROM #staged_row WHERE kind = N'day');
