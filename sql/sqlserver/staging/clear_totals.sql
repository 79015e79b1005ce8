-- A transaction that is tried again reckons again: nothing where the first one was rolled back.
DELETE FROM #spend_total;
DELETE FROM #changed_spend;
