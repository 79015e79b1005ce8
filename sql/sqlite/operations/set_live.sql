-- The version of a path that is live from now on. Grain: one row; key: path and receipt.
UPDATE ops_load_history SET live = 1 WHERE path = ?1 AND receipt = ?2
