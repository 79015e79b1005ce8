-- Buyers who are new. Grain and key: one row per customer.
INSERT INTO $(dw).customer_spend (customerid, amount_spent, purchase_count)
SELECT total.customerid, total.amount_spent, total.purchase_count
FROM #spend_total AS total
WHERE total.purchase_count > 0
  AND NOT EXISTS (
      SELECT 1 FROM $(dw).customer_spend AS known WHERE known.customerid = total.customerid
  );
