-- Grain: as v_unmatched.
SELECT N'unmatched' AS what, what AS whose, log_date, waiting
FROM $(ops).v_unmatched;
