"""Laws of plans: undo and revert give back, and whatever breaks off wherever, each effect happens once."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cases import cases
from forking import forked
from syncing import Crash

import twilio_orm
from twilio_orm import Application, Conflict, IncomingPhoneNumber, WritePlan
from twilio_orm.changes import plan_runner
from twilio_orm.http.client import HttpSender
from twilio_orm.http.messages import Request, Response
from twilio_orm.mirror.journal import Journal
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.law

WORLDS = cases(15, thorough=200)
KILLS = cases(10, thorough=60)
VALUES: dict[str, tuple[Any, ...]] = {
    "friendly_name": ("a", "b", "naïve ☎"),
    "voice_url": ("https://a.example.com", "https://b.example.com/?q=1&r=ü", "", None),
    "voice_method": ("GET", "POST"),
    "voice_caller_id_lookup": (True, False),
    "sms_url": ("https://a.example.com/sms", "", None),
    "status_callback": ("https://c.example.com", "", None),
    "sms_method": ("GET", "POST"),
}
CRASHES = [(where, late) for where in ("send", "hold", "sending", "mark", "release") for late in (False, True)]


class World:
    """An account of numbers and applications, and a mirror's file."""

    def __init__(self, seed: Any, path: Any = ":memory:") -> None:
        self.chance, self.path = random.Random(f"plans {seed}"), path
        self.fake = FakeTwilio()
        self.rows = self.chance.choice((self.fake.numbers, self.fake.applications))
        self.model: Any = IncomingPhoneNumber if self.rows is self.fake.numbers else Application
        for at in range(self.chance.choice((1, 3, 6))):
            number = {"phone_number": f"+1555000{at:04d}"} if self.rows is self.fake.numbers else {}
            self.rows.add(**number, **self.values())
        self.effects: Counter[str] = Counter()
        change, remove = self.fake.state.change, self.fake.state.remove

        def changed(row: Any, values: Any) -> None:
            self.effects[row.key] += 1
            change(row, values)

        def removed(row: Any) -> None:
            self.effects[row.key] += 1
            remove(row)

        self.fake.state.change, self.fake.state.remove = changed, removed  # type: ignore[method-assign]
        self.sent: Callable[[Request], Response] = self.fake.send
        self.connection = self.connect()

    def connect(self) -> twilio_orm.Connection:
        made = twilio_orm.connect(
            self.fake.account_sid, self.fake.auth_token, transport=lambda request: self.sent(request), mirror=self.path
        )
        made.transport._sleep = lambda _: None
        return made

    def reconnect(self) -> None:
        self.connection.close()
        self.connection = self.connect()

    def values(self) -> dict[str, Any]:
        return {name: self.chance.choice(some) for name, some in VALUES.items()}

    def wanted(self) -> dict[str, Any]:
        """Values for some fields, or functions that give them."""
        found = {}
        for name in self.chance.sample(sorted(VALUES), self.chance.randint(1, len(VALUES))):
            value = self.chance.choice([one for one in VALUES[name] if one is not None])
            some = {row["sid"]: self.chance.choice([one for one in VALUES[name] if one is not None]) for row in self.rows}
            found[name] = (lambda record, some=some: some[record.sid]) if self.chance.random() < 0.5 else value
        return found

    def state(self) -> dict[str, dict[str, Any]]:
        """What can be written, null and "" being the same."""
        return {row["sid"]: {name: spelled(row[name]) for name in VALUES} for row in self.rows}

    def after(self, plan: WritePlan) -> dict[str, dict[str, Any]]:
        """The state that a plan promises."""
        state = self.state()
        for step in plan:
            if step.verb == "DELETE":
                del state[step.sid]
            else:
                state[step.sid].update({one.field: spelled(one.after) for one in step.changes})
        return state


def spelled(value: Any) -> Any:
    return {"": None, True: "true", False: "false"}.get(value, value)


def test_undoing_what_was_applied_restores_every_field() -> None:
    for seed in range(WORLDS):
        world = World(seed)
        before = world.state()
        with world.connection:
            plan = world.model.all().plan_update(**world.wanted())
            promised = world.after(plan)
            applied = plan.apply(workers=world.chance.choice((1, 3)))
            assert world.state() == promised and not applied.failed and not applied.skipped, seed
            undone = applied.undo().apply(workers=1)
            assert world.state() == before and not undone.failed and not undone.skipped, seed
            undone.undo().apply(workers=1)
            assert world.state() == promised, seed
        assert not world.fake.violations, seed
        world.connection.close()


def test_a_diff_that_was_reverted_is_empty() -> None:
    for seed in range(WORLDS):
        world = World(seed)
        with world.connection:
            world.model.sync()
            touched = [row["sid"] for row in world.rows if world.chance.random() < 0.7]
            for sid in touched:
                world.rows.change(sid, **world.values())
            new = world.model is Application and world.chance.random() < 0.5
            if new:
                world.rows.add(friendly_name="new")
            world.effects.clear()
            diff = world.model.all().diff()
            differs = {change.key[0] for change in diff.changed} | {key[0] for key in diff.added}
            applied = diff.plan_revert(delete=new).apply(workers=1)
            assert not applied.failed and not applied.skipped, seed
            assert world.effects == Counter(differs), seed
            assert not world.model.all().diff(), seed
        world.connection.close()


# ---------------------------------------------------------------- broken off


@contextmanager
def crashing(world: World, where: str, late: bool, at: int, crash: Callable[[], None]) -> Iterator[list[int]]:
    """One call of one kind is the last, before or after it was done; gives how many there were."""
    made = [0]

    def mortal(work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **words: Any) -> Any:
            made[0] += 1
            now = made[0] == at
            if now and not late:
                crash()
            done = work(*args, **words)
            if now:
                crash()
            return done

        return call

    if where == "send":
        whole, world.sent = world.sent, mortal(world.sent)
    else:
        whole = getattr(Journal, where)
        setattr(Journal, where, mortal(whole))
    try:
        yield made
    finally:
        if where == "send":
            world.sent = whole
        else:
            setattr(Journal, where, whole)


def crash() -> None:
    raise Crash


def planned(world: World, deletes: bool) -> WritePlan:
    if deletes:
        return world.model.all().plan_delete()  # type: ignore[no-any-return]
    return world.model.all().plan_update(**world.wanted())  # type: ignore[no-any-return]


def whole(world: World, plan: WritePlan, promised: Any, name: str) -> None:
    """The plan is done to its end, and each effect happened once."""
    steps = {step.sid for step in plan if step.verb}
    for _ in range(3):  # a record may have to be looked at again
        applied = WritePlan.load(plan.id, world.connection).apply(workers=1)
        if not applied.failed:
            break
    assert not applied.failed and not applied.skipped, f"{name}: {applied}"
    assert world.effects == Counter(steps), name
    assert world.state() == promised, name
    with world.fake.expects_requests(0):
        WritePlan.load(plan.id, world.connection).apply()


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize(("where", "late"), CRASHES)
def test_a_plan_that_breaks_off_anywhere_is_gone_on_with_and_each_effect_happens_once(
    tmp_path: Path, where: str, late: bool, workers: int
) -> None:
    """Before and after every request and every mark in the journal, of updates and deletions; then a fresh connection goes on."""
    for deletes in (False, True):
        for at in count(1):
            world = World(f"{deletes} {fitting(deletes)}", tmp_path / f"{deletes}-{at}.db")
            with world.connection:
                plan = planned(world, deletes)
                promised = world.after(plan)
                world.effects.clear()
                with crashing(world, where, late, at, crash) as made, suppress(Crash):
                    plan.apply(workers=workers)
            if made[0] < at:
                break
            world.reconnect()
            with world.connection:
                whole(world, plan, promised, f"{where} {at}, late {late}, deletes {deletes}")
            world.connection.close()
        assert at > 1, "nothing was broken off"
        world.connection.close()


@cache
def fitting(deletes: bool) -> int:
    """The first seed of a world that has three records and a plan of two steps."""
    return next(seed for seed in count() if len(World(f"{deletes} {seed}").rows) == 3 and fits(seed, deletes))


def fits(seed: int, deletes: bool) -> bool:
    world = World(f"{deletes} {seed}")
    with world.connection:
        return (not deletes or world.model is Application) and len(planned(world, deletes)) >= 2


# ---------------------------------------------------------------- killed


def child(world: World, url: str, plan: str, where: str, late: bool, at: int) -> int:
    """A process that applies a plan, and dies."""
    made = forked()
    if made:
        return made
    code = 1
    try:
        world.sent = HttpSender(url)
        with world.connect() as connection, crashing(world, where, late, at, lambda: os.kill(os.getpid(), signal.SIGKILL)):
            WritePlan.load(plan, connection).apply(workers=1 + at % 3)
        code = 0
    finally:
        os._exit(code)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
def test_a_process_that_is_killed_leaves_a_plan_that_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it had sent may still be on its way: that is waited for, here a little less long."""
    monkeypatch.setattr(plan_runner, "LATE_REQUEST", timedelta(seconds=0.3))
    deaths = 0
    for seed in count():
        if deaths >= KILLS:
            break
        assert seed < 10 * KILLS
        world = World(f"kill {seed}", tmp_path / f"{seed}.db")
        deletes = world.model is Application and seed % 2 == 0
        where, late = CRASHES[seed % 8]
        with world.fake.serve() as url:
            with world.connection:
                plan = planned(world, deletes)
            promised = world.after(plan)
            world.effects.clear()
            at = world.chance.randint(1, max(len(plan), 1) * (2 if where == "send" else 1))
            _, status = os.waitpid(child(world, url, plan.id, where, late, at), 0)
            assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself"
            deaths += os.WIFSIGNALED(status)
            world.reconnect()
            world.connection.transport._sleep = time.sleep
            with world.connection:
                whole(world, plan, promised, f"kill {seed}")
        world.connection.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
def test_of_two_processes_one_applies_a_plan_and_the_other_takes_over_once_it_is_no_more(tmp_path: Path) -> None:
    world = World("two", tmp_path / "two.db")
    world.rows, world.model = world.fake.applications, Application
    while len(world.rows) < 8:
        world.rows.add(**world.values())
    with world.fake.serve() as url, world.connection:
        plan = world.model.all().plan_update(voice_url="https://other.example.com")
        promised = world.after(plan)
        world.effects.clear()
        world.fake.latency = 0.05
        number = child(world, url, plan.id, "release", True, 99)
        give_up = time.monotonic() + 10
        while not world.effects and time.monotonic() < give_up:
            time.sleep(0.005)
        with pytest.raises(Conflict, match=f"by process {number}"):
            plan.apply()
        os.kill(number, signal.SIGKILL)
        died = len(world.effects)
        world.fake.latency = 0
        time.sleep(0.2)  # what the server was at work on is done
        whole(world, plan, promised, "two")
        os.waitpid(number, 0)
        assert 0 < died < 8
    world.connection.close()
