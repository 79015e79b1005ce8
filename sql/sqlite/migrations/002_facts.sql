-- The facts, what customers spent, and the days added up for the dashboard.

-- Grain: one row per customer, date, device, location, os and browser.
-- Key: fact_id = id_dim_date * 1,000,000,000 + sequence within the day. So a day is a range of
-- row ids: replaced without any secondary index, read in order of time.
-- amount_spent_e5 is the customer's whole spend in 1/100,000, the same on each of his rows.
CREATE TABLE fact_movie_analytics (
    fact_id         INTEGER PRIMARY KEY,
    customerid      INTEGER NOT NULL,
    id_dim_date     INTEGER NOT NULL REFERENCES dim_date,
    id_dim_devices  INTEGER NOT NULL REFERENCES dim_devices,
    id_dim_location INTEGER NOT NULL REFERENCES dim_location,
    id_dim_os       INTEGER NOT NULL REFERENCES dim_os,
    id_dim_browser  INTEGER NOT NULL REFERENCES dim_browser,
    amount_spent_e5 INTEGER NOT NULL,
    review_score    INTEGER NOT NULL,
    review_count    INTEGER NOT NULL,
    insert_date     TEXT NOT NULL       -- UTC, 2021-04-25T06:15:04Z
);

-- Grain and key: one row per customer with purchases, reviewer or not.
CREATE TABLE customer_spend (
    customerid      INTEGER PRIMARY KEY,
    amount_spent_e5 INTEGER NOT NULL,
    purchase_count  INTEGER NOT NULL
);

-- Grain and key: one row per date, location, device and os that has facts.
CREATE TABLE agg_daily (
    id_dim_date     INTEGER NOT NULL REFERENCES dim_date,
    id_dim_location INTEGER NOT NULL REFERENCES dim_location,
    id_dim_devices  INTEGER NOT NULL REFERENCES dim_devices,
    id_dim_os       INTEGER NOT NULL REFERENCES dim_os,
    review_score    INTEGER NOT NULL,
    review_count    INTEGER NOT NULL,
    fact_count      INTEGER NOT NULL,
    PRIMARY KEY (id_dim_date, id_dim_location, id_dim_devices, id_dim_os)
) WITHOUT ROWID;
