"""Whatever is asked, nothing that the mirror has held and nobody deleted leaves its answers when Twilio stops to keep it.

Retention is drawn for each resource, and may be changed while the history goes on. Lists of every kind, syncs, fetches and diffs
look at the account at any moment. What was deleted is gone after two full syncs, as far as it is younger than the oldest record
that is still listed, or than what is kept for sure.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from cases import cases
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import twilio_orm
from twilio_orm import Call, Conference, Message, Recording, connecting
from twilio_orm.schema.times import UTC
from twilio_orm.testing import FakeTwilio
from twilio_orm.testing.definitions.times import seconds

pytestmark = pytest.mark.law

EXAMPLES = cases(40, thorough=800)
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MODELS: tuple[Any, ...] = (Call, Message, Conference, Recording)
FINAL = {"Call": "completed", "Message": "delivered", "Conference": "completed", "Recording": "completed"}
OPEN = {"Call": "in-progress", "Message": "sent", "Conference": "in-progress", "Recording": "processing"}
measured: Counter[str] = Counter()


class World:
    """An account, and what the mirror holds of it."""

    def __init__(self) -> None:
        self.fake = FakeTwilio(clock=NOW)
        self.connection = twilio_orm.connect(
            self.fake.account_sid, self.fake.auth_token, transport=self.fake.send, mirror=":memory:",
            clock=lambda: self.fake.clock,
        )  # fmt: skip
        self.removed: set[str] = set()
        self.seen: dict[str, set[str]] = {model.__name__: set() for model in MODELS}

    def rows(self, name: str) -> Any:
        return getattr(self.fake, f"{name.lower()}s")

    def create(self, name: str, days: int, done: bool) -> None:
        model = next(model for model in MODELS if model.__name__ == name)
        at = self.fake.clock - days * DAY
        price = {} if name == "Conference" else {"price": "-0.01" if done else None}
        dates = {"date_created": at, "date_updated": at, str(model.api_schema.window): at}
        self.rows(name).add(status=(FINAL if done else OPEN)[name], **price, **dates)

    def some(self, name: str, at: int) -> str | None:
        there = sorted(row["sid"] for row in self.rows(name))
        return there[at % len(there)] if there else None

    def do(self, step: tuple[Any, ...]) -> None:
        word, name, *rest = step
        model = next(model for model in MODELS if model.__name__ == name)
        if word == "advance":
            self.fake.advance(timedelta(hours=rest[0]))
        elif word == "create":
            self.create(name, *rest)
        elif word == "keep":
            self.fake.settings.retention[f"{name.lower()}s"] = rest[0]
        elif word == "sync":
            model.sync(full=rest[0], workers=1)
        elif word == "list":
            list(model.filter(**[{}, {"status": FINAL[name]}, {"status": OPEN[name]}][rest[0]]))
        elif word == "diff":
            missing = {key[0] for key in model.all().diff().missing}
            assert missing <= self.removed, "it is called missing and was never deleted"
        elif (sid := self.some(name, rest[0])) is not None:
            if word == "get":
                model.get_or_none(sid)
            elif word == "remove":
                self.rows(name).remove(sid)
                self.removed.add(sid)
            elif word == "finish":
                self.rows(name).change(sid, status=FINAL[name])

    def judge(self) -> None:
        for model in MODELS:
            name = model.__name__
            held = {record.sid for record in model.offline(partial=True)}
            lost = self.seen[name] - held - self.removed
            assert not lost, f"{lost} of {name} were held, and nobody deleted them"
            self.seen[name] |= held

    def end(self) -> None:
        for _ in range(2):
            self.fake.advance(DAY + timedelta(hours=1))
            for model in MODELS:
                model.sync(full=True, workers=1)
        self.judge()
        for model in MODELS:
            name = model.__name__
            times = {row["sid"]: seconds(row["date_created"]) or 0 for row in self.rows(name)}
            listed = {record.sid for record in model.all()}
            oldest = min([(self.fake.clock - 7 * DAY).timestamp(), *(times[sid] for sid in listed)])
            for record in model.offline():
                measured["aged"] += record.sid in times and record.sid not in listed
                if record.sid in self.removed:
                    measured["unknown"] += 1
                    assert record.date_created.timestamp() < oldest, f"{record} was deleted"


NAMES = st.sampled_from([model.__name__ for model in MODELS])
STEPS = st.one_of(
    st.tuples(st.just("advance"), NAMES, st.sampled_from((1, 20, 30, 50, 100, 200, 500))),
    st.tuples(st.just("create"), NAMES, st.sampled_from((0, 0, 1, 5, 6, 8, 12, 31)), st.booleans()),
    st.tuples(st.just("create"), NAMES, st.sampled_from((0, 0, 1, 5, 6, 8, 12, 31)), st.booleans()),
    st.tuples(st.just("keep"), NAMES, st.sampled_from((7, 8, 10, 30))),
    st.tuples(st.just("sync"), NAMES, st.booleans()),
    st.tuples(st.just("sync"), NAMES, st.booleans()),
    st.tuples(st.just("list"), NAMES, st.integers(0, 2)),
    st.tuples(st.sampled_from(("get", "remove", "finish")), NAMES, st.integers(0, 99)),
    st.tuples(st.just("diff"), NAMES),
)


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
@given(st.lists(st.sampled_from((7, 10, 20)), min_size=4, max_size=4), st.lists(STEPS, min_size=5, max_size=40))
def histories(days: list[int], steps: list[tuple[Any, ...]]) -> None:
    world = World()
    with world.connection:
        for model, kept in zip(MODELS, days, strict=True):
            world.fake.settings.retention[f"{model.__name__.lower()}s"] = kept
            for ago in (0, 1, 3, 6, 9, 14):
                world.create(model.__name__, ago, done=ago != 3)
            model.sync(workers=1)
        for step in steps:
            world.do(step)
            world.judge()
        world.end()
    world.connection.close()
    measured["histories"] += 1


def test_what_twilio_stops_to_keep_stays_in_answers() -> None:
    histories()
    assert measured["aged"] > measured["histories"] // 4, measured
