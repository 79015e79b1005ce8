-- The texts of all dimensions. Grain and key: one row per dimension and key.
SELECT N'{name}' AS dimension, {key} AS id, {name} AS text FROM $(dw).{table} {UNION ALL}
