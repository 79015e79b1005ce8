-- $1 path. Rows that the application has changed are not among them.
DELETE FROM user_purchase_schema.user_purchase WHERE source_file = $1
