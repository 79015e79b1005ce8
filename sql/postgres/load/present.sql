-- $1 path. The receipt of what the table has of it, null before the first load. Locks the path.
SELECT receipt::text FROM user_purchase_schema.load_history WHERE path = $1 FOR UPDATE
