"""What was heard recently is answered here: records from the mirror, one record from memory, and the plan of a question."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from .book import Book
from .children import child
from .lines import Line
from .server import serving

STEP = 64.8  # seconds: a day has about a thousand answered calls


def cached(rows: int, rounds: int, tell: Callable[[str], None]) -> list[Line]:
    """The lines about answers from the mirror and from memory."""
    records = Line("one day's answered calls, heard before, as records: `Call.cached(…)`", "peewee's `select()`", most=1.2)
    memory = Line("one settled call, in memory: `.get(sid)`", "`cachetools.TTLCache` with a lock", most=3)
    book = Book(rows, STEP)
    with serving(book) as served, tempfile.TemporaryDirectory(prefix="twilio-orm-bench-") as folder:
        path = str(Path(folder) / "cached.db")
        child("ours", served.base_url, path)
        said = child("answering", "cached", served.base_url, path, book.text(), str(rounds))
    records.what += f" ({said['rows']:,} of {rows:,})"
    if not said["same"]:
        records.faults.append("ours and peewee's are not the same calls")
    memory.faults += said["faults"]
    for line, name in ((records, "records"), (memory, "memory")):
        for ours, theirs in said[name]:
            line.add(ours, theirs)
    tell(f"cached, {rounds} rounds")
    return [records, memory]


def planning(rounds: int, tell: Callable[[str], None]) -> list[Line]:
    """The line about planning a question."""
    line = Line("plan a question of three conditions", "`json.loads` of one call", limit=100e-6, slower=True)
    for ours, theirs in child("answering", "planning", str(rounds))["plans"]:
        line.add(ours, theirs)
    tell(f"planning, {rounds} rounds")
    return [line]
