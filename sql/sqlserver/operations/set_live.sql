-- Versions that are live from now on. Grain: at most one row per path.
UPDATE history
SET live = 1
FROM $(ops).load_history AS history
JOIN #staged_row AS staged ON staged.path = history.path AND staged.receipt = history.receipt
WHERE staged.kind = N'live';
