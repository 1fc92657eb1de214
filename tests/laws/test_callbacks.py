"""Callbacks and syncs agree: any callbacks in any order, however often, and then a sync, leave the mirror as a sync alone does.

The callbacks are derived from the states that the records of a simulated account had, by what Twilio's documentation says of its
webhooks. Until a sync, no record that a callback changed is in a state that it never had, and none goes back.

What is tolerated:

* A callback tells of a record before lists show it, a sync reads it, final, by its SID, and it is deleted before any list has
  shown it. A sync alone never knew it.
* To read a record that a callback changed, a sync lists days that a sync alone leaves out, and so may notice earlier that
  another record of such a day was deleted.
* A sync reads no record again that began more than 15 days ago. A callback tells the end of it, and then it is read.
* The account's list of recordings, which a sync reads, does not show their track; the list below a call does. A callback tells
  it, and it stays.
* Twilio lists the participants of a conference while they are in it. Of one that has left, the mirror keeps the last that it was
  told: by a callback that is a later state, or a participant that no list has shown.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cases import cases
from mirrored import listed, rows
from rooms import LEFT, TOGGLES, Rooms
from syncing import MODELS, Payload, at_rest, began, same

from twilio_orm import Conference, Connection, NotLoaded, Participant, Recording, Resource, connecting
from twilio_orm.webhooks.absorbing import absorb, replay
from twilio_orm.webhooks.bodies import Callback, kind_of

pytestmark = pytest.mark.law

SCHEDULES = cases(40, thorough=1500, few=6)
measured: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def _few_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "SCHEMAS", [model.api_schema for model in (*MODELS, Participant)])


# ---------------------------------------------------------------- what Twilio would send


def events(chance: random.Random, sid: str, states: list[Payload | None]) -> Iterator[dict[str, str]]:
    """The parameters of a record's callbacks, one for each status that it had."""
    before = None
    sequence = 0
    for state in states:
        if state is None or state["status"] == before:
            continue
        before = state["status"]
        found = {"CA": call, "SM": message, "RE": recording}[sid[:2]](chance, state)
        if found is not None:  # a blank value stands for none
            if sid[:2] == "CA":
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
    wires = {
        "RecordingDuration": "duration", "RecordingChannels": "channels", "RecordingSource": "source", "RecordingTrack": "track",
    }  # fmt: skip
    found |= {name: str(state[wire]) for name, wire in wires.items() if state[wire] is not None and chance.random() < 0.8}
    return found


def conference(chance: random.Random, state: Payload) -> dict[str, str] | None:  # noqa: ARG001
    event = {"in-progress": "conference-start", "completed": "conference-end"}.get(state["status"])
    if event is None:
        return None
    found = {"ConferenceSid": state["sid"], "FriendlyName": state["friendly_name"], "StatusCallbackEvent": event}
    wires = {"ReasonConferenceEnded": "reason_conference_ended", "CallSidEndingConference": "call_sid_ending_conference"}
    return found | {name: state[wire] for name, wire in wires.items() if state.get(wire)}


def participant(chance: random.Random, before: Payload | None, state: Payload | None) -> dict[str, str] | None:
    """The callback of a participant that joined, changed or left; none of one that never joined."""
    was, now = before and before["status"], state and state["status"]
    if "connected" not in (was, now):
        return None
    if was != now:
        event = "participant-join" if now == "connected" else "participant-leave"
    else:
        assert before is not None and state is not None
        if all(before[name] == state[name] for name in TOGGLES):
            return None
        event = "participant-modify"
        for name, on, off in (("muted", "mute", "unmute"), ("hold", "hold", "unhold")):
            if before[name] != state[name]:
                event = f"participant-{on if state[name] else off}"
    shown = state or before
    assert shown is not None
    found = {"ConferenceSid": shown["conference_sid"], "CallSid": shown["call_sid"], "StatusCallbackEvent": event}
    if event == "participant-leave":
        found["ParticipantCallStatus"] = "completed"
    if event == "participant-leave" and chance.random() < 0.3:  # it does not say how the participant was
        return found
    wires = {"Muted": "muted", "Hold": "hold", "Coaching": "coaching", "EndConferenceOnExit": "end_conference_on_exit"}
    found |= {name: "true" if shown[wire] else "false" for name, wire in wires.items()}
    return found | {"ParticipantLabel": shown["label"] or "", "CallSidToCoach": shown["call_sid_to_coach"] or ""}


class Post:
    """Holds the callbacks of a world, and delivers some of them."""

    def __init__(self, world: Rooms, chance: random.Random) -> None:
        self.world, self.chance = world, chance
        self.made: dict[tuple[str, int], Callback] = {}
        self.sequence: Counter[str] = Counter()
        self.read = 0

    def collect(self) -> None:
        """Make the callbacks of all states so far."""
        for sid, states in self.world.history.items():
            if sid[:2] not in ("CA", "SM", "RE") or len(sid) != 34:
                continue
            of_record = random.Random(sid)
            for number, found in enumerate(events(of_record, sid, [state for _, state in states])):
                self.make(sid, number, found)
        for key, number in self.world.order[self.read :]:  # one count for a conference and its participants
            if key[:2] == "CF":
                self.in_conference(key, number)
        self.read = len(self.world.order)

    def in_conference(self, key: str, number: int) -> None:
        """Make the callback of a state of a conference or of a participant, if there is one."""
        states = [state for _, state in self.world.history[key]]
        before, state = states[number - 1] if number else None, states[number]
        chance = random.Random(f"{key} {number}")
        found = None
        if len(key) > 34:
            found = participant(chance, before, state)
        elif state is not None and (before is None or before["status"] != state["status"]):
            found = conference(chance, state)
        if found is not None:
            self.sequence[key[:34]] += 1
            found["SequenceNumber"] = str(self.sequence[key[:34]])
            account = self.world.fake.account_sid
            self.make(key, number, {"AccountSid": account} | {name: found[name] or "" for name in found})

    def make(self, sid: str, number: int, found: dict[str, str]) -> None:
        """Make one callback, once."""
        parameters = tuple(found.items())
        made = Callback(found["AccountSid"], kind_of(parameters), parameters, f"{sid} {number}", self.world.fake.clock)
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

    def __init__(self, world: Rooms) -> None:
        self.world = world
        self.least: dict[str, int] = {}

    def check(self) -> None:
        for model in (*MODELS, Participant):
            for record in model.offline(partial=True).with_gone():
                if model.api_schema.codec.unconfirmed(record.stored_row):
                    measured["unconfirmed"] += 1
                    assert not model.api_schema.is_final(record.stored_row)
                key = "".join(getattr(record, name) for name in model.api_schema.key)
                states = self.states(key)
                held = record.to_api()
                found = [at for at, state in enumerate(states) if same(held, state) and at >= self.least.get(key, 0)]
                assert found, (held, states, self.least.get(key))
                self.least[key] = found[0]
            self.check_values(model)

    def check_values(self, model: type[Resource]) -> None:
        """``values()`` of what the mirror does not know is None where that is wished, else an error that counts the records."""
        names = [name for name, column in model.api_schema.columns.items() if not column.unlisted]
        records = list(model.offline(partial=True))
        rows = model.offline(partial=True, unknown="null").values(*names)
        found = list(rows)
        keys = [tuple(getattr(record, name) for name in model.api_schema.key) for record in records]
        assert [tuple(row[name] for name in model.api_schema.key) for row in found] == keys
        unknown = set()
        for key, record, row in zip(keys, records, found, strict=True):
            for name in names:
                try:
                    assert getattr(record, name) == row[name]
                except NotLoaded:
                    assert row[name] is None
                    unknown.add(key)
        assert rows.unknown_records == len(unknown)
        measured["unknown"] += len(unknown)
        if not unknown:
            assert list(model.offline(partial=True).values(*names)) == found
            return
        with pytest.raises(NotLoaded, match=f"of {len(unknown)} of the" if len(unknown) > 1 else "of 1 "):
            list(model.offline(partial=True).values(*names))

    def states(self, key: str) -> list[Payload | None]:
        """The states that a record had. A participant that left had left."""
        states = [state for _, state in self.world.history[key]]
        if len(key) > 34 and states[-1] is None:
            states[-1] = {**(states[-2] or {}), "status": LEFT}
        return states


WORDS = (
    *["create"] * 3, *["join"] * 2, "steer", *["toggle"] * 2, "cancel", "delete", *["advance"] * 2, *["sync"] * 2,
    "deliver", "deliver",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_callbacks_and_a_sync_are_a_sync(seed: int) -> None:
    chance = random.Random(f"callbacks {seed}")
    measured["schedules"] += 1
    world = Rooms(seed)
    world.drift = 0
    plain = world._connect()
    post, progress = Post(world, chance), Progress(world)
    steps = chance.choice((4, 10, 25, 60))
    for _ in range(steps):
        word = chance.choice(WORDS)
        name = chance.choice(MODELS).__name__
        if word == "advance":
            world.do(("advance", chance.choice((1, 20, 300, 4000, 90000)) * (0.5 + chance.random())))
        elif word == "deliver":
            with world.connection:
                post.deliver()
                progress.check()
        elif word == "sync":
            several = (Conference, Participant) if name == "Conference" else [one for one in MODELS if one.__name__ == name]
            for connection in (world.connection, plain):
                with connection:
                    for model in several:
                        model.sync()
            with world.connection:
                progress.check()
        elif word == "join":
            world.join(chance.random())
        elif word in ("steer", "toggle"):
            world.steer(word, chance.random())
        else:
            world.do((word, name, chance.random()))
    if chance.random() < 0.5:
        world.calm()
    else:  # some are still in conferences
        world.fake.advance(timedelta(hours=1))
        for at in (0.95, 0.6, 0.8):
            world.join(at), world.steer("toggle", chance.random())
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
        held, expected = seen(world.connection, model), seen(plain, model)
        there, known = world.account(model.__name__), {row[0] for row in expected}
        found = {row[0] for row in held}
        unnoticed = [row for row in expected if row[0] not in found and row[0] not in there]
        measured["noticed"] += len(unnoticed)
        expected = [row for row in expected if row not in unnoticed]
        late = [row for row in held if row[0] in known and row[0] in there and row not in expected]
        with world.connection:  # what began long ago is read no more, but a callback told the end of it
            for record in [model.offline(partial=True).get(row[0]) for row in late]:
                state = there[record.sid]
                assert same(record.to_api(), state) and began(model.__name__, state) < world.fake.clock.timestamp() - 15 * 86400
        expected = [next((one for one in late if one[0] == row[0]), row) for row in expected]
        assert [row for row in held if row[0] in known or row[0] in there] == expected, model
        early = [row for row in held if row[0] not in known and row[0] not in there]
        assert all(at_rest(model.__name__, world.history[row[0]][-2][1], world.fake.clock) for row in early), early
        measured["early"] += len(early)
        with world.connection, world.fake.expects_requests(0):
            assert len(list(model.offline())) <= len(held)
    check_participants(world, plain, progress)
    world.connection.close()
    plain.close()
    assert world.fake.violations == []


def seen(connection: Connection, model: Any) -> list[tuple[Any, ...]]:
    """The rows without what the lists of a sync do not show: the track of a recording, which the list below its call has."""
    columns, found = model.api_schema.columns, rows(connection, model)
    unlisted = {name for name, column in columns.items() if column.unlisted}
    if model is Recording:
        measured["tracks"] += sum(row[list(columns).index("track")] is not None for row in found)
    return [listed(row, columns, unlisted) for row in found]


def check_participants(world: Rooms, plain: Connection, progress: Progress) -> None:
    """Those that are in a conference are as a sync alone has them; those that have left are not behind it."""
    at = [list(Participant.api_schema.columns).index(name) for name in Participant.api_schema.key]
    for connection in (world.connection, plain):
        with connection:
            Participant.sync()
    held, expected = (
        {"".join(row[one] for one in at): row for row in rows(own, Participant)} for own in (world.connection, plain)
    )
    there = world.participants()
    assert {key: held.get(key) for key in there if key in expected} == {key: expected[key] for key in there if key in expected}
    measured["there"] += len(there.keys() & expected.keys())
    measured["left"] += len(held.keys() - there.keys())
    assert expected.keys() <= held.keys(), expected.keys() - held.keys()
    with world.connection:
        progress.check()
    with plain:
        for record in Participant.offline(partial=True):
            key = record.conference_sid + record.call_sid
            states = progress.states(key)
            first = next(number for number, state in enumerate(states) if same(record.to_api(), state))
            assert progress.least[key] >= first, (key, states)


@pytest.mark.slow
def test_the_callbacks_are_worth_it() -> None:
    """Most of what may happen did happen."""
    if not measured["callbacks"]:
        pytest.skip("the schedules above did not run")
    assert measured["duplicates"] > measured["callbacks"] // 20, measured
    assert measured["changing"] > measured["callbacks"] // 50, measured
    assert measured["unconfirmed"] > SCHEDULES, measured
    least = measured["schedules"] // 8  # of this process, which may be one of several
    assert measured["tracks"] > least, measured
    assert min(measured["there"], measured["left"]) > least, measured
    assert measured["unknown"] > SCHEDULES, measured
