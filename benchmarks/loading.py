"""A day file of messages loaded into the mirror, against the plain script that one would write; a fresh process a measurement."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from .children import child
from .day_files import DAY
from .lines import Line

PLAIN = "gzip + json + sqlite3, 1,000 lines a transaction"
TIMES = ("date_sent", "date_created", "date_updated")
SIDES = {"fast": (), "plain": ("fast=0",)}


def loading(rows: int, rounds: int, tell: Callable[[str], None]) -> list[Line]:
    """The lines about a day of so many messages, told as they go. Every round begins with another side."""
    what = f"load a day of {rows:,} messages"
    new = {
        "fast": Line(f"{what}, with the accelerator", PLAIN, most=0.6),
        "plain": Line(f"{what}, stdlib json", PLAIN, most=1.0),
    }
    again = Line("load it again, nothing changed, with the accelerator", f"{PLAIN}, first time", slower=True)
    peak = Line(f"{what}, with the accelerator: peak memory", f"{rows // 10:,} messages", beyond=40e6, unit="B")
    with tempfile.TemporaryDirectory(prefix="twilio-orm-bench-") as folder:
        path, small = (Path(folder) / f"{name}-{DAY}.json.gz" for name in ("day", "small"))
        child("day_files", str(path), str(rows))
        child("day_files", str(small), str(rows // 10))
        for number in range(rounds):
            with tempfile.TemporaryDirectory(prefix="twilio-orm-bench-") as room:
                said = _round(path, small, Path(room), number)
                for side, line in new.items():
                    line.add(said[side]["seconds"], said["script"]["seconds"])
                    line.faults += _wrong(said[side], new=rows) + _differing(Path(room), side)
                again.add(said["again"]["seconds"], said["script"]["seconds"])
                again.faults += _wrong(said["again"], unchanged=rows)
                peak.add(said["fast"]["peak"], said["small"]["peak"])
            words = ", ".join(f"{side} {facts['seconds']:.2f} s" for side, facts in said.items())
            tell(f"load, round {number + 1} of {rounds}: {words}")
    return [*new.values(), again, peak]


def _round(path: Path, small: Path, room: Path, number: int) -> dict[str, dict[str, Any]]:
    """What each side says of itself."""
    schema = json.dumps(child("our_loading", "schema", str(room / "schema.db")))
    work: dict[str, Callable[[], dict[str, Any]]] = {
        "script": lambda: child("plain_loading", str(path), str(room / "script.db"), schema),
        "fast": lambda: child("our_loading", str(path), str(room / "fast.db")),
        "plain": lambda: child("our_loading", str(path), str(room / "plain.db"), "fast=0"),
    }
    names = [*work]
    at = number % len(names)
    said = {name: work[name]() for name in names[at:] + names[:at]}
    said["again"] = child("our_loading", str(path), str(room / "fast.db"))
    said["small"] = child("our_loading", str(small), str(room / "small.db"))
    return said


def _wrong(facts: dict[str, Any], *, new: int = 0, unchanged: int = 0) -> list[str]:
    """What a report of ours has wrong."""
    found = {name: facts[name] for name in ("new", "changed", "unchanged", "complete")}
    wanted = {"new": new, "changed": 0, "unchanged": unchanged, "complete": True}
    return [f"{found} was reported, and it is {wanted}"] if found != wanted else []


def _differing(room: Path, side: str) -> list[str]:
    """Whether our file and the script's say the same of every message. Times are compared to the second, prices as numbers."""
    with closing(sqlite3.connect(room / f"{side}.db")) as database:
        database.execute("ATTACH ? AS script", (str(room / "script.db"),))
        names = [row[1] for row in database.execute("PRAGMA script.table_info(message)")]
        ours = ", ".join(f'CAST("{name}" AS TEXT)' for name in names if name != "price")
        forms = {name: f"replace(replace(\"{name}\", 'T', ' '), 'Z', '')" for name in TIMES}
        theirs = ", ".join(forms.get(name, f'CAST("{name}" AS TEXT)') for name in names if name != "price")
        price = ', CAST("price" AS REAL)'
        counts = [database.execute(f"SELECT count(*) FROM {one}.message").fetchone()[0] for one in ("main", "script")]
        beyond = database.execute(
            f"SELECT count(*) FROM (SELECT {ours}{price} FROM main.message EXCEPT SELECT {theirs}{price} FROM script.message)"
        ).fetchone()[0]
    return (
        [f"the two files differ: {counts} messages, {beyond} of ours are not in the script's"]
        if beyond or counts[0] != counts[1]
        else []
    )
