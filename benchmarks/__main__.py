"""``python -m benchmarks [--quick] [--only NAME] [--rows N] [--rounds N] [--write]``: the table; 1 if a line missed."""

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
from pathlib import Path

from .cached import cached, planning
from .history import history
from .importing import imports
from .incremental import incremental
from .lines import Line, table
from .mirroring import mirror
from .workers import workers

NAMES = ("mirror", "history", "workers", "incremental", "cached", "planning", "import")
README = Path(__file__).with_name("README.md")
MARKED = re.compile(r"(<!-- table: begin -->\n).*?(<!-- table: end -->)", re.DOTALL)


def main() -> int:
    """Run what was asked for; 1 where a line missed what it has to reach, after all have run."""
    given = arguments()
    started = time.monotonic()
    rows = given.rows or (10_000 if given.quick else 100_000)
    rounds = given.rounds or 3
    short = given.rounds or (15 if given.quick else 60)
    parts: dict[str, Callable[[], list[Line]]] = {
        "mirror": lambda: mirror(rows, rounds, given.latency, tell),
        "history": lambda: history(rows, rounds, given.known or (100_000 if given.quick else 1_000_000), tell),
        "workers": lambda: workers(100_000, given.rounds or (1 if given.quick else 3), tell),
        "incremental": lambda: incremental(given.known or (100_000 if given.quick else 1_000_000), rounds, tell),
        "cached": lambda: cached(short, tell),
        "planning": lambda: planning(short, tell),
        "import": lambda: imports(short, tell),
    }
    lines = [line for name, part in parts.items() if given.only in (None, name) for line in part()]
    text = f"{machine(rows, rounds, given.latency)}\n\n{table(lines)}\n"
    print(text)
    for line in lines:
        for fault in dict.fromkeys(line.faults):
            print(f"{line.what}: {fault}")
    tell(f"took {time.monotonic() - started:.0f} s")
    if given.write:
        page = README.read_text("utf-8")
        README.write_text(MARKED.sub(lambda found: f"{found[1]}\n{text}\n{found[2]}", page), "utf-8")
    return 0 if all(line.ok for line in lines) else 1


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="twilio_orm and its peers, by turns.")
    parser.add_argument("--quick", action="store_true", help="10,000 calls to mirror, 100,000 known, and fewer rounds")
    parser.add_argument("--only", choices=NAMES, help="one of them")
    parser.add_argument("--rows", type=positive, help="calls to mirror")
    parser.add_argument("--known", type=positive, help="calls that the incremental and history benchmarks know")
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


def machine(rows: int, rounds: int, latency: float) -> str:
    """When and where it ran."""
    late = f", {latency:g} s a page" if latency else ""
    return (
        f"{date.today()}, {os.cpu_count()} cores ({platform.machine()}, {platform.system()}), "
        f"{platform.python_implementation()} {platform.python_version()}, SQLite {sqlite3.sqlite_version}; "
        f"{rows:,} calls, {rounds} rounds{late}; medians (least-most), ratios paired by round"
    )


def tell(words: str) -> None:
    """How far it is, for people only."""
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
