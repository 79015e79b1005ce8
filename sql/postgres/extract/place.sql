-- One row: which table this is, null where there is none, and which transactions this state of the
-- database holds. A copy of the cluster, one set back in time, and a table made anew are others.
SELECT
    concat_ws(
        ' ',
        (SELECT system_identifier FROM pg_control_system()),
        (SELECT timeline_id FROM pg_control_checkpoint()),
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        to_regclass('user_purchase_schema.user_purchase')::oid,
        pg_relation_filenode(to_regclass('user_purchase_schema.user_purchase'))
    ) AS place,
    pg_current_snapshot()::text AS snapshot,
    to_regclass('user_purchase_schema.user_purchase') IS NOT NULL AS is_there
