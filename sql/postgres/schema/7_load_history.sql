-- Grain and key: one row per file whose rows are in the table, with the version that they are of.
-- receipt is what the lake's log of the file says, or will say, of it. No two files have the same
-- content.
CREATE TABLE IF NOT EXISTS user_purchase_schema.load_history (
    path         text PRIMARY KEY,
    etag         text,
    attempt      text,
    content_hash text UNIQUE,
    rows_loaded  bigint,
    loaded_at    timestamptz,
    receipt      json
)
