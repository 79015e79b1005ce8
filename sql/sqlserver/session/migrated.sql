-- The end of a printed migration: an error where it broke off. Grain: no rows.
DECLARE @version int;
SET @version = 0;
IF OBJECT_ID(N'$(ops).schema_version', N'U') IS NOT NULL
    SELECT @version = COALESCE(MAX(version), 0) FROM $(ops).schema_version;
IF @version >= $(version)
    PRINT N'the schema has version $(version)';
ELSE
    RAISERROR(
        N'the migration broke off before version $(version): correct the first error above, and run all of it again',
        16, 1
    );
