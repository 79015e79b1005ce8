-- What was refused of each version, and where its rows lie.

-- Grain and key: one row per source path, receipt and reason. rows_refused is null where the reason
-- refused the whole file; detail says then what was found. quarantine is the Parquet with the rows.
CREATE TABLE ops_refusal (
    path         TEXT NOT NULL,
    receipt      INTEGER NOT NULL,
    reason       TEXT NOT NULL,
    rows_refused INTEGER,
    detail       TEXT,
    quarantine   TEXT,
    PRIMARY KEY (path, receipt, reason)
);

-- Grain and key: as ops_refusal, with the version. live is 1 where the version's other rows count.
CREATE VIEW ops_v_quarantine AS
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
FROM ops_refusal AS refusal
JOIN ops_load_history AS history USING (path, receipt);
