-- Paths whose live version changes. Grain and key: one row per path.
INSERT INTO #staged_live (path, receipt)
SELECT path, receipt
FROM OPENJSON(@P1) WITH (path nvarchar(800) '$.path', receipt bigint '$.receipt');
