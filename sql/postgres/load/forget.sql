-- $1 path, $2 version, $3 attempt, either of them null. Waits for a load of the path that is under
-- way.
DELETE FROM user_purchase_schema.load_history WHERE path = $1 AND (etag = $2 OR attempt = $3)
