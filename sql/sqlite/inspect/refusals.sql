-- What was refused of each version. Grain and key: one row per path, receipt and reason.
SELECT path, receipt, etag, live, reason, rows_refused, detail, quarantine FROM ops_v_quarantine
