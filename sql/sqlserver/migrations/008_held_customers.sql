-- A customer whose new total does not fit keeps his last one, and everything else is published.

-- Grain and key: one row per customer who keeps his last total; goes when the new one fits.
-- amount_milli and purchases are what was not applied yet; publish_id and since are those of the
-- publish that held him first. The amount is a text: it can have more digits than a decimal.
IF OBJECT_ID(N'$(ops).held_customer', N'U') IS NULL
CREATE TABLE $(ops).held_customer (
    customerid   bigint NOT NULL CONSTRAINT pk_held_customer PRIMARY KEY,
    amount_milli nvarchar(40) NOT NULL,         -- in 1/1,000, exactly
    purchases    bigint NOT NULL,
    publish_id   bigint NOT NULL,
    since        datetime2(0) NOT NULL,         -- UTC
    detail       nvarchar(max) NOT NULL
);
GO
IF NOT EXISTS (SELECT 1 FROM $(ops).schema_version WHERE version = 8)
    INSERT INTO $(ops).schema_version (version, name, applied_at)
    VALUES (8, N'held_customers', SYSUTCDATETIME());
