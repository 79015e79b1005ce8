-- Customers who keep their last total get no new one. Key: customerid.
DELETE FROM #staged_spend
WHERE customerid IN (SELECT customerid FROM #staged_held);
