-- $1 customers. All of their rows, whoever wrote them.
DELETE FROM user_purchase_schema.user_purchase WHERE customer_id = ANY($1::bigint [])
