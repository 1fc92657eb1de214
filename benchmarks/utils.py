"""The peer ``sqlite-utils``: its ``upsert_all`` of a page a transaction, from what ``requests`` and ``json`` read.

``python -m benchmarks.utils BASE_URL FILE SCHEMA``. Our columns and indexes, WAL and NORMAL.
"""

from __future__ import annotations

import json
import sys
from operator import itemgetter
from typing import Any

from sqlite_utils import Database

from .children import timed
from .columns import COLUMNS, NAMES
from .floor import pages


def run(base_url: str, path: str, schema: str) -> dict[str, Any]:
    """One pass, the opening of the file and its closing included."""
    database = Database(path)
    database.enable_wal()
    database.execute("PRAGMA synchronous = NORMAL")
    table, take, seen = database.table("call"), itemgetter(*NAMES), 0
    table.create(dict.fromkeys(COLUMNS, str), pk="sid", if_not_exists=True)
    for statement in json.loads(schema)["indexes"]:
        database.execute(statement)
    for calls in pages(base_url):
        rows = (dict(zip(COLUMNS, take(call), strict=True)) for call in calls)
        table.upsert_all(rows, pk="sid", batch_size=len(calls))
        seen += len(calls)
    database.close()
    return {"rows": seen}


if __name__ == "__main__":
    timed(lambda: run(*sys.argv[1:]))
