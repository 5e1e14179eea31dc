"""Prints what a tool counted, by the names that bench/quality.sh gives our checks.

Usage: quality_counts.py datacontract|soda RESULTS
"""

import json
import sys

NAMES = {
    "field_required": "{}.not_null",
    "field_null_values": "{}.not_null",
    "field_invalid_values": "{}.accepted_values",
    "field_minimum": "{}.range",
    "field_regex": "{}.pattern",
    "field_unique": "unique",
}


def main(tool: str, path: str) -> None:
    with open(path, encoding="utf-8") as file:
        checks = json.load(file)["checks"]
    lines = []
    for check in checks:
        _, column, kind = check["key" if tool == "datacontract" else "name"].split("__")
        if kind in NAMES:
            lines.append(f"{NAMES[kind].format(column)} {int(check['diagnostics']['value'])}")
    print("\n".join(sorted(lines)))


if __name__ == "__main__":
    main(*sys.argv[1:])
