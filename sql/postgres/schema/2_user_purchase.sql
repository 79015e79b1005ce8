-- Grain: one row per line of an invoice, as the application keeps it; no key, equal rows both
-- count. source_file is the path of the file that brought the row, and null for a row that the
-- application has added or changed.
CREATE TABLE IF NOT EXISTS user_purchase_schema.user_purchase (
    invoice_number varchar(10),
    stock_code     varchar(20),
    detail         varchar(1000),
    quantity       int,
    invoice_date   timestamp,
    unit_price     numeric(8,3),
    customer_id    int,
    country        varchar(20),
    source_file    text
)
