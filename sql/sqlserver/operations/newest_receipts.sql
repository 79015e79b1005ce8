-- The newest receipt of each path. Grain and key: one row per path.
SELECT path, MAX(receipt) AS receipt FROM $(ops).load_history GROUP BY path;
