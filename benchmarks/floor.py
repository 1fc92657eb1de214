"""The floor: ``requests``, ``json`` and ``sqlite3`` with no types, no history, no retries; times stay as sent.

``python -m benchmarks.floor BASE_URL FILE SCHEMA [tuned]``: SCHEMA is what ``columns.py`` says, as JSON. As one would write it,
with our columns and indexes, WAL and NORMAL; ``tuned`` also sets the page size, cache and checkpoints that our mirror sets.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

import requests

from .book import link
from .calls import ACCOUNT, TOKEN
from .children import timed
from .columns import COLUMNS, NAMES, upsert


def run(base_url: str, path: str, schema: str, tuned: str = "") -> dict[str, Any]:
    """One pass, the opening of the file and its closing included."""
    given = json.loads(schema)
    database = sqlite3.connect(path, isolation_level=None)
    for name, value in given["tuning"].items() if tuned else ():
        database.execute(f"PRAGMA {name} = {value}")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    columns = ", ".join(f'"{name}"' for name in COLUMNS[1:])
    database.execute(f"CREATE TABLE IF NOT EXISTS call (sid TEXT NOT NULL PRIMARY KEY, {columns})")
    for statement in given["indexes"]:
        database.execute(statement)
    statement, take, seen = upsert(), itemgetter(*NAMES), 0
    for calls in pages(base_url):
        database.execute("BEGIN IMMEDIATE")
        database.executemany(statement, map(take, calls))
        database.execute("COMMIT")
        seen += len(calls)
    database.close()
    return {"rows": seen}


def pages(base_url: str) -> Iterator[list[dict[str, Any]]]:
    """The calls of one page after another."""
    uri: str | None = link((), 0, 1000)
    with requests.Session() as session:
        while uri:
            page = json.loads(session.get(base_url + uri, auth=(ACCOUNT, TOKEN)).content)
            yield page["calls"]
            uri = page["next_page_uri"]


if __name__ == "__main__":
    timed(lambda: run(*sys.argv[1:]))
