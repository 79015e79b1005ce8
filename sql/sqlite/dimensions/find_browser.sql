-- Key of a browser. Grain: at most one row; key: browser, byte for byte.
SELECT id_dim_browser FROM dim_browser WHERE browser = ?1
