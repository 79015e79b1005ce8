-- All statements see one state of the database, none can change it, and all names are the
-- server's own or spelled out.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL search_path = pg_catalog;
SET LOCAL statement_timeout = 0
