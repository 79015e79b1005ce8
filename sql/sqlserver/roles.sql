-- Who may do what: two roles, and the function app in one of them. Run by an administrator of the
-- database who signs in with Entra ID, for only Azure SQL knows users of that kind; nothing else
-- runs this file, and it may be run again.
--     sqlcmd -S SERVER -d DATABASE -G -b -i roles.sql
--         -v etl_principal="NAME OF THE FUNCTION APP" -v bi_principal="NAME OF A GROUP"

-- The function app: reads and writes rows. It can neither change the schema nor pretend that it
-- was changed.
IF DATABASE_PRINCIPAL_ID(N'etl_writer') IS NULL CREATE ROLE etl_writer;
GO
GRANT SELECT, INSERT, UPDATE, DELETE ON SCHEMA::dw TO etl_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON SCHEMA::ops TO etl_writer;
GO
-- On its own, after the grants: where a server has no DENY, they hold all the same.
DENY INSERT, UPDATE, DELETE ON OBJECT::ops.schema_version TO etl_writer;
GO
-- People and reports: the star schema, and the views of operations.
IF DATABASE_PRINCIPAL_ID(N'bi_reader') IS NULL CREATE ROLE bi_reader;
GO
GRANT SELECT ON SCHEMA::dw TO bi_reader;
GRANT SELECT ON OBJECT::ops.v_load_history TO bi_reader;
GRANT SELECT ON OBJECT::ops.v_freshness TO bi_reader;
GRANT SELECT ON OBJECT::ops.v_unmatched TO bi_reader;
GRANT SELECT ON OBJECT::ops.v_quarantine TO bi_reader;
GO
IF DATABASE_PRINCIPAL_ID(N'$(etl_principal)') IS NULL
    CREATE USER [$(etl_principal)] FROM EXTERNAL PROVIDER;
GO
ALTER ROLE etl_writer ADD MEMBER [$(etl_principal)];
GO
-- Who reads the warehouse, in Power BI for example: a group of Entra ID, or one person.
IF DATABASE_PRINCIPAL_ID(N'$(bi_principal)') IS NULL
    CREATE USER [$(bi_principal)] FROM EXTERNAL PROVIDER;
GO
ALTER ROLE bi_reader ADD MEMBER [$(bi_principal)];
