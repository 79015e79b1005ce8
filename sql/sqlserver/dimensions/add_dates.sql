-- Days that facts and totals may point to. Grain: one row per new day; key: id_dim_date.
INSERT INTO $(dw).dim_date (id_dim_date, log_date, day, month, year, season)
SELECT
    staged.id_dim_date, CAST(staged.log_date AS date),
    staged.day, staged.month, staged.year, staged.season
FROM #staged_row AS staged
WHERE staged.kind = N'day'
  AND (staged.matched > 0 OR staged.unmatched > 0)
  AND NOT EXISTS (
      SELECT 1 FROM $(dw).dim_date AS known WHERE known.id_dim_date = staged.id_dim_date
  );
