-- How many rows a check of one's own returns of each day. Grain and key: one row per log_date.
SELECT CAST(log_date AS TEXT), count(*) FROM found GROUP BY log_date
