-- The two schemas, what they have seen, and the dimensions. Each statement may run again: a
-- migration that was broken off is simply started once more.
IF SCHEMA_ID(N'$(dw)') IS NULL EXEC(N'CREATE SCHEMA $(dw)');
GO
IF SCHEMA_ID(N'$(ops)') IS NULL EXEC(N'CREATE SCHEMA $(ops)');
GO
-- Grain and key: one row per migration that this database has seen.
IF OBJECT_ID(N'$(ops).schema_version', N'U') IS NULL
CREATE TABLE $(ops).schema_version (
    version    int NOT NULL CONSTRAINT pk_schema_version PRIMARY KEY,
    name       nvarchar(100) NOT NULL,
    applied_at datetime2(0) NOT NULL
);
GO
-- Grain and key: one row per day.
IF OBJECT_ID(N'$(dw).dim_date', N'U') IS NULL
CREATE TABLE $(dw).dim_date (
    id_dim_date int NOT NULL CONSTRAINT pk_dim_date PRIMARY KEY,    -- yyyymmdd
    log_date    date NOT NULL CONSTRAINT uq_dim_date UNIQUE,
    day         int NOT NULL,
    month       int NOT NULL,
    year        int NOT NULL,
    season      nvarchar(6) NOT NULL
);
GO
-- Grain and key: one row per text, byte for byte. 200 characters may need 400 units of nvarchar.
-- Keys are given once and stay for ever; key 0 is `Unknown`.
IF OBJECT_ID(N'$(dw).dim_devices', N'U') IS NULL
CREATE TABLE $(dw).dim_devices (
    id_dim_devices int NOT NULL CONSTRAINT pk_dim_devices PRIMARY KEY,
    device nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL
        CONSTRAINT uq_dim_devices UNIQUE
);
GO
IF NOT EXISTS (SELECT 1 FROM $(dw).dim_devices WHERE id_dim_devices = 0)
    INSERT INTO $(dw).dim_devices (id_dim_devices, device) VALUES (0, N'Unknown');
GO
-- Grain and key: one row per text, byte for byte. 200 characters may need 400 units of nvarchar.
-- Keys are given once and stay for ever; key 0 is `Unknown`.
IF OBJECT_ID(N'$(dw).dim_location', N'U') IS NULL
CREATE TABLE $(dw).dim_location (
    id_dim_location int NOT NULL CONSTRAINT pk_dim_location PRIMARY KEY,
    location nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL
        CONSTRAINT uq_dim_location UNIQUE
);
GO
IF NOT EXISTS (SELECT 1 FROM $(dw).dim_location WHERE id_dim_location = 0)
    INSERT INTO $(dw).dim_location (id_dim_location, location) VALUES (0, N'Unknown');
GO
-- Grain and key: one row per text, byte for byte. 200 characters may need 400 units of nvarchar.
-- Keys are given once and stay for ever; key 0 is `Unknown`.
IF OBJECT_ID(N'$(dw).dim_os', N'U') IS NULL
CREATE TABLE $(dw).dim_os (
    id_dim_os int NOT NULL CONSTRAINT pk_dim_os PRIMARY KEY,
    os nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL
        CONSTRAINT uq_dim_os UNIQUE
);
GO
IF NOT EXISTS (SELECT 1 FROM $(dw).dim_os WHERE id_dim_os = 0)
    INSERT INTO $(dw).dim_os (id_dim_os, os) VALUES (0, N'Unknown');
GO
-- Grain and key: one row per text, byte for byte. 200 characters may need 400 units of nvarchar.
-- Keys are given once and stay for ever; key 0 is `Unknown`.
IF OBJECT_ID(N'$(dw).dim_browser', N'U') IS NULL
CREATE TABLE $(dw).dim_browser (
    id_dim_browser int NOT NULL CONSTRAINT pk_dim_browser PRIMARY KEY,
    browser nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL
        CONSTRAINT uq_dim_browser UNIQUE
);
GO
IF NOT EXISTS (SELECT 1 FROM $(dw).dim_browser WHERE id_dim_browser = 0)
    INSERT INTO $(dw).dim_browser (id_dim_browser, browser) VALUES (0, N'Unknown');
GO
IF NOT EXISTS (SELECT 1 FROM $(ops).schema_version WHERE version = 1)
    INSERT INTO $(ops).schema_version (version, name, applied_at)
    VALUES (1, N'dimensions', SYSUTCDATETIME());
