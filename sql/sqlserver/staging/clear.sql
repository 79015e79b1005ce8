-- Forgets what an earlier publish of this connection has loaded.
DELETE FROM #staged_fact;
DELETE FROM #staged_row;
DELETE FROM #staged_spend;
DELETE FROM #staged_held;
