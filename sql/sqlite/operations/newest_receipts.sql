-- The newest receipt of each path, and when it was written. Grain and key: one row per path. The
-- column beside max() is that of the same row.
SELECT path, max(receipt), written_at FROM ops_load_history GROUP BY path
