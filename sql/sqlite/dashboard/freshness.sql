-- How new is what counts. Grain and key: one row per dataset.
SELECT dataset, paths_live, paths_refused, newest_staged_at, newest_arrived_at
FROM ops_v_freshness
ORDER BY dataset
