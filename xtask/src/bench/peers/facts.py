"""Tells whether files hold the same facts: a line for each file, equal where they do.

Facts are read from Parquet (a file, or a folder of them) or from the view of a SQLite warehouse.
Money is compared in thousandths, which is what purchases are made of.
"""

import hashlib
import os
import sqlite3
import sys

import duckdb

from measure import NAMES

COLUMNS = ", ".join(["customerid, log_date, amount_spent, review_score, review_count", *NAMES])


def rows(path):
    if path.endswith(".db"):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as warehouse:
            yield from warehouse.execute(f"SELECT {COLUMNS} FROM v_fact_movie_analytics")
        return
    files = f"{path}/*.parquet" if os.path.isdir(path) else path
    found = duckdb.execute(f"SELECT {COLUMNS} FROM '{files}'")
    while batch := found.fetchmany(10_000):
        yield from batch


def line(row):
    customer, day, amount, score, count, *texts = row
    numbers = [round(float(amount) * 1000), int(score), int(count)]
    return "|".join(map(str, [customer, day, *texts, *numbers]))


for path in sys.argv[1:]:
    lines = sorted(map(line, rows(path)))
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
    print(f"{len(lines)} facts, {digest}")
