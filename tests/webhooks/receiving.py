"""What tests of receivers share: an account with a subaccount, and a function in place of the one that stores callbacks."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from twilio_orm import Connection
from twilio_orm.webhooks import Callback


class Outcome(NamedTuple):
    """What became of a callback."""

    record: Any
    changes: Any
    duplicate: bool
    ignored: bool
    why: str


class Store:
    """Keeps the callbacks of each transaction, and can be held, or made to fail."""

    def __init__(self) -> None:
        self.batches: list[list[Callback]] = []
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()
        self.fail: Any = None

    def __call__(self, _: Connection, callbacks: Sequence[Callback]) -> list[Outcome]:
        self.entered.set()
        assert self.open.wait(10)
        if self.fail is not None and (error := self.fail(callbacks)) is not None:
            raise error
        before = {one.token for one in self.callbacks}
        self.batches.append(list(callbacks))
        return [Outcome((one.kind, one.get("MessageSid")), None, one.token in before, not one.kind, "") for one in callbacks]

    @property
    def callbacks(self) -> list[Callback]:
        """All callbacks in the order in which they were stored."""
        return [one for batch in self.batches for one in batch]


@contextmanager
def served(command: Sequence[str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of ``twilio-orm receive``, and the beginning of the URL that its first line says. It is killed at the end."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            assert found is not None, line + process.stderr.read()
            yield process, found[0]
        finally:
            process.kill()
