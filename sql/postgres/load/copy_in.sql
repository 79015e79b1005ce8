COPY user_purchase_schema.user_purchase (
    invoice_number, stock_code, detail, quantity, invoice_date, unit_price, customer_id, country,
    source_file
) FROM STDIN (FORMAT binary)
