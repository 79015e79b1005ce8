-- A file that is sent again finds its rows without reading the table.
CREATE INDEX IF NOT EXISTS user_purchase_source_file
    ON user_purchase_schema.user_purchase (source_file) WHERE source_file IS NOT NULL
