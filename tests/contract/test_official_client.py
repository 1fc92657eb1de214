"""Twilio's own client drives the fake over its socket: a witness that shares no code with either side."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from official import Loopback
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from twilio_orm.testing import FakeTwilio

NOON = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)
TO, FROM, THEIRS, URL = "+14155550100", "+14155550101", "+14155550102", "https://example.com/voice"


@pytest.fixture
def fake() -> FakeTwilio:
    return FakeTwilio(clock=NOON)


@pytest.fixture
def base(fake: FakeTwilio) -> Iterator[str]:
    with fake.serve() as url:
        yield url


@pytest.fixture
def client(fake: FakeTwilio, base: str) -> Iterator[Client]:
    http = Loopback(base)
    yield Client(fake.account_sid, fake.auth_token, http_client=http)
    http.session.close()
    assert fake.violations == []


def client_for(base: str, user: str, secret: str, account: str | None = None) -> Client:
    http = Loopback(base)
    http.session.headers["Connection"] = "close"
    return Client(user, secret, account, http_client=http)


def list_code(ask: Callable[[], Any]) -> tuple[int, int]:
    """The status and code of a list that is refused; the client keeps them in the text of its exception."""
    with pytest.raises(TwilioException) as refused:
        ask()
    answer = refused.value.args[1]
    return answer.status_code, json.loads(answer.text)["code"]


def test_calls(fake: FakeTwilio, client: Client) -> None:
    fake.numbers.add(phone_number=FROM)
    call = client.calls.create(to=TO, from_=FROM, url=URL, status_callback_event=["initiated", "answered"])
    assert (call.status, call.direction, call.start_time, call.price) == (
        "queued",
        "outbound-api",
        None,
        None,
    )
    assert fake.requests[-1].form.count(("StatusCallbackEvent", "answered")) == 1
    fake.advance(timedelta(hours=2))
    call = client.calls(call.sid).fetch()
    assert call.end_time >= call.start_time >= NOON
    client.calls(call.sid).delete()
    with pytest.raises(TwilioRestException) as gone:
        client.calls(call.sid).fetch()
    assert (gone.value.status, gone.value.code) == (404, 20404)


def test_calls_are_hung_up_and_canceled(fake: FakeTwilio, client: Client) -> None:
    fake.numbers.add(phone_number=FROM)
    call = client.calls.create(to=TO, from_=FROM, twiml="<Response/>")
    assert client.calls(call.sid).update(status="canceled").status == "canceled"
    live = fake.calls.add(status="in-progress", start_time=NOON - timedelta(seconds=90), to=TO, from_=FROM)
    with pytest.raises(TwilioRestException) as early:
        client.calls(live["sid"]).delete()
    assert (early.value.status, early.value.code) == (409, 20009)
    ended = client.calls(live["sid"]).update(status="completed")
    assert (ended.status, ended.duration, ended.end_time) == ("completed", "90", NOON)


def test_call_lists_page_and_filter(fake: FakeTwilio, client: Client) -> None:
    for hour in range(60):
        fake.calls.add(status="completed", to=TO, from_=FROM, start_time=NOON - timedelta(hours=hour))
    fake.calls.add(status="busy", to=FROM, from_=TO, start_time=NOON)
    everything = client.calls.list(page_size=7)
    assert len(everything) == 61
    assert (
        everything == sorted(everything, key=lambda call: call.start_time, reverse=True) or len({c.sid for c in everything}) == 61
    )
    assert len(client.calls.list(status="busy")) == 1
    assert len(client.calls.list(to=TO, limit=13)) == 13
    midnight = NOON.replace(hour=0)
    before = client.calls.list(start_time_before=midnight)
    after = client.calls.list(start_time_after=midnight)
    assert {call.sid for call in before}.isdisjoint(call.sid for call in after)
    assert len(before) + len(after) == 61
    assert all(call.start_time >= midnight for call in after)
    page = client.calls.page(page_size=50)
    assert page.next_page().next_page() is None


def test_messages(fake: FakeTwilio, client: Client) -> None:
    fake.numbers.add(phone_number=FROM)
    sent = client.messages.create(to=TO, from_=FROM, body="Grüße ☕")
    media = client.messages.create(to=TO, from_=FROM, media_url=["https://e.com/1", "https://e.com/2"])
    assert (sent.sid[:2], media.sid[:2], media.num_media) == ("SM", "MM", "2")
    later = client.messages.create(
        to=TO,
        messaging_service_sid="MG" + "a" * 32,
        body="x",
        schedule_type="fixed",
        send_at=NOON + timedelta(days=1),
    )
    assert (later.status, later.from_, later.num_segments) == ("scheduled", None, "0")
    assert client.messages(later.sid).update(status="canceled").status == "canceled"
    with pytest.raises(TwilioRestException) as early:
        client.messages(sent.sid).delete()
    assert early.value.code == 20009
    fake.advance(timedelta(minutes=30))
    sent = client.messages(sent.sid).fetch()
    assert sent.date_sent > NOON
    assert sent.body == "Grüße ☕"
    assert client.messages(sent.sid).update(body="").body == ""
    with pytest.raises(TwilioRestException):
        client.messages(sent.sid).update(body="rewritten")
    day = [message.sid for message in client.messages.list(date_sent="2026-03-10")]
    assert sent.sid in day
    assert later.sid not in day
    assert client.messages.list(date_sent=NOON.date()) == []  # it sends T00:00:00Z, and such an equality finds nothing
    assert client.messages.list(date_sent_before=datetime(2026, 3, 9, tzinfo=timezone.utc)) == []
    client.messages(sent.sid).delete()


def test_applications(client: Client) -> None:
    made = client.applications.create(friendly_name="desk", voice_url=URL, voice_caller_id_lookup=True)
    assert (made.voice_url, made.voice_caller_id_lookup, made.sms_method) == (URL, True, "POST")
    assert client.applications(made.sid).update(sms_url=URL).sms_url == URL
    assert [one.sid for one in client.applications.list(friendly_name="desk")] == [made.sid]
    assert client.applications.list(friendly_name="Desk") == []
    assert client.applications(made.sid).delete()
    assert client.applications.list() == []


def test_numbers_are_searched_bought_and_released(client: Client) -> None:
    found = client.available_phone_numbers("US").local.list(area_code=503, sms_enabled=True, limit=3)
    assert len(found) == 3
    assert all(one.phone_number.startswith("+1503") and one.region == "OR" for one in found)
    number = client.incoming_phone_numbers.create(phone_number=found[0].phone_number, voice_url=URL)
    assert (number.voice_url, number.type, number.capabilities["voice"]) == (URL, "local", True)
    with pytest.raises(TwilioRestException) as taken:
        client.incoming_phone_numbers.create(phone_number=number.phone_number)
    assert (taken.value.status, taken.value.code) == (400, 21422)
    assert client.incoming_phone_numbers.create(area_code="415").phone_number.startswith("+1415")
    free = client.available_phone_numbers("US").toll_free.list(limit=1)[0].phone_number
    assert client.incoming_phone_numbers.toll_free.create(phone_number=free).phone_number == free
    assert [one.phone_number for one in client.incoming_phone_numbers.toll_free.list()] == [free]
    assert len(client.incoming_phone_numbers.list()) == 3
    assert [one.sid for one in client.incoming_phone_numbers.list(phone_number="+1503*")] == [number.sid]
    client.incoming_phone_numbers(number.sid).update(trunk_sid="TK" + "1" * 32)
    answered = client.incoming_phone_numbers(number.sid).update(voice_application_sid="AP" + "1" * 32)
    assert answered.trunk_sid is None
    assert client.incoming_phone_numbers(number.sid).delete()
    assert found[0].phone_number in [one.phone_number for one in client.available_phone_numbers("US").local.list()]


@pytest.mark.parametrize(
    ("country", "kind"),
    [("US", "local"), ("US", "toll_free"), ("GB", "mobile"), ("GB", "national"), ("GB", "voip"), ("GB", "shared_cost"),
     ("US", "machine_to_machine")],
)  # fmt: skip
def test_every_type_of_number_is_for_sale_somewhere(client: Client, country: str, kind: str) -> None:
    assert getattr(client.available_phone_numbers(country), kind).list(limit=2)


def test_conferences_and_participants(fake: FakeTwilio, client: Client) -> None:
    room = fake.conferences.add(friendly_name="Room", status="in-progress")["sid"]
    fake.conferences.add(friendly_name="Old", status="completed", date_created=NOON - timedelta(days=3))
    assert [one.sid for one in client.conferences.list()] == [room]
    assert len(client.conferences.list(status="completed")) == 1
    assert len(client.conferences.list(status="completed", date_created_after=date(2026, 3, 8))) == 0
    people = client.conferences(room).participants
    fake.numbers.add(phone_number=FROM)
    alice = people.create(from_=FROM, to=TO, label="alice & co", end_conference_on_exit=False)
    bob = people.create(from_=FROM, to="client:bob")
    assert (alice.status, alice.label) == ("queued", "alice & co")
    fake.tick(1)
    assert people(alice.call_sid).update(muted=True).muted is True
    assert [one.call_sid for one in people.list(muted=True)] == [alice.call_sid]
    assert people(bob.call_sid).update(hold=True, hold_url=URL).hold is True
    assert people("alice & co").fetch().call_sid == alice.call_sid
    assert people(alice.call_sid).delete()
    assert client.conferences(room).update(announce_url=URL).status == "in-progress"
    assert people(bob.call_sid).delete()
    over = client.conferences(room).fetch()
    assert (over.status, over.reason_conference_ended) == ("completed", "last-participant-kicked")
    again = fake.conferences.add(friendly_name="Again")["sid"]
    client.conferences(again).participants.create(from_=FROM, to=TO)
    assert client.conferences(again).update(status="completed").reason_conference_ended == "conference-ended-via-api"
    assert client.conferences(again).participants.list() == []


def test_recordings(fake: FakeTwilio, client: Client) -> None:
    call = fake.calls.add(status="in-progress", start_time=NOON, to=TO, from_=FROM)["sid"]
    tape = client.calls(call).recordings.create(recording_channels="dual")
    assert (tape.status, tape.channels, tape.source) == ("in-progress", 2, "StartCallRecordingAPI")
    assert client.calls(call).recordings(tape.sid).update(status="paused", pause_behavior="skip").status == "paused"
    fake.tick(5)
    assert client.calls(call).recordings(tape.sid).update(status="stopped").duration == "5"
    fake.tick(3600)
    done = client.recordings(tape.sid).fetch()
    assert (done.status, done.price) == ("completed", "-0.0025")
    assert [one.sid for one in client.recordings.list(call_sid=call, date_created_after=NOON)] == [tape.sid]
    assert [one.sid for one in client.calls(call).recordings.list(date_created=NOON.date())] == [tape.sid]
    room = fake.conferences.add()["sid"]
    mixed = fake.recordings.add(conference_sid=room, call_sid=call, source="Conference", status="in-progress")["sid"]
    assert client.conferences(room).recordings(mixed).update(status="stopped").status == "stopped"
    assert [one.sid for one in client.conferences(room).recordings.list()] == [mixed]
    assert client.recordings(tape.sid).delete()
    with pytest.raises(TwilioRestException):
        client.recordings(tape.sid).fetch()
    assert client.recordings(tape.sid).fetch(include_soft_deleted=True).status == "deleted"
    assert len(client.recordings.list(include_soft_deleted=True)) == 2
    assert len(client.recordings.list()) == 1


def test_accounts(fake: FakeTwilio, client: Client, base: str) -> None:
    child = client.api.accounts.create(friendly_name="child")
    assert child.owner_account_sid == fake.account_sid
    assert {one.sid for one in client.api.accounts.list()} == {fake.account_sid, child.sid}
    fake.numbers.of(child.sid).add(phone_number=THEIRS)
    client.api.accounts(child.sid).messages.create(to=TO, from_=THEIRS, body="from the parent")
    own = client_for(base, child.sid, child.auth_token)
    assert len(own.messages.list()) == 1
    assert client.messages.list() == []
    assert [one.sid for one in own.api.accounts.list()] == [child.sid]
    assert list_code(own.api.accounts(fake.account_sid).messages.list) == (401, 20003)
    assert client.api.accounts(child.sid).update(status="suspended").status == "suspended"
    assert list_code(own.messages.list) == (403, 10001)
    client.api.accounts(child.sid).update(status="closed")
    with pytest.raises(TwilioRestException):
        client.api.accounts(child.sid).update(status="active")
    number = client.incoming_phone_numbers.create(area_code="415")
    other = client.api.accounts.create(friendly_name="other")
    assert client.incoming_phone_numbers(number.sid).update(account_sid=other.sid).account_sid == other.sid
    assert client.incoming_phone_numbers.list() == []
    assert client.api.accounts(other.sid).incoming_phone_numbers(number.sid).fetch().sid == number.sid


def test_api_keys(fake: FakeTwilio, base: str) -> None:
    key = fake.api_key()
    assert client_for(base, key.sid, key.secret, fake.account_sid).calls.list() == []
    standard = fake.api_key(main=False)
    assert list_code(client_for(base, standard.sid, standard.secret, fake.account_sid).api.accounts.list) == (
        401,
        20003,
    )
    assert list_code(client_for(base, key.sid, "wrong", fake.account_sid).calls.list) == (401, 20003)


def test_usage(fake: FakeTwilio, client: Client) -> None:
    assert list_code(client.usage.records.list) == (404, 20404)
    for days in range(40):
        at = NOON - timedelta(days=days)
        fake.calls.add(status="completed", start_time=at, duration="61", price="-0.02", direction="inbound")
        fake.messages.add(status="delivered", date_sent=at, price="-0.0075", price_unit="USD")
    [calls] = client.usage.records.list(category="calls", start_date=date(2026, 3, 1), end_date=date(2026, 3, 10))
    assert (calls.count, calls.usage, float(calls.price), calls.price_unit) == ("10", "20", 0.2, "usd")
    [total] = client.usage.records.today.list(category="totalprice")
    assert float(total.price) == 0.0275
    days_ = client.usage.records.daily.list(category="sms-outbound", start_date=NOON.date() - timedelta(days=9), page_size=3)
    assert [one.start_date for one in days_] == [NOON.date() - timedelta(days=back) for back in range(10)]
    assert sum(int(one.count) for one in client.usage.records.monthly.list(category="calls", start_date=date(2026, 1, 1))) == 40
    for kind in ("all_time", "yearly", "yesterday", "this_month", "last_month"):
        assert getattr(client.usage.records, kind).list(category="calls-inbound", start_date=date(2026, 1, 1)), kind
