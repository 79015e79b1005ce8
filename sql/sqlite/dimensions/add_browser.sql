-- Gives a browser its key, one above the greatest. Grain: one row; key: id_dim_browser.
INSERT INTO dim_browser (browser) VALUES (?1) RETURNING id_dim_browser
