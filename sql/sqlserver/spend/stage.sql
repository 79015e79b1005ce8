-- Changes of spend that are few enough to come without bulk load: numbers alone, which every
-- server reads in JSON alike. Grain and key: one row per customer.
INSERT INTO #staged_spend (customerid, amount_e5, purchases)
SELECT customerid, amount_e5, purchases
FROM OPENJSON(@P2) WITH (
    customerid bigint '$.customerid', amount_e5 bigint '$.amount_e5', purchases bigint '$.purchases'
);
