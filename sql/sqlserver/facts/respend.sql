-- Gives facts outside the replaced days the new spend of their customers.
-- Grain: one row per fact whose amount changes.
UPDATE fact
SET amount_spent = changed.amount_spent
FROM $(dw).fact_movie_analytics AS fact
JOIN #changed_spend AS changed ON changed.customerid = fact.customerid
WHERE fact.amount_spent <> changed.amount_spent
  AND fact.id_dim_date NOT IN (SELECT id_dim_date FROM #staged_day);
