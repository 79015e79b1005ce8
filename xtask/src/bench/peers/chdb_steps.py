"""The same work in chDB, which is ClickHouse within the process: one statement for each file."""

import chdb

from measure import DIMENSIONS, ELEMENTS, NAMES, POSITIVE, run

# A backslash within a string of ClickHouse is escaped.
TOKEN = POSITIVE.replace("\\", "\\\\")


def copy(query, file):
    # A repetition replaces what the one before has written.
    settings = "SETTINGS engine_file_truncate_on_insert = 1"
    chdb.query(f"INSERT INTO FUNCTION file('{file}', Parquet) {settings} {query}")


def reviews(raw, out):
    copy(
        f"""
            SELECT
                cid AS customer_id,
                match(review_str, '(?i){TOKEN}')::Int32 AS is_positive,
                id_review AS review_id
            FROM file('{raw}/movie_review/*.csv', CSVWithNames,
                'cid Int64, review_str String, id_review Int64')
        """,
        f"{out}/reviews.parquet",
    )


def logs(raw, out):
    text = {name: f"extract(log, '<{name}>([^<]*)</{name}>')" for name in ELEMENTS}
    texts = ", ".join(f"nullIf({text[element]}, '') AS {name}" for name, element in DIMENSIONS)
    copy(
        f"""
            SELECT
                id_review AS log_id,
                toDate32(parseDateTime({text["logDate"]}, '%m-%d-%Y')) AS log_date,
                {texts},
                {text["ipAddress"]} AS ip,
                {text["phoneNumber"]} AS phone_number
            FROM file('{raw}/log_reviews/*.csv', CSVWithNames, 'id_review Int64, log String')
        """,
        f"{out}/logs.parquet",
    )


def purchases(raw, out):
    copy(
        f"""
            SELECT
                InvoiceNo AS invoice_number,
                StockCode AS stock_code,
                Description AS detail,
                Quantity AS quantity,
                parseDateTimeInJodaSyntax(InvoiceDate, 'M/d/yyyy H:mm') AS invoice_date,
                UnitPrice AS unit_price,
                CustomerID::Nullable(Int64) AS customer_id,
                Country AS country
            FROM file('{raw}/user_purchase/*.csv', CSVWithNames,
                'InvoiceNo String, StockCode String, Description String, Quantity Int32,
                 InvoiceDate String, UnitPrice Float64, CustomerID Nullable(Float64), Country String')
        """,
        f"{out}/purchases.parquet",
    )


def aggregate(_raw, out):
    names = ", ".join(NAMES)
    known = ", ".join(f"ifNull({name}, 'Unknown') AS {name}" for name in NAMES)
    copy(
        f"""
            WITH
            sum_spend AS (
                SELECT customer_id, sum(quantity * unit_price) AS amount_spent
                FROM file('{out}/purchases.parquet')
                GROUP BY customer_id
            ),
            known_logs AS (SELECT log_id, log_date, {known} FROM file('{out}/logs.parquet')),
            count_reviews AS (
                SELECT
                    customer_id, log_date, {names},
                    sum(is_positive) AS review_score, count() AS review_count
                FROM known_logs
                JOIN file('{out}/reviews.parquet') AS review ON review.review_id = known_logs.log_id
                GROUP BY customer_id, log_date, {names}
            )
            SELECT
                count_reviews.customer_id AS customerid, log_date, {names},
                ifNull(amount_spent, 0) AS amount_spent, review_score, review_count
            FROM count_reviews
            LEFT JOIN sum_spend ON sum_spend.customer_id = count_reviews.customer_id
        """,
        f"{out}/facts.parquet",
    )


run({"reviews": reviews, "logs": logs, "purchases": purchases, "aggregate": aggregate})
