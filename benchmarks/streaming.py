"""A long history mirrored and then passed over: what it takes in memory and on the disk, a call, beside a short one.

``python -m benchmarks.streaming BASE_URL FILE [fast=0]``: one sync and one pass over what it brought. The garbage collector
works as it does for everyone.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from statistics import median
from typing import Any

from .children import child, look
from .known import KnownRecord
from .lines import Line
from .mirroring import OURS

SHORT = 10_000
WORDS: dict[str, list[str]] = {"plain": ["fast=0"], "fast": []}


def streaming(known: KnownRecord, rounds: int, tell: Callable[[str], None]) -> list[Line]:
    """The lines about a long history; a short one is measured before and after it."""
    said: dict[str, list[dict[str, Any]]] = {side: [short(known, side) for _ in range(rounds)] for side in OURS}
    long = {"fast": known.made}
    known.served.turn(early=1)
    path = known.room / "plain.db"
    long["plain"] = child("streaming", known.served.base_url, str(path), "fast=0")
    path.unlink()
    for side in OURS:
        said[side].append(short(known, side))
    return [line for side in OURS for line in lines(known, side, said[side], long[side], tell)]


def lines(
    known: KnownRecord, side: str, short: list[dict[str, Any]], long: dict[str, Any], tell: Callable[[str], None]
) -> list[Line]:
    """The lines of one side of ours."""
    what = f"{known.rows:,} calls mirrored, then passed over, {OURS[side]}"
    memory = Line(f"{what}: peak memory", f"{SHORT:,} calls", beyond=40e6, unit="B")
    a_call = Line(f"{what}: mirroring, a call", f"of {SHORT:,} calls", most=1.25)
    passed = Line(f"{what}: passing over, a call", f"of {SHORT:,} calls", slower=True)
    disk = Line(f"{what}: on the disk, a call", "its allowance", limit=700, unit="B")
    memory.add(long["memory"], median(one["memory"] for one in short))
    for line, name in ((a_call, "sync"), (passed, "pass")):
        line.add(long[name] / long["rows"], median(one[name] / one["rows"] for one in short))
    disk.add(long["bytes"] / long["rows"], 700)
    for facts, rows in ((long, known.rows), *((one, SHORT) for one in short)):
        if facts["rows"] != rows or facts["passed"] != rows or not facts["whole"]:
            memory.faults.append(f"{facts} of {rows} calls")
    tell(f"streaming, {OURS[side]}: {long}; {SHORT:,} calls: {short[0]}")
    return [memory, a_call, passed, disk]


def short(known: KnownRecord, side: str) -> dict[str, Any]:
    """A short history: the account's newest."""
    known.served.turn(early=1, newest=SHORT)
    path = known.room / "short.db"
    said = child("streaming", known.served.base_url, str(path), *WORDS[side])
    path.unlink()
    return said


def run(base_url: str, path: str) -> dict[str, Any]:
    """One sync and one pass."""
    import requests  # noqa: F401
    import urllib3  # noqa: F401

    import twilio_orm
    import twilio_orm.http.transport  # noqa: F401

    from .calls import ACCOUNT, TOKEN

    began = time.perf_counter()
    connection = twilio_orm.connect(ACCOUNT, TOKEN, base_url=base_url, mirror=path)
    report = twilio_orm.Call.sync(workers=1)
    connection.close()
    synced, first = time.perf_counter(), peak()
    size = os.path.getsize(path)
    connection = twilio_orm.connect(ACCOUNT, TOKEN, mirror=path, base_url=base_url)
    passed = look(twilio_orm.Call.offline())["rows"]
    ended = time.perf_counter()
    connection.close()
    facts = {"rows": report.new, "passed": passed, "whole": report.whole, "bytes": size}
    return facts | {"memory": peak(), "memory of the sync": first, "sync": synced - began, "pass": ended - synced}


def peak() -> int:
    """The most memory that this process has had since it was started."""
    with suppress(OSError), open("/proc/self/status") as told:
        return next(int(line.split()[1]) * 1024 for line in told if line.startswith("VmHWM:"))
    import resource

    # Where there is no /proc. Linux would count what the starting process had, too.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    if "fast=0" in sys.argv:
        sys.modules["msgspec"] = None  # type: ignore[assignment]
    print(json.dumps(run(*sys.argv[1:3])))
