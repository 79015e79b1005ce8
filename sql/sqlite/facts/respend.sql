-- Gives facts the new spend of their customers. Grain: one row per fact whose amount changes;
-- key: a range of fact_id.
UPDATE fact_movie_analytics
SET amount_spent_e5 = changed.amount_spent_e5
FROM temp.changed_spend AS changed
WHERE fact_id BETWEEN ?1 AND ?2
  AND changed.customerid = fact_movie_analytics.customerid
  AND changed.amount_spent_e5 <> fact_movie_analytics.amount_spent_e5
