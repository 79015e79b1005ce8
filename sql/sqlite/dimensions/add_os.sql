-- Gives a os its key, one above the greatest. Grain: one row; key: id_dim_os.
INSERT INTO dim_os (os) VALUES (?1) RETURNING id_dim_os
