-- Grain: as v_freshness.
SELECT 'freshness' AS what, dataset, paths_live, paths_refused, newest_staged_at
FROM ops_v_freshness;
