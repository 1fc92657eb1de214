"""What history costs: a first mirroring and a re-sync with and without it, and questions as of a moment before many changes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from .book import Book
from .children import child
from .known import KnownRecord
from .lines import Line
from .server import serving

CHANGED = 100  # each so many-th call has changed since


def history(rows: int, rounds: int, known: KnownRecord, tell: Callable[[str], None]) -> list[Line]:
    """The lines about history: ``rows`` calls are mirrored, of the known ones a hundredth has changed."""
    return [*_kept(rows, rounds, tell), *_asked(known, rounds, tell)]


def _kept(rows: int, rounds: int, tell: Callable[[str], None]) -> list[Line]:
    first = Line(f"mirror {rows:,} calls into a new file, history kept", "without history", most=1.10)
    again = Line("sync them again in full, unchanged, history kept", "without history", most=1.02)
    with serving(Book(rows)) as served:
        for number in range(rounds):
            with tempfile.TemporaryDirectory(prefix="twilio-orm-bench-") as folder:
                took: dict[str, list[float]] = {"1": [], "0": []}
                for words in ([], ["full=1"]):
                    for side in ("1", "0") if number % 2 else ("0", "1"):
                        path = str(Path(folder) / f"{side}.db")
                        took[side].append(child("ours", served.base_url, path, "workers=1", f"history={side}", *words)["seconds"])
            for line, ours, theirs in zip((first, again), took["1"], took["0"], strict=True):
                line.add(ours, theirs)
            tell(f"history, round {number + 1} of {rounds}: {took}")
    return [first, again]


def _asked(known: KnownRecord, rounds: int, tell: Callable[[str], None]) -> list[Line]:
    changes = known.rows // CHANGED
    what = f"of {known.rows:,} calls, as of before {changes:,} of them changed"
    days = Line(f"cost by day {what}", "the same of the present", most=3)
    newest = Line(f"the newest 100 records {what}", "the same of the present", limit=0.05, slower=True)
    path, served = known.room / "then.db", known.served
    shutil.copyfile(known.file, path)
    served.turn(early=1, changed=CHANGED)
    heard = child("ours", served.base_url, str(path), "full=1")
    early = replace(known.book, early=1)
    now = replace(early, changed=CHANGED)
    changes = sum(1 for number in now.numbers if now.other(number))
    said = child("then", served.base_url, str(path), str(early.now + 3600), str(now.now), str(changes), str(rounds))
    tell(f"history: {known.rows:,} calls and {changes:,} changes, {path.stat().st_size / known.rows:.0f} bytes a call")
    if (heard["new"], heard["changed"], heard["whole"]) != (0, changes, True):
        days.faults.append(f"the sync of the changes reports {heard}")
    path.unlink()
    for line, name in ((days, "days"), (newest, "newest")):
        for ours, theirs in said[name]:
            line.add(ours, theirs)
        line.faults += said["faults"]
    return [days, newest]
