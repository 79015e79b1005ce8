-- Members that no fact has any more: they go, but for the one with the greatest key, of which the text
-- goes and the key stays, since keys are never given again.
DELETE FROM $(dw).{table}
WHERE {key} <> 0
  AND {key} < (SELECT MAX({key}) FROM $(dw).{table})
  AND NOT EXISTS (
      SELECT 1 FROM $(dw).fact_movie_analytics AS fact WHERE fact.{key} = $(dw).{table}.{key}
  );
UPDATE $(dw).{table} SET {name} = CONCAT(N'removed ', {key})
WHERE {key} <> 0
  AND {key} = (SELECT MAX({key}) FROM $(dw).{table})
  AND NOT EXISTS (
      SELECT 1 FROM $(dw).fact_movie_analytics AS fact WHERE fact.{key} = $(dw).{table}.{key}
  );
