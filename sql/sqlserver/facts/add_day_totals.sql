-- How many logs of each day found their review. Grain and key: one row per day with logs.
INSERT INTO $(ops).day_total (id_dim_date, matched, unmatched)
SELECT id_dim_date, matched, unmatched
FROM #staged_row
WHERE kind = N'day' AND (matched > 0 OR unmatched > 0);
