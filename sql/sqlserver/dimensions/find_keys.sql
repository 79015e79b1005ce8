-- Keys of the texts that facts use, anew where the transaction is tried again.
-- Grain and key: one row per dimension and code.
DELETE FROM #text_key;
INSERT INTO #text_key (dimension, code, id)
SELECT staged.dimension, staged.code, known.{key}
FROM #staged_row AS staged JOIN $(dw).{table} AS known ON known.{name} = staged.text
WHERE staged.kind = N'text' AND staged.dimension = {n} {UNION ALL}
;
