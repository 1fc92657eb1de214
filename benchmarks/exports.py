"""Exports of a long mirror to CSV and Parquet, against ``csv.writer`` and pyarrow over the tuples of raw ``sqlite3``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .children import child
from .known import KnownRecord
from .lines import Line

PEERS = {"csv": "`csv.writer`", "parquet": "pyarrow"}


def exports(known: KnownRecord, rounds: int, tell: Callable[[str], None]) -> list[Line]:
    """The lines about exports. Each measurement is a process of its own, and writes a new file."""
    found = []
    part = max(known.rows // 10, 1)
    for form, peer in PEERS.items():
        what = f"`to_{form}` of {known.rows:,} calls"
        line = Line(what, f"{peer} over tuples of raw `sqlite3`", most=1.5)
        memory = Line(f"{what}: peak memory", f"of {part:,} calls", beyond=40e6, unit="B")
        for number in range(rounds):
            sides = ["ours", "raw"]
            took = {side: export(known, form, side, known.rows) for side in (sides if number % 2 else sides[::-1])}
            line.add(took["ours"]["seconds"], took["raw"]["seconds"])
            memory.add(took["ours"]["memory"], export(known, form, "ours", part)["memory"])
            if len({(one["rows"], one["sum"][:-1]) for one in took.values()}) > 1 or took["ours"]["rows"] != known.rows:
                line.faults.append(f"the files differ: {took}")
        found += [line, memory]
        tell(f"exports, {form}: {took}")
    return found


def export(known: KnownRecord, form: str, side: str, rows: int) -> dict[str, Any]:
    """What one export took, and what is in the file."""
    return child("exporting", known.served.base_url, str(known.file), form, side, str(rows), str(known.room))
