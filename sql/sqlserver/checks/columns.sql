-- What a check of one's own returns, for the names of its columns. Grain: no rows.
SELECT TOP (0) * FROM found;
