-- How many rows the cluster finds in some files: what their receipts say, or it reads others.
-- Grain: one row.
-- In: files.
SELECT CAST(count(*) AS BIGINT) AS row_count FROM files
