-- What was refused of each version, and where its rows lie.

-- Grain and key: one row per source path, receipt and reason. rows_refused is null where the reason
-- refused the whole file; detail says then what was found. quarantine is the Parquet with the rows.
-- The key is wider than a clustered index may be.
IF OBJECT_ID(N'$(ops).refusal', N'U') IS NULL
CREATE TABLE $(ops).refusal (
    path         nvarchar(800) COLLATE Latin1_General_100_BIN2 NOT NULL,
    receipt      bigint NOT NULL,
    reason       nvarchar(40) NOT NULL,
    rows_refused bigint NULL,
    detail       nvarchar(max) NULL,
    quarantine   nvarchar(2000) NULL,
    CONSTRAINT pk_refusal PRIMARY KEY NONCLUSTERED (path, receipt, reason)
);
GO
IF OBJECT_ID(N'$(ops).v_quarantine', N'V') IS NOT NULL
    DROP VIEW $(ops).v_quarantine;
GO
-- Grain and key: as refusal, with the version. live is 1 where the version's other rows count.
CREATE VIEW $(ops).v_quarantine AS
SELECT
    refusal.path,
    refusal.receipt,
    history.dataset,
    history.etag,
    history.state,
    history.live,
    refusal.reason,
    refusal.rows_refused,
    refusal.detail,
    refusal.quarantine,
    history.written_at,
    history.publish_id
FROM $(ops).refusal AS refusal
JOIN $(ops).load_history AS history
    ON history.path = refusal.path AND history.receipt = refusal.receipt;
GO
IF NOT EXISTS (SELECT 1 FROM $(ops).schema_version WHERE version = 5)
    INSERT INTO $(ops).schema_version (version, name, applied_at)
    VALUES (5, N'quarantine', SYSUTCDATETIME());
