"""Twilio's client for node in a process of its own, which is asked for one result after the other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from signing import Pairs

DEMANDED = os.environ.get("TWILIO_ORM_NODE")
"""The directory in which npm installed ``twilio``. Where it is set, as ``make test-node`` does, the client has to be there."""
FOLDER = Path(DEMANDED or Path(sys.prefix) / "node").absolute()


def absence() -> str:
    """Why the client cannot be asked; "" if it can."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (FOLDER / "node_modules" / "twilio" / "package.json").exists():
        return f"there is no npm package twilio in {FOLDER}: make test-node installs it"
    return ""


class Node:
    """The functions of the client."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, function: str, *arguments: Any) -> Any:
        """What a function of ``node_client.js`` returns.

        :raises AssertionError: the function raised an error, or the process has ended.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([function, arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "node has ended"
        found = json.loads(line)
        assert "error" not in found, found["error"]
        return found["result"]


@contextmanager
def running() -> Iterator[Node]:
    """One process of node for as long as the block lasts."""
    command = ["node", str(Path(__file__).with_suffix(".js")), str(FOLDER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            yield Node(process)
        finally:
            process.kill()


def parameters(pairs: Pairs) -> dict[str, str | list[str]]:
    """A form as Express shows it: a value, or the values of a repeated name."""
    found: dict[str, str | list[str]] = {}
    for name, value in pairs:
        before = found.get(name)
        if before is None:
            found[name] = value
        else:
            found[name] = [*(before if isinstance(before, list) else [before]), value]
    return found
