-- The text dimensions under one another. Grain and key: one row per dimension and key.
SELECT N'device' AS dimension, id_dim_devices AS id, device AS text FROM $(dw).dim_devices
UNION ALL
SELECT N'location', id_dim_location, location FROM $(dw).dim_location
UNION ALL
SELECT N'os', id_dim_os, os FROM $(dw).dim_os
UNION ALL
SELECT N'browser', id_dim_browser, browser FROM $(dw).dim_browser;
