-- Makes room for the newest findings. Key: id_dim_date.
DELETE FROM $(ops).refused_day
WHERE id_dim_date IN (SELECT id FROM OPENJSON(@P1) WITH (id int '$.id'));
