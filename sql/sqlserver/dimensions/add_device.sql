-- Gives new texts their keys, counting on from the greatest: the lock of publishers is held.
-- Grain: one row per new text; key: id_dim_devices.
INSERT INTO $(dw).dim_devices (id_dim_devices, device)
SELECT
    CAST(
        (SELECT MAX(id_dim_devices) FROM $(dw).dim_devices)
            + ROW_NUMBER() OVER (ORDER BY staged.code)
        AS int
    ),
    staged.text
FROM #staged_text AS staged
WHERE staged.dimension = 1
  AND NOT EXISTS (SELECT 1 FROM $(dw).dim_devices AS known WHERE known.device = staged.text);
