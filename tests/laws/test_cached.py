"""What ``cached(max_age)`` answers is true, and no older than that.

After whatever was asked before and whatever changed at Twilio meanwhile, each record of the answer is in a state that it truly
had no longer than ``max_age`` ago, and none is missing that fitted the question throughout the whole of that time. What was
heard within ``max_age`` is not asked for again.

A question that takes several lists (of an ``or``, of several values, of a resource that is listed status by status) is heard
piece by piece, at several moments: what moved from one piece to another meanwhile may be in neither. So "fitted throughout"
means that it fitted one and the same piece. And of such a question, one in five hundred may still show a record that was deleted
longer ago: a doubt of one piece is not held against an answer of which another piece was heard before it. And a 404 of a record
that is not ten minutes old means that it is not there yet, so that it is answered as the mirror has it. And what was deleted and
is older than all that is listed may have aged out, for all that anybody knows.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from cases import cases
from syncing import MODELS, WINDOW, Payload, Step, World, began, same

from twilio_orm import Q, connecting
from twilio_orm.mirror.coverage.absence import SETTLING
from twilio_orm.testing.definitions.times import seconds

pytestmark = pytest.mark.law

HISTORIES = cases(60, thorough=3000, few=20)
STATUSES = {
    "Call": ("queued", "ringing", "in-progress", "completed", "busy"),
    "Message": ("queued", "sent", "delivered"),
    "Conference": ("init", "in-progress", "completed"),
    "Recording": ("processing", "in-progress", "completed"),
}
measured: Counter[str] = Counter()
Words = dict[str, Any]


@pytest.fixture(autouse=True)
def _few_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "SCHEMAS", [model.api_schema for model in MODELS])


class Question:
    """Alternatives of words, or one record's SID."""

    def __init__(self, model: Any, sides: tuple[Words, ...], sid: str | None = None) -> None:
        self.model, self.name, self.sides, self.sid = model, model.__name__, sides, sid

    def __repr__(self) -> str:
        asked = (
            repr(self.sid)
            if self.sid
            else " | ".join(f"Q({', '.join(f'{k}={v!r}' for k, v in one.items())})" for one in self.sides)
        )
        return f"{self.name}({asked})"

    def answer(self, asked: Any) -> list[Any]:
        """Put to a query set."""
        if self.sid:
            found = asked.get_or_none(self.sid)
            return [] if found is None else [found]
        return list(self.put(asked))

    def put(self, asked: Any) -> Any:
        if len(self.sides) == 1:
            return asked.filter(**self.sides[0])
        either = Q(**self.sides[0])
        for side in self.sides[1:]:
            either |= Q(**side)
        return asked.filter(either)

    def pieces(self) -> Iterator[Words]:
        """What is asked of Twilio in one list each."""
        for side in [{"sid": self.sid}] if self.sid else self.sides:
            for status in side.get("status__in", STATUSES[self.name] if self.name == "Conference" else ("",)):
                rest = {word: value for word, value in side.items() if word != "status__in"}
                yield {**rest, "status__in": (status,)} if status else rest


def fits(payload: Payload | None, words: Words) -> bool:
    """The plain loop's word on one state of a record."""
    if payload is None or payload["status"] == "deleted":
        return False
    for word, value in words.items():
        field, _, lookup = word.partition("__")
        held = payload[field]
        if lookup in ("gte", "lt"):
            at = seconds(held)
            if at is None or (at >= value.timestamp()) != (lookup == "gte"):
                return False
        elif held not in value if lookup == "in" else (held is None) != value if lookup == "isnull" else held != value:
            return False
    return True


def state_before(states: list[tuple[datetime, Payload | None]], held: Payload) -> bool:
    """Whether a record is held as it was before it left."""
    return states[-1][1] is None and same(held, states[-2][1])


class Asked:
    """A world, and what was asked of it. ``heard`` are cached questions and since when their answers were known."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(f"cached {seed}")
        self.world = World(seed)
        settings = self.world.fake.settings  # what a list cannot show, no answer can have
        self.world.drift, settings.list_lag, settings.deletion_hides, settings.message_days = 0, timedelta(0), False, None
        for sid in self.world.fake.messages.table.rows.keys() - self.world.account("Message", timedelta(days=2)).keys():
            self.world.fake.messages.remove(sid)  # what has aged out stays in answers
            del self.world.history[sid]
        self.world.days.clear()
        self.heard: list[tuple[Question, datetime]] = []
        self.gotten: list[Question] = []
        self.done: list[str] = []

    def question(self) -> Question:
        chance, model = self.chance, self.chance.choice(MODELS)
        if chance.random() < 0.25 and (sid := self.world.pick(model.__name__, chance.random())):
            return Question(model, (), sid)
        prefix = model.api_schema.columns["sid"].prefixes[0]
        left = [sid for sid, states in self.world.history.items() if states[-1][1] is None and sid[:2] == prefix]
        if chance.random() < 0.2 and left:
            return Question(model, (), chance.choice(left))
        sides = tuple(self._side(model.__name__) for _ in range(chance.choice((1, 1, 1, 2))))
        return Question(model, sides if all(sides) else sides[:1])  # an empty Q() says nothing

    def _side(self, name: str) -> Words:
        chance, words = self.chance, Words()
        if chance.random() < 0.4:
            words["status"] = chance.choice(STATUSES[name])
        elif chance.random() < 0.3:
            words["status__in"] = tuple(chance.sample(STATUSES[name], 2))
        if chance.random() < 0.5:
            now, day = self.world.fake.clock, timedelta(days=1)
            words[f"{WINDOW[name]}__gte"] = now - day * chance.choice((0.01, 0.5, 1, 3, 9))
            if chance.random() < 0.4:
                words[f"{WINDOW[name]}__lt"] = now + day * chance.choice((-2, -0.5, 0.5))
        if chance.random() < 0.2 and name in ("Call", "Message"):
            words["to"] = chance.choice(("+15005550001", "+15005550006"))
        if chance.random() < 0.15 and name != "Conference":
            words["price__isnull"] = chance.random() < 0.5
        return words

    def happen(self) -> None:
        """Something at Twilio."""
        for _ in range(self.chance.choice((0, 1, 1, 3))):
            word = self.chance.choice(("create", "create", "create", "cancel", "delete", "remove", "change", "change"))
            step: Step = (word, self.chance.choice(MODELS).__name__, self.chance.random())
            self.done.append(repr(step))
            self.world.do(step)
        passed = self.chance.choice((0, 1, 4, 10, 30, 90, 300, 900, 2000))
        self.done.append(f"{passed} seconds")
        self.world.fake.advance(timedelta(seconds=passed))

    def ask_otherwise(self) -> None:
        """Something else is asked, which leaves what it heard in the mirror."""
        question, how = self.question(), self.chance.choice(("live", "sync", "synced"))
        self.done.append(f"{how} {question}")
        if how == "sync":
            question.model.sync(workers=self.chance.choice((1, 1, 2)))
        elif how == "live" or question.sid:
            question.answer(question.model.all())
        else:
            question.put(question.model.all()).sync()

    def ask(self) -> str | None:
        """A cached question: what is wrong with its answer."""
        now, fake = self.world.fake.clock, self.world.fake
        question, max_age = self.question(), timedelta(seconds=self.chance.choice((0, 1, 20, 60, 300, 1000, 3600)))
        if self.gotten and self.chance.random() < 0.3:
            question = self.chance.choice(self.gotten)
        elif self.heard and self.chance.random() < 0.4:  # one that was asked before
            question, since = self.chance.choice(self.heard)
            max_age = max(max_age, now - since) if self.chance.random() < 0.5 else max_age
        known = [since for asked, since in self.heard if asked is question]
        fresh = bool(known) and max(known) >= now - max_age
        self.done.append(f"cached({max_age.total_seconds():.0f} s) {question}")
        before = len(fake.requests)
        asked = question.model.cached(max_age)
        put = asked if question.sid else question.put(asked)
        found = question.answer(asked) if question.sid else list(put)
        made = len(fake.requests) - before
        measured["asked"] += 1
        measured["without"] += not made
        said = f"heard since {max(known)}, and yet it is asked: {fake.requests[before:]}" if fresh and made else None
        if not question.sid:
            if put.as_of is None or not now - max_age <= put.as_of <= now:
                return f"it is said to be as of {put.as_of}"
            self.heard.append((question, put.as_of))
        else:
            self.gotten.append(question)
        return said or self._judged(question, {one.sid: one.to_api() for one in found}, now, max_age)

    def _judged(self, question: Question, found: dict[str, Payload], now: datetime, max_age: timedelta) -> str | None:
        pieces = list(question.pieces())
        for sid, states in self.world.history.items():
            if sid[:2] != question.model.api_schema.columns["sid"].prefixes[0] and sid not in found:
                continue
            ends = [*(since for since, _ in states[1:]), None]
            late = [
                (state, since) for (since, state), end in zip(states, ends, strict=True) if end is None or end >= now - max_age
            ]
            if sid in found:
                measured["found"] += 1
                measured["old"] += not same(found[sid], states[-1][1])
                if not any(same(found[sid], state) for state, _ in late):
                    if question.sid and (seconds(found[sid]["date_created"]) or 0) > (now - SETTLING).timestamp():
                        continue
                    removed = states[-1][1] is None or states[-1][1]["status"] == "deleted"
                    if removed and began(question.name, found[sid]) < self.world.doubtful(question.name):
                        continue  # for all that anybody knows, it has aged out
                    if len(pieces) > 1 and state_before(states, found[sid]):
                        measured["between"] += 1
                        continue
                    return f"{found[sid]}\nwas not so in the last {max_age}, but {late}"
                if not any(fits(found[sid], piece) for piece in pieces):
                    return f"{found[sid]} does not fit"
            elif late[0][1] < now - max_age and any(all(fits(state, piece) for state, _ in late) for piece in pieces):
                return f"{sid} is missing: {states}"
        return None


@pytest.mark.parametrize("start", range(0, HISTORIES, 10))
def test_a_cached_answer_is_true_and_no_older_than_it_may_be(start: int) -> None:
    """Histories of questions and changes, each answer held against every state that there was."""
    for seed in range(start, start + 10):
        asked = Asked(seed)
        with asked.world.connection:
            for _ in range(12):
                asked.happen()
                if asked.chance.random() < 0.5:
                    asked.ask_otherwise()
                said = asked.ask()
                if said:
                    lines = "\n  ".join(asked.done)
                    pytest.fail(f"history {seed}, now {asked.world.fake.clock}:\n  {lines}\n{said}", pytrace=False)
        asked.world.connection.close()
        assert asked.world.fake.violations == []


@pytest.mark.slow
def test_the_questions_are_worth_asking() -> None:
    """Some are answered without a request, some with records that have changed since."""
    if measured["asked"] < 12 * HISTORIES:
        pytest.skip("the questions above did not all run")
    assert measured["without"] > measured["asked"] // 8, measured
    assert measured["between"] <= measured["asked"] // 500, measured
    assert measured["old"] > HISTORIES // 3, measured
    assert measured["found"] > 2 * measured["asked"], measured
