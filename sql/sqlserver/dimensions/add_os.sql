-- Gives new texts their keys, counting on from the greatest: the lock of publishers is held.
-- Grain: one row per new text; key: id_dim_os.
INSERT INTO $(dw).dim_os (id_dim_os, os)
SELECT
    CAST(
        (SELECT MAX(id_dim_os) FROM $(dw).dim_os)
            + ROW_NUMBER() OVER (ORDER BY staged.code)
        AS int
    ),
    staged.text
FROM #staged_text AS staged
WHERE staged.dimension = 3
  AND NOT EXISTS (SELECT 1 FROM $(dw).dim_os AS known WHERE known.os = staged.text);
