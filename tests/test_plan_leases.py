"""Who applies a plan of a mirror that machines share: a holder lives as long as its beats are recent by Twilio's clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from twilio_orm import Conflict, Connection, IncomingPhoneNumber, WritePlan
from twilio_orm.changes import plan_runner
from twilio_orm.changes.plan_runner import HOLDER_TIMEOUT, LATE_REQUEST
from twilio_orm.http.messages import Request, Response
from twilio_orm.mirror.sqlite.database import MirrorDatabase
from twilio_orm.schema.clocks import Clock
from twilio_orm.testing import FakeTwilio

NEW = "https://new.example.com/voice"
MINUTE = timedelta(minutes=1)


class Machine:
    """A machine with a clock that may be wrong, and a connection to the mirror that it shares with others."""

    def __init__(self, fake: FakeTwilio, path: Path, wrong: timedelta = timedelta(0)) -> None:
        self.fake = fake
        self.connection: Connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=self._send, mirror=path)
        self.connection.transport.time = Clock(lambda: fake.clock + wrong, given=False)
        self.connection.transport._sleep = self._sleep
        self.before: Callable[[Request], object] = lambda _: None
        self.slept: list[float] = []

    def _send(self, request: Request) -> Response:
        before, self.before = self.before, lambda _: None
        if before(request) is not None:
            self.before = before
        return self.fake.send(request)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.fake.advance(timedelta(seconds=seconds))

    def plan(self) -> WritePlan:
        with self.connection:
            return IncomingPhoneNumber.all().plan_update(voice_url=NEW)

    def apply(self, id: str, progress: Any = None) -> Any:
        with self.connection:
            return WritePlan.load(id).apply(workers=1, progress=progress)


@pytest.fixture(autouse=True)
def _shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MirrorDatabase, "shared", True)


@pytest.fixture
def path(fake: FakeTwilio, tmp_path: Path) -> Path:
    for at in range(3):
        fake.numbers.add(phone_number=f"+1555000{at:04d}", voice_url="https://old.example.com/voice")
    return tmp_path / "shared.db"


def writes(fake: FakeTwilio) -> Counter[str]:
    return Counter(seen.path for seen in fake.requests if seen.method == "POST" and seen.status == 200)


def hold(machine: Machine, plan: str, beat: datetime, name: str = "elsewhere/1/1/x") -> None:
    with machine.connection.mirror.open().writing() as inside:
        values = (name, "2026-06-15 12:00:00", f"{beat:%Y-%m-%d %H:%M:%S.%f}", plan)
        inside.execute("UPDATE mirror_plans SET holder = ?, since = ?, beat = ? WHERE id = ?", values)


@pytest.mark.parametrize("age", [timedelta(0), HOLDER_TIMEOUT - MINUTE, -HOLDER_TIMEOUT + MINUTE])
@pytest.mark.parametrize("wrong", [timedelta(0), timedelta(hours=-3), timedelta(hours=3)])
def test_a_holder_of_recent_beats_is_alive_whatever_the_clock_of_this_machine(
    fake: FakeTwilio, path: Path, age: timedelta, wrong: timedelta
) -> None:
    machine = Machine(fake, path)
    plan = machine.plan()
    hold(machine, plan.id, fake.clock - age)
    with pytest.raises(Conflict, match="is being applied by process 1 on elsewhere"):
        Machine(fake, path, wrong).apply(plan.id)
    assert not writes(fake)


@pytest.mark.parametrize("age", [HOLDER_TIMEOUT + MINUTE, -HOLDER_TIMEOUT - MINUTE])
@pytest.mark.parametrize("wrong", [timedelta(0), timedelta(hours=-3), timedelta(hours=3)])
def test_a_holder_of_old_beats_is_replaced(fake: FakeTwilio, path: Path, age: timedelta, wrong: timedelta) -> None:
    machine = Machine(fake, path)
    plan = machine.plan()
    hold(machine, plan.id, fake.clock - age)
    assert len(Machine(fake, path, wrong).apply(plan.id).ok) == 3


def test_the_number_of_a_process_proves_neither_life_nor_death(fake: FakeTwilio, path: Path) -> None:
    """Two containers may have one name and the same numbers."""
    machine = Machine(fake, path)
    plan = machine.plan()
    number = plan_runner.os.getpid()
    here = f"{plan_runner._host()}/{number}/{plan_runner._start_time(number)}/x"
    hold(machine, plan.id, fake.clock, here)
    with pytest.raises(Conflict):
        machine.apply(plan.id)
    hold(machine, plan.id, fake.clock - HOLDER_TIMEOUT, here)
    assert len(machine.apply(plan.id).ok) == 3


def test_two_machines_of_different_clocks_do_not_apply_one_plan_together(fake: FakeTwilio, path: Path) -> None:
    early, late = Machine(fake, path, timedelta(hours=-1)), Machine(fake, path, timedelta(hours=1))
    plan = early.plan()
    refused = []

    def meanwhile(_: Any) -> None:
        with pytest.raises(Conflict) as caught:
            late.apply(plan.id)
        refused.append(caught)

    fake.requests.clear()
    assert len(early.apply(plan.id, meanwhile).ok) == 3
    assert len(refused) == 3 and set(writes(fake).values()) == {1}


def test_who_was_replaced_sends_nothing_more(fake: FakeTwilio, path: Path) -> None:
    hung, other = Machine(fake, path), Machine(fake, path, timedelta(hours=2))
    plan = hung.plan()
    fake.requests.clear()

    def hang(_: Any) -> None:
        if not taken:
            fake.advance(HOLDER_TIMEOUT + MINUTE)
            taken.append(other.apply(plan.id))

    taken: list[Any] = []
    with pytest.raises(Conflict, match="taken over"):
        hung.apply(plan.id, hang)
    assert len(taken[0].ok) == 3 and len(writes(fake)) == 3 and set(writes(fake).values()) == {1}


def test_a_holder_that_waits_stays_alive(fake: FakeTwilio, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twilio may ask for a rest that is longer than a holder lives without a beat."""
    waiting, other = Machine(fake, path), Machine(fake, path)
    plan = waiting.plan()
    refused, sleep = [], waiting._sleep

    def slept(seconds: float) -> None:
        sleep(seconds)
        with pytest.raises(Conflict):
            other.apply(plan.id)
        refused.append(seconds)

    waiting.connection.transport._sleep = slept
    fake.requests.clear()
    fake.fail_next(429, retry_after=2 * HOLDER_TIMEOUT.total_seconds())
    assert len(waiting.apply(plan.id).ok) == 3
    assert sum(refused) >= 2 * HOLDER_TIMEOUT.total_seconds() and set(writes(fake).values()) == {1}


def test_a_holder_that_checks_records_and_sends_nothing_stays_alive(fake: FakeTwilio, path: Path) -> None:
    slow, other = Machine(fake, path), Machine(fake, path)
    plan = slow.plan()
    for row in list(fake.numbers):
        fake.numbers.change(row["sid"], voice_url=NEW)

    def late(_: Any) -> None:
        fake.advance(HOLDER_TIMEOUT - MINUTE)

    def step(request: Request) -> bool:
        if fake.clock - began > HOLDER_TIMEOUT:
            with pytest.raises(Conflict):
                other.apply(plan.id)
            refused.append(request)
        return True

    began, refused = fake.clock, list[Request]()
    slow.before = step
    assert len(slow.apply(plan.id, late).skipped) == 3 and refused


def test_an_interrupted_request_is_waited_for_by_twilios_clock(fake: FakeTwilio, path: Path) -> None:
    first, second = Machine(fake, path, timedelta(hours=-5)), Machine(fake, path, timedelta(hours=5))
    plan = first.plan()

    def die(_: Any) -> None:
        raise KeyboardInterrupt

    def sent(request: Request) -> bool:
        if request.method == "POST":
            raise KeyboardInterrupt
        return True

    first.before = sent
    with pytest.raises(KeyboardInterrupt):
        first.apply(plan.id, die)
    fake.advance(timedelta(seconds=4))
    assert len(second.apply(plan.id).ok) == 3
    assert 0 < sum(second.slept) <= LATE_REQUEST.total_seconds() - 3


def test_a_process_alone_with_its_file_asks_nobody_for_the_time(
    fake: FakeTwilio, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MirrorDatabase, "shared", False)
    machine = Machine(fake, path)
    plan = machine.plan()
    machine.connection.transport.time = Clock(lambda: fake.clock, given=False)
    fake.requests.clear()
    machine.apply(plan.id)
    assert len(fake.requests) == 6, "a GET and a POST of each record"
