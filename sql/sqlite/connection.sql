-- What every connection sets before its first statement. The WAL comes first: it may find the
-- file busy, and then all of this runs again.
-- Readers go on while a publish writes (WAL). FULL, because the lake's marker says what is
-- published: a publish that a power cut took back would be missed. It costs one fsync each.
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
-- 8 MiB of pages: a large publish spills into the WAL instead of growing the process.
PRAGMA cache_size = -8192;
-- After a large publish the WAL file shrinks to this.
PRAGMA journal_size_limit = 16777216;
-- The keys of a fact are resolved in the transaction that inserts it, so the declared foreign
-- keys hold by construction: they tell readers how to join. Checking them was measured to make a
-- publish of 500,000 facts half as long again.
PRAGMA foreign_keys = OFF;

-- Customers whose spend the publish under way may have changed, with their new total.
-- Grain and key: one row per customer.
CREATE TEMP TABLE changed_spend (
    customerid      INTEGER PRIMARY KEY,
    amount_spent_e5 INTEGER NOT NULL
);
