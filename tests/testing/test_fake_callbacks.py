"""Callbacks that FakeTwilio sends: what they say, where they go, how they are signed, and what becomes of them."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlparse

import pytest
from fakeapi import Api
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator, get_signature_algorithm

from twilio_orm.testing import CallbackReply, CallbackRequest, Delivery, FakeTwilio, SharedKey

OURS, THEIRS = "+14155550100", "+14155550177"
APP = "https://app.example.com"
STATUS, CALLS = f"{APP}/status", f"{APP}/calls"
EVERY_CALL_EVENT = ["initiated", "ringing", "answered", "completed"]
TEXT = {"To": THEIRS, "From": OURS, "Body": "hello", "StatusCallback": STATUS}
CALL = {"To": THEIRS, "From": OURS, "Url": f"{APP}/voice", "StatusCallback": CALLS}


class Receiver:
    """A function that keeps the requests that it gets, and answers what a test says."""

    def __init__(self, *answers: Any) -> None:
        self.requests: list[CallbackRequest] = []
        self.answers = list(answers)

    def __call__(self, request: CallbackRequest) -> Any:
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def values(self, name: str) -> list[str | None]:
        return [request.parameters.get(name) for request in self.requests]

    def of(self, name: str) -> list[dict[str, str]]:
        """The parameters of the requests to one path."""
        return [request.parameters for request in self.requests if request.url.startswith(f"{APP}/{name}")]


@pytest.fixture
def api(fake: FakeTwilio) -> Api:
    fake.numbers.add(phone_number=OURS, sms_url=f"{APP}/sms", voice_url=f"{APP}/voice", status_callback=CALLS)
    return Api(fake)


def accepted(fake: FakeTwilio, request: CallbackRequest, secret: str | None = None) -> bool:
    """Whether Twilio's own client accepts the signature of a request."""
    form: dict[str, str] = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    account = form.get("AccountSid") or request.parameters["AccountSid"]
    token = secret or fake.accounts.get(account)["auth_token"]
    algorithm = get_signature_algorithm(request.header("X-Twilio-Webhooks-Signature-Settings"))
    signature = request.header("X-Twilio-Signature")
    return bool(RequestValidator(token).validate(request.url, form, signature, algorithm))


# ---------------------------------------------------------------- what is sent


def test_each_status_of_a_message_is_sent_when_the_clock_reaches_it(fake: FakeTwilio, api: Api) -> None:
    got = Receiver()
    fake.deliver(to=got)
    sid = api.post("Messages.json", **TEXT)["sid"]
    assert got.requests == []  # not the initial status
    seen = []
    while fake.messages.get(sid)["status"] not in ("delivered", "undelivered", "failed"):
        before = fake.messages.get(sid)["status"]
        fake.tick()
        status = fake.messages.get(sid)["status"]
        seen += [status] if status != before else []
        assert got.values("MessageStatus") == got.values("SmsStatus") == seen
    assert set(got.values("MessageSid")) == set(got.values("SmsSid")) == {sid}
    assert "Timestamp" not in got.requests[0].parameters and "SequenceNumber" not in got.requests[0].parameters
    assert got.requests[-1].parameters["RawDlrDoneDate"] == f"{fake.clock:%y%m%d%H%M}"
    fake.advance(timedelta(days=1))  # the price is no event
    assert len(got.requests) == len(seen)


def test_a_failure_names_its_code(fake: FakeTwilio, api: Api) -> None:
    got = Receiver()
    fake.deliver(to=got)
    sid = api.post("Messages.json", **TEXT)["sid"]
    fake.messages.change(sid, status="undelivered", error_code=30003)
    [request] = got.requests
    assert (request.parameters["ErrorCode"], request.parameters["MessageStatus"]) == ("30003", "undelivered")
    assert request.method == "POST" and request.header("content-type") == "application/x-www-form-urlencoded; charset=UTF-8"


def test_where_the_status_of_a_message_goes(fake: FakeTwilio, api: Api) -> None:
    app = fake.applications.add(message_status_callback=f"{APP}/of-application")["sid"]
    service = "MG" + "5" * 32
    got = Receiver()
    fake.deliver(to=got, services={service: f"{APP}/of-service"})
    plain = {"To": THEIRS, "Body": "x"}
    for form in (
        {"From": OURS, "StatusCallback": f"{APP}/explicit", "ApplicationSid": app},
        {"MessagingServiceSid": service, "StatusCallback": f"{APP}/explicit"},
        {"MessagingServiceSid": service},
        {"From": OURS, "ApplicationSid": app},
        {"From": OURS},
    ):
        got.requests.clear()
        sid = api.post("Messages.json", **plain, **form)["sid"]
        fake.messages.change(sid, status="sent")
        urls = {request.url for request in got.requests}
        wanted = "explicit" if "StatusCallback" in form else "of-service" if "MessagingServiceSid" in form else "of-application"
        assert urls == ({f"{APP}/{wanted}"} if len(form) > 1 or "From" not in form else set())


def answered_call(fake: FakeTwilio, api: Api, **form: Any) -> str:
    """Create calls until one is answered and ends."""
    for _ in range(20):
        sid: str = api.post("Calls.json", **{**CALL, **form})["sid"]
        fake.advance(timedelta(hours=1))
        if fake.calls.get(sid)["status"] == "completed":
            return sid
    raise AssertionError("no call is answered")


def test_call_progress(fake: FakeTwilio, api: Api) -> None:
    got = Receiver()
    fake.deliver(to=got)
    sid = answered_call(fake, api, StatusCallbackEvent=EVERY_CALL_EVENT)
    events = [one for one in got.of("calls") if one["CallSid"] == sid]
    assert [one["CallStatus"] for one in events] == ["initiated", "ringing", "in-progress", "completed"]
    assert [one["SequenceNumber"] for one in events] == ["0", "1", "2", "3"]
    assert {one["CallbackSource"] for one in events} == {"call-progress-events"}
    assert all(one["Timestamp"].endswith(" +0000") and one["FromCity"] == "" for one in events)
    assert not any("CallDuration" in one or "Duration" in one for one in events[:3])
    seconds = int(fake.calls.get(sid)["duration"])
    assert (int(events[3]["CallDuration"]), int(events[3]["Duration"])) == (seconds, -(-seconds // 60))
    [voice] = [one for one in got.of("voice") if one["CallSid"] == sid]
    assert voice["CallStatus"] == "in-progress" and voice["Direction"] == "outbound-api"


def test_only_the_end_of_a_call_is_sent_by_default(fake: FakeTwilio, api: Api) -> None:
    got = Receiver()
    fake.deliver(to=got)
    sid = api.post("Calls.json", **CALL)["sid"]
    fake.tick(1)
    api.post(f"Calls/{sid}.json", Status="canceled")
    assert [one["CallStatus"] for one in got.of("calls")] == ["canceled"]
    assert got.of("calls")[0]["SequenceNumber"] == "0"


def test_an_application_says_where_the_status_of_its_calls_goes(fake: FakeTwilio, api: Api) -> None:
    app = fake.applications.add(status_callback=f"{APP}/of-application", voice_url=f"{APP}/voice", status_callback_method="GET")
    got = Receiver()
    fake.deliver(to=got)
    sid = api.post("Calls.json", To=THEIRS, From=OURS, ApplicationSid=app["sid"], StatusCallback=CALLS)["sid"]
    fake.calls.change(sid, status="busy")
    [request] = got.requests
    assert request.method == "GET" and request.body == b"" and request.url.startswith(f"{APP}/of-application?AccountSid=")
    assert request.parameters["CallStatus"] == "busy"
    assert accepted(fake, request)


def test_a_message_comes_in(fake: FakeTwilio, api: Api) -> None:
    got = Receiver()
    fake.deliver(to=got)
    message = fake.messages.receive(to=OURS, from_=THEIRS, body="a b+c'ü", media=["image/png", "video/mp4"])
    assert (message["status"], message["direction"], message["num_media"]) == ("received", "inbound", "2")
    [request] = got.requests
    values = request.parameters
    assert (values["MessageSid"], values["From"], values["Body"]) == (message["sid"], THEIRS, "a b+c'ü")
    assert (values["NumMedia"], values["MediaContentType0"], values["MediaContentType1"]) == ("2", "image/png", "video/mp4")
    assert f"/Messages/{message['sid']}/Media/ME" in values["MediaUrl1"]
    assert values["SmsStatus"] == "received" and values["FromCountry"] == "US" and values["FromZip"] == ""


def test_a_message_comes_in_at_the_account_that_owns_the_number(fake: FakeTwilio) -> None:
    child = fake.accounts.add()
    fake.numbers.add(account=child["sid"], phone_number=OURS, sms_url=f"{APP}/sms")
    got = Receiver()
    fake.deliver(to=got)
    message = fake.messages.receive(to=OURS, from_=THEIRS, body="x")
    assert message["account_sid"] == child["sid"] == got.requests[0].parameters["AccountSid"]
    assert accepted(fake, got.requests[0]) and not accepted(fake, got.requests[0], fake.auth_token)
    with pytest.raises(ValueError, match="add it first"):
        fake.messages.receive(to="+14155559999", from_=THEIRS)
    with pytest.raises(ValueError, match="add it first"):
        fake.calls.receive(to="+14155559999", from_=THEIRS)


def test_seeded_records_send_nothing(fake: FakeTwilio, api: Api) -> None:
    got = Receiver()
    fake.deliver(to=got)
    fake.populate(calls=20, messages=20, recordings=5, conferences=5)
    fake.messages.add(to=OURS, from_=THEIRS, status="received", direction="inbound")
    fake.advance(timedelta(hours=2))
    assert got.requests == [] and fake.deliveries == []


def test_recordings(fake: FakeTwilio, api: Api) -> None:
    got = Receiver()
    fake.deliver(to=got)
    parent = fake.calls.add(status="in-progress")["sid"]
    leg = fake.calls.add(status="in-progress", parent_call_sid=parent)["sid"]
    form = {"RecordingStatusCallback": f"{APP}/recordings", "RecordingStatusCallbackEvent": "in-progress completed"}
    sid = api.post(f"Calls/{leg}/Recordings.json", **form)["sid"]
    fake.tick(65)
    api.post(f"Calls/{leg}/Recordings/{sid}.json", Status="stopped")
    fake.tick(5)
    first, last = got.of("recordings")
    assert (first["RecordingStatus"], last["RecordingStatus"]) == ("in-progress", "completed")
    assert "RecordingDuration" not in first and last["RecordingDuration"] == "65"
    assert last["CallSid"] == parent and last["RecordingSid"] == sid and last["RecordingUrl"].endswith(f"/Recordings/{sid}")
    assert (last["RecordingChannels"], last["RecordingSource"], last["RecordingTrack"]) == ("2", "StartCallRecordingAPI", "both")


def test_a_call_is_recorded_as_its_request_says(fake: FakeTwilio, api: Api) -> None:
    got = Receiver()
    fake.deliver(to=got)
    form = {"RecordingStatusCallback": f"{APP}/recordings", "RecordingStatusCallbackEvent": "in-progress completed absent"}
    sid = answered_call(fake, api, Record="true", RecordingChannels="dual", **form)
    [row] = [one for one in fake.recordings if one["call_sid"] == sid]
    assert (row["status"], row["source"], row["channels"]) == ("completed", "OutboundAPI", 2)
    assert row["duration"] == fake.calls.get(sid)["duration"] and row["price"] == "-0.0025"
    sent = [one for one in got.of("recordings") if one["CallSid"] == sid]
    assert [one["RecordingStatus"] for one in sent] == ["in-progress", "completed"]
    [end] = [one for one in got.of("calls") if one["CallSid"] == sid]
    assert (end["RecordingSid"], end["CallStatus"]) == (row["sid"], "completed")


def test_a_recording_that_runs_ends_with_its_call(fake: FakeTwilio, api: Api) -> None:
    sid = fake.calls.add(status="in-progress")["sid"]
    row = api.post(f"Calls/{sid}/Recordings.json")
    seeded = fake.recordings.add(call_sid=sid, status="in-progress")
    fake.tick(7)
    api.post(f"Calls/{sid}.json", Status="completed")
    fake.tick(2)
    ended = fake.recordings.get(row["sid"])
    assert (ended["status"], ended["duration"]) == ("completed", "7")
    assert fake.recordings.get(seeded["sid"])["status"] == "in-progress"


def test_conferences_and_participants(fake: FakeTwilio, api: Api) -> None:
    got = Receiver()
    fake.deliver(to=got)
    form = {
        "To": THEIRS, "From": OURS, "ConferenceStatusCallback": f"{APP}/conference", "StatusCallback": CALLS,
        "ConferenceStatusCallbackEvent": "start end join leave mute hold modify", "StatusCallbackEvent": "answered completed",
    }  # fmt: skip
    joined = []
    while len(joined) < 2:
        form["ConferenceStatusCallback"] = f"{APP}/{'other' if joined else 'conference'}"  # the first one counts
        one = api.post("Conferences/Room/Participants.json", **form)
        fake.tick(30)
        joined += [one["call_sid"]] if fake.calls.get(one["call_sid"])["status"] == "in-progress" else []
    room = one["conference_sid"]
    api.post(f"Conferences/{room}/Participants/{joined[1]}.json", Muted="true")
    api.post(f"Conferences/{room}/Participants/{joined[1]}.json", Muted="false", Hold="true")
    api("DELETE", f"Conferences/{room}/Participants/{joined[0]}.json")
    api.post(f"Conferences/{room}.json", Status="completed")
    events = [one for one in got.of("conference") if one["ConferenceSid"] == room]
    words = [one["StatusCallbackEvent"] for one in events]
    assert got.of("other") == []
    assert words == [
        "conference-start", "participant-join", "participant-join", "participant-mute", "participant-unmute",
        "participant-hold", "participant-leave", "conference-end", "participant-leave",
    ]  # fmt: skip
    assert [one["SequenceNumber"] for one in events] == [str(number) for number in range(1, len(events) + 1)]
    assert (events[3]["Muted"], events[3]["CallSid"]) == ("true", joined[1])
    assert events[7]["ReasonConferenceEnded"] == "conference-ended-via-api" and "CallSid" not in events[7]
    assert events[8]["ParticipantCallStatus"] == "completed" and events[8]["FriendlyName"] == "Room"
    ended = [one["CallSid"] for one in got.of("calls") if one["CallStatus"] == "completed"]
    assert set(joined) <= set(ended)


def test_a_usage_trigger_fires_once(fake: FakeTwilio, api: Api) -> None:
    got = Receiver()
    fake.deliver(to=got)
    form = {"UsageCategory": "sms", "TriggerBy": "count", "TriggerValue": "2", "CallbackUrl": f"{APP}/usage"}
    sid = api.post("Usage/Triggers.json", **form)["sid"]
    for _ in range(4):
        fake.messages.receive(to=OURS, from_=THEIRS, body="x")
    [values] = got.of("usage")
    assert (values["UsageTriggerSid"], values["CurrentValue"], values["TriggerValue"]) == (sid, "2", "2")
    assert fake.usage_triggers.get(sid)["current_value"] == "2" and fake.usage_triggers.get(sid)["date_fired"]


# ---------------------------------------------------------------- signatures

text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20)
paths = st.text("abc/-._~!$&'()*+,;=:@%", max_size=12).map(lambda text: text.replace("%", "%2B"))
queries = st.one_of(st.just(""), st.lists(st.tuples(st.text("ab", min_size=1), st.text("xyz '+é"))).map(
    lambda found: "?" + "&".join(f"{name}={value}" for name, value in found) if found else ""
))  # fmt: skip


@given(text, paths, queries, st.sampled_from(["", ":443", ":8443"]), st.sampled_from(["POST", "GET"]), st.booleans())
@settings(max_examples=150, deadline=None)
def test_the_official_client_accepts_every_signature(
    body: str, path: str, query: str, port: str, method: str, shared: bool
) -> None:
    fake, got = FakeTwilio(), Receiver()
    key = SharedKey("webhooks_sharedkey_1", "a secret") if shared else None
    url = f"{APP}{port}/{path}{query}"
    assume(urlparse(url).geturl() == url)  # the official client loses a last ; or ? itself
    fake.numbers.add(phone_number=OURS, sms_url=url, sms_method=method)
    fake.deliver(to=got, shared_key=key)
    fake.messages.receive(to=OURS, from_=THEIRS, body=body)
    [request] = got.requests
    assert accepted(fake, request, key and key.secret)
    assert not accepted(fake, request, "another secret")
    if method == "POST":
        assert dict(parse_qsl(request.body.decode(), keep_blank_values=True))["Body"] == body


@given(st.lists(st.integers(0, 5), min_size=1, max_size=25), st.integers(0, 9))
@settings(max_examples=25, deadline=None)
@pytest.mark.law
def test_every_callback_of_any_history_is_accepted(steps: list[int], seed: int) -> None:
    fake, got = FakeTwilio(), Receiver()
    child, main = fake.accounts.add()["sid"], "+14155550111"
    fake.numbers.add(phone_number=main)
    fake.numbers.add(phone_number=OURS, account=child, sms_url=f"{APP}/sms?who='me", voice_url=f"{APP}/voice")
    api = Api(fake)
    fake.deliver(to=got, shuffle=seed, duplicate=0.3, drop=0.2, delay=(0, 20), seed=seed)
    for step in steps:
        if step == 0:
            api.post("Messages.json", **{**TEXT, "From": main})
        elif step == 1:
            api.post(f"{child}/Calls.json", **CALL, StatusCallbackEvent=EVERY_CALL_EVENT)
        elif step == 2:
            fake.messages.receive(to=OURS, from_=THEIRS, body="hello + ü")
        elif step == 3:
            fake.calls.receive(to=OURS, from_=THEIRS)
        elif step == 4:
            form = {"To": THEIRS, "From": main, "ConferenceStatusCallback": f"{APP}/conference"}
            api.post("Conferences/Room/Participants.json", **form)
        else:
            fake.tick(15)
    fake.advance(timedelta(hours=1))
    assert all(accepted(fake, request) for request in got.requests)
    sent = [one for one in fake.deliveries if one.outcome != "dropped"]
    assert Counter(one.token for one in sent) == Counter(one.header("I-Twilio-Idempotency-Token") for one in got.requests)
    assert fake.sender.waiting == 0


def test_user_info_and_fragment_are_not_in_the_signed_url(fake: FakeTwilio, api: Api) -> None:
    got = Receiver()
    fake.deliver(to=got)
    sid = api.post("Messages.json", **{**TEXT, "StatusCallback": "https://user:p%40ss@app.example.com:444?x=#rc=2"})["sid"]
    fake.messages.change(sid, status="sent")
    [request] = got.requests
    assert request.url == "https://app.example.com:444/?x=" and request.header("Host") == "app.example.com:444"
    assert request.header("Authorization") == "Basic dXNlcjpwQHNz"
    assert accepted(fake, request)
    [delivery] = fake.deliveries
    assert "p%40ss" not in f"{delivery.url}{delivery!r}{request!r}"


def test_secrets_are_in_no_repr(fake: FakeTwilio, api: Api) -> None:
    got = Receiver()
    key = SharedKey("id", "sesame")
    fake.deliver(to=got, shared_key=key)
    fake.messages.receive(to=OURS, from_=THEIRS, body="my words")
    shown = f"{key!r}{got.requests!r}{fake.deliveries!r}{CallbackReply(200, b'my words')!r}"
    signature = got.requests[0].header("X-Twilio-Signature")
    assert "sesame" not in shown and "my words" not in shown and str(signature) not in shown


# ---------------------------------------------------------------- order, loss, repetition


def history(**options: Any) -> tuple[Receiver, list[Delivery]]:
    fake, got = FakeTwilio(), Receiver()
    fake.numbers.add(phone_number=OURS)
    api = Api(fake)
    fake.deliver(to=got, **options)
    for _ in range(60):
        api.post("Messages.json", **TEXT)
    fake.advance(timedelta(minutes=5))
    fake.advance(timedelta(minutes=5))
    return got, fake.deliveries


def facts(got: Receiver) -> list[tuple[Any, ...]]:
    return [(one.url, one.headers, one.body) for one in got.requests]


def test_what_a_seed_says_happens_again() -> None:
    options = {"shuffle": 3, "duplicate": 0.2, "drop": 0.1, "delay": (0, 90), "seed": 5}
    one, two = history(**options), history(**options)
    assert facts(one[0]) == facts(two[0]) and one[1] == two[1]
    other = history(**{**options, "seed": 6})
    assert facts(other[0]) != facts(one[0])
    assert facts(history(shuffle=1)[0]) != facts(history(shuffle=2)[0])


def test_drops_and_duplicates_are_counted() -> None:
    got, log = history(duplicate=0.2, drop=0.1)
    plain, _ = history()
    dropped, again = [sum(test(one) for one in log) for test in (lambda one: one.outcome == "dropped", lambda one: one.duplicate)]
    assert 0 < dropped < len(plain.requests) / 4 and 0 < again < len(plain.requests) / 2
    assert len(log) == len(plain.requests) + again
    assert len(got.requests) == len(plain.requests) - dropped + again
    twice = Counter(request.header("I-Twilio-Idempotency-Token") for request in got.requests)
    assert sum(count == 2 for count in twice.values()) == again
    nothing, log = history(drop=1.0)
    assert nothing.requests == [] and {(one.outcome, one.attempts, one.status) for one in log} == {("dropped", 0, None)}


def test_shuffling_loses_and_changes_nothing() -> None:
    plain, shuffled = history()[0], history(shuffle=4)[0]
    assert sorted(one.body for one in plain.requests) == sorted(one.body for one in shuffled.requests)
    assert [one.body for one in plain.requests] != [one.body for one in shuffled.requests]
    order: dict[str, list[str]] = {}
    for values in (request.parameters for request in shuffled.requests):
        order.setdefault(values["MessageSid"], []).append(values["MessageStatus"])
    assert any(statuses[0] in ("delivered", "sent") for statuses in order.values())


def test_a_delay_is_waited_for_on_the_clock(fake: FakeTwilio, api: Api) -> None:
    got = Receiver()
    fake.deliver(to=got, delay=30)
    fake.messages.receive(to=OURS, from_=THEIRS)
    fake.tick(29)
    assert got.requests == [] and fake.sender.waiting == 1
    fake.tick(1)
    assert len(got.requests) == 1
    assert fake.deliveries[0].sent_at == fake.clock and fake.deliveries[0].happened_at == fake.clock - timedelta(seconds=30)


def test_a_failure_is_sent_again_with_the_same_token(fake: FakeTwilio, api: Api) -> None:
    got = Receiver(RuntimeError("down"), 503, 204, 500, 500, 500, 404)
    fake.deliver(to=got, retries=2)
    for _ in range(3):
        fake.messages.receive(to=OURS, from_=THEIRS)
    log = fake.deliveries
    assert [(one.outcome, one.status, one.attempts) for one in log] == [
        ("delivered", 204, 3), ("failed", 500, 3), ("failed", 404, 1),
    ]  # fmt: skip
    tokens = [request.header("I-Twilio-Idempotency-Token") for request in got.requests]
    assert tokens == [log[0].token] * 3 + [log[1].token] * 3 + [log[2].token]


def test_retries_wait_on_the_clock_and_an_exception_stands_in_the_log(fake: FakeTwilio, api: Api) -> None:
    error = RuntimeError("down")
    got = Receiver(error, 204)
    fake.deliver(to=got, retry_delay=60)
    fake.messages.receive(to=OURS, from_=THEIRS)
    assert [(one.outcome, one.error) for one in fake.deliveries] == [("waiting", error)]
    fake.tick(59)
    assert len(got.requests) == 1
    fake.tick(1)
    assert [(one.outcome, one.error, one.attempts) for one in fake.deliveries] == [("delivered", None, 2)]


def test_the_fragment_of_a_url_says_how_often_it_is_sent_again(fake: FakeTwilio, api: Api) -> None:
    got = Receiver(500, 500, 500, 500)
    fake.deliver(to=got)
    sid = api.post("Messages.json", **{**TEXT, "StatusCallback": f"{STATUS}#rc=3&rp=all"})["sid"]
    fake.messages.change(sid, status="sent")
    assert fake.deliveries[0].attempts == 4


def test_the_fallback_is_requested(fake: FakeTwilio) -> None:
    got = Receiver(404)
    fake.numbers.add(phone_number=OURS, sms_url=f"{APP}/sms", sms_fallback_url=f"{APP}/fallback", sms_fallback_method="GET")
    fake.deliver(to=got)
    fake.messages.receive(to=OURS, from_=THEIRS, body="x")
    assert [request.method for request in got.requests] == ["POST", "GET"]
    values = got.of("fallback")[0]
    assert (values["ErrorCode"], values["ErrorUrl"], values["Body"]) == ("11200", f"{APP}/sms", "x")
    assert accepted(fake, got.requests[1])


def test_what_fails_beyond_exceptions_is_raised_and_ends_nothing(fake: FakeTwilio, api: Api) -> None:
    got = Receiver(KeyboardInterrupt(), None)
    fake.deliver(to=got)
    with pytest.raises(KeyboardInterrupt):
        fake.messages.receive(to=OURS, from_=THEIRS)
    fake.messages.receive(to=OURS, from_=THEIRS)
    assert [one.outcome for one in fake.deliveries] == ["failed", "delivered"]


def test_nothing_is_sent_while_the_lock_is_held(fake: FakeTwilio, api: Api) -> None:
    got = Receiver()
    fake.deliver(to=got)
    with fake.lock:
        fake.messages.receive(to=OURS, from_=THEIRS)
        fake.messages.receive(to=OURS, from_=THEIRS)
        assert got.requests == []
    assert len(got.requests) == 2
    fake.deliver(to=got, delay=30)
    fake.messages.receive(to=OURS, from_=THEIRS)
    with fake.lock:
        fake.tick(60)
        assert len(got.requests) == 2
    assert len(got.requests) == 3


def test_the_lock_is_free_while_a_receiver_runs(fake: FakeTwilio, api: Api) -> None:
    """It may send requests, from any thread, and move the clock."""
    seen: list[Any] = []

    def receiver(request: CallbackRequest) -> None:
        def work() -> None:
            seen.append(api.get("Messages.json")["messages"][0]["status"])

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(10)
        seen.append(request.parameters["MessageStatus"])
        if len(seen) == 2:
            api.post("Messages.json", **TEXT)
            fake.tick(600)

    fake.deliver(to=receiver)
    api.post("Messages.json", **TEXT)
    fake.tick(30)
    assert len(seen) == 2 * len(fake.deliveries) > 6
    assert fake.sender.waiting == 0 and {one.outcome for one in fake.deliveries} == {"delivered"}


# ---------------------------------------------------------------- receivers


def wsgi(got: list[tuple[str, ...]]) -> Callable[..., Any]:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        where = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}{environ['REQUEST_URI']}"
        got.append((environ["REQUEST_METHOD"], where, body, environ["HTTP_X_TWILIO_SIGNATURE"]))
        start_response("200 OK", [("Content-Type", "text/xml")])
        return [b"<Response/>"]

    return app


def asgi(got: list[tuple[str, ...]]) -> Callable[..., Any]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"].decode()
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        where = f"{scope['scheme']}://{headers['host']}{scope['raw_path'].decode()}"
        where += f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
        got.append((scope["method"], where, body, headers["x-twilio-signature"]))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/xml")]})
        await send({"type": "http.response.body", "body": b"<Response/>"})

    return app


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """A server on the loopback interface, and what it gets."""
    got: list[tuple[str, ...]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            where = f"{self.headers['X-Forwarded-Proto']}://{self.headers['Host']}{self.path}"
            got.append((self.command, where, body, self.headers["X-Twilio-Signature"]))
            self.send_response(200)
            self.send_header("content-type", "text/xml")
            self.end_headers()
            self.wfile.write(b"<Response/>")

        do_GET = do_POST

        def log_message(self, *_: Any) -> None: ...

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{listener.server_address[1]}", got
    listener.shutdown()
    thread.join()
    listener.server_close()


def play(to: object) -> None:
    fake = FakeTwilio()
    fake.numbers.add(phone_number=OURS, sms_url=f"{APP}/a%20b/'x'?y=%2B z", sms_method="POST")
    api = Api(fake)
    fake.deliver(to=to, shuffle=2, duplicate=0.3)
    for index in range(5):
        fake.messages.receive(to=OURS, from_=THEIRS, body=f"{index} + 'ü'")
        api.post("Messages.json", **TEXT)
    fake.tick(60)
    assert {(one.outcome, one.status) for one in fake.deliveries} == {("delivered", 200)}


def test_every_kind_of_receiver_gets_the_same(server: tuple[str, list[tuple[str, ...]]]) -> None:
    base, at_server = server
    functions: list[tuple[str, ...]] = []
    at_wsgi: list[tuple[str, ...]] = []
    at_asgi: list[tuple[str, ...]] = []

    def function(request: CallbackRequest) -> str:
        signature = str(request.header("x-twilio-signature"))
        functions.append((request.method, request.url, request.body.decode(), signature))
        return "<Response/>"

    for to in (function, wsgi(at_wsgi), asgi(at_asgi), base):
        play(to)
    assert len(functions) > 20
    assert functions == at_wsgi == at_asgi == at_server


def test_an_asgi_app_is_called_where_a_loop_runs(fake: FakeTwilio, api: Api) -> None:
    got: list[tuple[str, ...]] = []
    fake.deliver(to=asgi(got))

    async def main() -> None:
        fake.messages.receive(to=OURS, from_=THEIRS)

    asyncio.run(main())
    assert len(got) == 1


def test_frameworks(fake: FakeTwilio, api: Api) -> None:
    flask, fastapi = pytest.importorskip("flask"), pytest.importorskip("fastapi")
    one, two, seen = flask.Flask("one"), fastapi.FastAPI(), []

    @one.post("/sms")
    def sms() -> str:
        seen.append((flask.request.url, flask.request.form["Body"]))
        return "<Response/>"

    async def status(request: Any) -> Any:
        form = dict(parse_qsl((await request.body()).decode()))
        seen.append((str(request.url), form["MessageStatus"]))
        return fastapi.Response(status_code=204)

    status.__annotations__ = {"request": fastapi.Request}
    two.post("/status")(status)
    fake.deliver(to={"app.example.com": one, "b.example.com:444": two})
    fake.messages.receive(to=OURS, from_=THEIRS, body="ü")
    sid = api.post("Messages.json", **{**TEXT, "StatusCallback": "https://b.example.com:444/status"})["sid"]
    fake.messages.change(sid, status="sent")
    assert seen == [(f"{APP}/sms", "ü"), ("https://b.example.com:444/status", "sent")]


def test_nothing_leaves_this_machine(fake: FakeTwilio, api: Api, server: tuple[str, list[tuple[str, ...]]]) -> None:
    base, got = server
    fake.deliver()
    fake.messages.receive(to=OURS, from_=THEIRS)  # its URL is elsewhere
    sid = api.post("Messages.json", **{**TEXT, "StatusCallback": f"{base}/status"})["sid"]
    fake.messages.change(sid, status="sent")
    assert [(one.outcome, one.attempts) for one in fake.deliveries] == [("no receiver", 0), ("delivered", 1)]
    assert len(got) == 1
    sid = api.post("Messages.json", **{**TEXT, "StatusCallback": "http://example.com/status"})["sid"]
    fake.messages.change(sid, status="sent")
    assert fake.deliveries[-1].outcome == "no receiver"
    for url in ("http://example.com", "http://10.0.0.1", "https://127.0.0.1", "http://127.0.0.1.example.com", "http://0.0.0.0",
                "http://user@example.com", "ftp://localhost", "localhost:80", "http://127.0.0.1:80/path"):  # fmt: skip
        with pytest.raises(ValueError, match="loopback|absolute URL"):
            fake.deliver(to=url)
    with pytest.raises(ValueError, match="not to example.com"):
        fake.deliver(to={"app.example.com": "http://example.com"})


def test_a_server_that_is_not_there_and_one_that_is_slow(fake: FakeTwilio, api: Api) -> None:
    from socket import socket

    with socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        fake.deliver(to=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.05)
        fake.messages.receive(to=OURS, from_=THEIRS)
    fake.messages.receive(to=OURS, from_=THEIRS)
    slow, absent = fake.deliveries
    assert (slow.outcome, slow.attempts, absent.outcome, absent.attempts) == ("failed", 2, "failed", 2)
    assert isinstance(slow.error, TimeoutError) and isinstance(absent.error, OSError)


def test_a_url_that_is_none_fails_and_is_in_the_log(fake: FakeTwilio, api: Api) -> None:
    fake.deliver(to=Receiver())
    fake.numbers.change(next(iter(fake.numbers))["sid"], sms_url="app.example.com/sms")
    fake.messages.receive(to=OURS, from_=THEIRS)
    assert fake.deliveries[0].outcome == "failed" and "absolute URL" in str(fake.deliveries[0].error)


@pytest.mark.parametrize(
    "options",
    [{"to": 3}, {"to": lambda: None}, {"to": print}, {"drop": 2}, {"duplicate": -1}, {"delay": -1}, {"delay": (5, 1)},
     {"retries": -1}, {"timeout": 0}, {"services": {"MG": "nowhere"}}],
)  # fmt: skip
def test_wrong_options_are_refused(fake: FakeTwilio, options: Any) -> None:
    with pytest.raises(ValueError, match="receiver|share|seconds|or more|absolute URL"):
        fake.deliver(**options)


def test_a_receiver_that_returns_nonsense_fails(fake: FakeTwilio, api: Api) -> None:
    fake.deliver(to=Receiver(b"bytes", True))
    fake.messages.receive(to=OURS, from_=THEIRS)
    assert isinstance(fake.deliveries[0].error, TypeError) and fake.deliveries[0].outcome == "failed"


def test_requests_that_are_served_get_their_response_first(fake: FakeTwilio, api: Api) -> None:
    """An app that handles one request at a time may be the receiver of what its own requests lead to."""
    answered, late = threading.Event(), []

    def receiver(request: CallbackRequest) -> None:
        late.append(answered.wait(10))

    fake.deliver(to=receiver)
    import requests

    with fake.serve() as url:
        where = f"{url}/2010-04-01/Accounts/{fake.account_sid}/Calls.json"
        form = {**CALL, "StatusCallbackEvent": ["initiated"]}
        response = requests.post(where, form, auth=(fake.account_sid, fake.auth_token))
        answered.set()
        assert response.status_code == 201
        assert [one.outcome for one in fake.deliveries] == ["delivered"]
    assert late == [True]


def test_a_message_to_a_service_that_defers_to_its_senders() -> None:
    """The service's own URL is not known to the 2010 API."""
    got: list[CallbackRequest] = []
    fake, service = FakeTwilio(), "MG" + "1" * 32
    fake.numbers.add(phone_number="+14155550100", sms_url="https://app.example.com/sms")
    fake.deliver(to=got.append)
    row = fake.messages.receive(to="+14155550100", from_="+14155550177", body="hi", messaging_service_sid=service)
    [request] = got
    assert request.url == "https://app.example.com/sms" and request.parameters["MessagingServiceSid"] == service
    assert row["messaging_service_sid"] == service
