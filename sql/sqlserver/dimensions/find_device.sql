-- Keys of the texts that facts use. Grain: one row per text.
UPDATE staged
SET id = known.id_dim_devices
FROM #staged_text AS staged
JOIN $(dw).dim_devices AS known ON known.device = staged.text
WHERE staged.dimension = 1;
