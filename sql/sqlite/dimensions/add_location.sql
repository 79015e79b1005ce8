-- Gives a location its key, one above the greatest. Grain: one row; key: id_dim_location.
INSERT INTO dim_location (location) VALUES (?1) RETURNING id_dim_location
