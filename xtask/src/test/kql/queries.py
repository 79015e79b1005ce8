"""Every query for the logs, and how far each looks back."""

import json
import re
from datetime import timedelta
from pathlib import Path

ALERT, TILE, GUIDE = "alert", "tile", "guide"


def alerts():
    """Queries of alerts with the default values of their variables, and their windows."""
    rules = Path("terraform/alerts.tf").read_text()
    variables = "".join(path.read_text() for path in Path("terraform").glob("variables*.tf"))
    found = {}
    for path in sorted(Path("terraform/queries").glob("*.kql")):
        rule = re.search(rf"^    {path.stem} = {{\n(.*?)^    }}", rules, re.S | re.M)
        if rule is None:
            raise SystemExit(f"{path} belongs to no alert of alerts.tf")
        query = path.read_text()
        for name, variable in re.findall(r"(\w+) = var\.(\w+)", rule[1]):
            default = re.search(rf'variable "{variable}" {{.*?default +=(.*?)\n', variables, re.S)
            query = query.replace(f"${{{name}}}", default[1].strip())
        days, hours, minutes = re.search(
            r'within += "P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?"', rule[1]
        ).groups(0)
        within = timedelta(days=int(days), hours=int(hours), minutes=int(minutes))
        found[path.stem] = (ALERT, query, within)
    return found


def tiles():
    """Queries of the workbook, over the range that it opens with."""
    items = json.loads(Path("terraform/workbook.json").read_text())["items"]
    parameters = [p for item in items for p in item["content"].get("parameters", [])]
    within = timedelta(milliseconds=parameters[0]["value"]["durationMs"])
    contents = [item["content"] for item in items if "query" in item["content"]]
    return {content["title"]: (TILE, content["query"], within) for content in contents}


def guide():
    """Queries of the guide, by the sentences before them; they say themselves how far they look."""
    text = Path("docs/MONITORING.md").read_text()
    found = re.findall(r"([^\n]+):\n\n```kusto\n(.*?)```", text, re.S)
    if len(found) != text.count("```kusto"):
        raise SystemExit("docs/MONITORING.md: a sentence with a colon stands before each query")
    return {name: (GUIDE, query, timedelta(days=3650)) for name, query in found}


def every():
    parts = (alerts(), tiles(), guide())
    found = {name: query for part in parts for name, query in part.items()}
    if len(found) != sum(map(len, parts)) or not all(parts):
        raise SystemExit("two queries have one name, or a place has none")
    return found
