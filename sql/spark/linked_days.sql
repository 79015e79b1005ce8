-- Days that share an id with one of the linked days.
-- Grain: day.
-- In: logs, old and new; dirty, the days that may be linked; linked, the days that are.
WITH
shared AS (
    SELECT logs.id
    FROM logs
    LEFT SEMI JOIN linked ON linked.day = logs.day
)
SELECT DISTINCT logs.day
FROM logs
LEFT SEMI JOIN dirty ON dirty.day = logs.day
LEFT SEMI JOIN shared ON shared.id = logs.id
