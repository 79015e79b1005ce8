-- Versions that were live no longer are. Grain: at most one row per path.
UPDATE $(ops).load_history
SET live = 0
WHERE live = 1 AND path IN (SELECT path FROM #staged_row WHERE kind = N'live');
