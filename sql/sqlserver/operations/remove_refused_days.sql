-- Makes room for the newest findings. Key: id_dim_date.
DELETE FROM $(ops).refused_day
WHERE id_dim_date IN (SELECT id_dim_date FROM #staged_row WHERE kind = N'refused');
