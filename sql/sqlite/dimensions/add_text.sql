-- Gives a text its key, one above the greatest. Grain: one row; key: that of the dimension.
INSERT INTO {table} ({name}) VALUES (?1) RETURNING {key}
