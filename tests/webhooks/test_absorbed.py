"""What callbacks make of records in the mirror, what they must not do, and what is kept of them."""

from __future__ import annotations

import itertools
import json
import sqlite3
import subprocess
import sys
import textwrap
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from commandline import Run, named
from mirrored import execute, refused

import twilio_orm
from twilio_orm import BadValue, Call, Conference, Connection, Message, NotLoaded, Offline, Participant, Recording
from twilio_orm.testing import FakeTwilio
from twilio_orm.webhooks.absorbing import Outcome, absorb, replay, stored_callbacks
from twilio_orm.webhooks.bodies import Callback, kind_of

CA, SM, RE, CF = (f"{prefix}{'1' * 32}" for prefix in ("CA", "SM", "RE", "CF"))
ALICE, OURS = "+14155550177", "+15005550006"
COUNT = itertools.count()
AT = datetime(2026, 6, 15, 12, tzinfo=timezone.utc)


def callback(account: str | None = None, token: str | None = None, **parameters: str) -> Callback:
    """A callback with a token of its own."""
    found = tuple({"AccountSid": account or "AC" + "f4ce" * 8, **parameters}.items())
    return Callback(account or "AC" + "f4ce" * 8, kind_of(found), found, token or f"t{next(COUNT)}", AT)


def say(connection: Connection, **parameters: str) -> Outcome:
    [outcome] = absorb(connection, [callback(**parameters)])
    return outcome


@pytest.fixture(autouse=True)
def bound(connection: Connection) -> Any:
    with connection:
        yield


def call_status(status: str, **more: str) -> Callback:
    return callback(CallSid=CA, CallStatus=status, **{"From": ALICE, "To": OURS, "Direction": "inbound", **more})


# ---------------------------------------------------------------- what they make


def test_a_completed_call(connection: Connection) -> None:
    """``Duration`` is minutes that are billed, ``CallDuration`` seconds; what it lacks is not known, and no query is covered."""
    [outcome] = absorb(connection, [call_status("completed", CallDuration="61", Duration="2", SequenceNumber="3")])
    assert outcome.record == ("Call", (CA,))
    assert {one.field: one.after for one in outcome.changes} == {
        "sid": CA, "account_sid": connection.account_sid, "from_": ALICE, "to": OURS, "direction": "inbound",
        "status": "completed", "duration": 61,
    }  # fmt: skip
    call = Call.offline().get(CA)
    assert (call.status, call.duration, call.from_, call.billed_minutes) == ("completed", 61, ALICE, 2)
    for name in ("price", "start_time", "date_updated", "end_time"):
        with pytest.raises(NotLoaded, match=r"refresh\(\) reads it"):
            getattr(call, name)
    assert not Call.api_schema.is_final(call.stored_row)
    with pytest.raises(twilio_orm.NotCovered):
        list(Call.offline())
    assert not connection.status().sweeps


def test_other_records(connection: Connection) -> None:
    say(connection, MessageSid=SM, SmsStatus="received", From=ALICE, To=OURS, Body="hello", NumMedia="0", NumSegments="1")
    message = Message.offline().get(SM)
    assert (message.status, message.body, message.num_media, message.num_segments) == ("received", "hello", 0, 1)
    say(
        connection, RecordingSid=RE, CallSid=CA, RecordingStatus="completed", RecordingDuration="12", RecordingChannels="2",
        RecordingSource="RecordVerb", RecordingStartTime="Mon, 15 Jun 2026 11:59:00 +0000",
    )  # fmt: skip
    recording = Recording.offline().get(RE)
    assert (recording.status, recording.call_sid, recording.duration, recording.channels) == ("completed", CA, 12, 2)
    assert recording.start_time == datetime(2026, 6, 15, 11, 59, tzinfo=timezone.utc)
    say(connection, ConferenceSid=CF, FriendlyName="room", StatusCallbackEvent="conference-start", SequenceNumber="1")
    assert (Conference.offline().get(CF).status, Conference.offline().get(CF).friendly_name) == ("in-progress", "room")
    say(connection, ConferenceSid=CF, StatusCallbackEvent="conference-end", ReasonConferenceEnded="last-participant-left")
    assert Conference.offline().get(CF).reason_conference_ended == "last-participant-left"


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_numbers_of_events_order_what_changes_to_and_fro(connection: Connection, order: tuple[int, ...]) -> None:
    events = [
        ("participant-join", "false", "false"), ("participant-mute", "true", "false"), ("participant-hold", "true", "true"),
        ("participant-unmute", "false", "true"),
    ]  # fmt: skip
    told = [
        callback(
            ConferenceSid=CF, CallSid=CA, StatusCallbackEvent=event, Muted=muted, Hold=hold, SequenceNumber=str(number),
            StartConferenceOnEnter="true",
        ) for number, (event, muted, hold) in enumerate(events)
    ]  # fmt: skip
    seen = -1
    for at in order:
        absorb(connection, [told[at], told[at]])
        seen = max(seen, at)
        [(muted, hold)] = connection.sql("SELECT muted, hold FROM participant")
        assert (muted, hold) == tuple(int(flag == "true") for flag in events[seen][1:])
    participant = Participant.offline(partial=True).get(conference_sid=CF, call_sid=CA)
    assert participant.status == "connected" and participant.start_conference_on_enter is True


def test_a_participant_that_left(connection: Connection) -> None:
    leave = {"ConferenceSid": CF, "CallSid": CA, "StatusCallbackEvent": "participant-leave"}
    say(connection, **leave, SequenceNumber="9")
    assert connection.sql("SELECT status FROM participant") == [("complete",)]
    say(connection, **{**leave, "StatusCallbackEvent": "participant-join"}, SequenceNumber="2", Muted="true")
    assert connection.sql("SELECT status, muted FROM participant") == [("complete", None)]  # it may have changed after it joined


@pytest.mark.parametrize("told", [{"Muted": "true", "Hold": "false"}, {"Hold": "true"}, {}])
def test_how_a_participant_was_when_it_left(fake: FakeTwilio, connection: Connection, told: dict[str, str]) -> None:
    """What the API returned earlier is not how it was at the end: what the last callback does not say is not known."""
    conference, call = fake.conferences.add(status="in-progress")["sid"], fake.calls.add(status="in-progress")["sid"]
    fake.participants.add(conference_sid=conference, call_sid=call, muted=False, hold=False, status="connected")
    Conference.sync(), Participant.sync()
    event = {"ConferenceSid": conference, "CallSid": call, "StatusCallbackEvent": "participant-leave", "SequenceNumber": "7"}
    say(connection, **event, **told)
    say(connection, **{**event, "StatusCallbackEvent": "participant-mute", "SequenceNumber": "6"}, Muted="false", Hold="false")
    flags = [None if told.get(name) is None else int(told[name] == "true") for name in ("Muted", "Hold")]
    assert connection.sql("SELECT status, muted, hold FROM participant") == [("complete", *flags)]
    assert fake.participants.find(call).payload["muted"] is False


def test_toggles_are_of_one_event(connection: Connection) -> None:
    """An event that is older does not complete what a newer one said, and a newer one replaces all of it."""
    event = {"ConferenceSid": CF, "CallSid": CA, "StatusCallbackEvent": "participant-modify"}
    say(connection, **event, SequenceNumber="5", Muted="true", Coaching="false")
    say(connection, **event, SequenceNumber="4", Muted="false", Coaching="true", CallSidToCoach=CA)
    assert connection.sql("SELECT muted, coaching, call_sid_to_coach FROM participant") == [(1, 0, None)]
    say(connection, **event, SequenceNumber="6", Muted="false", Coaching="true", CallSidToCoach=CA)
    assert connection.sql("SELECT muted, coaching, call_sid_to_coach FROM participant") == [(0, 1, CA)]
    say(connection, **event, SequenceNumber="7", Muted="false")
    assert connection.sql("SELECT muted, coaching, call_sid_to_coach FROM participant") == [(0, None, None)]


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"UsageTriggerSid": "UT" + "1" * 32}, "UsageTrigger.sync"),
        ({"Foo": "bar"}, "no kind"),
        ({"CallSid": "nonsense", "CallStatus": "ringing"}, "no SID of a Call"),
        ({"CallSid": SM, "CallStatus": "ringing"}, "no SID of a Call"),
    ],
)
def test_others_are_kept_and_change_nothing(connection: Connection, parameters: dict[str, str], why: str) -> None:
    outcome = say(connection, **parameters)
    assert outcome.ignored and why in outcome.why and outcome.record is None
    [entry] = stored_callbacks(connection)
    assert (entry.outcome, entry.key) == ("ignored", None) and dict(json.loads(entry.parameters)).items() >= parameters.items()
    assert Call.select().count() == 0


def test_words_that_are_no_statuses(connection: Connection) -> None:
    """``initiated`` is none of a call, and ``failed`` none of a recording: the status is not known, or stays."""
    absorb(connection, [call_status("initiated")])
    assert connection.sql('SELECT status, "to" FROM call') == [(None, OURS)]
    absorb(connection, [call_status("ringing"), call_status("initiated"), call_status("cancelled")])
    assert connection.sql("SELECT status FROM call") == [("canceled",)]
    say(connection, RecordingSid=RE, RecordingStatus="failed", CallSid=CA, ErrorCode="16102")
    assert connection.sql("SELECT status, error_code FROM recording") == [(None, None)]


# ---------------------------------------------------------------- what they must not do


def test_they_do_not_overwrite_what_the_api_said(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.calls.add(status="completed", duration="61", price="-0.02600", to=OURS, from_=ALICE)["sid"]
    undelivered = fake.messages.add(status="undelivered", error_code=30003)["sid"]
    conference = fake.conferences.add(status="in-progress")["sid"]
    fake.participants.add(conference_sid=conference, call_sid=sid, muted=False, status="connected")
    Call.sync(), Message.sync(), Conference.sync(), Participant.sync()
    before = connection.mirror.revision()
    for more in ({"CallDuration": "7"}, {"From": "+1"}, {"CallStatus": "busy"}, {"CallStatus": "ringing"}):
        assert not say(connection, **{"CallSid": sid, "CallStatus": "completed", **more}).changes
    for more in ({"MessageStatus": "failed"}, {"MessageStatus": "failed", "ErrorCode": "1"}, {"MessageStatus": "sent"}):
        assert not say(connection, MessageSid=undelivered, **more).changes
    assert not say(
        connection,
        ConferenceSid=conference,
        CallSid=sid,
        StatusCallbackEvent="participant-mute",
        Muted="true",
        SequenceNumber="9",
    ).changes
    assert connection.mirror.revision() == before


def test_an_error_code_stays(connection: Connection) -> None:
    say(connection, MessageSid=SM, MessageStatus="undelivered", ErrorCode="30003")
    say(connection, MessageSid=SM, MessageStatus="failed")
    say(connection, MessageSid=SM, MessageStatus="undelivered")
    assert connection.sql("SELECT status, error_code FROM message") == [("undelivered", 30003)]


def test_what_the_status_changes_is_not_known_any_more(fake: FakeTwilio, connection: Connection) -> None:
    """What the API said of a call in progress (no end, no price) is not what is true of a completed one."""
    sid = fake.calls.add(status="in-progress", start_time=fake.clock, parent_call_sid=None)["sid"]
    Call.sync()
    assert [one.field for one in say(connection, CallSid=sid, CallStatus="completed", CallDuration="9").changes] == [
        "status", "duration",
    ]  # fmt: skip
    call = Call.offline().get(sid)
    assert (call.duration, call.start_time, call.parent_call_sid) == (9, fake.clock, None)
    for name in ("end_time", "price", "date_updated"):
        with pytest.raises(NotLoaded):
            getattr(call, name)
    fake.calls.change(sid, status="completed", duration="9", end_time=fake.clock, price="-0.01300")
    assert Call.cached().get(sid).price is not None  # it calls Twilio: the row is not confirmed
    assert not Call.offline().get(sid).stored_row[Call.api_schema.codec.absent_slot]
    assert [event.kind for event in Call.offline().get(sid).history()] == ["first seen", "changed"]
    assert [(one.kind, [change.field for change in one.changes]) for one in Call.changes()] == [
        ("first seen", []), ("changed", ["status", "duration"]),
    ]  # fmt: skip


def test_a_callback_of_another_account_changes_nothing(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.calls.add(status="in-progress")["sid"]
    Call.sync()
    child = "AC" + "2" * 32
    [outcome] = absorb(connection, [callback(child, CallSid=sid, CallStatus="completed")])
    assert outcome.ignored and "another account" in outcome.why
    assert connection.sql("SELECT status FROM call") == [("in-progress",)]
    other = {"ConferenceSid": CF, "CallSid": CA, "StatusCallbackEvent": "participant-mute"}
    absorb(connection, [callback(**other, Muted="false", SequenceNumber="1"), callback(child, **other, SequenceNumber="99")])
    assert say(connection, **other, Muted="true", SequenceNumber="2").changes
    absorb(connection, [callback(child, CallSid=CA, CallStatus="ringing")])
    assert len(list(stored_callbacks(connection))) == 2
    with connection.under(child) as own:
        assert len(list(stored_callbacks(own))) == 3
    assert connection.mirror.accounts() == {connection.account_sid: connection.account_sid, child: connection.account_sid}


def test_a_deleted_record_stays_deleted(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.calls.add(status="completed", date_created=fake.clock - timedelta(days=2))["sid"]
    Call.sync()
    Call.get(sid).delete()
    assert "deleted" in say(connection, CallSid=sid, CallStatus="completed", From=ALICE).why
    assert Call.offline().filter(sid=sid).count() == 0


def test_what_was_redacted_does_not_come_back(connection: Connection) -> None:
    told = {"MessageSid": SM, "From": ALICE, "To": OURS, "Body": "a secret"}
    say(connection, **told, SmsStatus="received")
    twilio_orm.redact(SM)
    assert list(stored_callbacks(connection)) == []
    say(connection, **told, SmsStatus="received", ProfileName="Alice")
    assert connection.sql('SELECT body, from_, "to", status FROM message') == [(None, None, None, "received")]
    [entry] = stored_callbacks(connection)
    assert {name for name, _ in json.loads(entry.parameters)} == {"AccountSid", "MessageSid", "SmsStatus"}


def test_what_was_redacted_stays_so_when_the_status_moves(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.messages.add(status="accepted", from_=None, to=ALICE, body="a secret", date_sent=None)["sid"]
    Message.sync()
    twilio_orm.redact(sid)
    assert say(connection, MessageSid=sid, MessageStatus="sent", From=OURS, To=ALICE, Body="a secret").changes
    [found] = connection.sql('SELECT from_, "to", body, status FROM message')
    assert found == (None, None, None, "sent")


# ---------------------------------------------------------------- syncs


def test_the_track_of_a_recording_needs_no_request(fake: FakeTwilio, connection: Connection) -> None:
    """Lists do not show it, so that reading the record again would not confirm it."""
    sid = fake.recordings.add(status="completed", call_sid=CA, track="inbound", price="-0.0025")["sid"]
    Recording.sync()
    with pytest.raises(NotLoaded):
        assert Recording.offline().get(sid).track
    told = {"RecordingSid": sid, "CallSid": CA, "RecordingStatus": "completed"}
    assert [one.field for one in say(connection, **told, RecordingTrack="inbound").changes] == ["track"]
    assert Recording.api_schema.is_final(Recording.offline().get(sid).stored_row)
    Recording.sync()
    assert Recording.offline().get(sid).track == "inbound"


def test_a_sync_reads_what_callbacks_brought_with_few_requests(fake: FakeTwilio, connection: Connection) -> None:
    """New records by the lists of new records, older ones by the lists of their days, and the others one by one."""
    fake.populate(calls=300, recordings=40, days=10, seed=1)
    Call.sync(), Recording.sync()
    fake.tick(3600)
    told = []
    for _ in range(150):
        made = fake.calls.add(status="busy", start_time=fake.clock, date_created=fake.clock)
        told.append(callback(CallSid=made["sid"], CallStatus="busy"))
        recorded = fake.recordings.add(status="completed", call_sid=made["sid"], date_created=fake.clock, price="-0.0025")
        told.append(callback(RecordingSid=recorded["sid"], RecordingStatus="completed", CallSid=made["sid"]))
    absorb(connection, told)
    assert connection.sql("SELECT count(*) FROM call WHERE start_time IS NULL AND status = 'busy'")[0][0] >= 150
    for model in (Call, Recording):
        seen = len(fake.requests)
        report = model.sync()
        assert report.whole and len(fake.requests) - seen <= 8
        assert (
            connection.mirror.unconfirmed_records(connection.account_sid, model.api_schema, fake.clock - timedelta(days=1)) == []
        )


def test_callbacks_that_move_older_records_are_read_by_day(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Message.api_schema, "page_size", 50)
    for _ in range(120):
        fake.messages.add(status="delivered", date_sent=fake.clock, date_created=fake.clock, price="-0.0075")
    yesterday = fake.clock - timedelta(days=2)
    sids = [
        fake.messages.add(status="sent", date_sent=yesterday, date_created=yesterday, price="-0.0075")["sid"] for _ in range(60)
    ]
    Message.sync()
    for sid in sids:
        fake.messages.change(sid, status="failed")
    absorb(connection, [callback(MessageSid=sid, MessageStatus="failed") for sid in sids])
    seen = len(fake.requests)
    assert Message.sync().changed == 60
    assert len(fake.requests) - seen <= 10


def test_a_record_kept_in_memory_is_read_again(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.messages.add(status="delivered", price="-0.0075")["sid"]
    assert Message.cached().get(sid).status == "delivered"
    with fake.expects_requests(0):
        assert Message.cached().get(sid).status == "delivered"
    fake.messages.change(sid, status="read")
    say(connection, MessageSid=sid, MessageStatus="read")
    with fake.expects_requests(1):
        assert Message.cached().get(sid).status == "read"


def test_refetch(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.calls.add(status="busy", start_time=None)["sid"]
    with pytest.raises(BadValue, match="refetch is one of 'final'"):
        absorb(connection, [], refetch="sometimes")
    [outcome] = absorb(connection, [callback(CallSid=CA, CallStatus="busy")], refetch="never")
    assert outcome.changes and Call.api_schema.is_final(Call.offline().get(CA).stored_row)
    with fake.expects_requests(1):
        [outcome] = absorb(connection, [callback(CallSid=sid, CallStatus="busy")], refetch="always")
    assert not Call.offline().get(sid).stored_row[Call.api_schema.codec.absent_slot]
    [outcome] = absorb(connection, [callback(CallSid=CA[:-1] + "2", CallStatus="busy")], refetch="always")
    assert "the next sync reads it" in outcome.why and not outcome.failed


def test_a_record_that_the_api_does_not_show_yet_stays(fake: FakeTwilio, connection: Connection) -> None:
    say(connection, CallSid=CA, CallStatus="busy")
    assert Call.sync().deleted == 0
    assert Call.offline(partial=True).get(CA).status == "busy"
    fake.tick(700)
    Call.sync()
    assert Call.offline().filter(sid=CA).count() == 0


# ---------------------------------------------------------------- what is kept


def test_duplicates(connection: Connection) -> None:
    first, other = callback(token="same", CallSid=CA, CallStatus="ringing"), callback(CallSid=CA, CallStatus="busy")
    outcomes = absorb(connection, [first, first, other]) + absorb(connection, [first])
    assert [one.duplicate for one in outcomes] == [False, True, False, True]
    assert {one.record for one in outcomes} == {("Call", (CA,))}
    assert len(list(stored_callbacks(connection))) == 2


def test_one_that_fails_is_kept_and_replayed(fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    sid = fake.calls.add(status="ringing")["sid"]
    Call.sync()
    execute(connection.mirror, "UPDATE call SET mirror_absent = 'damaged'")
    good, bad = absorb(
        connection, [callback(CallSid=CA, CallStatus="busy"), callback(CallSid=sid, CallStatus="completed", From=ALICE)]
    )
    assert bad.failed and not good.failed and ALICE not in repr(bad) + bad.why
    [entry] = stored_callbacks(connection, failed=True)
    assert "MirrorCorrupt" in str(entry.why) and ALICE not in repr(entry)
    [again] = replay(connection)
    assert again.failed
    execute(connection.mirror, "UPDATE call SET mirror_absent = NULL WHERE sid = ?", (sid,))
    [again] = replay(connection)
    assert [change.field for change in again.changes] == ["status"]
    assert list(stored_callbacks(connection, failed=True)) == [] and replay(connection) == []
    assert not [one for one in replay(connection, failed=False) if one.changes]


def test_what_the_engine_refuses_fails_alone(connection: Connection) -> None:
    with refused(connection.mirror, "call", "status = 'busy'"):
        good, bad = absorb(
            connection, [callback(CallSid=CA, CallStatus="ringing"), callback(CallSid=CA[:-1] + "2", CallStatus="busy")]
        )
    assert bad.failed and not bad.changes and good.changes
    assert any(name in bad.why for name in ("IntegrityError", "CheckViolation"))
    assert connection.sql("SELECT outcome FROM mirror_callbacks ORDER BY id") == [("stored",), ("failed",)]
    assert replay(connection)[0].changes
    assert Call.select().count() == 2


def test_nothing_is_stored_where_the_disk_fails(connection: Connection) -> None:
    with refused(connection.mirror, "mirror_revisions", "id > 0"), pytest.raises(twilio_orm.MirrorError):
        say(connection, CallSid=CA, CallStatus="ringing")
    assert Call.select().count() == 0 and list(stored_callbacks(connection)) == []


def test_offline_nothing_is_stored(fake: FakeTwilio, tmp_path: Path) -> None:
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=tmp_path / "m.db") as made:
        Call.sync()
        made.close()
    with twilio_orm.connect(mirror=tmp_path / "m.db", offline=True) as offline, pytest.raises(Offline):
        absorb(offline, [callback(CallSid=CA, CallStatus="ringing")])


def test_prune_drops_them(fake: FakeTwilio, connection: Connection) -> None:
    say(connection, CallSid=CA, CallStatus="ringing")
    connection.prune(timedelta(days=1))
    assert len(list(stored_callbacks(connection))) == 1
    fake.tick(2 * 86400)
    connection.prune(timedelta(days=1))
    assert list(stored_callbacks(connection)) == [] and Call.select().count() == 1


@pytest.mark.parametrize("name", [f"schema-{version}.db" for version in range(1, 6)])
def test_older_files_take_them(name: str, tmp_path: Path) -> None:
    """A file has no table of callbacks before there is one; one that an earlier release made is opened as it is."""
    source = Path(__file__).parents[1] / "mirror" / name
    path = tmp_path / name
    path.write_bytes(source.read_bytes())
    with sqlite3.connect(path) as file:
        home = dict(file.execute("SELECT name, value FROM mirror_about"))
        account = file.execute("SELECT account_sid FROM call LIMIT 1").fetchone()[0]
    url = f"https://{home['host']}"
    with twilio_orm.connect(account, "x" * 32, mirror=path, base_url=url if "api.twilio.com" not in url else None) as made:
        assert made.sql("SELECT count(*) FROM sqlite_master WHERE name = 'mirror_callbacks'") == [(0,)]
        [outcome] = absorb(made, [callback(account, CallSid=CA, CallStatus="ringing")])
        assert outcome.changes and made.sql("SELECT status FROM call WHERE sid = ?", CA) == [("ringing",)]
        made.close()


# ---------------------------------------------------------------- bytes

TOLD = {
    "CallSid": CA, "CallStatus": "completed", "From": ALICE, "To": OURS, "CallerName": "Alice Doe", "Caller": ALICE,
    "CallToken": "the-token-of-a-call", "StirPassportToken": "the-passport", "Password": "the-password",
    "Url": "https://anna:the-user-password@a.example/", "FromCity": "OAKLAND", "AddOns": '{"who": "Alice Doe"}', "New": ALICE,
}  # fmt: skip


def left_in(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in folder.iterdir())


def test_no_secret_is_written(fake: FakeTwilio, tmp_path: Path) -> None:
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=tmp_path / "m.db") as made:
        say(made, **TOLD)
        assert "Alice Doe" in str(made.sql("SELECT parameters FROM mirror_callbacks"))
        made.close()
    left = left_in(tmp_path)
    for secret in (fake.auth_token, "the-token-of-a-call", "the-passport", "the-password", "the-user-password"):
        assert secret.encode() not in left


def test_redacting_a_number_reaches_them(fake: FakeTwilio, tmp_path: Path) -> None:
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=tmp_path / "m.db") as made:
        say(made, **TOLD)
        say(made, MessageSid=SM, SmsStatus="received", From="+15005550001", To=OURS, Body="call (415) 555-0177")
        say(made, MessageSid=SM[:-1] + "2", SmsStatus="received", From="+15005550001", To=OURS, Body="else")
        say(made, MessageSid=SM[:-1] + "3", SmsStatus="received", From="whatsapp:" + ALICE, To=OURS, WaId=ALICE[1:])
        done = twilio_orm.redact(ALICE)
        assert done.rows["mirror_callbacks"] == 3 and not done.pending
        assert made.sql("SELECT count(*) FROM mirror_callbacks") == [(1,)]
        made.close()
    left = left_in(tmp_path)
    for text in (b"4155550177", b"555-0177", b"Alice", b"OAKLAND"):
        assert text not in left


def test_erasing_a_number_reaches_them(fake: FakeTwilio, tmp_path: Path) -> None:
    sid = fake.messages.add(status="received", body="hello", from_=ALICE, to=OURS, direction="inbound")["sid"]
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=tmp_path / "m.db") as made:
        say(made, MessageSid=sid, SmsStatus="received", From=ALICE, To=OURS, Body="hello")
        receipt = twilio_orm.erase(ALICE).apply()
        assert len(receipt.done) == 1 and not receipt.pending
        assert made.sql("SELECT count(*) FROM mirror_callbacks") == [(0,)]
        made.close()
    assert ALICE[1:].encode() not in left_in(tmp_path)


def test_redacting_a_record_reaches_them(fake: FakeTwilio, tmp_path: Path) -> None:
    sid = fake.messages.add(status="received", body="a secret", direction="inbound")["sid"]
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=tmp_path / "m.db") as made:
        say(made, MessageSid=sid, SmsStatus="received", Body="a secret")
        Message.get(sid).redact()
        assert made.sql("SELECT count(*) FROM mirror_callbacks") == [(0,)]
        made.close()
    assert b"a secret" not in left_in(tmp_path)


def test_excluded_fields_are_not_in_them(fake: FakeTwilio, tmp_path: Path) -> None:
    leave = {"Call": ["from_", "caller_name"], "Message": ["body"]}
    with twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=tmp_path / "m.db", exclude_fields=leave
    ) as made:
        say(made, **TOLD)
        say(made, MessageSid=SM, SmsStatus="received", To=OURS, Body="a secret", OptOutType="STOP", NewText="a secret")
        say(made, Foo="a secret", From=ALICE)
        assert made.sql('SELECT from_, "to", caller_name FROM call') == [(None, OURS, None)]
        kept = [dict(json.loads(one.parameters)) for one in stored_callbacks(made)]
        assert kept[0] == {"AccountSid": fake.account_sid, "CallSid": CA, "CallStatus": "completed", "To": OURS}
        assert kept[2] == {"AccountSid": fake.account_sid}
        made.close()
    left = left_in(tmp_path)
    for text in (b"4155550177", b"Alice", b"OAKLAND", b"a secret", b"OptOut"):
        assert text not in left


def test_programs_that_hide_bodies_hide_parameters(fake: FakeTwilio, tmp_path: Path) -> None:
    from twilio_orm.mirror.sqlite.hidden_bodies import hide_bodies

    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=tmp_path / "m.db") as made:
        say(made, MessageSid=SM, SmsStatus="received", Body="a secret")
        file = sqlite3.connect(tmp_path / "m.db")
        hide_bodies(file)
        assert file.execute("SELECT parameters, outcome FROM mirror_callbacks").fetchall() == [(None, "stored")]
        file.close()
        made.close()


KILLED = """
import sys
import twilio_orm
from twilio_orm.testing import FakeTwilio
from twilio_orm.webhooks.absorbing import absorb
from twilio_orm.webhooks.bodies import Callback
from datetime import datetime, timezone

fake = FakeTwilio()
connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=sys.argv[1])
for number in range(100000):
    several = []
    for one in range(7):
        sid = f"CA{number * 7 + one:032x}"
        parameters = (("AccountSid", fake.account_sid), ("CallSid", sid), ("CallStatus", "ringing"))
        several.append(Callback(fake.account_sid, "call", parameters, sid, datetime.now(timezone.utc)))
    absorb(connection, several)
    print(number, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.1, 0.3])
def test_a_kill_loses_nothing_that_was_absorbed(tmp_path: Path, seconds: float) -> None:
    path = tmp_path / "m.db"
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds)
        process.kill()
        answered = [line for line in process.stdout.read().split("\n") if line]
    last = int(answered[-1]) if answered else 0
    with sqlite3.connect(path) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        [(stored, calls)] = file.execute("SELECT (SELECT count(*) FROM mirror_callbacks), (SELECT count(*) FROM call)").fetchall()
    assert stored == calls >= (last + 1) * 7 and stored % 7 == 0


# ---------------------------------------------------------------- the command line


def test_the_command(fake: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with named(fake, monkeypatch, tmp_path):
        with twilio_orm.connect(mirror=tmp_path / "mirror.db") as made:
            Call.sync()
            say(made, CallSid=CA, CallStatus="ringing", From=ALICE)
            say(made, Foo="bar")
            with made.mirror.open().writing() as file:
                file.execute("UPDATE mirror_callbacks SET outcome = 'failed' WHERE id = 1")
            made.close()
        said = run("callbacks", "-o", "json")
        assert said.code == 0 and ALICE not in said.out
        assert [(one["kind"], one["resource"], one["key"], one["outcome"]) for one in json.loads(said.out)] == [
            ("call", "Call", CA, "failed"), ("", None, None, "ignored"),
        ]  # fmt: skip
        assert len(json.loads(run("callbacks", "--failed", "-o", "json").out)) == 1
        found = run("doctor", "--offline", "-o", "json").checks["callbacks"]
        assert (found["ok"], found["found"]) == (False, "1 webhook could not be processed")
        said = run("callbacks", "--failed", "--replay")
        assert said.code == 0 and "1 callback replayed" in said.err
        assert json.loads(run("callbacks", "--failed", "-o", "json").out) == []


# ---------------------------------------------------------------- handlers


def test_handlers_are_called_after_the_commit(connection: Connection) -> None:
    """Once for each change, in order; a duplicate, and what was refused, call nothing."""
    seen = []

    @connection.on(Call, status__in=["ringing", "completed"])
    def handler(event: twilio_orm.RecordEvent[Any]) -> None:
        stored = connection.sql("SELECT status FROM call WHERE sid = ?", event.record.sid)
        seen.append((event.kind, event.record.status, stored))

    first = call_status("ringing", SequenceNumber="1")
    absorb(connection, [first])
    absorb(connection, [first, call_status("completed", SequenceNumber="3"), call_status("in-progress", SequenceNumber="2")])
    assert seen == [("first seen", "ringing", [("ringing",)]), ("changed", "completed", [("completed",)])]


def test_replaying_calls_no_handler_again(connection: Connection) -> None:
    seen = []
    connection.on(Call)(seen.append)
    absorb(connection, [call_status("ringing")])
    replay(connection, failed=False)
    assert [event.kind for event in seen] == ["first seen"]


def test_handlers_of_another_account(fake: FakeTwilio, connection: Connection) -> None:
    """A callback about a subaccount calls the handlers of the connection and of the subaccount, and no others."""
    ours, theirs = (fake.accounts.add(friendly_name=name)["sid"] for name in ("ours", "theirs"))
    seen: dict[str, list[str]] = {"root": [], "ours": [], "theirs": []}
    for name, own in (("root", connection), ("ours", connection.under(ours)), ("theirs", connection.under(theirs))):
        own.on(Call)(lambda event, name=name: seen[name].append(event.record.status))
    absorb(connection, [callback(ours, CallSid=CA, CallStatus="ringing")])
    assert seen == {"root": ["ringing"], "ours": ["ringing"], "theirs": []}
