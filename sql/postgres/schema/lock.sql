-- Two processes that find nothing would both make it. Held to the end of the transaction.
SELECT pg_advisory_xact_lock(hashtext('user_purchase_schema'))
