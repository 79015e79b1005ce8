-- $1 path. Makes the row that loads of this path wait for each other at.
INSERT INTO user_purchase_schema.load_history (path) VALUES ($1) ON CONFLICT DO NOTHING
