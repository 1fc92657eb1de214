"""The first sync of a long history by eight workers and by one, with a server that is 150 ms away."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from .book import Book
from .children import child
from .lines import Line
from .server import serving

LATENCY = 0.15  # seconds
DAYS = 101  # so that a day is a little less than a page
SIDES = {"many": 8, "one": 1}


def workers(rows: int, rounds: int, tell: Callable[[str], None]) -> list[Line]:
    """The line about workers. Both fill a new file each round, and the files must hold the same."""
    line = Line(f"mirror {rows:,} calls, {1000 * LATENCY:g} ms a page, 8 workers", "1 worker", least=3.5)
    with serving(Book(rows, DAYS * 86400 / rows), LATENCY) as served:
        for number in range(rounds):
            with tempfile.TemporaryDirectory(prefix="twilio-orm-bench-") as folder:
                said = {}
                for side in sorted(SIDES, reverse=bool(number % 2)):
                    said[side] = child("ours", served.base_url, str(Path(folder) / f"{side}.db"), f"workers={SIDES[side]}")
                line.faults += wrong(said, rows, Path(folder))
            line.add(said["many"]["seconds"], said["one"]["seconds"])
            asked = ", ".join(f"{side} {facts['seconds']:.2f} s in {facts['requests']} requests" for side, facts in said.items())
            tell(f"workers, round {number + 1} of {rounds}: {asked}")
    return [line]


def wrong(said: dict[str, dict[str, Any]], rows: int, folder: Path) -> list[str]:
    """What a side did not do of its work, and whether the two differ."""
    faults = [
        f"{SIDES[side]} workers report {facts['new']} new of {rows}, whole: {facts['whole']}"
        for side, facts in said.items()
        if facts["new"] != rows or not facts["whole"]
    ]
    if len({contents(folder / f"{side}.db") for side in SIDES}) > 1:
        faults.append("the files of 8 workers and of 1 differ")
    return faults


def contents(path: Path) -> str:
    """A hash of every call in a file, by SID, every column but the revision that brought it."""
    with closing(sqlite3.connect(path)) as database:
        names = [row[1] for row in database.execute('PRAGMA table_info("call")') if row[1] != "mirror_revision"]
        columns = ", ".join(f'"{name}"' for name in names)
        found = hashlib.sha256()
        for row in database.execute(f'SELECT {columns} FROM "call" ORDER BY sid'):
            found.update(repr(row).encode())
    return found.hexdigest()
