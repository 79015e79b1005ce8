-- $1 a transaction's number. One row: how many rows there are, and whether that transaction or one
-- that began after it has written any of them. Read, not sent.
SELECT
    count(*) AS rows,
    coalesce(bool_or(age(xmin) <= age($1::text::xid)), false) AS has_new
FROM user_purchase_schema.user_purchase
