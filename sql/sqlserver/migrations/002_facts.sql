-- The facts, what customers spent, and the days added up for the dashboard.

-- Grain and key: one row per customer, date, device, location, os and browser. The day comes
-- first: a publish replaces days, and reports ask for spans of them. amount_spent is the
-- customer's whole spend, the same on each of his rows.
IF OBJECT_ID(N'$(dw).fact_movie_analytics', N'U') IS NULL
CREATE TABLE $(dw).fact_movie_analytics (
    customerid      bigint NOT NULL,
    id_dim_date     int NOT NULL
        CONSTRAINT fk_fact_date REFERENCES $(dw).dim_date (id_dim_date),
    id_dim_devices  int NOT NULL
        CONSTRAINT fk_fact_devices REFERENCES $(dw).dim_devices (id_dim_devices),
    id_dim_location int NOT NULL
        CONSTRAINT fk_fact_location REFERENCES $(dw).dim_location (id_dim_location),
    id_dim_os       int NOT NULL
        CONSTRAINT fk_fact_os REFERENCES $(dw).dim_os (id_dim_os),
    id_dim_browser  int NOT NULL
        CONSTRAINT fk_fact_browser REFERENCES $(dw).dim_browser (id_dim_browser),
    amount_spent    decimal(18, 5) NOT NULL,
    review_score    int NOT NULL,
    review_count    int NOT NULL,
    insert_date     datetime2(0) NOT NULL,      -- UTC
    CONSTRAINT pk_fact_movie_analytics PRIMARY KEY (
        id_dim_date, customerid, id_dim_devices, id_dim_location, id_dim_os, id_dim_browser
    )
);
GO
-- Finds the facts of customers whose spend changes, and counts customers. It is the only index
-- beside the key; asked for by kind and not by name, which not every server keeps as it was given.
IF NOT EXISTS (
    SELECT 1 FROM sys.indexes
    WHERE object_id = OBJECT_ID(N'$(dw).fact_movie_analytics')
      AND type = 2 AND is_primary_key = 0
)
CREATE INDEX ix_fact_customer ON $(dw).fact_movie_analytics (customerid) INCLUDE (amount_spent);
GO
-- Grain and key: one row per customer with purchases, reviewer or not.
IF OBJECT_ID(N'$(dw).customer_spend', N'U') IS NULL
CREATE TABLE $(dw).customer_spend (
    customerid     bigint NOT NULL CONSTRAINT pk_customer_spend PRIMARY KEY,
    amount_spent   decimal(18, 5) NOT NULL,
    purchase_count bigint NOT NULL
);
GO
-- Grain and key: one row per date, location, device and os that has facts.
IF OBJECT_ID(N'$(dw).agg_daily', N'U') IS NULL
CREATE TABLE $(dw).agg_daily (
    id_dim_date     int NOT NULL
        CONSTRAINT fk_daily_date REFERENCES $(dw).dim_date (id_dim_date),
    id_dim_location int NOT NULL
        CONSTRAINT fk_daily_location REFERENCES $(dw).dim_location (id_dim_location),
    id_dim_devices  int NOT NULL
        CONSTRAINT fk_daily_devices REFERENCES $(dw).dim_devices (id_dim_devices),
    id_dim_os       int NOT NULL
        CONSTRAINT fk_daily_os REFERENCES $(dw).dim_os (id_dim_os),
    review_score    bigint NOT NULL,
    review_count    bigint NOT NULL,
    fact_count      bigint NOT NULL,
    CONSTRAINT pk_agg_daily PRIMARY KEY (id_dim_date, id_dim_location, id_dim_devices, id_dim_os)
);
GO
IF NOT EXISTS (SELECT 1 FROM $(ops).schema_version WHERE version = 2)
    INSERT INTO $(ops).schema_version (version, name, applied_at)
    VALUES (2, N'facts', SYSUTCDATETIME());
