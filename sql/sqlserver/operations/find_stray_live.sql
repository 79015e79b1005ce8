-- A version that cannot be live, because its receipt is neither known nor news.
-- Grain: at most one row.
SELECT TOP (1) live.path, live.receipt
FROM #staged_live AS live
WHERE live.receipt IS NOT NULL
  AND NOT EXISTS (
      SELECT 1 FROM $(ops).load_history AS known
      WHERE known.path = live.path AND known.receipt = live.receipt
  )
  AND NOT EXISTS (
      SELECT 1 FROM #staged_receipt AS staged
      WHERE staged.path = live.path AND staged.receipt = live.receipt
  )
ORDER BY live.path;
