-- The row that counts of each id: that of the greatest path.
-- Grain: id.
-- In: files, with the rank of each row's file among the others.
WITH
placed AS (
    SELECT *, row_number() OVER (PARTITION BY id ORDER BY rank DESC) AS place
    FROM files
)
SELECT * FROM placed WHERE place = 1
