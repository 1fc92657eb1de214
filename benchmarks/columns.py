"""What every side stores of a call, and its indexes: the columns of our table, and the indexes that a file of ours has.

``python -m benchmarks.columns FILE`` makes such a file and prints what it has; each peer is given the statements.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from contextlib import closing
from typing import Any

# fmt: off
NAMES = (
    "sid", "account_sid", "parent_call_sid", "to", "to_formatted", "from", "from_formatted", "phone_number_sid",
    "status", "direction", "start_time", "end_time", "duration", "price", "price_unit", "answered_by", "forwarded_from",
    "caller_name", "group_sid", "trunk_sid", "queue_time", "api_version", "date_created", "date_updated",
)
# fmt: on
"""As Twilio calls them."""
COLUMNS = tuple("from_" if name == "from" else name for name in NAMES)
TIMES = {"start_time", "end_time", "date_created", "date_updated"}
WHOLE = {"duration", "queue_time"}
TUNED = ("page_size", "cache_size", "wal_autocheckpoint", "mmap_size", "temp_store")
OURS = re.compile(r'"?\bmirror_\w+"?')


def made(path: str) -> dict[str, Any]:
    """Whether our table has these columns beside those of ``mirror_…``, its indexes, and the pragmas that we set."""
    import twilio_orm

    from .calls import ACCOUNT, TOKEN

    connection = twilio_orm.connect(ACCOUNT, TOKEN, mirror=path)
    tuning = tuned(connection)
    connection.close()
    with closing(sqlite3.connect(path)) as database:
        columns = [row[1] for row in database.execute('PRAGMA table_info("call")') if not row[1].startswith("mirror_")]
        found = database.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'call' AND sql IS NOT NULL ORDER BY name"
        )
        indexes = [for_peers(row[0]) for row in found]
    return {"same": sorted(columns) == sorted(COLUMNS), "indexes": [sql for sql in indexes if sql], "tuning": tuning}


def tuned(connection: Any) -> dict[str, int]:
    """The pragmas that a connection of ours to its file has."""
    with connection.mirror.open().reading() as file:
        return {name: file.execute(f"PRAGMA {name}").fetchone()[0] for name in TUNED}


def for_peers(sql: str) -> str:
    """The statement of an index without what only we have: a column is left out, a condition reads it as null."""
    head, _, where = sql.partition(" WHERE ")
    start, _, listed = head.rpartition("(")
    names = [name for name in listed.rstrip(") ").split(",") if not OURS.search(name)]
    if not names:
        return ""
    start = start.replace("IF NOT EXISTS ", "").replace("INDEX ", "INDEX IF NOT EXISTS ", 1)
    return f"{start}({','.join(names)})" + (f" WHERE {OURS.sub('NULL', where)}" if where else "")


def upsert() -> str:
    """The statement that one would write: insert, or update where something differs."""
    quoted = [f'"{name}"' for name in COLUMNS]
    sets = ", ".join(f"{name} = excluded.{name}" for name in quoted[1:])
    differs = " OR ".join(f"call.{name} IS NOT excluded.{name}" for name in quoted[1:])
    return (
        f"INSERT INTO call ({', '.join(quoted)}) VALUES ({', '.join('?' * len(quoted))})"
        f" ON CONFLICT (sid) DO UPDATE SET {sets} WHERE {differs}"
    )


if __name__ == "__main__":
    print(json.dumps(made(sys.argv[1])))
