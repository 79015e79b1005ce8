-- What holds for every connection: names are spelled out, and nothing waits for ever. The server
-- ends a transaction whose client has gone silent.
SET search_path = pg_catalog;
SET statement_timeout = '60s';
SET lock_timeout = '30s';
SET idle_in_transaction_session_timeout = '10min';
