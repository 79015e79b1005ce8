-- What is there of the schema. Key: part; type is that of a column.
SELECT attname::text AS part, format_type(atttypid, atttypmod) AS type
FROM pg_attribute
WHERE attrelid = to_regclass('user_purchase_schema.user_purchase') AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT tgname::text, ''
FROM pg_trigger
WHERE tgrelid = to_regclass('user_purchase_schema.user_purchase') AND tgenabled <> 'D'
UNION ALL
SELECT relname::text, ''
FROM pg_class
WHERE oid = to_regclass('user_purchase_schema.load_history')
