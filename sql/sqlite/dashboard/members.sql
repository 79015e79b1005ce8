-- What can be filtered on. Grain and key: one row per dimension and member, as 1 location,
-- 2 device, 3 os.
SELECT 1 AS dimension, id_dim_location AS id, location AS text FROM dim_location
UNION ALL
SELECT 2, id_dim_devices, device FROM dim_devices
UNION ALL
SELECT 3, id_dim_os, os FROM dim_os
