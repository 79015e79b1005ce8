-- Keys of the texts that facts use. Grain: one row per text.
UPDATE staged
SET id = known.{key}
FROM #staged_text AS staged
JOIN $(dw).{table} AS known ON known.{name} = staged.text
WHERE staged.dimension = {n};
