-- What the statements of a publish have counted. Grain: one row.
SELECT
    @rows_deleted AS rows_deleted,
    @rows_inserted AS rows_inserted,
    @rows_respent AS rows_respent;
