"""Puts the contracts of a folder into one document, with a schema object for each.

The witness checks a relationship only where both ends are in one document. Names of checks, rules
and bounds stay as they are written; only the server becomes the one that is given.

Usage: one_contract.py FOLDER HOST PORT DATABASE OUTPUT
"""

import sys
from pathlib import Path

import yaml


def main(folder: str, host: str, port: str, database: str, output: str) -> None:
    paths = sorted(Path(folder).glob("*.odcs.yaml"))
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]
    if not documents:
        sys.exit(f"no contract (`*.odcs.yaml`) in `{folder}`")
    server = {"server": "local", "type": "postgres", "schema": "staging"}
    server |= {"host": host, "port": int(port), "database": database}
    schema = [part for document in documents for part in document["schema"]]
    merged = documents[0] | {"id": "all", "name": "all", "servers": [server], "schema": schema}
    Path(output).write_text(yaml.safe_dump(merged, sort_keys=False), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
