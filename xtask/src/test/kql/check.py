"""Every query for the logs is understood by Microsoft's parser, and returns what it must on real
telemetry. Started with the parser's folder by the Python that has duckdb-kql."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import duckdb_kql

import bytes_sent
import items
import queries

TYPES = {
    "datetime": "TIMESTAMP",
    "string": "VARCHAR",
    "int": "INTEGER",
    "real": "DOUBLE",
    "bool": "BOOLEAN",
    "dynamic": "JSON",
}
NOW = datetime(2026, 11, 28, 13)


def parse(parser, known):
    texts = {name: query for name, (_, query, _) in known.items()}
    given = json.dumps({"tables": items.TABLES, "queries": texts})
    script = str(Path(__file__).with_name("parse.js"))
    if subprocess.run(["node", script, parser], input=given, text=True).returncode != 0:
        raise SystemExit("Microsoft's parser does not understand every query")


class Case:
    """Items in tables, and what queries must return of them."""

    def __init__(self, told, templates):
        self.name, self.expect, self.fill = told["case"], told["expect"], told.get("fill", {})
        self.now = NOW
        if "files" in told:
            found = [item for name in told["files"] for item in items.read(name)]
            newest = max(items.time_of(item["time"]) for item in found)
            self.now = newest + timedelta(seconds=1)
        else:
            found = [
                items.derived(templates[made["like"]], ago, made.get("set", {}), NOW)
                for made in told["items"]
                for ago in ([made["ago"]] if isinstance(made["ago"], str) else made["ago"])
            ]
        rows = [items.row(item) for item in found]
        for log in told.get("StorageQueueLogs", []):
            time = self.now - items.timespan(log["ago"])
            rows.append(("StorageQueueLogs", log | {"TimeGenerated": time}))
        self.connection = duckdb_kql.connect()
        for table, columns in items.TABLES.items():
            types = ", ".join(f"{name} {TYPES[kind]}" for name, kind in columns.items())
            self.connection.execute(f"CREATE TABLE all_{table} ({types})")
        for table, row in rows:
            values = [row.get(name) for name in items.TABLES[table]]
            holes = ", ".join("?" * len(values))
            self.connection.execute(f"INSERT INTO all_{table} VALUES ({holes})", values)

    def returned(self, query, within):
        """Rows of a query that sees what lies in its window."""
        for hole, value in self.fill.items():
            query = query.replace(hole, value)
        after, until = self.now - within, self.now
        for table in items.TABLES:
            rows = f"SELECT * FROM all_{table} WHERE TimeGenerated BETWEEN '{after}' AND '{until}'"
            self.connection.execute(f"CREATE OR REPLACE VIEW {table} AS {rows}")
        result = duckdb_kql.execute(self.connection, query, query_now=self.now)
        names = [column[0] for column in result.description]
        return [dict(zip(names, map(plain, row))) for row in result.fetchall()]


def plain(value):
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    # A text that is not there is empty in Kusto.
    return "" if value is None else round(value, 4) if isinstance(value, float) else value


def in_words(row):
    return json.dumps(row, sort_keys=True)


def problems(name, kind, query, within, cases):
    """What a query returns that it should not, in words; nothing if all is well."""
    for case in cases:
        # An alert that a case does not name is silent there.
        if name not in case.expect and kind != queries.ALERT:
            continue
        expected = case.expect.get(name, [])
        try:
            rows = case.returned(query, within)
        except Exception as error:
            yield f"{name}, {case.name}: it cannot be run: {error}"
            continue
        if "order by" not in query:
            rows, expected = (sorted(some, key=in_words) for some in (rows, expected))
        if rows != expected:
            texts = json.dumps(rows), json.dumps(expected)
            yield "{}, {}: returned {}\n    instead of {}".format(name, case.name, *texts)


def gaps(known, cases):
    """Queries that no case speaks of, and the reverse."""
    expected = [(name, rows) for case in cases for name, rows in case.expect.items()]
    for name in {name for name, _ in expected} - known.keys():
        yield f"cases.json: there is no query `{name}`"
    for name, (kind, _, _) in known.items():
        if not any(rows for other, rows in expected if other == name):
            yield f"{name}: no case in which it returns something"
        if kind == queries.ALERT and (name, []) not in expected:
            yield f"{name}: no case that it nearly tells of, and does not"


def prove_that_wrong_queries_are_found(known, cases):
    """A check that passes everything would not help."""
    for name, (kind, query, within) in known.items():
        table = "StorageQueueLogs" if "StorageQueueLogs" in query else "AppTraces"
        for wrong in (f"{table} | where Missing == 1", f"{table} | take 0", f"{table} | count"):
            if next(problems(name, kind, wrong, within, cases), None) is None:
                raise SystemExit(f"`{wrong}` passes for {name}")


def main():
    known = queries.every()
    parse(sys.argv[1], known)
    told = json.loads((items.FIXTURES / "cases.json").read_text())
    all_items = items.read("current.ndjson") + items.read("recorded.ndjson")
    templates = {}
    for name, wanted in told["templates"].items():
        templates[name] = next((i for i in all_items if items.matches(i, wanted)), None)
        if templates[name] is None:
            raise SystemExit(f"no item is like {name}: {wanted}")
    cases = [Case(case, templates) for case in told["cases"]]
    prove_that_wrong_queries_are_found(known, cases)
    found = list(gaps(known, cases))
    for name, query in known.items():
        found += problems(name, *query, cases)
    if bytes_sent.table() not in Path("docs/MONITORING.md").read_text():
        found.append("docs/MONITORING.md has not the table that bytes_sent.py prints")
    for problem in found:
        print(problem)
    if found:
        raise SystemExit(f"{len(found)} problems with queries for the logs")
    print(f"{len(known)} queries return what they must in {len(cases)} cases")


if __name__ == "__main__":
    main()
