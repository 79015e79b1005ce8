-- Grain: as v_unmatched.
SELECT 'unmatched' AS what, what AS whose, log_date, waiting
FROM ops_v_unmatched;
