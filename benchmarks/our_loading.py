"""Our side of loading a day file: ``Message.load()``.

``python -m benchmarks.our_loading FILE DATABASE [fast=0]``: with ``fast=0`` as where the accelerator is not installed.
``python -m benchmarks.our_loading schema DATABASE`` makes such a database and prints its columns and indexes.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
from contextlib import closing
from typing import Any

if "fast=0" in sys.argv:
    sys.modules["msgspec"] = None  # type: ignore[assignment]  # its import fails, as where it is not installed
else:
    import msgspec  # noqa: F401

import twilio_orm
import twilio_orm.http.transport
import twilio_orm.sync.loading  # noqa: F401  (what loading imports is imported before the clock starts)

from .calls import ACCOUNT, TOKEN
from .children import timed
from .columns import for_peers


def schema(path: str) -> dict[str, Any]:
    """The columns of our table of messages, without those of the mirror, and its indexes as a peer can have them."""
    connection = twilio_orm.connect(ACCOUNT, TOKEN, mirror=path)
    connection.mirror.open()
    connection.close()
    with closing(sqlite3.connect(path)) as database:
        names = [row[1] for row in database.execute('PRAGMA table_info("message")') if not row[1].startswith("mirror_")]
        indexed = "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'message' AND sql IS NOT NULL"
        found = database.execute(indexed)
        indexes = [for_peers(row[0]) for row in found]
    return {"columns": names, "indexes": [sql for sql in indexes if sql]}


def run(path: str, database: str, *_: str) -> dict[str, Any]:
    """Load the file, the opening of the database and its closing included."""
    connection = twilio_orm.connect(ACCOUNT, TOKEN, mirror=database)
    try:
        report = twilio_orm.Message.load(path)
    finally:
        connection.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    facts = {name: getattr(report, name) for name in ("new", "changed", "unchanged", "complete")}
    return {"rows": report.seen, "peak": peak, **facts}


if __name__ == "__main__":
    if sys.argv[1] == "schema":
        print(json.dumps(schema(sys.argv[2])))
    else:
        timed(lambda: run(*sys.argv[1:]))
