-- A version that cannot be live, because its receipt is not known, now that news are added.
-- Grain: at most one row.
SELECT TOP (1) named.path, named.receipt
FROM #staged_row AS named
WHERE named.kind = N'live'
  AND named.receipt IS NOT NULL
  AND NOT EXISTS (
      SELECT 1 FROM $(ops).load_history AS known
      WHERE known.path = named.path AND known.receipt = named.receipt
  )
ORDER BY named.path;
