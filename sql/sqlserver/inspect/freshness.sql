-- Grain: as v_freshness.
SELECT N'freshness' AS what, dataset, paths_live, paths_refused, newest_staged_at
FROM $(ops).v_freshness;
