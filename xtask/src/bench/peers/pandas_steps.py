"""The same work in pandas: what a function in Python usually is."""

import re
from pathlib import Path

import pandas as pd

from measure import DIMENSIONS, ELEMENTS, NAMES, POSITIVE, run


def read(raw, name, **options):
    (file,) = Path(raw, name).glob("*.csv")
    return pd.read_csv(file, **options)


def reviews(raw, out):
    found = read(raw, "movie_review")
    pd.DataFrame({
        "customer_id": found["cid"],
        "is_positive": found["review_str"]
        .str.contains(POSITIVE, flags=re.IGNORECASE)
        .astype("int32"),
        "review_id": found["id_review"],
    }).to_parquet(f"{out}/reviews.parquet", index=False)


def logs(raw, out):
    found = read(raw, "log_reviews")
    text = {
        name: found["log"].str.extract(rf"<{name}>([^<]*)</{name}>", expand=False)
        for name in ELEMENTS
    }
    pd.DataFrame({
        "log_id": found["id_review"],
        "log_date": pd.to_datetime(text["logDate"], format="%m-%d-%Y").dt.date,
        **{name: text[element] for name, element in DIMENSIONS},
        "ip": text["ipAddress"],
        "phone_number": text["phoneNumber"],
    }).to_parquet(f"{out}/logs.parquet", index=False)


def purchases(raw, out):
    found = read(raw, "user_purchase", dtype={"InvoiceNo": str, "StockCode": str})
    pd.DataFrame({
        "invoice_number": found["InvoiceNo"],
        "stock_code": found["StockCode"],
        "detail": found["Description"],
        "quantity": found["Quantity"].astype("int32"),
        "invoice_date": pd.to_datetime(found["InvoiceDate"], format="%m/%d/%Y %H:%M"),
        "unit_price": found["UnitPrice"],
        "customer_id": found["CustomerID"].astype("Int64"),
        "country": found["Country"],
    }).to_parquet(f"{out}/purchases.parquet", index=False)


def aggregate(_raw, out):
    bought = pd.read_parquet(
        f"{out}/purchases.parquet", columns=["customer_id", "quantity", "unit_price"]
    )
    spend = (bought["quantity"] * bought["unit_price"]).groupby(bought["customer_id"]).sum()
    log = pd.read_parquet(f"{out}/logs.parquet", columns=["log_id", "log_date", *NAMES])
    log[NAMES] = log[NAMES].fillna("Unknown").replace("", "Unknown")
    review = pd.read_parquet(f"{out}/reviews.parquet")
    joined = log.merge(review, left_on="log_id", right_on="review_id")
    facts = (
        joined.groupby(["customer_id", "log_date", *NAMES], sort=False)
        .agg(review_score=("is_positive", "sum"), review_count=("is_positive", "size"))
        .reset_index()
        .rename(columns={"customer_id": "customerid"})
    )
    facts["amount_spent"] = facts["customerid"].map(spend).fillna(0.0)
    facts.to_parquet(f"{out}/facts.parquet", index=False)


run({"reviews": reviews, "logs": logs, "purchases": purchases, "aggregate": aggregate})
