-- How many rows a check of one's own returns. Grain: one row.
SELECT NULL, count(*) FROM found
