"""Loading a file, killed at any statement: the mirror is whole, nothing is claimed, and loading again completes it."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cases import cases
from forking import forked

import twilio_orm
from twilio_orm import Message, NotCovered, connecting
from twilio_orm.mirror.sqlite import database as databases
from twilio_orm.sync import day_file, day_records
from twilio_orm.testing import FakeTwilio

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")]

DAY = date(2026, 6, 12)
KILLS = cases(20, thorough=200)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "SCHEMAS", [twilio_orm.Account.api_schema, Message.api_schema])
    monkeypatch.setattr(day_file, "READ", 300)
    monkeypatch.setattr(day_file, "BLOCK", 1500)
    monkeypatch.setattr(day_records, "AT_ONCE", 5)


def connect(fake: FakeTwilio, path: Path) -> twilio_orm.Connection:
    return twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=path, clock=lambda: fake.clock)


def load(fake: FakeTwilio, mirror: Path, path: Path, last: int) -> bool:
    """Load in a process that dies at the statement ``last``. Return whether it died before its end."""
    number = forked()
    if not number:
        steps, configure = 0, databases.configure

        def count(_: object) -> None:
            nonlocal steps
            steps += 1
            if steps == last:
                os.kill(os.getpid(), signal.SIGKILL)

        def configure_and_count(connection: sqlite3.Connection, memory: bool) -> None:
            configure(connection, memory)
            connection.set_trace_callback(count)

        code = 1
        try:
            databases.configure = configure_and_count
            with connect(fake, mirror):
                Message.load(path)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(number, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return os.WIFSIGNALED(status)


def test_killed_at_any_statement(fake: FakeTwilio, tmp_path: Path) -> None:
    fake.populate(messages=250, days=5, seed=4)
    path = tmp_path / f"{DAY}.json.gz"
    total = fake.export_day("messages", DAY, path)
    assert total > 30
    expected = {one["sid"]: one for one in fake.messages}
    died: list[int] = []
    first = 40
    for number in range(KILLS):
        mirror = tmp_path / f"{number}.db"
        with connect(fake, mirror) as made:
            made.mirror.open()
            made.close()
        at = first + number * 10
        if not load(fake, mirror, path, at):
            break
        with connect(fake, mirror) as made:
            there: dict[str, Any] = {one.sid: one for one in Message.offline(partial=True)}
            died.append(len(there))
            for sid, one in there.items():
                assert (one.body, one.status) == (expected[sid]["body"], expected[sid]["status"])
            day = Message.offline().filter(date_sent__gte="2026-06-12", date_sent__lt="2026-06-13")
            with contextlib.suppress(NotCovered):  # it is covered if the kill came after the last transaction
                assert day.count() == len(there) == total
            report = Message.load(path)
            assert report.complete and report.changed == 0 and report.unchanged == len(there)
            assert day.count() == total
            made.close()
    assert len({*died}) > 3, died
