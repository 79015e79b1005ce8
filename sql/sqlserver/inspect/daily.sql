-- The sums of the dashboard, spelled out. Grain: as agg_daily.
SELECT
    daily.id_dim_date, location.location, device.device, os.os,
    daily.review_score, daily.review_count, daily.fact_count
FROM $(dw).agg_daily AS daily
JOIN $(dw).dim_location AS location ON location.id_dim_location = daily.id_dim_location
JOIN $(dw).dim_devices AS device ON device.id_dim_devices = daily.id_dim_devices
JOIN $(dw).dim_os AS os ON os.id_dim_os = daily.id_dim_os;
