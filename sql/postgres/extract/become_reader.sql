-- Where the role of roles.sql is there and this login has it, the extract can do nothing else, also
-- where the same login loads.
SELECT set_config('role', rolname, true)
FROM pg_roles
WHERE
    rolname = 'user_purchase_reader'
    AND pg_has_role(oid, 'MEMBER')
    AND has_schema_privilege(oid, to_regnamespace('user_purchase_schema'), 'USAGE')
    AND has_table_privilege(oid, to_regclass('user_purchase_schema.user_purchase'), 'SELECT')
