-- How long files took that were absorbed within the last 30 days. Grain and key: one row per dataset
-- and pair of seconds.
SELECT dataset, staged_seconds, published_seconds, count(*) AS files
FROM ops_v_load_history
WHERE staged_seconds IS NOT NULL
    AND absorbed_at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-30 days')
GROUP BY dataset, staged_seconds, published_seconds
