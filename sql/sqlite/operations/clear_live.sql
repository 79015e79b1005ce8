-- The version of a path that was live no longer is. Grain: at most one row; key: path.
UPDATE ops_load_history SET live = 0 WHERE path = ?1 AND live = 1
