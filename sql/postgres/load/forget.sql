-- $1 path, $2 attempt or null for any. Waits for a load of the path that is under way.
DELETE FROM user_purchase_schema.load_history
WHERE path = $1 AND ($2::text IS NULL OR attempt = $2)
