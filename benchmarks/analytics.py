"""Aggregates and Arrow tables of a long mirror, against raw SQL on the same file, and beside DuckDB over an Arrow table."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

from .children import child
from .known import KnownRecord
from .lines import Line, filled

ASKED = {
    "two fields": "counts by status and direction",
    "zone": "counts by day in a time zone",
    "week": "counts by week",
    "distinct": "count of distinct numbers called",
    "month": "exact cost by month",
    "ends": "least and greatest price, mean duration by direction",
    "taken": "sum of the differences of two times",
    "values": "distinct numbers called",
}
"""What is asked, by the name of the question. The exact cost has a limit of its own, since raw SQL adds up floating point."""
MOST = {"month": 1.5, "values": 2.0}


def analytics(known: KnownRecord, rounds: int, tell: Callable[[str], None]) -> list[Line]:
    """The lines about aggregates and Arrow tables."""
    of = f"of {known.rows:,} calls"
    with closing(sqlite3.connect(known.file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    said = child("analysing", known.served.base_url, str(known.file), str(rounds))
    table = []
    for name, what in ASKED.items():
        table.append((name, 1, Line(f"{what} {of}", "raw `sqlite3`", most=MOST.get(name, 1.1))))
        table.append((name, 2, Line(f"{what} {of}", "DuckDB over the Arrow table", slower=True)))
    for name, what in (("all", "all fields"), ("few", "five fields")):
        table.append((name, 1, Line(f"`to_arrow` of {what} {of}", "pyarrow over tuples of raw `sqlite3`", most=1.5)))
    tell(f"analytics, {rounds} rounds")
    return filled(table, said)
