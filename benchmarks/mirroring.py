"""Mirroring a long list, first and again: ours, the peers and the floor by turns, a fresh process a measurement."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

from .book import Book
from .children import child
from .columns import COLUMNS, TIMES
from .lines import Line
from .server import Served, serving

EVERY = 100  # each so many-th call has changed
PLAIN, FAST = "stdlib json", "with the accelerator"
OURS = {"plain": PLAIN, "fast": FAST}
SIDES = {
    "plain": ("ours", "fast=0", "workers=1"),
    "floor": ("floor",),
    "fast": ("ours", "workers=1"),
    "peer": ("peer",),
    "plain, 4 workers": ("ours", "fast=0"),
    "floor, tuned": ("floor", "tuned"),
    "fast, 4 workers": ("ours",),
    "utils": ("utils",),
    "peer, tuned": ("peer", "tuned"),
    "dlt": ("pipeline",),
    "plain, a tenth": ("ours", "fast=0", "workers=1"),
}
"""Which module is the side, and its words. Ours reads one list over one connection, as the others do, unless it says so."""
ONCE = ("utils", "peer, tuned", "floor, tuned")
"""Dear ones, or for information: in the first round only."""
SMALL = ("dlt", "plain, a tenth")
"""In the first round only, and over a tenth of the calls."""
TOLD = {"floor", "peer", "utils"}
"""Modules that are told our indexes and pragmas."""

Said = dict[str, dict[str, Any]]


class Lines:
    """The lines about mirroring, each with its two sides: (of which pass, whose)."""

    def __init__(self, rows: int) -> None:
        self.all: list[tuple[Line, tuple[str, str], tuple[str, str]]] = []
        new, floor, client = f"mirror {rows:,} new calls", "requests + json + sqlite3, the floor", "official client + peewee"
        first = f"{floor}, first write"
        for side, most in (("plain", 0.5), ("fast", 0.37)):
            self._add("new", side, Line(f"{new}, {OURS[side]}", floor, most=most), ("new", "floor"))
        self._add("new", "plain", Line(f"{new}, {PLAIN}", client, least=6.5), ("new", "peer"))
        self._add("new", "plain", Line(f"{new}, {PLAIN}", "`sqlite-utils`", least=2), ("new", "utils"))
        few = f"mirror {rows // 10:,} new calls, {PLAIN}"
        self._add("new", "plain, a tenth", Line(few, "`dlt` into DuckDB", least=10), ("new", "dlt"))
        self._add("new", "plain", Line(f"{new}, {PLAIN}", f"{client}, given tuples and our pragmas"), ("new", "peer, tuned"))
        self._add("new", "plain", Line(f"{new}, {PLAIN}", "the floor, given our pragmas", slower=True), ("new", "floor, tuned"))
        for side in OURS:
            line = Line(f"{new}, {OURS[side]}, 4 workers", "1 worker", most=1.05)
            self._add("new", f"{side}, 4 workers", line, ("new", side))
        for name, what, goals in (
            ("same", "sync again in full, nothing changed, pages as before", (0.1, 0.1)),
            ("shifted", "the same, every page shifted by one new call", (0.5, 0.2)),
            ("changed", "the same, 1 % of the calls changed, history kept", (0.6, 0.25)),
        ):
            for side, most in zip(OURS, goals, strict=True):
                self._add(name, side, Line(f"{what}, {OURS[side]}", first, most=most), ("new", "floor"))
        again = "sync again in full, nothing changed, pages as before"
        self._add("same", "plain", Line(f"{again}, {PLAIN}", "the floor, again"), ("same", "floor"))
        for side, least in (("plain", 1), ("fast", 2)):
            line = Line(f"live pass over unchanged calls, {OURS[side]}", "official client's `stream`", least=least)
            self._add("live", side, line, ("live", "stream"))
        self._add("new", "plain", Line(f"{new}, {PLAIN}", "official client's `stream`, nothing stored"), ("live", "stream"))
        self.size = Line("the file, a call with its indexes", "the floor's file", unit="B")

    def _add(self, name: str, side: str, line: Line, theirs: tuple[str, str]) -> None:
        self.all.append((line, (name, side), theirs))

    def add(self, said: dict[str, Said]) -> None:
        """A round's measurements; a side that took no part in it adds nothing."""
        for line, (name, side), (their_name, their_side) in self.all:
            if side in said[name] and their_side in said[their_name]:
                line.add(said[name][side]["seconds"], said[their_name][their_side]["seconds"])

    def fault(self, name: str, side: str, faults: Iterable[str]) -> None:
        """Note what was wrong on the first line of a pass and a side."""
        next(line for line, ours, _ in self.all if ours == (name, side)).faults += faults


def mirror(rows: int, rounds: int, latency: float, tell: Callable[[str], None]) -> list[Line]:
    """The lines about mirroring ``rows`` calls, told as they go.

    Every round begins with another side, so that none always follows the same one; each side has its file of the round.
    """
    lines, book = Lines(rows), Book(rows)
    with serving(book, latency) as served:
        for number in range(rounds):
            with tempfile.TemporaryDirectory(prefix="twilio-orm-bench-") as folder:
                room = Round(served, book, Path(folder), number, lines)
                said = room.run()
                lines.add(said)
                lines.size.add(*(size(Path(folder) / f"{side}.db") / (rows + (side == "plain")) for side in ("plain", "floor")))
            words = ", ".join(
                f"{side} {name} {facts['seconds']:.2f} s" for name, sides in said.items() for side, facts in sides.items()
            )
            tell(f"mirror, round {number + 1} of {rounds}: {words}")
    return [*(line for line, _, _ in lines.all), lines.size]


class Round:
    """One round: every side's first pass, then ours again over an account that changes."""

    def __init__(self, served: Served, book: Book, folder: Path, number: int, lines: Lines) -> None:
        self.served, self.book, self.folder, self.number, self.lines = served, book, folder, number, lines
        given = child("columns", str(folder / "schema.db"))
        self.given = json.dumps(given)
        if not given["same"]:
            lines.fault("new", "plain", ["our table has other columns than the peers"])

    def run(self) -> dict[str, Said]:
        """What each side said of each of its passes; what was wrong is noted on the lines."""
        rows, changes = self.book.rows, -(-self.book.rows // EVERY)
        self.served.turn(newest=rows // 10)
        first = {side: self.one(side) for side in SMALL if not self.number}
        for side in first:
            self.report_new(side, first, rows // 10)
        self.served.turn()
        large = [side for side in self.turns(SIDES) if side not in SMALL and (side not in ONCE or not self.number)]
        first |= {side: self.one(side) for side in large}
        for side in large:
            self.report_new(side, first, rows)
        for side in OURS:
            self.lines.fault("new", side, differing(self.folder, side))
        before = {side: revision(self.path(side)) for side in OURS}
        same = self.again("same")
        for side in OURS:
            if before[side] != revision(self.path(side)):
                self.lines.fault("same", side, ["the revision has risen though nothing changed"])
        if not self.number:
            same["floor"] = self.one("floor")
        self.served.turn(extra=1)
        shifted = self.again("shifted", new=1)
        self.served.turn(extra=1, changed=EVERY)
        changed = self.again("changed", changed=changes)
        now = replace(self.book, extra=1, changed=EVERY)
        for side in OURS:
            self.lines.fault("changed", side, [*unlike(self.path(side), now), *forgotten(self.path(side), changes)])
        live = {side: self.live(side) for side in self.turns(("plain", "stream", "fast"))}
        for side in OURS:
            if live[side]["rows"] != rows + 1 or live[side]["priced"] != live["stream"]["priced"]:
                self.lines.fault("live", side, [f"the live pass was over {live[side]} of {live['stream']}"])
        return {"new": first, "same": same, "shifted": shifted, "changed": changed, "live": live}

    def turns(self, sides: Iterable[str]) -> list[str]:
        """The sides in the order of this round."""
        listed = list(sides)
        at = 3 * self.number % len(listed)
        return listed[at:] + listed[:at]

    def path(self, side: str) -> Path:
        """A side's file."""
        return self.folder / f"{side}.db"

    def one(self, side: str, *more: str) -> dict[str, Any]:
        """One pass of a side into its file."""
        module, *words = SIDES[side]
        given = [self.given] if module in TOLD else []
        return child(module, self.served.base_url, str(self.path(side)), *given, *words, *more)

    def live(self, side: str) -> dict[str, Any]:
        """A pass over the server's calls as objects."""
        if side == "stream":
            return child("peer", self.served.base_url, "", "{}", "alone")
        return self.one(side, "live=1")

    def again(self, name: str, *, new: int = 0, changed: int = 0) -> Said:
        """Our two sides once more, told to read everything, and what they must report."""
        sides = tuple(OURS)
        said = {side: self.one(side, "full=1") for side in (reversed(sides) if self.number % 2 else sides)}
        for side in sides:
            self.expect(name, side, said, self.book.rows, new=new, changed=changed)
        return said

    def report_new(self, side: str, said: dict[str, dict[str, Any]], rows: int) -> None:
        """Note what a side's first pass over so many calls has wrong."""
        if side.partition(",")[0] in OURS:
            self.expect("new", side, said, rows, new=rows)
        elif said[side]["rows"] != rows:
            self.lines.fault("new", "plain", [f"{side} read {said[side]['rows']} of {rows} calls"])

    def expect(self, name: str, side: str, said: Said, rows: int, *, new: int = 0, changed: int = 0) -> None:
        """Note what a report of ours over so many calls has wrong. Workers may read a call twice, where two windows meet."""
        facts = said[side]
        found = {key: facts[key] for key in ("new", "changed", "gone", "whole")}
        if found != {"new": new, "changed": changed, "gone": 0, "whole": True} or facts["rows"] < rows:
            self.lines.fault(name, side, [f"{side}: {facts} was reported, {new} are new and {changed} changed"])


def revision(path: Path) -> int:
    """The last revision of our file: it rises with every page that changed a row."""
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT max(id) FROM mirror_revisions WHERE kind IS NOT 'heard'").fetchone()[0])


def differing(folder: Path, side: str) -> list[str]:
    """Whether our file and the peer's say the same of every call, so that both have done the same work.

    Times are compared to the second, prices as numbers.
    """
    forms = {**dict.fromkeys(TIMES, 'substr("{}", 1, 19)'), "price": 'CAST("{}" AS REAL)'}
    columns = ", ".join(forms.get(name, '"{}"').format(name) for name in COLUMNS)
    with closing(sqlite3.connect(folder / f"{side}.db")) as database:
        database.execute("ATTACH ? AS peer", (str(folder / "peer.db"),))
        counts = [database.execute(f'SELECT count(*) FROM {one}."call"').fetchone()[0] for one in ("main", "peer")]
        beyond = database.execute(
            f'SELECT count(*) FROM (SELECT {columns} FROM main."call" EXCEPT SELECT {columns} FROM peer."call")'
        ).fetchone()[0]
    if not beyond and counts[0] == counts[1]:
        return []
    return [f"the two files differ: {counts} calls, {beyond} of ours are not in the peer's"]


FACTS = ("sid", "status", "price", "duration", "to", "from", "direction")


def unlike(path: Path, book: Book) -> list[str]:
    """Whether our file says of every call what the server shows."""
    with closing(sqlite3.connect(path)) as database:
        names = ", ".join(f'"{"from_" if name == "from" else name}"' for name in FACTS)
        asked = database.execute(f'SELECT start_time, {names} FROM "call" WHERE mirror_gone IS NULL')
        held = {(row[0], *map(_fact, FACTS, row[1:])) for row in asked}
    wrong = len(held ^ shown(book))
    return [f"{wrong} calls are not in our file as the server shows them, or the other way round"] if wrong else []


@lru_cache(maxsize=1)
def shown(book: Book) -> set[tuple[str | float | None, ...]]:
    """What the server says of every call."""
    out = set()
    for number in book.numbers:
        call, begun = book.call(number), datetime.fromtimestamp(book.begun(number), timezone.utc)
        out.add((f"{begun:%Y-%m-%d %H:%M:%S}", *(_fact(name, call[name]) for name in FACTS)))
    return out


def _fact(name: str, value: Any) -> str | float | None:
    """A value as it is compared: a price as a number."""
    return value if value is None else float(value) if name == "price" else str(value)


def forgotten(path: Path, changes: int) -> list[str]:
    """Whether our file keeps what the calls were that have changed."""
    with closing(sqlite3.connect(path)) as database:
        kept = database.execute("SELECT count(DISTINCT sid) FROM call_history").fetchone()[0]
    return [f"what {kept} calls were is kept, {changes} have changed"] if kept != changes else []


def size(path: Path) -> int:
    """The bytes of a file."""
    return path.stat().st_size
