"""Reports and the dashboard of a long month, against the SQL that one would write for the same numbers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from .children import child
from .lines import Line

FEW = ("usage", "timeline", "trace")
"""The reports that read a few records by an index; what they cost once is all that they cost."""


def reports(rows: int, rounds: int, tell: Callable[[str], None]) -> list[Line]:
    """The lines about reports over so many calls and as many messages of one month."""
    with tempfile.TemporaryDirectory(prefix="twilio-orm-bench-") as folder:
        path = str(Path(folder) / "month.db")
        made = child("month", path, str(rows))
        tell(f"a month of {rows:,} calls and {rows:,} messages is made")
        said = child("reporting", path, str(rounds))
        pages = [child("reporting", "dashboard", path) for _ in range(rounds)]
    of = f"of {rows:,} calls and {rows:,} messages"
    lines = []
    for name, took in said["took"].items():
        line = Line(f"`{name}` {of}", "raw `sqlite3`", most=1.3)
        if name.startswith(FEW):
            line = Line(f"`{name}` {of}", "raw `sqlite3`", limit=0.05, slower=True)
        for ours, theirs in took:
            line.add(ours, theirs)
        line.faults += [said["faults"][name]] if name in said["faults"] else []
        lines.append(line)
    busy = Line(f"dashboard of 30 days {of}: time of the processor", "its allowance", limit=10, slower=True)
    memory = Line(f"dashboard of 30 days {of}: peak memory", "its allowance", limit=150e6, unit="B")
    for page in pages:
        busy.add(page["cpu"], 10)
        memory.add(page["memory"], 150e6)
    if made["rows"] != [rows, rows]:
        busy.faults.append(f"the month has {made['rows']} records")
    if any(page["shown"] < page["sections"] for page in pages):
        busy.faults.append("a section shows no numbers")
    tell(f"reports, {rounds} rounds; the dashboard {pages[-1]}")
    return [*lines, busy, memory]
