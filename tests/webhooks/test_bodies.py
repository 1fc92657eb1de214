"""What a webhook's body says: its parameters, its account and its kind; and what is no webhook."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timezone
from urllib.parse import parse_qsl, urlencode

import pytest
from cases import cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twilio_orm import BadValue
from twilio_orm.webhooks.bodies import FORM, Callback, kind_of, parse, read_form

NOW = datetime(2026, 11, 1, tzinfo=timezone.utc)
AC, OTHER, CA, SM = ("AC" + "a" * 32, "AC" + "b" * 32, "CA" + "1" * 32, "SM" + "2" * 32)
SECRET = "my private words"
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9)
LAW = settings(max_examples=cases(100, thorough=2000), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def form(*pairs: tuple[str, str], **more: str) -> Callback:
    return parse("POST", "", FORM, urlencode([*pairs, *more.items()]).encode(), received_at=NOW)


@LAW
@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9), st.text(max_size=9)), max_size=9
    )
)
def test_the_parameters_are_those_of_the_body_in_their_order(pairs: list[tuple[str, str]]) -> None:
    pairs = [(name, value.encode("utf-8", "replace").decode()) for name, value in pairs]
    assert read_form(urlencode(pairs).encode()) == tuple(pairs)


@LAW
@given(st.text("ab&=+%4Ef3;é \ud800", max_size=30).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_a_form_is_read_as_the_standard_library_reads_it(body: bytes) -> None:
    def read(how: Callable[[], object]) -> object:
        try:
            return how()
        except (ValueError, BadValue):
            return "refused"

    standard = read(lambda: tuple(parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=1000)))
    assert read(lambda: read_form(body)) == standard


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("call", {"CallSid": CA, "CallStatus": "ringing"}),
        ("message", {"MessageSid": SM, "MessageStatus": "sent"}),
        ("message", {"SmsSid": SM, "SmsStatus": "sent"}),
        ("message", {"SmsMessageSid": SM, "Body": "hello"}),
        ("recording", {"RecordingSid": "RE", "RecordingStatus": "completed", "CallSid": CA}),
        ("call", {"RecordingSid": "RE", "CallSid": CA, "CallStatus": "completed"}),
        ("conference", {"ConferenceSid": "CF", "StatusCallbackEvent": "conference-end"}),
        ("participant", {"ConferenceSid": "CF", "StatusCallbackEvent": "participant-leave", "CallSid": CA}),
        ("usage-trigger", {"UsageTriggerSid": "UT", "CurrentValue": "5"}),
        ("", {"CallSid": CA}),
        ("", {}),
    ],
)
def test_kinds(kind: str, parameters: dict[str, str]) -> None:
    assert kind_of(tuple(parameters.items())) == kind
    assert form(AccountSid=AC, **parameters).kind == kind


def test_the_account_is_named_once_or_not_at_all() -> None:
    assert form(AccountSid=AC).account_sid == form(("AccountSid", AC), ("AccountSid", AC)).account_sid == AC
    assert form(("AccountSid", AC), ("AccountSid", OTHER)).account_sid == ""
    assert form(AccountSid="AC1").account_sid == form(From="+1").account_sid == ""


def test_the_token_is_that_of_the_header_or_the_hash_of_the_body() -> None:
    def token(header: str | None) -> str:
        return parse("POST", "", FORM, b"a=1", received_at=NOW, token=header).token

    assert token("i-1") == "i-1"
    assert token(None) == token("") == token("x" * 201) == token("a\n") == "sha256:" + hashlib.sha256(b"a=1").hexdigest()
    gets = [parse("GET", query, "", b"", received_at=NOW) for query in ("a=1", "a=2")]
    assert gets[0].token == token(None) != gets[1].token and gets[1].parameters == (("a", "2"),)


def test_a_get_has_no_media_type() -> None:
    """Servers make one up: ``text/plain``."""
    query = urlencode({"AccountSid": AC, "CallSid": "CA" + "1" * 32, "CallStatus": "ringing"})
    found = [parse("GET", query, one, b"", received_at=NOW) for one in ("text/plain", "application/json", FORM, "")]
    assert {(one.kind, one.account_sid, one.token) for one in found} == {("call", AC, found[0].token)}


def test_a_repr_shows_no_parameter() -> None:
    assert SECRET not in repr(form(Body=SECRET)) and "message" in repr(form(Body=SECRET, SmsSid=SM))
    assert form(Body=SECRET).get("Body") == SECRET and form().get("Body") == "" and form().get("Body", "-") == "-"


def test_events() -> None:
    events = [{"specversion": "1.0", "type": "com.twilio.messaging.message.sent", "data": {"accountSid": AC}}]
    body = json.dumps(events).encode()
    found = parse("POST", "bodySHA256=1", "application/json; charset=utf-8", body, received_at=NOW)
    assert (found.kind, found.account_sid, found.parameters) == ("event-stream", AC, (("events", body.decode()),))
    two = json.dumps([*events, {"specversion": "1.0", "data": {"accountSid": OTHER}}]).encode()
    assert parse("POST", "", "application/cloudevents+json", two, received_at=NOW).account_sid == ""
    assert parse("POST", "", "application/json", b"{}", received_at=NOW).kind == ""


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{"), ("application/json", b"\xff"), ("application/json", b"[" * 100_000),
        (FORM, b"a=%ff"), (FORM, b"\xff"), (FORM, b"a&" * 1001), (FORM + "; charset=latin-1", b"a=1"),
        ("multipart/form-data; boundary=x", b"--x"), ("text/plain", b"a=1"), ("", b"a=1"),
    ],
)  # fmt: skip
def test_what_is_no_webhook_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(BadValue, match=r"of a webhook") as caught:
        parse("POST", "", content_type, body, received_at=NOW)
    assert caught.value.__cause__ is None


@LAW
@given(st.sampled_from(["GET", "POST"]), st.text(), st.text() | st.sampled_from([FORM, "application/json"]), st.binary())
def test_any_request_is_parsed_or_refused(method: str, query: str, content_type: str, body: bytes) -> None:
    with contextlib.suppress(BadValue):
        assert isinstance(parse(method, query, content_type, body, received_at=NOW), Callback)
