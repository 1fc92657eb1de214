"""The floor: ``requests``, ``json`` and ``sqlite3`` with no types, no history, no retries; times stay as sent.

``python -m benchmarks.floor BASE_URL FILE``. A yardstick: JSON and SQLite alone, with our pragmas.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from operator import itemgetter
from typing import Any

import requests

from .book import link
from .calls import ACCOUNT, TOKEN
from .children import TUNING, timed

# fmt: off
NAMES = (
    "sid", "account_sid", "parent_call_sid", "to", "to_formatted", "from", "from_formatted", "phone_number_sid",
    "status", "direction", "start_time", "end_time", "duration", "price", "price_unit", "answered_by", "forwarded_from",
    "caller_name", "group_sid", "trunk_sid", "queue_time", "api_version", "date_created", "date_updated",
)
# fmt: on
INDEXES = ("account_sid, start_time", "parent_call_sid", '"to"', '"from"')


def upsert() -> str:
    """The statement: insert, or update where something differs."""
    quoted = [f'"{name}"' for name in NAMES]
    sets = ", ".join(f"{name} = excluded.{name}" for name in quoted[1:])
    differs = " OR ".join(f"call.{name} IS NOT excluded.{name}" for name in quoted[1:])
    return (
        f"INSERT INTO call ({', '.join(quoted)}) VALUES ({', '.join('?' * len(quoted))})"
        f" ON CONFLICT (sid) DO UPDATE SET {sets} WHERE {differs}"
    )


def run(base_url: str, path: str) -> dict[str, Any]:
    """One pass, the opening of the file and its closing included."""
    database = sqlite3.connect(path, isolation_level=None)
    for name, value in TUNING.items():
        database.execute(f"PRAGMA {name} = {value}")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    columns = ", ".join(f'"{name}"' for name in NAMES[1:])
    database.execute(f"CREATE TABLE IF NOT EXISTS call (sid TEXT NOT NULL PRIMARY KEY, {columns})")
    for number, names in enumerate(INDEXES):
        database.execute(f"CREATE INDEX IF NOT EXISTS call_{number} ON call ({names})")
    statement, take, seen = upsert(), itemgetter(*NAMES), 0
    uri: str | None = link((), 0, 1000)
    with requests.Session() as session:
        while uri:
            page = json.loads(session.get(base_url + uri, auth=(ACCOUNT, TOKEN)).content)
            database.execute("BEGIN IMMEDIATE")
            database.executemany(statement, map(take, page["calls"]))
            database.execute("COMMIT")
            seen, uri = seen + len(page["calls"]), page["next_page_uri"]
    database.close()
    return {"rows": seen}


if __name__ == "__main__":
    timed(lambda: run(*sys.argv[1:3]))
