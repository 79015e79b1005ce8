-- How many rows a check of one's own returns of each day. Grain and key: one row per log_date.
SELECT CONVERT(nvarchar(10), log_date, 23) AS log_date, COUNT_BIG(*) AS row_count
FROM found
GROUP BY log_date;
