-- The rank of each row by the name of its file.
-- Grain: row of a file.
-- In: files, with the name of each row's file; ranks, by name.
SELECT files.*, ranks.rank
FROM files
JOIN ranks ON ranks.file = files.file
