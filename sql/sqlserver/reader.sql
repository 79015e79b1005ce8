-- Lets a person or a group of Entra ID read the warehouse, in Power BI for example. Run after
-- roles.sql by the same administrator, once for each of them.
--     sqlcmd -S SERVER -d DATABASE -G -b -v reader="NAME OF A GROUP" -i reader.sql
IF DATABASE_PRINCIPAL_ID(N'$(reader)') IS NULL
    CREATE USER [$(reader)] FROM EXTERNAL PROVIDER;
GO
ALTER ROLE bi_reader ADD MEMBER [$(reader)];
