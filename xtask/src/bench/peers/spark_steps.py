"""The same work in PySpark, on one machine: built-in functions only, no Python per row."""

from pyspark.sql import SparkSession, functions as f

from measure import DIMENSIONS, ELEMENTS, NAMES, POSITIVE, run

SPARK = (
    SparkSession.builder.master("local[*]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    # As many as there are cores: 200 tasks of a few rows each would take longer.
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.sql.session.timeZone", "UTC")
    .getOrCreate()
)
SPARK.sparkContext.setLogLevel("ERROR")


def read(path, schema):
    options = {"header": True, "quote": '"', "escape": '"', "multiLine": True}
    return SPARK.read.options(**options).schema(schema).csv(path)


def write(frame, path):
    frame.write.mode("overwrite").parquet(path)


def reviews(raw, out):
    read_reviews = read(f"{raw}/movie_review/*.csv", "cid BIGINT, review_str STRING, id_review BIGINT")
    write(
        read_reviews.select(
            f.col("cid").alias("customer_id"),
            f.col("review_str").rlike(f"(?i){POSITIVE}").cast("int").alias("is_positive"),
            f.col("id_review").alias("review_id"),
        ),
        f"{out}/reviews.parquet",
    )


def logs(raw, out):
    text = {n: f.regexp_extract("log", f"<{n}>([^<]*)</{n}>", 1) for n in ELEMENTS}
    write(
        read(f"{raw}/log_reviews/*.csv", "id_review BIGINT, log STRING").select(
            f.col("id_review").alias("log_id"),
            f.to_date(text["logDate"], "MM-dd-yyyy").alias("log_date"),
            *(f.nullif(text[element], f.lit("")).alias(name) for name, element in DIMENSIONS),
            text["ipAddress"].alias("ip"),
            text["phoneNumber"].alias("phone_number"),
        ),
        f"{out}/logs.parquet",
    )


def purchases(raw, out):
    schema = """
        invoice_number STRING, stock_code STRING, detail STRING, quantity INT,
        invoice_date STRING, unit_price DOUBLE, customer_id DOUBLE, country STRING
    """
    frame = read(f"{raw}/user_purchase/*.csv", schema)
    date = f.to_timestamp("invoice_date", "M/d/yyyy H:mm")
    # Some are written as 17850.0, of which a reader of integers makes nulls.
    customer = f.col("customer_id").cast("bigint")
    columns = {"invoice_date": date, "customer_id": customer}
    write(frame.withColumns(columns), f"{out}/purchases.parquet")


def aggregate(_raw, out):
    parquet = SPARK.read.parquet
    spend = parquet(f"{out}/purchases.parquet").groupBy("customer_id").agg(
        f.sum(f.col("quantity") * f.col("unit_price")).alias("amount_spent")
    )
    logs, reviews = parquet(f"{out}/logs.parquet"), parquet(f"{out}/reviews.parquet")
    facts = (
        logs.join(reviews, logs.log_id == reviews.review_id)
        .na.fill("Unknown", NAMES)
        .groupBy("customer_id", "log_date", *NAMES)
        .agg(f.sum("is_positive").alias("review_score"), f.count("*").alias("review_count"))
        .join(spend, "customer_id", "left")
        .na.fill({"amount_spent": 0.0})
        .withColumnRenamed("customer_id", "customerid")
    )
    write(facts, f"{out}/facts.parquet")


run({"reviews": reviews, "logs": logs, "purchases": purchases, "aggregate": aggregate})
SPARK.stop()
