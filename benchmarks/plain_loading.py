"""The plain script that loads a day file: ``gzip``, ``json`` and ``sqlite3``, no types, no history; times stay as in the file.

``python -m benchmarks.plain_loading FILE DATABASE SCHEMA``: SCHEMA is what ``our_loading.py`` says of our table, as JSON.
Our columns and indexes, WAL and NORMAL, one transaction for each 1,000 lines.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import sys
from itertools import islice
from typing import Any

from .children import timed

LINES = 1000


def run(path: str, database: str, schema: str) -> dict[str, Any]:
    """Load the file, the opening of the database and its closing included."""
    given = json.loads(schema)
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    columns = given["columns"]
    rest = ", ".join(f'"{name}"' for name in columns if name != "sid")
    connection.execute(f"CREATE TABLE message (sid TEXT NOT NULL PRIMARY KEY, {rest})")
    for statement in given["indexes"]:
        connection.execute(statement)
    quoted = [f'"{name}"' for name in columns]
    sets = ", ".join(f"{name} = excluded.{name}" for name in quoted if name != '"sid"')
    differs = " OR ".join(f"message.{name} IS NOT excluded.{name}" for name in quoted if name != '"sid"')
    upsert = (
        f"INSERT INTO message ({', '.join(quoted)}) VALUES ({', '.join('?' * len(columns))})"
        f" ON CONFLICT (sid) DO UPDATE SET {sets} WHERE {differs}"
    )
    keys, rows = [name.rstrip("_") for name in columns], 0
    with gzip.open(path) as file:
        while lines := list(islice(file, LINES)):
            records = [json.loads(line) for line in lines]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(upsert, [tuple([record.get(key) for key in keys]) for record in records])
            connection.execute("COMMIT")
            rows += len(records)
    connection.close()
    return {"rows": rows}


if __name__ == "__main__":
    timed(lambda: run(*sys.argv[1:]))
