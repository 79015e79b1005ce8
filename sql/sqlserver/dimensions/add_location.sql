-- Gives new texts their keys, counting on from the greatest: the lock of publishers is held.
-- Grain: one row per new text; key: id_dim_location.
INSERT INTO $(dw).dim_location (id_dim_location, location)
SELECT
    CAST(
        (SELECT MAX(id_dim_location) FROM $(dw).dim_location)
            + ROW_NUMBER() OVER (ORDER BY staged.code)
        AS int
    ),
    staged.text
FROM #staged_text AS staged
WHERE staged.dimension = 2
  AND NOT EXISTS (SELECT 1 FROM $(dw).dim_location AS known WHERE known.location = staged.text);
