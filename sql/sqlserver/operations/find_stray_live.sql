-- A version that cannot be live, because its receipt is neither known nor news.
-- Grain: at most one row.
SELECT TOP (1) named.path, named.receipt
FROM #staged_live AS named
WHERE named.receipt IS NOT NULL
  AND NOT EXISTS (
      SELECT 1 FROM $(ops).load_history AS known
      WHERE known.path = named.path AND known.receipt = named.receipt
  )
  AND NOT EXISTS (
      SELECT 1 FROM #staged_receipt AS staged
      WHERE staged.path = named.path AND staged.receipt = named.receipt
  )
ORDER BY named.path;
