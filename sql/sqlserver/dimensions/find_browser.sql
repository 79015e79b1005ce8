-- Keys of the texts that facts use. Grain: one row per text.
UPDATE staged
SET id = known.id_dim_browser
FROM #staged_text AS staged
JOIN $(dw).dim_browser AS known ON known.browser = staged.text
WHERE staged.dimension = 4;
