-- Holds the application's table and what is known of the files that were loaded into it.
CREATE SCHEMA IF NOT EXISTS user_purchase_schema
