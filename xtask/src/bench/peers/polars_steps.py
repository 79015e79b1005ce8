"""The same work in Polars: lazy queries, streamed into Parquet."""

import polars as pl

from measure import DIMENSIONS, ELEMENTS, NAMES, POSITIVE, run


def reviews(raw, out):
    (
        pl.scan_csv(f"{raw}/movie_review/*.csv")
        .select(
            customer_id=pl.col("cid"),
            is_positive=pl.col("review_str").str.contains(f"(?i){POSITIVE}").cast(pl.Int32),
            review_id=pl.col("id_review"),
        )
        .sink_parquet(f"{out}/reviews.parquet")
    )


def logs(raw, out):
    text = {name: pl.col("log").str.extract(rf"<{name}>([^<]*)</{name}>") for name in ELEMENTS}
    (
        pl.scan_csv(f"{raw}/log_reviews/*.csv")
        .select(
            log_id=pl.col("id_review"),
            log_date=text["logDate"].str.to_date("%m-%d-%Y"),
            **{name: text[element] for name, element in DIMENSIONS},
            ip=text["ipAddress"],
            phone_number=text["phoneNumber"],
        )
        .sink_parquet(f"{out}/logs.parquet")
    )


def purchases(raw, out):
    schema = {
        "InvoiceNo": pl.String,
        "StockCode": pl.String,
        "Description": pl.String,
        "Quantity": pl.Int32,
        "InvoiceDate": pl.String,
        "UnitPrice": pl.Float64,
        # Some are written as 17850.0.
        "CustomerID": pl.Float64,
        "Country": pl.String,
    }
    (
        pl.scan_csv(f"{raw}/user_purchase/*.csv", schema=schema)
        .select(
            invoice_number="InvoiceNo",
            stock_code="StockCode",
            detail="Description",
            quantity="Quantity",
            invoice_date=pl.col("InvoiceDate").str.to_datetime("%m/%d/%Y %H:%M"),
            unit_price="UnitPrice",
            customer_id=pl.col("CustomerID").cast(pl.Int64),
            country="Country",
        )
        .sink_parquet(f"{out}/purchases.parquet")
    )


def aggregate(_raw, out):
    spend = (
        pl.scan_parquet(f"{out}/purchases.parquet")
        .group_by("customer_id")
        .agg(amount_spent=(pl.col("quantity") * pl.col("unit_price")).sum())
    )
    grain = ["customer_id", "log_date", *NAMES]
    (
        pl.scan_parquet(f"{out}/logs.parquet")
        .join(pl.scan_parquet(f"{out}/reviews.parquet"), left_on="log_id", right_on="review_id")
        .with_columns(pl.col(NAMES).fill_null("Unknown"))
        .group_by(grain)
        .agg(review_score=pl.col("is_positive").sum(), review_count=pl.len())
        .join(spend, on="customer_id", how="left")
        .with_columns(pl.col("amount_spent").fill_null(0.0))
        .rename({"customer_id": "customerid"})
        .sink_parquet(f"{out}/facts.parquet")
    )


run({"reviews": reviews, "logs": logs, "purchases": purchases, "aggregate": aggregate})
