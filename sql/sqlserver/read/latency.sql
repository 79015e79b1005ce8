-- How long files took that were absorbed within the last 30 days. Grain and key: one row per dataset
-- and pair of seconds.
SELECT
    dataset,
    CAST(staged_seconds AS bigint) AS staged_seconds,
    CAST(published_seconds AS bigint) AS published_seconds,
    COUNT_BIG(*) AS files
FROM $(ops).v_load_history
WHERE staged_seconds IS NOT NULL
    AND absorbed_at >= DATEADD(day, -30, SYSUTCDATETIME())
GROUP BY dataset, staged_seconds, published_seconds;
