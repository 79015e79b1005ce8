-- For a table that the application made without it: rows that are there belong to no file.
ALTER TABLE user_purchase_schema.user_purchase ADD COLUMN IF NOT EXISTS source_file text
