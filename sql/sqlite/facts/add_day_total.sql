-- How many logs of a day found their review. Grain: one row; key: id_dim_date.
INSERT INTO ops_day_total (id_dim_date, matched, unmatched) VALUES (?1, ?2, ?3)
