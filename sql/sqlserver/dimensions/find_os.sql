-- Keys of the texts that facts use. Grain: one row per text.
UPDATE staged
SET id = known.id_dim_os
FROM #staged_text AS staged
JOIN $(dw).dim_os AS known ON known.os = staged.text
WHERE staged.dimension = 3;
