-- Days of the logs whose id stands in a changed file.
-- Grain: day.
-- In: logs of the files that did not change; changed, the ids that changed files have or had.
SELECT DISTINCT logs.day
FROM logs
LEFT SEMI JOIN changed ON changed.id = logs.id
