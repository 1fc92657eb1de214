"""Network and disk never meet at run time: a thread that waits for Twilio runs no statement of the mirror and keeps none open."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from twilio_orm import Call, Message, Recording
from twilio_orm.http.messages import Request, Response
from twilio_orm.http.transport import Exchange, Transport
from twilio_orm.testing import FakeTwilio


class Probe:
    """Notes the statements that run in a thread which is inside the transport, and the requests sent in a transaction."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.statements = self.requests = 0
        self._inside: dict[int, int] = {}
        self._open: dict[tuple[int, int], int] = {}  # transactions, by thread and connection
        self._lock = threading.Lock()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """The transport is at work in this thread."""
        thread = threading.get_ident()
        self._inside[thread] = self._inside.get(thread, 0) + 1
        try:
            yield
        finally:
            self._inside[thread] -= 1

    def statement(self, connection: int, text: str) -> None:
        """Note a statement of a connection."""
        thread = threading.get_ident()
        with self._lock:
            self.statements += 1
            if self._inside.get(thread):
                self.problems.append(f"in the transport: {text[:80]}")
            if text.upper().startswith("BEGIN"):
                self._open[thread, connection] = 1
            elif text.upper().startswith(("COMMIT", "END", "ROLLBACK")) and " TO " not in text.upper():
                self._open.pop((thread, connection), None)

    def sent(self, request: Request) -> None:
        """Note a request that is being sent."""
        thread = threading.get_ident()
        with self._lock:
            self.requests += 1
            if any(owner == thread for owner, _ in self._open):
                self.problems.append(f"in a transaction: {request!r}")


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Probe:
    """A probe on every connection of SQLite's and every use of a transport."""
    made, open_file = Probe(), sqlite3.connect

    def connect(*args: Any, **words: Any) -> sqlite3.Connection:
        connection = open_file(*args, **words)
        connection.set_trace_callback(partial(made.statement, id(connection)))
        return connection

    def probed(owner: type, name: str) -> None:
        method: Callable[..., Any] = getattr(owner, name)

        def call(self: Any, *args: Any) -> Any:
            with made.inside():
                return method(self, *args)

        monkeypatch.setattr(owner, name, call)

    monkeypatch.setattr(sqlite3, "connect", connect)
    for owner, name in ((Transport, "__call__"), (Transport, "attempt"), (Exchange, "response"), (Exchange, "reject")):
        probed(owner, name)
    return made


def live(_: FakeTwilio) -> None:
    assert len(list(Message.all())) == 1100
    assert len(list(Call.filter(status__in=["completed", "busy"]).order_by("-start_time")[:5])) == 5


def scanned(_: FakeTwilio) -> None:
    assert Message.all().sync().complete
    assert Recording.sync().complete


def synced(workers: int, fake: FakeTwilio) -> None:
    for model in (Call, Message):
        model.sync(workers=workers)
    fake.messages.add(status="queued", body="new")
    fake.calls.remove(next(iter(fake.calls))["sid"])
    for model in (Call, Message):
        assert model.sync(workers=workers).complete
        assert model.sync(workers=workers, full=True).complete


def cached(_: FakeTwilio) -> None:
    for _ in range(2):
        assert Message.cached().count() == 1100
        assert Message.cached().first() is not None


def written(fake: FakeTwilio) -> None:
    fake.numbers.add(phone_number="+15005550006")
    Message.create(to="+14155550100", from_="+15005550006", body="hello").refresh()
    Message.get(next(one["sid"] for one in fake.messages if one["status"] == "delivered")).delete()
    Call.get(next(iter(fake.calls))["sid"])


WORK = {
    "live": live, "scan": scanned, "sync 1": partial(synced, 1), "sync 4": partial(synced, 4), "cached": cached,
    "writes": written,
}  # fmt: skip


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
@pytest.mark.parametrize("faulty", [False, True], ids=["sound", "faulty"])
def test_no_statement_runs_while_a_request_is_in_flight(
    fake: FakeTwilio, tmp_path: Path, probe: Probe, work: Callable[[FakeTwilio], None], faulty: bool
) -> None:
    """Faulty: every third list is cut in a way that only a parser finds, and is read once more."""
    fake.populate(calls=200, messages=1100, recordings=5, days=30, seed=4)
    cuts, gets = 0, count()

    def send(request: Request) -> Response:
        nonlocal cuts
        probe.sent(request)
        with probe.inside():
            answer = fake.send(request)
        if faulty and request.method == "GET" and next(gets) % 3 == 0:
            cuts += 1
            return Response(200, answer.headers, answer.body[: len(answer.body) // 2] + b"}")
        return answer

    made = twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=send, mirror=str(tmp_path / "mirror.db"), clock=lambda: fake.clock
    )
    made.transport._sleep = lambda _: None
    with made:
        work(fake)
    assert probe.statements > 10 and probe.requests > 1 and bool(cuts) == faulty
    assert probe.problems == []
