-- Of the member with the greatest key, where no fact has it, the text goes and the key stays.
UPDATE {table} SET {name} = 'removed ' || {key}
WHERE {key} <> 0
  AND {key} = (SELECT MAX({key}) FROM {table})
  AND {key} NOT IN (SELECT {key} FROM fact_movie_analytics)
