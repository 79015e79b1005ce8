-- $1 path, $2 version. Whether this session owns the load of the version until its transaction ends;
-- false where another one does. Waits for nobody.
SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended($1 || ' ' || $2, 0))
