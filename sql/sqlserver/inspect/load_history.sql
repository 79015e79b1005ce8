-- Grain: as v_load_history.
SELECT N'load_history' AS what, path, receipt, dataset, state, live, rows_read, rows_staged, rows_refused,
    rows_duplicate, unaccounted, etag, recipe, written_at
FROM $(ops).v_load_history;
