-- What can be filtered on. Grain and key: one row per dimension and member, dimensions counted
-- from 1.
SELECT {n} AS dimension, {key} AS id, {name} AS text FROM $(dw).{table} {UNION ALL}
