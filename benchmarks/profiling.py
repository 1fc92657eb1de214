"""Where our time goes: the functions that take most of it, for people. It measures nothing that the table holds.

``python -m benchmarks --profile NAME [--plain] [--rows N] [--known N]``; below that, ``python -m benchmarks.profiling NAME
BASE_URL FILE fast=0|1`` is the process that is looked into.
"""

from __future__ import annotations

import cProfile
import pstats
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from .book import Book
from .children import ROOM, child, quiet_environment
from .known import KnownRecord
from .server import Served, serving

SYNCS = ("mirror", "same", "shifted", "changed", "live")
READS = ("records", "values", "cost", "key")
NAMES = (*SYNCS, *READS)
TOP = 25
STATES: dict[str, dict[str, int]] = {"shifted": {"extra": 1}, "changed": {"changed": 100}}


def profile(name: str, rows: int, known: KnownRecord, *, fast: bool) -> None:
    """Print the functions of one piece of work of ours."""
    word = f"fast={int(fast)}"
    if name in READS:
        look_into(name, known.served, known.file, word)
        return
    with serving(Book(rows)) as served, tempfile.TemporaryDirectory(prefix="twilio-orm-bench-") as folder:
        path = Path(folder) / "profiled.db"
        if name != "mirror":
            child("ours", served.base_url, str(path), word)
        served.turn((), **STATES.get(name, {}))
        look_into(name, served, path, word)


def look_into(name: str, served: Served, path: Path, word: str) -> None:
    """Do the work in a process of its own, which prints."""
    command = [sys.executable, "-m", "benchmarks.profiling", name, served.base_url, str(path), word]
    subprocess.run(command, cwd=ROOM, env=quiet_environment(), check=True)


def work(name: str) -> Callable[[], object]:
    """What is done."""
    from twilio_orm import Call, Sum

    from .children import look

    if name == "live":
        return lambda: look(Call.all())
    if name == "records":
        return lambda: look(islice(Call.offline(), 100_000))
    if name == "values":
        return lambda: list(Call.offline().values_list("sid", "status", "to", "direction"))
    if name == "cost":
        return lambda: list(Call.offline().values("start_time__date", "direction").annotate(cost=Sum("price")))
    if name == "key":
        sids = [call.sid for call in Call.offline()[:5000]]
        return lambda: [Call.offline().get(sid) for sid in sids]
    return lambda: Call.sync(full=name != "mirror", workers=1)  # with one worker all of it is in the thread that is looked into


def main(name: str, base_url: str, path: str) -> None:
    """Do it, and print."""
    import requests  # noqa: F401

    import twilio_orm

    from .calls import ACCOUNT, TOKEN

    connection = twilio_orm.connect(ACCOUNT, TOKEN, base_url=base_url, mirror=path)
    todo, profiler = work(name), cProfile.Profile()
    profiler.runcall(todo)
    connection.close()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(TOP)


if __name__ == "__main__":
    if "fast=0" in sys.argv:
        sys.modules["msgspec"] = None  # type: ignore[assignment]
    main(*sys.argv[1:4])
