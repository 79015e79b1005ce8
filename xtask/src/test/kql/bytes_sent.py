"""How much telemetry is sent: sizes of recorded items times what a day and a file have of them.
Prints the table of docs/MONITORING.md: `python3 xtask/src/test/kql/bytes_sent.py`."""

import json
from pathlib import Path

import items

OWN = ["span", "event"]
HOST_LINES = ["started", "taken from the queue", "ended"]
# What one invocation sends. A kind may stand twice.
TIMER = ["request", "started", "call", "span", "event", "ended"]
AT_REST = [
    # Function, its schedule, and what one run sends when there is nothing to do.
    ("build_fact_movie_analytics", "BUILD_FACT_SCHEDULE", TIMER),
    ("extract_user_purchase", "EXTRACT_SCHEDULE", TIMER),
    ("reconcile", "RECONCILE_SCHEDULE", TIMER),
]
# And of its order of a publish, which says nothing where another order publishes.
A_FILE = ["request", "call", "span", "event"] + HOST_LINES
AN_ORDER = ["request", "call", "span"] + HOST_LINES
FILE_FUNCTIONS = ["classify_movie_review", "parse_log_reviews", "load_user_purchase"]
ROWS = [
    ("requests of the host", ["request"]),
    ("the host's calls of the program", ["call"]),
    ("the host's lines about invocations", HOST_LINES),
    ("spans of the program", ["span"]),
    ("events of the program", ["event"]),
]


def kind(item):
    base = item["data"]["baseData"]
    properties = base.get("properties", {})
    own = "Category" not in properties
    match item["data"]["baseType"]:
        case "RequestData":
            return "request"
        case "RemoteDependencyData":
            return "span" if own else "call"
        case "MessageData" if own:
            return "event"
        case "MessageData" if properties["Category"] == "Host.Function.Console":
            return "console"
        case "MessageData" if base["message"].startswith("Trigger Details: "):
            return "taken from the queue"
        case "MessageData":
            return {"FunctionStarted": "started", "FunctionCompleted": "ended"}.get(
                properties.get("EventName")
            )


def function(item):
    properties = item["data"]["baseData"].get("properties", {})
    return item["tags"].get("ai.operation.name") or properties.get("function")


def size(recorded, wanted, functions):
    """Mean bytes of a kind: of these functions, or of all where none of theirs was recorded."""
    of_kind = [item for item in recorded if kind(item) == wanted]
    found = [item for item in of_kind if function(item) in functions] or of_kind
    lengths = [len(json.dumps(item, separators=(",", ":"))) for item in found]
    return sum(lengths) / len(lengths)


def runs_a_day(schedule):
    second, minute, *rest = schedule.split()
    if second != "0" or rest != ["*"] * 4 or not (minute == "0" or minute.startswith("*/")):
        raise SystemExit(f"bytes_sent.py cannot count the runs of `{schedule}`")
    return 24 if minute == "0" else 24 * 60 // int(minute.removeprefix("*/"))


def bytes_of(recorded):
    """Bytes by kind: of a day at rest, and of 1,000 files."""
    schedules = json.loads(Path("local.settings.json.example").read_text())["Values"]
    rest, files = {}, {}
    for name, schedule, kinds in AT_REST:
        runs = runs_a_day(schedules[schedule])
        for wanted in kinds:
            rest[wanted] = rest.get(wanted, 0) + runs * size(recorded, wanted, [name])
    for wanted in A_FILE + AN_ORDER:
        files[wanted] = files.get(wanted, 0) + 1000 * size(recorded, wanted, FILE_FUNCTIONS)
    return rest, files


def table():
    # The program sends other items now than when those of the host were recorded.
    hosts = [item for item in items.read("recorded.ndjson") if kind(item) not in OWN]
    recorded = items.read("current.ndjson") + hosts
    rest, files = bytes_of(recorded)
    lines = ["| sent | a day at rest, kB | 1,000 files, kB |", "|---|---|---|"]

    def add(title, at_rest, of_files, form="| {} | {} | {} |"):
        lines.append(form.format(title, f"{at_rest:,.0f}", f"{of_files:,.0f}"))

    for title, kinds in ROWS:
        add(title, *(sum(part.get(wanted, 0) for wanted in kinds) / 1000 for part in (rest, files)))
    sums = sum(rest.values()), sum(files.values())
    add("all", *(total / 1000 for total in sums), form="| **{}** | **{}** | **{}** |")
    add("bytes a second; bytes a file", sums[0] / 86400, sums[1] / 1000)
    # A line of the console is larger than its event: the host sends it twice in one item.
    console = size(recorded, "console", []) / size(recorded, "event", FILE_FUNCTIONS)
    copies = [part["event"] * console / 1000 for part in (rest, files)]
    add("not sent: the events once more, as lines of the console", *copies)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
