-- Keys of the texts that facts use. Grain: one row per text.
UPDATE staged
SET id = known.id_dim_location
FROM #staged_text AS staged
JOIN $(dw).dim_location AS known ON known.location = staged.text
WHERE staged.dimension = 2;
