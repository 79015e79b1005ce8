-- $1 content hash, $2 path. The other path that has this content.
SELECT path FROM user_purchase_schema.load_history WHERE content_hash = $1 AND path <> $2
