"""A shared mirror: ours in PostgreSQL, with ours in a SQLite file and with raw statements on the same server, by turns.

The server runs on this machine, writes its log to the disk before it confirms a transaction, and starts with nothing in it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from twilio_orm.testing.embedded_postgres import serving as postgres

from .book import Book
from .children import ROOM, child, quiet_environment
from .lines import Line
from .mirroring import EVERY
from .server import Served, serving

SETTINGS = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "512MB", "max_wal_size": "4GB"}
ACCOUNTS = 8
"""Accounts that are stored, by one process and by as many."""
CORES = 10
"""From so many cores on, as many processes as accounts have to be five times as quick as one."""


def shared(rows: int, rounds: int, short: int, tell: Callable[[str], None]) -> list[Line]:
    """The lines about a mirror in PostgreSQL.

    :param rows: calls that are mirrored.
    :param rounds: rounds of what takes seconds.
    :param short: rounds of what takes milliseconds.
    """
    file, what = "ours in a SQLite file", f"mirror {rows:,} calls in PostgreSQL"
    new = Line(f"{what}, the first time", file, most=1.2)
    same = Line(f"{what}, again in full, nothing changed", file, most=1.2)
    changed = Line(f"{what}, again, 1 % changed, history kept", file, slower=True)
    key = Line(f"PostgreSQL: one record of {rows:,} by key", "a prepared statement", most=1.5)
    page = Line(f"PostgreSQL: a day's completed calls, the newest 100 of {rows:,}, as records", "raw rows", most=1.5)
    least = 5 if (os.cpu_count() or 1) >= CORES else 1
    crowd = Line(f"PostgreSQL: {ACCOUNTS} accounts stored by {ACCOUNTS} processes", "by one process", least=least)
    book = Book(rows)
    with postgres(settings=SETTINGS) as server, serving(book) as served, tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            places = {"postgres": f"{server}?schema=round_{number}", "sqlite": str(Path(folder) / f"{number}.db")}
            for place in places.values():
                child("shared_storing", place, "0", "0", urlsplit(served.base_url).netloc)  # makes the tables
            said = _round(served, places, number)
            for line, name, facts in ((new, "new", rows), (same, "unchanged", rows), (changed, "changed", -(-rows // EVERY))):
                ours, theirs = said[line is new, line is changed]["postgres"], said[line is new, line is changed]["sqlite"]
                line.add(ours["seconds"], theirs["seconds"])
                line.faults += [f"{one} reported {one[name]} {name}" for one in (ours, theirs) if one[name] != facts]
            tell(f"shared, round {number + 1} of {rounds}: {new.ours[-1]:.2f} s and {new.theirs[-1]:.2f} s the first time")
        for number in range(rounds):  # after the others: the server vacuums their tables for a while
            many, one = _crowd(f"{server}?schema=many_{number}"), _crowd(f"{server}?schema=one_{number}", processes=1)
            crowd.add(many, one)
        read = child("shared_reading", f"{server}?schema=round_0", str(short))
    for line, name in ((key, "key"), (page, "page")):
        for ours, theirs in read[name]:
            line.add(ours, theirs)
    return [new, same, changed, key, page, crowd]


def _round(served: Served, places: dict[str, str], number: int) -> dict[tuple[bool, bool], dict[str, Any]]:
    """What each engine said of three passes, by whether it was the first and whether calls had changed."""
    found = {}
    engines = list(places) if number % 2 else list(reversed(places))
    for first, changed in ((True, False), (False, False), (False, True)):
        served.turn(**({"changed": EVERY} if changed else {}))
        words = ["workers=1", *([] if first else ["full=1"])]
        found[first, changed] = {one: child("ours", served.base_url, places[one], *words) for one in engines}
    served.turn()
    return found


def _crowd(place: str, processes: int = ACCOUNTS) -> float:
    """The seconds that processes take to store pages of ``ACCOUNTS`` accounts together."""
    share = ACCOUNTS // processes
    child("shared_storing", place, "0", "0")  # makes the tables
    commands = [
        [sys.executable, "-m", "benchmarks.shared_storing", place, str(at * share), str(share)] for at in range(processes)
    ]
    started = [
        subprocess.Popen(
            one, cwd=ROOM, env=quiet_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for one in commands
    ]  # fmt: skip
    for one in started:
        assert one.stdout is not None
        one.stdout.readline()  # it is connected, and has its pages
    began = time.perf_counter()
    for one in started:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in started:
        if one.wait():
            raise RuntimeError("a process of the benchmark failed")
    return time.perf_counter() - began
