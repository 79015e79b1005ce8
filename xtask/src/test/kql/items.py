"""Telemetry items as they are sent, and the rows that Azure Monitor makes of them."""

import copy
import json
import re
from datetime import datetime, timedelta
from pathlib import Path

FIXTURES = Path("tests/fixtures/telemetry")
TABLES = json.loads((FIXTURES / "tables.json").read_text())
TABLE_OF = {
    "MessageData": "AppTraces",
    "RequestData": "AppRequests",
    "RemoteDependencyData": "AppDependencies",
    "ExceptionData": "AppExceptions",
    "MetricData": "AppMetrics",
}
# The host sends names, the program's exporter numbers.
SEVERITY = {"Verbose": 0, "Information": 1, "Warning": 2, "Error": 3, "Critical": 4}


def read(name):
    return [json.loads(line) for line in (FIXTURES / name).read_text().splitlines()]


def time_of(text):
    """The host writes seven digits of a second, the program three."""
    return datetime.fromisoformat(text.rstrip("Z")[:26])


def timespan(text):
    """`10m`, `27h` or `2d`."""
    units = {"m": "minutes", "h": "hours", "d": "days"}
    return timedelta(**{units[text[-1]]: float(text[:-1])})


def milliseconds(text):
    """`00:00:00.2758365` of the host, `0.00:00:00.023503` of the program."""
    days, hours, minutes, seconds = re.fullmatch(r"(?:(\d+)\.)?(\d+):(\d+):([\d.]+)", text).groups()
    whole = (int(days or 0) * 24 + int(hours)) * 60 + int(minutes)
    return (whole * 60 + float(seconds)) * 1000


def row(item):
    """The table of an item, and its row there."""
    tags, base = item["tags"], item["data"]["baseData"]
    made = {
        "TimeGenerated": time_of(item["time"]),
        "Properties": json.dumps(base.get("properties", {})),
        "OperationId": tags.get("ai.operation.id", ""),
        "OperationName": tags.get("ai.operation.name", ""),
        "ParentId": tags.get("ai.operation.parentId", ""),
        "AppRoleName": tags.get("ai.cloud.role", ""),
        "AppRoleInstance": tags.get("ai.cloud.roleInstance", ""),
    }
    table = TABLE_OF[item["data"]["baseType"]]
    if table in ("AppRequests", "AppDependencies"):
        made |= {
            "Id": base["id"],
            "Name": base["name"],
            # What is not sent counts as a success.
            "Success": base.get("success", True),
            "DurationMs": milliseconds(base["duration"]),
            "ResultCode": base.get("responseCode") or base.get("resultCode", ""),
        }
    if table in ("AppTraces", "AppExceptions"):
        severity = base.get("severityLevel")
        made["SeverityLevel"] = SEVERITY.get(severity, severity)
    if table == "AppTraces":
        made["Message"] = base["message"]
    if table == "AppExceptions":
        outer, innermost = base["exceptions"][0], base["exceptions"][-1]
        made |= {
            "OuterType": outer["typeName"],
            "OuterMessage": outer.get("message", ""),
            "InnermostType": innermost["typeName"],
            "InnermostMessage": innermost.get("message", ""),
        }
    if table == "AppMetrics":
        made |= {"Name": base["metrics"][0]["name"], "Sum": base["metrics"][0]["value"]}
    return table, made


def matches(item, wanted):
    base = item["data"]["baseData"]
    told = item["data"] | base | base.get("properties", {})
    return all(told.get(name) == value for name, value in wanted.items())


def derived(like, ago, change, now):
    """A copy of an item at another time, with other values in places that it has."""
    item = copy.deepcopy(like)
    item["time"] = (now - timespan(ago)).isoformat() + "Z"
    base = item["data"]["baseData"]
    for name, value in change.items():
        places = (item["tags"], base, base["properties"], base.get("exceptions", [{}])[0])
        place = next((place for place in places if name in place), None)
        if place is None:
            raise SystemExit(f"cases.json sets {name}, which an item of this kind does not have")
        place[name] = value
    return item
