-- Customers whose totals are judged anew; all of them where @P8 is 1. Key: customerid.
DELETE FROM $(ops).held_customer
WHERE @P8 = 1
   OR customerid IN (SELECT customerid FROM #staged_spend)
   OR customerid IN (SELECT customerid FROM #staged_held);
