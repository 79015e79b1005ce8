-- Customers without any purchase left. Key: customerid.
DELETE FROM $(dw).customer_spend
WHERE customerid IN (SELECT customerid FROM #spend_total WHERE purchase_count = 0);
