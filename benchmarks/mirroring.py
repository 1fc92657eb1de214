"""Mirroring a long list, first and again: ours, the peers and the floor by turns, a fresh process a measurement."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from .book import Book
from .children import child
from .floor import NAMES
from .lines import Line
from .server import serving

SIDES = ("ours", "peer", "tuned", "floor")
TIMES = {"start_time", "end_time", "date_created", "date_updated"}


def mirror(rows: int, rounds: int, latency: float, tell: Callable[[str], None]) -> list[Line]:
    """The lines about mirroring ``rows`` calls, told as they go.

    Every round begins with another side, so that none always follows the same one; each side has its file of the round.
    """
    new = Line(f"mirror {rows:,} calls into a new file", "official client + peewee", least=3)
    tuned = Line("the same", "that peer, given our pragmas")
    again = Line("sync them again in full, unchanged: 0 rows written", "our first time", least=1)
    theirs = Line("sync them again in full, unchanged", "official client + peewee")
    floor = Line("mirror into a new file", "requests + json + sqlite3 alone, the floor", slower=True)
    with serving(Book(rows), latency) as served:
        for number in range(rounds):
            with tempfile.TemporaryDirectory(prefix="twilio-orm-bench-") as folder:
                first, second = one_round(number, served.base_url, rows, Path(folder), new, again)
            new.add(first["ours"]["seconds"], first["peer"]["seconds"])
            tuned.add(first["ours"]["seconds"], first["tuned"]["seconds"])
            again.add(second["ours"]["seconds"], first["ours"]["seconds"])
            theirs.add(second["ours"]["seconds"], second["peer"]["seconds"])
            floor.add(first["ours"]["seconds"], first["floor"]["seconds"])
            took = {"ours": new.ours, "peer": new.theirs, "tuned": tuned.theirs, "floor": floor.theirs}
            took |= {"ours again": again.ours, "peer again": theirs.theirs}
            words = ", ".join(f"{name} {seconds[-1]:.2f} s" for name, seconds in took.items())
            tell(f"mirror, round {number + 1} of {rounds}: {words}")
    return [new, tuned, again, theirs, floor]


def one_round(
    number: int, base_url: str, rows: int, folder: Path, new: Line, again: Line
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """What each side said of its first pass and of its second; what was wrong is noted on the lines."""
    at = number % len(SIDES)
    order = SIDES[at:] + SIDES[:at]
    first = {side: one(side, base_url, folder) for side in order}
    before = revision(folder / "ours.db")
    second = {side: one(side, base_url, folder, again=True) for side in order if side in ("ours", "peer")}
    new.faults += wrong(first, rows) + differing(folder)
    again.faults += rewritten(second["ours"], rows, before, revision(folder / "ours.db"))
    return first, second


def one(side: str, base_url: str, folder: Path, *, again: bool = False) -> dict[str, Any]:
    """One pass of a side into its file, over one connection. Again, ours is told to read everything, as the others do."""
    path = str(folder / f"{side}.db")
    words = {"tuned": ["tuned"], "ours": ["workers=1", *(["full=1"] if again else [])]}.get(side, [])
    return child("peer" if side == "tuned" else side, base_url, path, *words)


def wrong(said: dict[str, dict[str, Any]], rows: int) -> list[str]:
    """What a side did not do of its work."""
    # Ours may read a call twice, where two windows meet.
    faults = [f"{side} read {facts['rows']} of {rows} calls" for side, facts in said.items() if facts["rows"] < rows]
    ours = said["ours"]
    if ours["new"] != rows or not ours["whole"]:
        faults.append(f"our report says {ours['new']} new of {rows}, whole: {ours['whole']}")
    return faults


def rewritten(report: dict[str, Any], rows: int, before: int, after: int) -> list[str]:
    """What the second pass wrote, though nothing had changed."""
    faults = []
    if report["rows"] < rows or (report["new"], report["changed"]) != (0, 0):
        faults.append(f"the second report says {report['new']} new, {report['changed']} changed of {report['rows']}")
    if before != after:
        faults.append(f"the revision went from {before} to {after} though nothing changed")
    return faults


def revision(path: Path) -> int:
    """The last revision of our file: it rises with every page that changed a row."""
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT max(id) FROM mirror_revisions WHERE kind IS NOT 'heard'").fetchone()[0])


def differing(folder: Path) -> list[str]:
    """Whether both files say the same of every call, so that the two have done the same work. Times: to the second."""
    columns = ", ".join(
        f'substr("{name}", 1, 19)' if name in TIMES else f'"{name}"'
        for name in ("from_" if name == "from" else name for name in NAMES)
    )
    with closing(sqlite3.connect(folder / "ours.db")) as database:
        database.execute("ATTACH ? AS peer", (str(folder / "peer.db"),))
        counts = [database.execute(f'SELECT count(*) FROM {one}."call"').fetchone()[0] for one in ("main", "peer")]
        beyond = database.execute(
            f'SELECT count(*) FROM (SELECT {columns} FROM main."call" EXCEPT SELECT {columns} FROM peer."call")'
        ).fetchone()[0]
    if not beyond and counts[0] == counts[1]:
        return []
    return [f"the two files differ: {counts} calls, {beyond} of ours are not in the peer's"]
