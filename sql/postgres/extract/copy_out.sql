-- The casts do nothing where the columns are as we make them. No quantity or price, or one that is
-- no number, comes to nothing.
COPY (
    SELECT
        invoice_number::text,
        stock_code::text,
        detail::text,
        coalesce(quantity, 0)::integer,
        CASE WHEN isfinite(invoice_date) THEN invoice_date::timestamp END,
        coalesce(nullif(unit_price, 'NaN'), 0)::numeric,
        customer_id::bigint,
        country::text
    FROM user_purchase_schema.user_purchase
) TO STDOUT (FORMAT binary)
