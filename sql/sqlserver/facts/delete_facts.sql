-- The facts of the days that are replaced. Key: id_dim_date.
DELETE FROM $(dw).fact_movie_analytics
WHERE id_dim_date IN (SELECT id_dim_date FROM #staged_row WHERE kind = N'day');
SET @rows_deleted = @@ROWCOUNT;
