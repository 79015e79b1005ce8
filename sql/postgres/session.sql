-- What holds for every connection: nothing waits for ever, and the server ends a transaction whose
-- client has gone silent. The search_path stays as it is: triggers of the application may need it.
SET statement_timeout = '60s';
SET lock_timeout = '30s';
SET idle_in_transaction_session_timeout = '10min';
