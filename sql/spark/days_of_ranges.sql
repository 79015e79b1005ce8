-- Days of the logs whose id lies in the range of a file that was cleared away.
-- Grain: day.
-- In: logs of the files that did not change; gone, the first and the last id of such files.
SELECT DISTINCT logs.day
FROM logs
JOIN gone ON logs.id BETWEEN gone.first_id AND gone.last_id
