-- The dimensions.
-- Grain and key: one row per day (dim_date) or per text, byte for byte (BINARY, SQLite's
-- default collation). Text keys are given once and stay for ever; key 0 is `Unknown`.
CREATE TABLE dim_date (
    id_dim_date INTEGER PRIMARY KEY,    -- yyyymmdd
    log_date    TEXT NOT NULL,          -- yyyy-mm-dd
    day         INTEGER NOT NULL,
    month       INTEGER NOT NULL,
    year        INTEGER NOT NULL,
    season      TEXT NOT NULL
);

CREATE TABLE dim_devices (
    id_dim_devices INTEGER PRIMARY KEY,
    device         TEXT NOT NULL UNIQUE
);

CREATE TABLE dim_location (
    id_dim_location INTEGER PRIMARY KEY,
    location        TEXT NOT NULL UNIQUE
);

CREATE TABLE dim_os (
    id_dim_os INTEGER PRIMARY KEY,
    os        TEXT NOT NULL UNIQUE
);

CREATE TABLE dim_browser (
    id_dim_browser INTEGER PRIMARY KEY,
    browser        TEXT NOT NULL UNIQUE
);

INSERT INTO dim_devices VALUES (0, 'Unknown');
INSERT INTO dim_location VALUES (0, 'Unknown');
INSERT INTO dim_os VALUES (0, 'Unknown');
INSERT INTO dim_browser VALUES (0, 'Unknown');
