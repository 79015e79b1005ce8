-- What a publish did. Grain: one row; key: publish_id.
INSERT INTO $(ops).publish_log (
    publish_id, published_at, fact_recipe, receipts,
    days_replaced, rows_deleted, rows_inserted, rows_respent, days_refused, duration_ms
)
VALUES (
    @P1, CAST(@P2 AS datetime2(0)), @P3, @P4,
    @P5, @rows_deleted, @rows_inserted, @rows_respent, @P6, @P7
);
