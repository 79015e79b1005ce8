-- Texts that facts use, as JSON: they are few, and any character comes through.
-- Grain and key: one row per dimension and code.
INSERT INTO #staged_text (dimension, code, text)
SELECT dimension, code, text
FROM OPENJSON(@P1) WITH (
    dimension int '$.dimension',
    code      int '$.code',
    text      nvarchar(400) '$.text'
);
