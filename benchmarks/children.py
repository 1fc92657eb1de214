"""Measured work runs in fresh processes, one a measurement; each prints one line of JSON, which is read back here."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOM = Path(__file__).resolve().parent.parent


def quiet_environment() -> dict[str, str]:
    """The environment without what could lead a client elsewhere or make two runs differ."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TWILIO_", "PYTHON")) and not name.lower().endswith("_proxy")
    }
    return {**kept, "PYTHONHASHSEED": "0"}


def child(module: str, *words: str) -> dict[str, Any]:
    """What ``python -m benchmarks.<module> words…`` says in its last line."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *words]
    done = subprocess.run(command, cwd=ROOM, env=quiet_environment(), stdout=subprocess.PIPE, text=True, check=True)
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def look(calls: Iterable[Any]) -> dict[str, Any]:
    """Read three fields of every record that passes."""
    seen, priced = 0, 0
    for call in calls:
        seen += call.sid is not None and call.status is not None
        priced += call.price is not None
    return {"rows": seen, "priced": priced}


def timed(work: Callable[[], dict[str, Any]]) -> None:
    """Do the work, and print its facts and its seconds: wall and processor, with the garbage collector at rest."""
    gc.collect()
    gc.disable()
    wall, busy = time.perf_counter(), time.process_time()
    facts = work()
    facts |= {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - busy}
    print(json.dumps(facts))
