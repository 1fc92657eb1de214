"""A sync of a long history in windows of time, by eight workers and by one, with a server that is 150 ms away."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from .book import MIDNIGHT, Book
from .children import child
from .columns import COLUMNS
from .lines import Line
from .mirroring import OURS
from .server import serving

LATENCY = 0.15  # seconds
SIDES = {"many": 8, "one": 1}
WORDS: dict[str, list[str]] = {"plain": ["fast=0"], "fast": []}


def workers(rows: int, rounds: int, tell: Callable[[str], None]) -> list[Line]:
    """The lines about workers. All fill a new file each round, and the files must hold the same."""
    what = f"mirror {rows:,} calls, {1000 * LATENCY:g} ms a page, 8 workers"
    lines = {side: Line(f"{what}, {OURS[side]}", "1 worker", least=least) for side, least in (("plain", 3.5), ("fast", 4.5))}
    days = rows // 1000 + 1  # so that a day is a little less than a page
    first = datetime.fromtimestamp(MIDNIGHT, timezone.utc).date() - timedelta(days=days)
    with serving(Book(rows, days * 86400 / rows), LATENCY) as served:
        for number in range(rounds):
            for fast, line in lines.items():
                with tempfile.TemporaryDirectory(prefix="twilio-orm-bench-") as folder:
                    said = {}
                    for side in sorted(SIDES, reverse=bool(number % 2)):
                        words = [f"workers={SIDES[side]}", f"since={first}", *WORDS[fast]]
                        said[side] = child("ours", served.base_url, str(Path(folder) / f"{side}.db"), *words)
                    line.faults += wrong(said, rows, Path(folder))
                line.add(said["many"]["seconds"], said["one"]["seconds"])
                asked = ", ".join(f"{side} {one['seconds']:.2f} s in {one['requests']} requests" for side, one in said.items())
                tell(f"workers, {OURS[fast]}, round {number + 1} of {rounds}: {asked}")
    return list(lines.values())


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
    """A hash of every call in a file, by SID, every column but what tells how it came."""
    with closing(sqlite3.connect(path)) as database:
        columns = ", ".join(f'"{name}"' for name in (*COLUMNS, "mirror_extras", "mirror_absent", "mirror_gone"))
        found = hashlib.sha256()
        for row in database.execute(f'SELECT {columns} FROM "call" ORDER BY sid'):
            found.update(repr(row).encode())
    return found.hexdigest()
