"""A sync of what is new and of what was not settled, on top of a year that is known: what it costs us, and how often we ask."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .book import DAY, MIDNIGHT, Book, chosen
from .calls import own_sid
from .children import child
from .known import DAYS, FRESH, KnownRecord
from .lines import Line

UNSETTLED = 200
RECENT = 2  # days before today from which the unsettled calls of the first case are


@dataclass
class Case:
    """One of the two: which calls are not settled, with which words the sync is told, and what it may take."""

    name: str
    line: Line
    words: tuple[str, ...]
    requests: int
    numbers: list[int] = field(default_factory=list)


def incremental(known: KnownRecord, rounds: int, tell: Callable[[str], None]) -> list[Line]:
    """The lines about syncing again, with so many calls known."""
    recent, scattered = cases(known.rows)
    recent.numbers = list(chosen(known.book, MIDNIGHT - RECENT * DAY, MIDNIGHT, UNSETTLED))
    scattered.numbers = list(chosen(known.book, MIDNIGHT - (DAYS - 1) * DAY, MIDNIGHT - RECENT * DAY, UNSETTLED))
    for number in range(rounds):
        for case in (recent, scattered)[:: -1 if number % 2 else 1]:
            tell(f"incremental, round {number + 1} of {rounds}, {case.name}: {one(known, case)}")
    return [recent.line, scattered.line]


def cases(rows: int) -> tuple[Case, Case]:
    """The two cases."""
    what = f"sync again: {rows:,} calls known, {FRESH} new, {UNSETTLED} unsettled"
    recent = Line(f"{what} of the last days: own time, 10 requests at most", "its allowance", limit=2)
    scattered = Line(f"{what} over the year, `settle_for` a year: own time, 205 requests at most", "its allowance", limit=2)
    return (
        Case("recent", recent, (), 10),
        Case("scattered", scattered, (f"settle_for={DAYS + 1}",), UNSETTLED + 5),
    )


def one(known: KnownRecord, case: Case) -> str:
    """One measurement on a copy of the file, in which the case's calls are as they were. Returns what there is to tell."""
    path, served = known.room / "again.db", known.served
    shutil.copyfile(known.file, path)
    served.turn(case.numbers, early=1)
    shown = child("filling", served.base_url, str(path), json.dumps([own_sid(number) for number in case.numbers]))
    if shown["settled"]:
        case.line.faults.append(f"{shown['settled']} calls were settled from the beginning")
    served.turn()
    served.told()
    said = child("ours", served.base_url, str(path), *case.words, f"now={known.book.now}")
    told = served.told()
    # The processor's time lacks waiting for the disk; what is left of the clock lacks what ran while the server worked.
    own = max(said["cpu"], said["seconds"] - told["seconds"])
    case.line.add(own, case.line.limit or own)
    case.line.faults += wrong(said, told, case, path, known.book)
    path.unlink()
    return f"{own:.2f} s of our own in {told['requests']} requests, {said['seconds']:.2f} s in all"


def wrong(said: dict[str, Any], told: dict[str, Any], case: Case, path: Path, book: Book) -> list[str]:
    """What the sync did not do, or did too often."""
    faults = []
    if told["requests"] > case.requests:
        faults.append(f"{told['requests']} requests, {case.requests} are allowed")
    if said["requests"] != told["requests"]:
        faults.append(f"the report says {said['requests']} requests, the server saw {told['requests']}")
    if (said["new"], said["changed"], said["whole"]) != (FRESH, UNSETTLED, True):
        faults.append(f"the report says {said['new']} new, {said['changed']} changed, whole: {said['whole']}")
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute('SELECT count(*) FROM "call" WHERE mirror_gone IS NULL').fetchone()[0]
        still = database.execute(
            "SELECT count(*) FROM \"call\" WHERE status = 'in-progress' OR (status = 'completed' AND price IS NULL)"
        ).fetchone()[0]
    if (rows, still) != (book.rows, 0):
        faults.append(f"the mirror holds {rows} of {book.rows} calls, {still} of them unsettled")
    return faults
