-- The newest receipt of each path, and when it was written. Grain and key: one row per path.
SELECT history.path, history.receipt, history.written_at
FROM $(ops).load_history AS history
INNER JOIN (
    SELECT path, MAX(receipt) AS receipt FROM $(ops).load_history GROUP BY path
) AS newest ON newest.path = history.path AND newest.receipt = history.receipt;
