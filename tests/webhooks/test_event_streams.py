"""Events of Event Streams: each is one callback, and one that says what a webhook says does what that webhook does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mirrored import rows
from signing import form, json_post

import twilio_orm
from twilio_orm import Call, Connection, Message
from twilio_orm.testing import FakeTwilio
from twilio_orm.webhooks import Receiver, absorb, replay, stored_callbacks
from twilio_orm.webhooks.bodies import parse
from twilio_orm.webhooks.event_streams import events_of

URL = "https://example.com/twilio"
CA, SM, MG, EZ = (f"{prefix}{'1' * 32}" for prefix in ("CA", "SM", "MG", "EZ"))
ALICE, OURS = "+14155550177", "+15005550006"
MESSAGES = "com.twilio.messaging.message."
INBOUND = "com.twilio.messaging.inbound-message.received"
CALLS = "com.twilio.voice.status-callback.call."
SECRET = "a secret"


def event(kind: str, number: int = 1, /, **data: Any) -> dict[str, Any]:
    """A CloudEvent."""
    about = {"specversion": "1.0", "type": kind, "source": "/2010-04-01/x", "time": "2026-06-15T12:00:00Z"}
    return {**about, "id": f"EZ{number:032}", "dataschema": "https://events-schemas.twilio.com/x/1", "data": data}


def message(account: str, status: str, number: int = 1, /, **more: Any) -> dict[str, Any]:
    """An event of a message, as Twilio's pages have it."""
    data = {"messageSid": SM, "accountSid": account, "from": OURS, "to": ALICE, "messageStatus": "QUEUED", "body": "Ahoy!"}
    return event(MESSAGES + status, number, **data, **{"timestamp": "2026-06-15T12:00:00Z", "mnc": "090", **more})


def call(account: str, status: str, number: int = 1, /, *, snake: bool = False, **more: str) -> dict[str, Any]:
    """An event of a call, which repeats the request to the status callback."""
    said = {"AccountSid": account, "CallSid": CA, "CallStatus": status, "From": ALICE, "To": OURS, "Direction": "inbound", **more}
    if snake:
        said = {"".join("_" + c.lower() if c.isupper() else c for c in name)[1:]: value for name, value in said.items()}
    request = {"method": "POST", "url": "https://user:password@example.com/x", "parameters": said}
    word = {"queued": "initiated", "in-progress": "answered"}.get(status, status)
    kind = f"com.twilio.voice.twiml.call.{word}" if status == "ringing" and snake else CALLS + word
    return event(kind, number, sid=CA, eventSid="VW" + "1" * 32, request=request, response={"responseCode": 204})


@pytest.fixture
def receiver(connection: Connection) -> Receiver:
    return Receiver(connection, "https://example.com")


def post(receiver: Receiver, fake: FakeTwilio, *events: Any, key: str | None = None) -> Any:
    method, url, headers, body = json_post(URL, json.dumps(list(events)).encode(), key or fake.auth_token)
    return receiver.receive(method, url.removeprefix("https://example.com"), headers, body)


def twin(fake: FakeTwilio, *several: dict[str, str]) -> Connection:
    """A connection of its own, whose mirror was told by webhooks."""
    own = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock)
    for pairs in several:
        method, url, headers, body = form(URL, [("AccountSid", fake.account_sid), *pairs.items()], fake.auth_token)
        found = Receiver(own, "https://example.com").receive(method, url.removeprefix("https://example.com"), headers, body)
        assert found.ok
    return own


@pytest.mark.parametrize(
    ("status", "more", "extra"),
    [("queued", {}, {}), ("sent", {}, {}),
     ("delivered", {"numberOfSegments": 2, "rawDlrDoneDate": "2606151200"}, {"NumSegments": "2"}),
     ("undelivered", {"errorCode": 30003, "messagingServiceSid": MG}, {"ErrorCode": "30003", "MessagingServiceSid": MG}),
     ("failed", {"errorCode": 30008}, {"ErrorCode": "30008"}), ("read", {"errorCode": None}, {})],
)  # fmt: skip
def test_an_event_of_a_message_is_a_webhook(
    receiver: Receiver, fake: FakeTwilio, connection: Connection, status: str, more: dict[str, Any], extra: dict[str, str]
) -> None:
    """Its type names the status: the field ``messageStatus`` is another one in Twilio's own examples."""
    found = post(receiver, fake, message(fake.account_sid, status, **more))
    assert (found.status, found.record, found.ok, found.body) == (204, ("Message", (SM,)), True, b"")
    webhook = {"MessageSid": SM, "MessageStatus": status, "From": OURS, "To": ALICE, "Body": "Ahoy!", **extra}
    other = twin(fake, webhook)
    assert rows(connection, Message) == rows(other, Message) != []
    other.close()


def test_an_incoming_message_is_a_webhook(receiver: Receiver, fake: FakeTwilio, connection: Connection) -> None:
    data = {
        "messageSid": SM,
        "accountSid": fake.account_sid,
        "from": ALICE,
        "to": OURS,
        "body": "hi",
        "numMedia": 0,
        "numSegments": 1,
    }
    found = post(receiver, fake, event(INBOUND, **data, recipients=[], fromCity="NASHUA"))
    assert (found.status, found.body) == (204, b"")  # no TwiML: nobody reads the response
    other = twin(
        fake,
        {"MessageSid": SM, "SmsStatus": "received", "From": ALICE, "To": OURS, "Body": "hi", "NumMedia": "0", "NumSegments": "1"},
    )
    assert rows(connection, Message) == rows(other, Message) != []
    other.close()


@pytest.mark.parametrize("snake", [False, True])
@pytest.mark.parametrize("status", ["queued", "ringing", "in-progress", "completed", "busy"])
def test_an_event_of_a_call_is_a_webhook(
    receiver: Receiver, fake: FakeTwilio, connection: Connection, status: str, snake: bool
) -> None:
    more = {"CallDuration": "61", "Duration": "2", "SequenceNumber": "3"} if status == "completed" else {}
    assert post(receiver, fake, call(fake.account_sid, status, snake=snake, **more)).record == ("Call", (CA,))
    webhook = {"CallSid": CA, "CallStatus": status, "From": ALICE, "To": OURS, "Direction": "inbound", **more}
    other = twin(fake, webhook)
    assert rows(connection, Call) == rows(other, Call) != []
    other.close()


def test_a_batch_in_disorder_and_twice(receiver: Receiver, fake: FakeTwilio, connection: Connection) -> None:
    account = fake.account_sid
    events = [
        message(account, "delivered", 3),
        call(account, "ringing", 4),
        message(account, "sent", 2),
        event("com.twilio.x", 5),
    ]
    found = post(receiver, fake, *events, events[0])
    assert [(one.record, one.duplicate, one.ignored) for one in found.events] == [
        (("Message", (SM,)), False, False), (("Call", (CA,)), False, False), (("Message", (SM,)), False, False),
        (None, False, True), (("Message", (SM,)), True, False),
    ]  # fmt: skip
    assert found.record is None and not found.duplicate and not found.ignored and found.changes
    assert "no type that changes" in found.events[3].why
    again = post(receiver, fake, events[2], events[0])
    assert again.duplicate and [one.duplicate for one in again.events] == [True, True]
    assert Message.offline().get(SM).status == "delivered"
    entries = list(stored_callbacks(connection))
    assert [one.token for one in entries] == [f"EZ{number:032}" for number in (3, 4, 2, 5)]
    assert [one.kind for one in entries] == ["message", "call", "message", "event-stream"]
    before = rows(connection, Message)
    replay(connection, failed=False)
    assert rows(connection, Message) == before


def test_what_is_kept(receiver: Receiver, fake: FakeTwilio, connection: Connection) -> None:
    """All of an event but its secrets, at whatever depth."""
    account = fake.account_sid
    unknown = event("com.twilio.x", 2, accountSid=account, nested=[{"authToken": SECRET, "kept": 1}])
    post(receiver, fake, call(account, "ringing", 1, CallToken=SECRET), unknown, message(account, "sent", 3))
    texts = [one.parameters for one in stored_callbacks(connection)]
    assert not any(SECRET in text or "password" in text for text in texts)
    named = dict(json.loads(texts[0]))
    assert named["CallStatus"] == "ringing" and json.loads(named["data"])["response"] == {"responseCode": 204}
    assert json.loads(dict(json.loads(texts[1]))["events"])["data"]["nested"] == [{"kept": 1}]
    named = dict(json.loads(texts[2]))
    assert named["type"] == MESSAGES + "sent" and json.loads(named["data"])["mnc"] == "090"


def test_nothing_of_an_excluded_field_is_kept(fake: FakeTwilio) -> None:
    with twilio_orm.connect(
        fake.account_sid,
        fake.auth_token,
        transport=fake.send,
        mirror=":memory:",
        clock=lambda: fake.clock,
        exclude_fields="personal",
    ) as own:
        receiver = Receiver(own, "https://example.com")
        account = fake.account_sid
        post(receiver, fake, message(account, "sent", 1), event("com.twilio.x", 2, accountSid=account, who=ALICE))
        texts = " ".join(one.parameters for one in stored_callbacks(own))
        assert "MessageStatus" in texts and "Ahoy" not in texts and ALICE not in texts
        own.close()


def test_the_account_that_an_event_repeats_is_whose_token_signed(receiver: Receiver, fake: FakeTwilio) -> None:
    child = fake.accounts.add(friendly_name="child")
    assert post(receiver, fake, call(child["sid"], "ringing"), key=fake.auth_token).status == 403
    assert post(receiver, fake, call(child["sid"], "ringing"), key=child["auth_token"]).status == 204
    assert (
        post(receiver, fake, call(fake.account_sid, "busy"), message(child["sid"], "sent"), key=child["auth_token"]).status == 403
    )


def test_an_event_without_an_id_and_one_that_names_no_account(
    receiver: Receiver, fake: FakeTwilio, connection: Connection
) -> None:
    one = message(fake.account_sid, "sent")
    del one["id"]
    assert not post(receiver, fake, one).duplicate and post(receiver, fake, one).duplicate
    other = call("", "ringing", 9)
    assert post(receiver, fake, other).ignored
    assert connection.sql("SELECT count(*) FROM call") == [(0,)]


def test_absorb_takes_the_events(connection: Connection, fake: FakeTwilio) -> None:
    body = json.dumps([message(fake.account_sid, "sent"), call(fake.account_sid, "busy", 2)]).encode()
    batch = parse("POST", "", "application/cloudevents-batch+json", body, received_at=fake.clock)
    with connection:
        assert [one.record for one in absorb(connection, events_of(batch))] == [("Message", (SM,)), ("Call", (CA,))]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([CA, SM, "\ud800", "x" * 300]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=8) | st.sampled_from(["request", "parameters", "CallSid", "CallStatus"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)
KINDS = st.sampled_from([f"{MESSAGES}sent", INBOUND, f"{CALLS}ringing", "com.twilio.x"])
DATA = st.dictionaries(st.sampled_from(["messageSid", "accountSid", "from", "errorCode", "body", "request"]), JSON)


@given(st.lists(st.fixed_dictionaries({"specversion": st.just("1.0"), "type": KINDS | JSON, "data": DATA | JSON}), min_size=1))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_event_is_stored(receiver: Receiver, fake: FakeTwilio, events: list[Any]) -> None:
    found = post(receiver, fake, *events)
    assert found.status in (204, 403) and (not found.ok or len(found.events) == len(events))


def test_deep_events(receiver: Receiver, fake: FakeTwilio) -> None:
    deep = json.loads("[" * 800 + "]" * 800)
    for data in ({"body": deep, "messageSid": deep}, {"x": deep}):
        assert post(receiver, fake, event(f"{MESSAGES}sent", **data), event("com.twilio.x", 2, **data)).status in (204, 415)
