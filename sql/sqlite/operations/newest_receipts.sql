-- The newest receipt of each path. Grain and key: one row per path.
SELECT path, max(receipt) FROM ops_load_history GROUP BY path
