-- How many logs of a day found their review; parts of a day add up. Grain: one row; key: id_dim_date.
INSERT INTO ops_day_total (id_dim_date, matched, unmatched) VALUES (?1, ?2, ?3)
ON CONFLICT (id_dim_date) DO UPDATE SET
    matched = matched + excluded.matched,
    unmatched = unmatched + excluded.unmatched
