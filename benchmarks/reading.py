"""Reading a long mirror: records, values, counts and costs, against raw SQL and plain peewee on the same file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

from .children import child
from .known import KnownRecord
from .lines import Line, filled

RAW, MODELS = "raw `sqlite3`", "plain peewee"


def reading(known: KnownRecord, rounds: int, short: int, tell: Callable[[str], None]) -> list[Line]:
    """The lines about reading."""
    rows, some = f"of {known.rows:,} calls", f"{known.rows // 10:,}"
    newest = "a day's answered calls, the newest 100 as records,"
    one = "one record by key, `Call.offline().get(sid)`"
    file = known.file
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    said = child("asking", known.served.base_url, str(file), known.book.text(), str(rounds), str(short))
    table = [
        ("newest", 1, Line(f"{newest} {rows}", f"{RAW}: tuples", most=1.3)),
        ("newest", 2, Line(f"{newest} {rows}", f"{MODELS}: models", least=2)),
        ("newest, partial", 1, Line(f"{newest} `offline(partial=True)`", f"{RAW}: tuples", most=1.3)),
        ("many", 1, Line(f"{some} {rows} as records", f"{RAW}: tuples", most=1.3)),
        ("many", 2, Line(f"{some} {rows} as records", f"{MODELS}: models", least=2.5)),
        ("many", 3, Line(f"{some} {rows} as records", f"{RAW}: tuples in no order", slower=True)),
        ("values", 1, Line(f"`values_list` of four texts {rows}", RAW, most=1.1)),
        ("typed", 1, Line(f"`values_list` of a time and a price {rows}", f"{RAW}: texts", slower=True)),
        ("counts", 1, Line(f"`count()` of a status {rows}", RAW, most=1.1)),
        ("by status", 1, Line(f"counts by status {rows}", RAW, most=1.1)),
        (
            "conditional",
            1,
            Line(f"counts, long ones, exact cost by status {rows}", f"{RAW}: `FILTER`, floating", most=1.2),
        ),
        ("median", 1, Line(f"exact median by direction {rows}", f"{RAW}: window functions", most=1.2)),
        ("cost", 1, Line(f"exact cost by day and direction {rows}", f"{RAW}: `sum(price)`, floating", most=1.1)),
        ("key", 2, Line(f"{one}, {rows}", f"{MODELS}: `get_by_id`", limit=30e-6, least=10)),
        ("key", 1, Line(f"{one}, {rows}", f"{RAW}: a tuple", slower=True)),
    ]
    tell(f"reading, {rounds} rounds")
    return filled(table, said)
