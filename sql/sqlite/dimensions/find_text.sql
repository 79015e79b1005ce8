-- Key of a text. Grain: at most one row; key: the text, byte for byte.
SELECT {key} FROM {table} WHERE {name} = ?1
