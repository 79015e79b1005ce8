-- $1 path, $2 its receipt as JSON. Fails on the content of another path.
UPDATE user_purchase_schema.load_history
SET
    etag = $2::text::json ->> 'etag',
    attempt = $2::text::json ->> 'attempt',
    content_hash = $2::text::json ->> 'content_hash',
    rows_loaded = ($2::text::json -> 'rows' ->> 'staged')::bigint,
    loaded_at = now(),
    receipt = $2::text::json
WHERE path = $1
