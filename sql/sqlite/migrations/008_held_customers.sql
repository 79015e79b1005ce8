-- A customer whose new total does not fit keeps his last one, and everything else is published.

-- Grain and key: one row per customer who keeps his last total; goes when the new one fits.
-- amount_milli and purchases are what was not applied yet; publish_id and since are those of the publish
-- that held him first.
CREATE TABLE ops_held_customer (
    customerid   INTEGER PRIMARY KEY,
    amount_milli TEXT NOT NULL,         -- in 1/1,000, exactly: it can be greater than any INTEGER
    purchases    INTEGER NOT NULL,
    publish_id   INTEGER NOT NULL,
    since        TEXT NOT NULL,         -- UTC, 2021-04-25T06:15:04Z
    detail       TEXT NOT NULL
);
