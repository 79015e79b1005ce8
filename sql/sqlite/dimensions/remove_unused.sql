-- Members that no fact has any more, but for the one with the greatest key: keys are never given again.
DELETE FROM {table}
WHERE {key} <> 0
  AND {key} < (SELECT MAX({key}) FROM {table})
  AND {key} NOT IN (SELECT {key} FROM fact_movie_analytics)
