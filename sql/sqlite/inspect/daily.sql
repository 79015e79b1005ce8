-- The sums of the dashboard, spelled out. Grain: as agg_daily.
SELECT log_date, location, device, os, review_score, review_count, fact_count
FROM agg_daily
JOIN dim_date USING (id_dim_date)
JOIN dim_location USING (id_dim_location)
JOIN dim_devices USING (id_dim_devices)
JOIN dim_os USING (id_dim_os)
