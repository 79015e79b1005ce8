-- Makes room for the newest totals. Key: customerid.
DELETE FROM #changed_spend
WHERE customerid IN (SELECT customerid FROM #spend_total);
