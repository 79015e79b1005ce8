-- By how much a change moves the number of review ids.
-- Grain: one row.
-- In: ids, with rank 0 in the old versions of changed files, 1 in the new ones, 2 in files that
-- did not change: an id that stands there was there before and is there after.
WITH
places AS (
    SELECT
        id,
        max(CASE WHEN rank = 0 THEN 1 ELSE 0 END) AS is_old,
        max(CASE WHEN rank = 1 THEN 1 ELSE 0 END) AS is_new,
        max(CASE WHEN rank = 2 THEN 1 ELSE 0 END) AS is_elsewhere
    FROM ids
    GROUP BY id
)
SELECT CAST(coalesce(sum(is_new - is_old), 0) AS BIGINT) AS moved
FROM places
WHERE is_elsewhere = 0
