"""The guide's example of Celery with a real worker and a broker in memory: lost tasks, a lost worker, a broker that is down."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from documents import GUIDE, blocks
from signing import form

import twilio_orm
from twilio_orm import Message
from twilio_orm.testing import FakeTwilio
from twilio_orm.webhooks import Receiver

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("_few_tables")]
PUBLIC, THEIRS = "https://example.com", "+14155550101"


def _leave_logging(**_: Any) -> None:
    """Configure no logger."""


class Hooks:
    """The program of the guide, whose task is woken twice, as by two web processes. ``reactions`` are what it prints."""

    def __init__(self, fake: FakeTwilio) -> None:
        self.fake = fake
        connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror="hooks.db")
        self.receiver = Receiver(connection, PUBLIC)
        [block] = [one for one in blocks((GUIDE / "webhooks.md").read_text()) if "from celery import" in one.body]
        lines = [line for line in block.body.splitlines() if "task_always_eager" not in line]
        code = "\n".join(lines).replace("amqp://localhost", "memory://")
        assert code.count("memory://") == 1 and len(lines) == len(block.body.splitlines()) - 1
        self.reactions: list[Any] = []
        self.space = {"__name__": "hooks", "connection": connection, "print": lambda *said: self.react(said)}
        exec(compile(code, "webhooks.md", "exec"), self.space)
        connection.on(Message, status__in=["failed", "undelivered"])(lambda event: self.space["wake"](event))  # a second process
        self.tasks, self.run = self.space["tasks"], self.space["react"]
        self.fail = 0

    def react(self, said: tuple[Any, ...]) -> None:
        """Note a reaction. The ``fail``th from now on is interrupted, as by a kill."""
        self.fail -= 1
        if self.fail == 0:
            raise SystemError("the worker is gone")
        self.reactions.append(said[2])

    def send(self, number: int, status: str) -> int:
        """The status of the response to a webhook."""
        given = {"AccountSid": self.fake.account_sid, "MessageSid": f"SM{number:032x}", "MessageStatus": status}
        pairs = [*given.items(), ("From", "+14155550100"), ("To", THEIRS), ("ErrorCode", str(30000 + number))]
        method, url, headers, body = form(f"{PUBLIC}/twilio", pairs, self.fake.auth_token)
        return self.receiver.receive(method, url.removeprefix(PUBLIC), headers, body).status

    @contextmanager
    def worker(self) -> Iterator[None]:
        """A worker in a thread of this process."""
        from celery.contrib.testing.worker import start_worker

        with start_worker(self.tasks, pool="solo", perform_ping_check=False, shutdown_timeout=30):
            yield

    def wait(self, reactions: int) -> None:
        """Wait for so many reactions."""
        until = time.monotonic() + 30
        while len(self.reactions) < reactions:
            assert time.monotonic() < until, self.reactions
            time.sleep(0.01)


@pytest.fixture
def hooks(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hooks:
    pytest.importorskip("celery")
    monkeypatch.chdir(tmp_path)
    from celery import _state

    own = {one for one in _state._on_app_finalizers if one.__module__ == "celery.app.builtins"}
    monkeypatch.setattr(_state, "_on_app_finalizers", own)  # the others know the tasks of each other program of this process
    from celery.signals import setup_logging

    monkeypatch.setattr(setup_logging, "receivers", [])
    setup_logging.connect(_leave_logging, weak=False)  # else a worker sets the level of all loggers of this process
    made = Hooks(fake)
    made.tasks.control.purge()  # the broker is the process's
    return made


def test_a_worker_reacts_once_though_it_is_woken_twice(hooks: Hooks) -> None:
    with hooks.worker():
        for number in range(6):
            assert hooks.send(number, "sent") == hooks.send(number, "failed" if number % 3 else "delivered") == 204
        hooks.wait(4)
    assert hooks.reactions == [30001, 30002, 30004, 30005]


def test_a_lost_task_loses_nothing(hooks: Hooks) -> None:
    """The broker loses what waits in it; what the beat starts later finds it in the mirror."""
    for number in range(4):
        assert hooks.send(number, "failed") == 204
    assert hooks.tasks.control.purge() == 8
    with hooks.worker():
        time.sleep(0.1)
        assert hooks.reactions == []
        hooks.run.delay()
        hooks.wait(4)
    assert hooks.reactions == [30000, 30001, 30002, 30003]


def test_a_worker_that_is_lost_repeats_and_loses_nothing(hooks: Hooks) -> None:
    for number in range(4):
        hooks.send(number, "undelivered")
    hooks.tasks.control.purge()
    hooks.fail = 3
    with pytest.raises(SystemError):
        hooks.run()
    assert hooks.reactions == [30000, 30001] and not Path("bookmark.json").exists()
    hooks.run()
    hooks.run()
    assert Counter(hooks.reactions) == {30000: 2, 30001: 2, 30002: 1, 30003: 1}
    hooks.send(9, "failed")
    hooks.run()
    assert hooks.reactions[6:] == [30009]


def test_a_broker_that_is_down_delays_no_response(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = []

    def down(*_: Any, **__: Any) -> None:
        attempts.append(1)
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr("kombu.transport.memory.Channel._put", down)
        began = time.monotonic()
        assert hooks.send(1, "failed") == 204 and time.monotonic() - began < 5
    assert len(attempts) == 2
    hooks.run()
    assert hooks.reactions == [30001]


def test_what_a_sync_brings_is_reacted_to(hooks: Hooks) -> None:
    hooks.fake.messages.add(status="failed", error_code=30005, to=THEIRS)
    with hooks.worker():
        hooks.space["sync"].delay()
        hooks.wait(1)
    assert hooks.reactions == [30005]


def test_a_change_of_another_field_is_no_second_event(hooks: Hooks) -> None:
    sid = f"SM{3:032x}"
    hooks.fake.messages.add(sid=sid, status="failed", error_code=30003, to=THEIRS, from_="+14155550100")
    hooks.send(3, "failed")
    hooks.run()
    hooks.space["sync"]()
    hooks.fake.messages.change(sid, body="redacted")
    Message.get(sid)
    assert [event.kind for event in Message.changes() if event.key == (sid,)] == ["first seen", "changed"]
    hooks.run()
    assert hooks.reactions == [30003]
