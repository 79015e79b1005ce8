-- The text dimensions under one another. Grain and key: one row per dimension and key.
SELECT 'device' AS dimension, id_dim_devices AS id, device AS text FROM dim_devices
UNION ALL
SELECT 'location', id_dim_location, location FROM dim_location
UNION ALL
SELECT 'os', id_dim_os, os FROM dim_os
UNION ALL
SELECT 'browser', id_dim_browser, browser FROM dim_browser
