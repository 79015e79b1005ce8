-- A customer whose total is judged anew. Grain: at most one row; key: customerid.
DELETE FROM ops_held_customer WHERE customerid = ?1
