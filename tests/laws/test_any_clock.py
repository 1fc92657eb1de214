"""Whatever the clocks say, no answer of the mirror claims what it lacks, and once they are right again one sync heals all.

Sessions follow each other on one mirror, each with a clock of its own (this machine's, or one given to ``connect``) and with a
``Date`` in Twilio's answers, either of which may be ahead or behind, jump while the session lasts, and, the ``Date``, be wrong
for one answer. What an offline, cached or as-of answer says with ``as_of`` is then held against every state that there was: each
record of it is in a state that it had at that moment or later, and none is missing that fitted from then on.

Where our clock and Twilio's ``Date`` are ahead at the same time, nothing can tell it while the session lasts: they are, by more
than a year, and nothing is judged until they are not any more. A claim may be too new by five minutes, ``CLOCK_TOLERANCE``.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from cases import cases
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

import twilio_orm
from twilio_orm import Call, Message, NotCovered, connecting
from twilio_orm.http.messages import Request, Response
from twilio_orm.mirror.row_cache import RowCache
from twilio_orm.schema.clocks import CLOCK_TOLERANCE, IN_SYNC, Clock
from twilio_orm.schema.times import UTC
from twilio_orm.testing import FakeTwilio
from twilio_orm.testing.definitions.times import rfc7231, seconds

pytestmark = pytest.mark.law

EXAMPLES = cases(70, thorough=1500)
SECONDS = float(os.environ.get("TWILIO_ORM_LAWS_SECONDS") or 0)
"""For so long more examples are drawn."""
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
MODELS: tuple[Any, ...] = (Call, Message)
WINDOW = {"Call": "start_time", "Message": "date_sent"}
STATUSES = {"Call": ("in-progress", "completed"), "Message": ("sent", "delivered")}
measured: Counter[str] = Counter()
Payload = dict[str, Any]
States = list[tuple[datetime, "Payload | None"]]


class World:
    """An account, every state that its records had, a mirror, and the clocks of whoever uses it."""

    def __init__(self) -> None:
        self.fake = FakeTwilio(clock=NOW)
        self.history: dict[str, dict[str, States]] = {"Call": {}, "Message": {}}
        self.own = self.date = timedelta(0)
        self.once: timedelta | None = None
        self.leap: timedelta | None = None
        self.connection: Any = None
        for _ in range(3):
            self.create(0, 1, done=True)
            self.create(1, 1, done=True)
        self.session(timedelta(0), timedelta(0), given_clock=True)

    # ------------------------------------------------------------ Twilio

    def create(self, kind: int, count: int, *, done: bool) -> None:
        name, at = MODELS[kind].__name__, self.fake.clock
        rows = self.fake.calls if name == "Call" else self.fake.messages
        for _ in range(count):
            made = rows.add(
                status=STATUSES[name][done], price="-0.0100" if done else None, date_created=at, date_updated=at,
                **{WINDOW[name]: at},
            )  # fmt: skip
            self.history[name][made["sid"]] = [(at, dict(rows.table.rows[made["sid"]].payload))]

    def finish(self, kind: int, at: int) -> None:
        """A record that may still change becomes final."""
        name = MODELS[kind].__name__
        rows = self.fake.calls if name == "Call" else self.fake.messages
        some = [
            sid for sid, states in self.history[name].items() if states[-1][1] and states[-1][1]["status"] == STATUSES[name][0]
        ]
        if some:
            sid = some[at % len(some)]
            rows.change(sid, status=STATUSES[name][1], price="-0.0100")
            self.history[name][sid].append((self.fake.clock, dict(rows.table.rows[sid].payload)))

    def remove(self, kind: int, at: int) -> None:
        name = MODELS[kind].__name__
        rows = self.fake.calls if name == "Call" else self.fake.messages
        there = [sid for sid, states in self.history[name].items() if states[-1][1]]
        if there:
            rows.remove(there[at % len(there)])
            self.history[name][there[at % len(there)]].append((self.fake.clock, None))

    # ------------------------------------------------------------ clocks

    def session(self, own: timedelta, date: timedelta, *, given_clock: bool) -> None:
        """Another process on the same mirror."""
        self.own, self.date, self.once, self.leap = own, date, None, None
        old, fake = self.connection, self.fake
        words: dict[str, Any] = {"clock": self._ours} if given_clock else {}
        made = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=self._send, mirror=":memory:", **words)
        if not given_clock:
            made.transport.time = Clock(self._ours, given=False, ticks=lambda: fake.clock.timestamp())
            made.memory = RowCache(lambda: fake.clock.timestamp())
        if old is not None:
            made.mirror = old.mirror
            old.close()
        self.connection = made

    def _ours(self) -> datetime:
        return self.fake.clock + self.own

    def _send(self, request: Request) -> Response:
        answer = self.fake.send(request)
        wrong, self.once = self.once, None
        answer.headers["date"] = rfc7231(self.fake.clock + (self.date if wrong is None else wrong))
        self.own, self.leap = self.own if self.leap is None else self.leap, None
        return answer

    @property
    def right(self) -> bool:
        return not self.own and not self.date and self.once is None

    @property
    def lost(self) -> bool:
        """Whether all clocks are ahead together."""
        return min(self.own, self.date) > YEAR

    # ------------------------------------------------------------ judging

    def judged(self, model: Any, found: list[Any], as_of: datetime | None, words: dict[str, Any]) -> None:
        """Hold an answer against every state since the moment that it claims."""
        measured["judged"] += 1
        assert as_of is not None
        now, since, name = self.fake.clock, as_of - CLOCK_TOLERANCE, model.__name__
        assert since <= now, f"claimed as of {as_of}, and it is {now}"
        shown = {record.sid: record.to_api() for record in found}
        for sid, states in self.history[name].items():
            ends = [*(at for at, _ in states[1:]), None]
            late = [(at, state) for (at, state), end in zip(states, ends, strict=True) if end is None or end >= since]
            if sid in shown:
                assert any(_same(shown[sid], state) for _, state in late), f"{sid} was not so since {as_of}"
            elif late[0][0] < as_of - CLOCK_TOLERANCE:
                assert not all(_fits(state, words) for _, state in late), f"{sid} is missing as of {as_of}: {states}"


def _same(held: Payload, state: Payload | None) -> bool:
    return state is not None and all(held[name] == state[name] for name in ("sid", "status", "price"))


def _fits(state: Payload | None, words: dict[str, Any]) -> bool:
    if state is None:
        return False
    for word, value in words.items():
        if word == "status":
            if state["status"] != value:
                return False
        elif (seconds(state[word.removesuffix("__gte")]) or 0) < value.timestamp():
            return False
    return True


# ---------------------------------------------------------------- what happens

AMOUNTS = (timedelta(seconds=1), timedelta(minutes=30), 5 * HOUR, 2 * DAY, 3 * DAY, 40 * DAY)
OFFSETS = st.sampled_from((timedelta(0), *AMOUNTS, *(-one for one in AMOUNTS)))
KINDS = st.integers(0, len(MODELS) - 1)
ASKED = st.tuples(st.sampled_from(("offline", "cached", "live")), KINDS, st.integers(0, 3), st.sampled_from((1, 600, 86400)))
STEPS = st.one_of(
    st.tuples(st.just("advance"), st.sampled_from((1, 60, 3000, 40_000, 90_000, 200_000))),
    st.tuples(st.just("create"), KINDS, st.sampled_from((1, 1, 2, 60)), st.booleans()),
    st.tuples(st.just("finish"), KINDS, st.integers(0, 99)),
    st.tuples(st.just("remove"), KINDS, st.integers(0, 99)),
    st.tuples(st.just("session"), OFFSETS, OFFSETS, st.booleans()),
    st.tuples(st.just("ahead"), st.booleans()),
    st.tuples(st.just("jump"), OFFSETS),
    st.tuples(st.just("leap"), OFFSETS, st.one_of(st.just(timedelta(0)), OFFSETS), KINDS),
    st.tuples(st.just("once"), OFFSETS),
    st.tuples(st.just("sync"), KINDS, st.booleans()),
    st.tuples(st.just("sync"), KINDS, st.booleans()),
    ASKED,
    ASKED,
)


def do(world: World, step: tuple[Any, ...]) -> None:
    word, *rest = step
    if word == "advance":
        world.fake.advance(timedelta(seconds=rest[0]))
    elif word == "create":
        world.create(rest[0], rest[1], done=rest[2])
    elif word in ("finish", "remove"):
        getattr(world, word)(*rest)
    elif word == "session":
        own, date, clock = rest
        world.session(own, timedelta(0) if own > timedelta(0) else date, given_clock=clock)
    elif word == "ahead":
        world.session(2 * YEAR, 2 * YEAR, given_clock=rest[0])
    elif word == "leap":  # during a pass, once it has an answer
        if world.date <= timedelta(0) and world.once is None:
            world.own, world.leap = rest[0], rest[1]
            do(world, ("sync", rest[2], False))
    elif word == "jump":
        if not world.lost and not (rest[0] > timedelta(0) and max(world.date, world.once or timedelta(0)) > timedelta(0)):
            world.own = rest[0]
    elif word == "once":
        if not (rest[0] > timedelta(0) and world.own > timedelta(0)):
            world.once = rest[0]
    elif word == "sync":
        with world.connection:
            measured["wrong"] += not world.right
            MODELS[rest[0]].sync(full=rest[1], workers=1)
    else:
        ask(world, word, *rest)


def ask(world: World, how: str, kind: int, question: int, max_age: int) -> None:
    model, name = MODELS[kind], MODELS[kind].__name__
    words: dict[str, Any] = [
        {}, {"status": STATUSES[name][0]}, {"status": STATUSES[name][1]}, {f"{WINDOW[name]}__gte": world.fake.clock - 2 * DAY},
    ][question]  # fmt: skip
    right = world.right
    with world.connection:
        if how == "live":
            list(model.filter(**words))
            return
        asked = model.filter(**words).offline() if how == "offline" else model.cached(timedelta(seconds=max_age)).filter(**words)
        try:
            found = list(asked)
        except NotCovered:
            measured["not covered"] += 1
            assert how == "offline"
            return
    if world.lost:
        return
    world.judged(model, found, asked.as_of, words)
    if right and how == "cached":
        assert asked.as_of >= world.fake.clock - timedelta(seconds=max_age) - IN_SYNC


def heal(world: World) -> None:
    """The clocks are right again, and one sync is enough."""
    world.session(timedelta(0), timedelta(0), given_clock=True)
    before = world.fake.clock
    with world.connection:
        seen = {model: {record.sid for record in model.offline(partial=True).with_gone()} for model in MODELS}
        world.fake.advance(HOUR)
        for kind, model in enumerate(MODELS):
            world.create(kind, 2, done=True)
            assert model.sync(workers=1).whole
            answer = model.offline()
            held = {record.sid: record.to_api() for record in answer}
            world.judged(model, list(answer), answer.as_of, {})
            for sid, states in world.history[model.__name__].items():
                state = states[-1][1]
                assert state is None or (sid in held and _same(held[sid], state)), f"{sid} is {held.get(sid)}, and {states}"
            fresh = {event.key[0] for event in model.changes(since=before) if event.kind == "first seen"}
            assert fresh >= held.keys() - seen[model], "what was seen first since then is not told"
            for ago in (HOUR / 2, HOUR, DAY, 3 * DAY):
                then = model.as_of(world.fake.clock - ago)
                try:
                    found = list(then)
                except NotCovered:
                    continue
                assert then.as_of is not None and then.as_of <= world.fake.clock - ago
                world.judged(model, found, then.as_of, {})


@pytest.fixture(autouse=True)
def _few_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "SCHEMAS", [model.api_schema for model in MODELS])


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(STEPS, min_size=3, max_size=25))
@example(
    [
        ("create", 0, 1, False),
        ("advance", 3000),
        ("jump", timedelta(minutes=30)),
        ("sync", 0, False),
        ("finish", 0, 0),
        ("cached", 0, 1, 1),
    ]
)
@example([("leap", 2 * DAY, timedelta(0), 0), ("create", 0, 1, True), ("advance", 200_000)])
@example([("ahead", True), ("sync", 0, False), ("session", timedelta(0), timedelta(0), True), ("create", 0, 60, True)])
@example([("session", timedelta(0), 2 * DAY, False), ("sync", 0, True), ("create", 0, 1, True), ("advance", 200_000)])
def histories(steps: list[tuple[Any, ...]]) -> None:
    world = World()
    try:
        for step in steps:
            do(world, step)
        heal(world)
    finally:
        world.connection.close()
    measured["histories"] += 1


def test_no_clock_makes_an_answer_claim_what_it_lacks() -> None:
    began = time.monotonic()
    histories()
    while time.monotonic() - began < SECONDS:
        histories()
    assert measured["judged"] > 2 * measured["histories"], measured
    assert measured["wrong"] > measured["histories"] // 3, measured
