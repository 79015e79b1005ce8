-- Notes the new totals for the facts of their customers. @P1 is 1 where all spend was forgotten:
-- what a total was before is not known then. Grain and key: one row per customer.
INSERT INTO #changed_spend (customerid, amount_spent)
SELECT customerid, amount_spent
FROM #spend_total
WHERE amount_spent <> before OR @P1 = 1;
