-- Forgets what an earlier publish of this connection has loaded.
DELETE FROM #staged_fact;
DELETE FROM #staged_day;
DELETE FROM #staged_text;
DELETE FROM #staged_spend;
DELETE FROM #staged_held;
DELETE FROM #spend_total;
DELETE FROM #changed_spend;
DELETE FROM #staged_receipt;
DELETE FROM #staged_refusal;
DELETE FROM #staged_live;
DELETE FROM #staged_refused;
