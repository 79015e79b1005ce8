-- Gives new texts their keys, counting on from the greatest: the lock of publishers is held. A text
-- may be staged under several codes. Grain: one row per new text; key: that of the dimension.
INSERT INTO $(dw).{table} ({key}, {name})
SELECT
    CAST(
        (SELECT MAX({key}) FROM $(dw).{table})
            + ROW_NUMBER() OVER (ORDER BY MIN(staged.code))
        AS int
    ),
    staged.text
FROM #staged_row AS staged
WHERE staged.kind = N'text' AND staged.dimension = {n}
  AND NOT EXISTS (SELECT 1 FROM $(dw).{table} AS known WHERE known.{name} = staged.text)
GROUP BY staged.text;
