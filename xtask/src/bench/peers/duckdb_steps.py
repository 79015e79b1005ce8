"""The same work in DuckDB: one statement for each file, copied into Parquet."""

import duckdb

from measure import DIMENSIONS, ELEMENTS, NAMES, POSITIVE, run

DB = duckdb.connect()
# The order of rows need not be kept: that is the faster way.
DB.execute("SET preserve_insertion_order = false")


def reviews(raw, out):
    DB.execute(f"""
        COPY (
            SELECT
                cid AS customer_id,
                regexp_matches(review_str, '{POSITIVE}', 'i')::INTEGER AS is_positive,
                id_review AS review_id
            FROM read_csv('{raw}/movie_review/*.csv', header = true, quote = '"', escape = '"',
                columns = {{cid: 'BIGINT', review_str: 'VARCHAR', id_review: 'BIGINT'}})
        ) TO '{out}/reviews.parquet' (FORMAT parquet)
    """)


def logs(raw, out):
    text = {name: f"regexp_extract(log, '<{name}>([^<]*)</{name}>', 1)" for name in ELEMENTS}
    texts = ", ".join(f"nullif({text[element]}, '') AS {name}" for name, element in DIMENSIONS)
    DB.execute(f"""
        COPY (
            SELECT
                id_review AS log_id,
                strptime({text["logDate"]}, '%m-%d-%Y')::DATE AS log_date,
                {texts},
                {text["ipAddress"]} AS ip,
                {text["phoneNumber"]} AS phone_number
            FROM read_csv('{raw}/log_reviews/*.csv', header = true, quote = '"', escape = '"',
                columns = {{id_review: 'BIGINT', log: 'VARCHAR'}})
        ) TO '{out}/logs.parquet' (FORMAT parquet)
    """)


def purchases(raw, out):
    DB.execute(f"""
        COPY (
            SELECT
                InvoiceNo AS invoice_number,
                StockCode AS stock_code,
                Description AS detail,
                Quantity AS quantity,
                InvoiceDate AS invoice_date,
                UnitPrice AS unit_price,
                CustomerID AS customer_id,
                Country AS country
            FROM read_csv('{raw}/user_purchase/*.csv', header = true, quote = '"', escape = '"',
                timestampformat = '%m/%d/%Y %H:%M',
                columns = {{
                    InvoiceNo: 'VARCHAR', StockCode: 'VARCHAR', Description: 'VARCHAR',
                    Quantity: 'INTEGER', InvoiceDate: 'TIMESTAMP', UnitPrice: 'DOUBLE',
                    CustomerID: 'BIGINT', Country: 'VARCHAR'
                }})
        ) TO '{out}/purchases.parquet' (FORMAT parquet)
    """)


def aggregate(_raw, out):
    names = ", ".join(NAMES)
    known = ", ".join(f"coalesce({name}, 'Unknown') AS {name}" for name in NAMES)
    DB.execute(f"""
        COPY (
            WITH
            sum_spend AS (
                SELECT customer_id, sum(quantity * unit_price) AS amount_spent
                FROM '{out}/purchases.parquet'
                GROUP BY customer_id
            ),
            count_reviews AS (
                SELECT
                    customer_id, log_date, {known},
                    sum(is_positive) AS review_score, count(*) AS review_count
                FROM '{out}/logs.parquet' AS log
                JOIN '{out}/reviews.parquet' AS review ON review.review_id = log.log_id
                GROUP BY ALL
            )
            SELECT
                customer_id AS customerid, log_date, {names},
                coalesce(amount_spent, 0) AS amount_spent, review_score, review_count
            FROM count_reviews
            LEFT JOIN sum_spend USING (customer_id)
        ) TO '{out}/facts.parquet' (FORMAT parquet)
    """)


run({"reviews": reviews, "logs": logs, "purchases": purchases, "aggregate": aggregate})
