"""Ten million calls mirrored once: what they take a million, in memory and on the disk; and reports over them.

``python -m benchmarks.growth BASE_URL FILE NOW``: one sync, then each report. Runs only with ``--only growth``.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .book import DAY, Book
from .children import child
from .lines import Line
from .server import serving
from .streaming import SHORT, peak

MILLION = 1_000_000
DAYS = 365


def growth(rows: int, tell: Callable[[str], None]) -> list[Line]:
    """The lines about so many calls of a year; the newest ``SHORT`` are mirrored before and after them."""
    book = Book(rows, DAYS * DAY / rows)
    with serving(book) as served, tempfile.TemporaryDirectory(prefix="twilio-orm-bench-") as folder:

        def made(name: str) -> dict[str, Any]:
            return child("growth", served.base_url, str(Path(folder) / name), str(book.now))

        served.turn(newest=SHORT)
        few = [made("before.db")]
        served.turn()
        long = made("long.db")
        served.turn(newest=SHORT)
        few.append(made("after.db"))
    what = f"{rows:,} calls mirrored"
    a_call = Line(f"{what}: a call", f"of {SHORT:,} calls", most=1.6)
    memory = Line(f"{what}: peak memory of the sync", f"{SHORT:,} calls", beyond=40e6, unit="B")
    disk = Line(f"{what}: on the disk, a call", "its allowance", limit=700, unit="B")
    for one in few:
        a_call.add(long["sync"] / rows, one["sync"] / SHORT)
        memory.add(long["memory"], one["memory"])
    disk.add(long["bytes"] / rows, 700)
    lines = [a_call, memory, disk]
    for name, (seconds, records) in long["reports"].items():
        line = Line(f"{name} of {rows:,} calls: {records:,} rows", f"of {SHORT:,} calls", slower=True)
        for one in few:
            line.add(seconds, one["reports"][name][0])
        lines.append(line)
    for facts, count in ((long, rows), *((one, SHORT) for one in few)):
        if facts["rows"] != count or not facts["whole"]:
            a_call.faults.append(f"{facts['rows']} of {count} calls")
    tell(f"growth: seconds of each million {long['millions']}, of the rest and the indexes {long['rest']:.0f}; {long}; {few}")
    return lines


def run(base_url: str, path: str, now: int) -> dict[str, Any]:
    """One sync, and the reports."""
    import requests  # noqa: F401

    import twilio_orm
    import twilio_orm.http.transport  # noqa: F401

    from .calls import ACCOUNT, TOKEN

    def clock() -> datetime:
        return datetime.fromtimestamp(now, timezone.utc)

    began = last = time.perf_counter()
    millions: list[float] = []

    def progress(report: Any) -> None:
        nonlocal last
        if report.new >= (len(millions) + 1) * MILLION:
            millions.append(round(time.perf_counter() - last, 1))
            last = time.perf_counter()

    connection = twilio_orm.connect(ACCOUNT, TOKEN, base_url=base_url, mirror=path, clock=clock)
    report = twilio_orm.Call.sync(workers=1, progress=progress)
    connection.close()
    ended = time.perf_counter()
    facts = {"rows": report.new, "whole": report.whole, "bytes": os.path.getsize(path), "memory": peak()}
    facts |= {"sync": ended - began, "millions": millions, "rest": ended - last}
    connection = twilio_orm.connect(ACCOUNT, TOKEN, base_url=base_url, mirror=path, clock=clock)
    facts["reports"] = {name: taken(work) for name, work in reports().items()}
    connection.close()
    return facts


def reports() -> dict[str, Callable[[], Any]]:
    """Eight questions about a year of calls."""
    from twilio_orm import Call, Count, Sum
    from twilio_orm import reports as ready

    number = str(Call.offline().order_by("-start_time")[:1][0].to)
    return {
        "dispositions(365 days)": lambda: ready.dispositions("365d", partial=True),
        'spend("2026-04")': lambda: ready.spend("2026-04", partial=True),
        'spend("2026-04", ["day", "direction"])': lambda: ready.spend("2026-04", ["day", "direction"], partial=True),
        'spend("2026-04", ["country", "direction"])': lambda: ready.spend("2026-04", ["country", "direction"], partial=True),
        "idle(30)": lambda: ready.idle(30, partial=True),
        "timeline(a customer, 30 days)": lambda: ready.timeline(number, "30d", partial=True),
        "counts by status of the year": lambda: list(Call.offline().values("status").annotate(n=Count())),
        "cost by month and direction of the year": lambda: list(
            Call.offline().values("start_time__month", "direction").annotate(n=Count(), cost=Sum("price"))
        ),
    }


def taken(work: Callable[[], Any]) -> tuple[float, int]:
    """The seconds that work takes, and the rows that it returns."""
    began = time.perf_counter()
    rows = len(list(work()))
    return time.perf_counter() - began, rows


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
