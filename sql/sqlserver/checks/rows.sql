-- How many rows a check of one's own returns. Grain: one row.
SELECT CAST(NULL AS nvarchar(10)) AS log_date, COUNT_BIG(*) AS row_count FROM found;
