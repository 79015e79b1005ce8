-- What a check of one's own returns, for the names of its columns.
SELECT * FROM found
