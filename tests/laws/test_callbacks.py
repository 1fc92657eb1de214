"""Callbacks and syncs agree: any callbacks in any order, however often, and then a sync, leave the mirror as a sync alone does.

The callbacks are derived from the states that the records of a simulated account had, by what Twilio's documentation says of its
webhooks. Until a sync, no record that a callback changed is in a state that it never had, and none goes back.

What is tolerated: a callback tells of a record before lists show it, a sync reads it, final, by its SID, and it is deleted before
any list has shown it. A sync alone never knew it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from cases import cases
from mirrored import rows
from syncing import MODELS, Payload, World, at_rest, same

from twilio_orm import connecting
from twilio_orm.webhooks.absorbing import absorb, replay
from twilio_orm.webhooks.bodies import Callback, kind_of

pytestmark = pytest.mark.law

SCHEDULES = cases(40, thorough=1500, few=6)
measured: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def _few_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "SCHEMAS", [model.api_schema for model in MODELS])


# ---------------------------------------------------------------- what Twilio would send


def events(chance: random.Random, sid: str, states: list[Payload | None]) -> Iterator[dict[str, str]]:
    """The parameters of a record's callbacks, one for each status that it had."""
    before = None
    sequence = 0
    for state in states:
        if state is None or state["status"] == before:
            continue
        before = state["status"]
        found = {"CA": call, "SM": message, "RE": recording, "CF": conference}[sid[:2]](chance, state)
        if found is not None:  # a blank value stands for none
            if sid[:2] in ("CA", "CF"):
                found["SequenceNumber"] = str(sequence)
                sequence += 1
            yield {"AccountSid": state["account_sid"], "ApiVersion": "2010-04-01"} | {name: found[name] or "" for name in found}


def call(chance: random.Random, state: Payload) -> dict[str, str]:
    status = state["status"]
    said = {"queued": "initiated"} if chance.random() < 0.5 else {"canceled": "cancelled"}
    found = {"CallSid": state["sid"], "CallStatus": said.get(status, status), "From": state["from"], "To": state["to"]}
    found |= {"Direction": state["direction"], "Caller": state["from"], "CallerCity": "", "ForwardedFrom": ""}
    if status == "completed" and state["duration"] is not None:
        found |= {"CallDuration": state["duration"], "Duration": str(-(-int(state["duration"]) // 60))}
    if status == "completed" and chance.random() < 0.3:  # its duration is not final
        found |= {"RecordingSid": "RE" + "1" * 32, "RecordingDuration": "1", "RecordingUrl": "https://example.com/r"}
    return found


def message(chance: random.Random, state: Payload) -> dict[str, str]:
    found = {chance.choice(("MessageSid", "SmsSid")): state["sid"], "From": state["from"] or "", "To": state["to"]}
    found["MessageStatus" if chance.random() < 0.8 else "SmsStatus"] = state["status"]
    if state["error_code"] is not None:
        found["ErrorCode"] = str(state["error_code"])
    return found


def recording(chance: random.Random, state: Payload) -> dict[str, str] | None:
    if state["status"] not in ("in-progress", "completed", "absent"):
        return None
    found = {"RecordingSid": state["sid"], "CallSid": state["call_sid"], "RecordingStatus": state["status"]}
    wires = {"RecordingDuration": "duration", "RecordingChannels": "channels", "RecordingSource": "source"}
    found |= {name: str(state[wire]) for name, wire in wires.items() if state[wire] is not None and chance.random() < 0.8}
    return found


def conference(chance: random.Random, state: Payload) -> dict[str, str] | None:  # noqa: ARG001
    event = {"in-progress": "conference-start", "completed": "conference-end"}.get(state["status"])
    if event is None:
        return None
    found = {"ConferenceSid": state["sid"], "FriendlyName": state["friendly_name"], "StatusCallbackEvent": event}
    wires = {"ReasonConferenceEnded": "reason_conference_ended", "CallSidEndingConference": "call_sid_ending_conference"}
    return found | {name: state[wire] for name, wire in wires.items() if state.get(wire)}


class Post:
    """Holds the callbacks of a world, and delivers some of them."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.chance = world, chance
        self.made: dict[tuple[str, int], Callback] = {}

    def collect(self) -> None:
        """Make the callbacks of all states so far."""
        for sid, states in self.world.history.items():
            if sid[:2] not in ("CA", "SM", "RE", "CF") or len(sid) != 34:
                continue
            of_record = random.Random(sid)
            for number, found in enumerate(events(of_record, sid, [state for _, state in states])):
                parameters = tuple(found.items())
                token = f"{sid} {number}"
                made = Callback(found["AccountSid"], kind_of(parameters), parameters, token, self.world.fake.clock)
                self.made.setdefault((sid, number), made)

    def deliver(self) -> None:
        """Absorb some callbacks, shuffled, some twice, in batches of some size."""
        self.collect()
        several = [one for one in self.made.values() if self.chance.random() < self.chance.choice((0.1, 0.5, 1))]
        several += [one for one in several if self.chance.random() < 0.2]
        self.chance.shuffle(several)
        size = self.chance.choice((1, 3, 100))
        for start in range(0, len(several), size):
            part = several[start : start + size]
            outcomes = absorb(self.world.connection, part)
            assert not [one for one in outcomes if one.failed]
            measured["callbacks"] += len(outcomes)
            measured["duplicates"] += sum(one.duplicate for one in outcomes)
            measured["changing"] += sum(bool(one.changes) for one in outcomes)


# ---------------------------------------------------------------- the law


class Progress:
    """The number of the earliest state that each record of a mirror can be in; a record never goes back before it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.least: dict[str, int] = {}

    def check(self) -> None:
        for model in MODELS:
            for record in model.offline(partial=True).with_gone():
                if model.api_schema.codec.unconfirmed(record.stored_row):
                    measured["unconfirmed"] += 1
                    assert not model.api_schema.is_final(record.stored_row)
                states = [state for _, state in self.world.history[record.sid]]
                held = record.to_api()
                found = [at for at, state in enumerate(states) if same(held, state) and at >= self.least.get(record.sid, 0)]
                assert found, (held, states, self.least.get(record.sid))
                self.least[record.sid] = found[0]


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_callbacks_and_a_sync_are_a_sync(seed: int) -> None:
    chance = random.Random(f"callbacks {seed}")
    world = World(seed)
    world.drift = 0
    plain = world._connect()
    post, progress = Post(world, chance), Progress(world)
    steps = chance.choice((4, 10, 25))
    for _ in range(steps):
        word = chance.choice(
            ("create", "create", "create", "cancel", "delete", "advance", "advance", "sync", "deliver", "deliver")
        )
        name = chance.choice(MODELS).__name__
        if word == "advance":
            world.do(("advance", chance.choice((1, 20, 300, 4000, 90000)) * (0.5 + chance.random())))
        elif word == "deliver":
            with world.connection:
                post.deliver()
                progress.check()
        elif word == "sync":
            for connection in (world.connection, plain):
                with connection:
                    next(model for model in MODELS if model.__name__ == name).sync()
            with world.connection:
                progress.check()
        else:
            world.do((word, name, chance.random()))
    world.calm()
    with world.connection:
        post.deliver()
        progress.check()
        if chance.random() < 0.3:
            replay(world.connection, failed=False)
            progress.check()
    world.fake.advance(timedelta(minutes=11))  # until then, a record that the API does not show may still be to come
    for model in MODELS:
        for connection in (world.connection, plain):
            with connection:
                model.sync()
        held, expected = rows(world.connection, model), rows(plain, model)
        there, known = world.account(model.__name__), {row[0] for row in expected}
        assert [row for row in held if row[0] in known or row[0] in there] == expected, model
        early = [row for row in held if row[0] not in known and row[0] not in there]
        assert all(at_rest(model.__name__, world.history[row[0]][-2][1], world.fake.clock) for row in early), early
        measured["early"] += len(early)
        with world.connection, world.fake.expects_requests(0):
            assert len(list(model.offline())) <= len(held)
    world.connection.close()
    plain.close()
    assert world.fake.violations == []


@pytest.mark.slow
def test_the_callbacks_are_worth_it() -> None:
    """Most of what may happen did happen."""
    if not measured["callbacks"]:
        pytest.skip("the schedules above did not run")
    assert measured["duplicates"] > measured["callbacks"] // 20, measured
    assert measured["changing"] > measured["callbacks"] // 50, measured
    assert measured["unconfirmed"] > SCHEDULES, measured
