"""History told as stories: what the mirror saw, when, and what it said at the time."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import twilio_orm
from twilio_orm import (
    BadValue,
    Call,
    Connection,
    Count,
    IncomingPhoneNumber,
    NotCovered,
    QueryError,
    Queue,
    UnknownField,
    UsageRecord,
)
from twilio_orm.testing import FakeTwilio

OLD, NEW = "https://old.example.com/", "https://new.example.com/"


@pytest.fixture
def numbers(fake: FakeTwilio, connection: Connection) -> list[str]:
    """Three numbers, synced at noon; an hour later one of them answers elsewhere, which the mirror has heard."""
    sids = [fake.numbers.add(phone_number=f"+1415555010{at}", voice_url=OLD)["sid"] for at in range(3)]
    IncomingPhoneNumber.sync()
    fake.advance(timedelta(hours=1))
    fake.numbers.change(sids[1], voice_url=NEW)
    IncomingPhoneNumber.sync()
    return sids


def noon(fake: FakeTwilio) -> datetime:
    return fake.clock.replace(hour=12, minute=30)


def test_a_record_tells_when_it_was_first_seen_and_what_changed(fake: FakeTwilio, numbers: list[str]) -> None:
    events = IncomingPhoneNumber.offline().get(numbers[1]).history()

    assert [event.kind for event in events] == ["first seen", "changed"]
    assert [(one.field, one.before, one.after) for one in events[1].changes] == [("voice_url", OLD, NEW)]
    assert timedelta(minutes=59) < events[1].at - events[0].at < timedelta(minutes=61)
    assert events[1].revision > events[0].revision
    assert f"voice_url: '{OLD}' -> '{NEW}'" in str(events[1])


def test_deleted_and_returned_are_events(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.queues.add(friendly_name="a")["sid"]
    fake.advance(timedelta(hours=1))
    queue = Queue.get(sid)
    row = fake.queues.get(sid)
    queue.delete()
    fake.queues.add(**row)
    Queue.get(sid)

    assert [event.kind for event in queue.history()] == ["first seen", "deleted", "returned"]


def test_what_moves_by_itself_is_told_where_it_is_asked_for(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.queues.add(friendly_name="a", current_size=1)["sid"]
    Queue.sync()
    fake.queues.change(sid, current_size=5)
    Queue.sync()
    queue = Queue.offline().get(sid)

    assert [event.kind for event in queue.history()] == ["first seen"]
    assert [one.field for one in queue.history(volatile=True)[1].changes if one.field == "current_size"] == ["current_size"]
    assert [event.kind for event in Queue.changes(fields=["current_size"])] == ["changed"]


def test_changes_come_in_order_within_their_moments(fake: FakeTwilio, numbers: list[str]) -> None:
    everything = list(IncomingPhoneNumber.changes())
    assert [event.kind for event in everything] == ["first seen"] * 3 + ["changed"]

    assert list(IncomingPhoneNumber.changes(since=noon(fake))) == everything[3:]
    assert list(IncomingPhoneNumber.changes(until=noon(fake))) == everything[:3]
    assert list(IncomingPhoneNumber.changes(since=timedelta(minutes=30))) == everything[3:]
    assert list(IncomingPhoneNumber.changes(fields=["voice_url"])) == everything[3:]
    assert list(IncomingPhoneNumber.changes(fields=["sms_url"])) == []


def test_changes_are_of_the_account_that_asks(fake: FakeTwilio, connection: Connection, numbers: list[str]) -> None:
    other = connection.under(fake.accounts.add(friendly_name="other")["sid"])
    with other:
        assert list(IncomingPhoneNumber.changes()) == []


def test_as_of_answers_as_the_mirror_would_have(fake: FakeTwilio, numbers: list[str]) -> None:
    then = IncomingPhoneNumber.as_of(noon(fake))

    assert then.filter(voice_url=OLD).count() == 3
    assert IncomingPhoneNumber.offline().filter(voice_url=OLD).count() == 2
    assert [number.sid for number in then.order_by("-phone_number")[1:2]] == [numbers[1]]
    assert list(then.values("voice_url").annotate(n=Count())) == [{"voice_url": OLD, "n": 3}]
    assert then.as_of is None or then.as_of < noon(fake)
    assert IncomingPhoneNumber.offline().get(numbers[1]).as_of(noon(fake)).voice_url == OLD
    assert IncomingPhoneNumber.all().at(noon(fake)).exclude(voice_url=NEW).count() == 3


def test_as_of_sends_nothing(fake: FakeTwilio, numbers: list[str]) -> None:
    before = len(fake.requests)
    list(IncomingPhoneNumber.as_of(noon(fake)))
    list(IncomingPhoneNumber.changes())
    IncomingPhoneNumber.offline().get(numbers[0]).history()

    assert len(fake.requests) == before


def test_before_the_first_hearing_nothing_was_known(fake: FakeTwilio, numbers: list[str]) -> None:
    """Not heard is not the same as not there."""
    then = IncomingPhoneNumber.as_of(fake.clock - timedelta(days=2))
    with pytest.raises(NotCovered):
        then.count()

    assert IncomingPhoneNumber.as_of(fake.clock - timedelta(days=2), partial=True).count() == 0


def test_a_record_of_the_past_may_not_have_been_there(fake: FakeTwilio, numbers: list[str]) -> None:
    number = IncomingPhoneNumber.offline().get(numbers[1])
    with pytest.raises(IncomingPhoneNumber.DoesNotExist):
        number.as_of(fake.clock - timedelta(days=2))


def test_what_is_gone_was_there(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.queues.add(friendly_name="a")["sid"]
    Queue.sync()
    fake.advance(timedelta(hours=1))
    at = fake.clock
    fake.advance(timedelta(hours=1))
    Queue.get(sid).delete()

    assert [queue.sid for queue in Queue.as_of(at)] == [sid]
    assert Queue.offline().count() == 0
    assert Queue.offline().with_gone().count() == 1
    assert Queue.as_of(fake.clock).with_gone().count() == 1


def test_related_records_are_those_of_that_moment(fake: FakeTwilio, connection: Connection) -> None:
    call = fake.calls.add(status="completed", price="-0.01")["sid"]
    recording = fake.recordings.add(call_sid=call, status="completed", duration="7")["sid"]
    Call.sync()
    twilio_orm.Recording.sync()
    fake.advance(timedelta(hours=1))
    at = fake.clock
    fake.advance(timedelta(hours=1))
    fake.recordings.change(recording, duration="9")
    twilio_orm.Recording.sync(full=True)

    assert Call.as_of(at).filter(recordings__duration=7).count() == 1
    assert Call.offline().filter(recordings__duration=7).count() == 0
    [found] = Call.as_of(at).prefetch("recordings")
    assert [one.duration for one in found.recordings] == [7]


def test_what_has_no_address_of_its_own_has_a_history(fake: FakeTwilio, connection: Connection) -> None:
    call = fake.calls.add(status="completed")["sid"]
    at = connection.now()
    list(twilio_orm.CallEvent.filter(call_sid=call))
    schema = twilio_orm.CallEvent.api_schema
    row = schema.codec.read(
        {"request": {"url": "a"}, "response": None}, {"account_sid": fake.account_sid, "call_sid": call, "position": 0}
    )
    connection.mirror.absorb(schema, [row], connection.mirror.revision(), at)
    event = twilio_orm.CallEvent.offline(partial=True).get(call_sid=call, position=0)

    assert [one.kind for one in event.history()] == ["first seen"]
    assert event.as_of(at + timedelta(hours=1)).request == {"url": "a"}
    with pytest.raises(twilio_orm.CallEvent.DoesNotExist):
        event.as_of(at - timedelta(days=1))


def test_usage_has_a_field_of_that_name_and_the_query_set_has_the_word(fake: FakeTwilio, connection: Connection) -> None:
    list(UsageRecord.all())

    assert UsageRecord.all().at(connection.now()).count() == UsageRecord.offline().count()
    assert isinstance(UsageRecord.as_of, twilio_orm.schema.time_fields.Time)


@pytest.mark.parametrize("when", [timedelta(-1), "yesterday", 5, None])
def test_a_moment_that_is_none_is_refused(connection: Connection, when: object) -> None:
    with pytest.raises(BadValue, match="when takes"):
        IncomingPhoneNumber.as_of(when)  # type: ignore[arg-type]


def test_a_date_is_its_first_instant(fake: FakeTwilio, numbers: list[str]) -> None:
    tomorrow = fake.clock.date() + timedelta(days=1)

    assert IncomingPhoneNumber.as_of(tomorrow).count() == IncomingPhoneNumber.as_of(tomorrow.isoformat()).count() == 3
    with pytest.raises(NotCovered):
        IncomingPhoneNumber.as_of(date(2026, 6, 1)).count()


def test_what_was_is_not_asked_of_twilio(connection: Connection) -> None:
    with pytest.raises(QueryError, match="earlier moment"):
        Call.as_of(timedelta(days=1)).cached()


def test_unknown_fields_are_named_before_the_disk_is_read(connection: Connection) -> None:
    with pytest.raises(UnknownField, match="voice_url"):
        IncomingPhoneNumber.changes(fields=["voice_ulr"])
    with pytest.raises(QueryError, match="several names"):
        IncomingPhoneNumber.changes(fields="voice_url")


def test_pruned_is_not_remembered_and_says_so(fake: FakeTwilio, connection: Connection, numbers: list[str]) -> None:
    fake.advance(timedelta(days=10))
    Queue.all().exists()  # an answer tells what time it is
    assert connection.sizes().versions == 1
    assert connection.prune(older_than=timedelta(days=30)) == 0
    assert connection.prune(older_than=timedelta(days=5)) == 1

    assert connection.sizes().versions == 0
    with pytest.raises(NotCovered, match="has the versions of records from"):
        IncomingPhoneNumber.as_of(timedelta(days=20)).count()
    assert IncomingPhoneNumber.as_of(timedelta(days=4)).filter(voice_url=NEW).count() == 1
    assert IncomingPhoneNumber.offline().count() == 3


@pytest.mark.parametrize("wrong", [timedelta(-1), 5, "90d"])
def test_prune_takes_a_length_of_time(connection: Connection, wrong: object) -> None:
    with pytest.raises(BadValue, match="older_than"):
        connection.prune(wrong)  # type: ignore[arg-type]


def test_the_room_that_history_takes_is_told_by_table(connection: Connection, numbers: list[str]) -> None:
    sizes = connection.sizes()

    [table] = sizes.tables
    assert (table.table, table.records, table.versions) == ("incoming_phone_number", 3, 1)
    assert sizes.bytes > sizes.free >= 0
    assert table.bytes is None or 0 < table.bytes < sizes.bytes
    assert "incoming_phone_number: 3 records" in str(sizes)


def test_records_that_do_not_change_have_no_history_table(fake: FakeTwilio, tmp_path: Path) -> None:
    path = tmp_path / "mirror.db"
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=path):
        fake.calls.add(status="completed", price="-0.01")
        Call.sync()
        Call.sync(full=True)
    with contextlib.closing(sqlite3.connect(path)) as bare:
        tables = {name for (name,) in bare.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    assert "call" in tables
    assert "call_history" not in tables
