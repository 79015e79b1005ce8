-- What receipts refused, as JSON. Grain and key: one row per path, receipt and reason.
INSERT INTO #staged_refusal (path, receipt, reason, rows_refused, detail, quarantine)
SELECT path, receipt, reason, rows_refused, detail, quarantine
FROM OPENJSON(@P1) WITH (
    path nvarchar(800) '$.path',
    receipt bigint '$.receipt',
    reason nvarchar(40) '$.reason',
    rows_refused bigint '$.rows_refused',
    detail nvarchar(max) '$.detail',
    quarantine nvarchar(2000) '$.quarantine'
);
