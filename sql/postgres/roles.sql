-- Roles of this database, for its owner to run once, after the schema. Then give each login the
-- one that it needs: GRANT user_purchase_loader TO ...
--
-- user_purchase_loader: loads files. It may not change rows, nor the table.
-- user_purchase_reader: extracts. It reads the table and nothing else.
--
-- In Azure the identity of the app becomes a login first, in the database postgres, by an
-- administrator who has signed in with Entra ID:
--     SELECT * FROM pgaadauth_create_principal('<name of the app>', false, false);

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'user_purchase_loader') THEN
        CREATE ROLE user_purchase_loader NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'user_purchase_reader') THEN
        CREATE ROLE user_purchase_reader NOLOGIN;
    END IF;
END
$$;

GRANT USAGE ON SCHEMA user_purchase_schema TO user_purchase_loader, user_purchase_reader;

-- A file that is sent again takes the place of its rows: they are found and deleted.
GRANT SELECT, INSERT, DELETE ON user_purchase_schema.user_purchase TO user_purchase_loader;
GRANT SELECT, INSERT, UPDATE, DELETE ON user_purchase_schema.load_history TO user_purchase_loader;

GRANT SELECT ON user_purchase_schema.user_purchase TO user_purchase_reader;
