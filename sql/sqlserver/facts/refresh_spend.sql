-- Gives facts outside the replaced days the new spend of their customers.
-- Grain: one row per fact whose amount changes.
UPDATE fact
SET amount_spent = total.amount_spent
FROM $(dw).fact_movie_analytics AS fact
JOIN #spend_total AS total ON total.customerid = fact.customerid
WHERE fact.amount_spent <> total.amount_spent
  AND fact.id_dim_date NOT IN (
      SELECT id_dim_date FROM #staged_row WHERE kind = N'day' AND id_dim_date IS NOT NULL
  );
SET @rows_respent = @@ROWCOUNT;
