-- The newest migration that this database has seen, 0 without any. Grain: one row.
IF OBJECT_ID(N'$(ops).schema_version', N'U') IS NULL
    SELECT CAST(0 AS int) AS version
ELSE
    SELECT COALESCE(MAX(version), 0) AS version FROM $(ops).schema_version;
