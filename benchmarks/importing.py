"""``import twilio_orm`` against the import of what it stands on, in fresh interpreters by turns."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable

from .children import ROOM, quiet_environment
from .lines import Line

OURS = "import twilio_orm"
NAMED = "from twilio_orm import Call, connect"
PEER = "import peewee, requests, cachetools"


def imports(rounds: int, tell: Callable[[str], None]) -> list[Line]:
    """The lines about importing; the interpreter's own start is not counted.

    A first round that does not count writes every module's bytecode, ours and theirs, to a folder of this run: whether
    this checkout, or pip, has compiled anything before makes no difference.
    """
    line = Line(f"`{OURS}`", f"`{PEER}`", most=1.15)
    named = Line(f"`{NAMED}`", f"`{PEER}`", most=1.15)
    bare = Line(f"`{OURS}`", "`import peewee` alone", slower=True)
    texts = [OURS, PEER, NAMED, "import peewee"]
    with tempfile.TemporaryDirectory(prefix="twilio-orm-bench-") as bytecode:
        for number in range(-1, rounds):
            at = number % len(texts)
            took = {text: once(text, bytecode) for text in texts[at:] + texts[:at]}
            if number >= 0:
                line.add(took[OURS], took[PEER])
                named.add(took[NAMED], took[PEER])
                bare.add(took[OURS], took["import peewee"])
    tell(f"import, {rounds} rounds")
    return [line, named, bare]


def once(statement: str, bytecode: str) -> float:
    """The seconds that a statement takes in an interpreter that has imported nothing else."""
    code = f"from time import perf_counter as now; start = now(); {statement}; print(now() - start)"
    environment = {**quiet_environment(), "PYTHONPYCACHEPREFIX": bytecode}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOM, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)
