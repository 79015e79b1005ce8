"""The same work in DataFusion: one statement for each file, copied into Parquet."""

from datafusion import SessionContext

from measure import DIMENSIONS, ELEMENTS, NAMES, POSITIVE, run

DB = SessionContext()


def csv(name, folder, columns):
    DB.sql(f"""
        CREATE EXTERNAL TABLE {name} ({columns}) STORED AS CSV LOCATION '{folder}/'
        OPTIONS ('format.has_header' 'true', 'format.newlines_in_values' 'true')
    """)


def copy(query, file):
    DB.sql(f"COPY ({query}) TO '{file}' STORED AS PARQUET").collect()


def parquet(name, file):
    DB.register_parquet(name, file)


def reviews(raw, out):
    csv("raw_reviews", f"{raw}/movie_review", "cid BIGINT, review_str VARCHAR, id_review BIGINT")
    copy(
        f"""
            SELECT
                cid AS customer_id,
                regexp_like(review_str, '{POSITIVE}', 'i')::INTEGER AS is_positive,
                id_review AS review_id
            FROM raw_reviews
        """,
        f"{out}/reviews.parquet",
    )


def logs(raw, out):
    csv("raw_logs", f"{raw}/log_reviews", "id_review BIGINT, log VARCHAR")
    text = {name: f"regexp_match(log, '<{name}>([^<]*)</{name}>')[1]" for name in ELEMENTS}
    texts = ", ".join(f"nullif({text[element]}, '') AS {name}" for name, element in DIMENSIONS)
    copy(
        f"""
            SELECT
                id_review AS log_id,
                to_date({text["logDate"]}, '%m-%d-%Y') AS log_date,
                {texts},
                {text["ipAddress"]} AS ip,
                {text["phoneNumber"]} AS phone_number
            FROM raw_logs
        """,
        f"{out}/logs.parquet",
    )


def purchases(raw, out):
    csv(
        "raw_purchases",
        f"{raw}/user_purchase",
        """
            "InvoiceNo" VARCHAR, "StockCode" VARCHAR, "Description" VARCHAR, "Quantity" INTEGER,
            "InvoiceDate" VARCHAR, "UnitPrice" DOUBLE, "CustomerID" DOUBLE, "Country" VARCHAR
        """,
    )
    copy(
        """
            SELECT
                "InvoiceNo" AS invoice_number,
                "StockCode" AS stock_code,
                "Description" AS detail,
                "Quantity" AS quantity,
                to_timestamp_seconds("InvoiceDate", '%m/%d/%Y %H:%M') AS invoice_date,
                "UnitPrice" AS unit_price,
                "CustomerID"::BIGINT AS customer_id,
                "Country" AS country
            FROM raw_purchases
        """,
        f"{out}/purchases.parquet",
    )


def aggregate(_raw, out):
    for name in ("reviews", "logs", "purchases"):
        parquet(name, f"{out}/{name}.parquet")
    names = ", ".join(NAMES)
    known = ", ".join(f"coalesce({name}, 'Unknown') AS {name}" for name in NAMES)
    copy(
        f"""
            WITH
            sum_spend AS (
                SELECT customer_id, sum(quantity * unit_price) AS amount_spent
                FROM purchases
                GROUP BY customer_id
            ),
            known_logs AS (SELECT log_id, log_date, {known} FROM logs),
            count_reviews AS (
                SELECT
                    customer_id, log_date, {names},
                    sum(is_positive) AS review_score, count(*) AS review_count
                FROM known_logs
                JOIN reviews ON review_id = log_id
                GROUP BY customer_id, log_date, {names}
            )
            SELECT
                count_reviews.customer_id AS customerid, log_date, {names},
                coalesce(amount_spent, 0) AS amount_spent, review_score, review_count
            FROM count_reviews
            LEFT JOIN sum_spend ON sum_spend.customer_id = count_reviews.customer_id
        """,
        f"{out}/facts.parquet",
    )


run({"reviews": reviews, "logs": logs, "purchases": purchases, "aggregate": aggregate})
