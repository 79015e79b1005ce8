-- How new is what counts. Grain and key: one row per dataset.
SELECT
    dataset,
    CAST(paths_live AS bigint) AS paths_live,
    CAST(paths_refused AS bigint) AS paths_refused,
    newest_staged_at,
    newest_arrived_at
FROM $(ops).v_freshness
ORDER BY dataset;
