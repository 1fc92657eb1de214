"""The TwiML that receivers answer: what FakeTwilio makes of it, and which documents it refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakeapi import Api
from hypothesis import given, settings
from hypothesis import strategies as st

from twilio_orm.testing import CallbackReply, CallbackRequest, FakeTwilio
from twilio_orm.testing.callbacks.twiml import TwimlError, parse

OURS, THEIRS, OTHER = "+14155550100", "+14155550177", "+14155550178"
APP = "https://app.example.com"


class App:
    """Answers each path with the TwiML that a test says, and keeps what it gets."""

    def __init__(self, **documents: Any) -> None:
        self.documents = documents
        self.got: list[tuple[str, dict[str, str]]] = []

    def __call__(self, request: CallbackRequest) -> Any:
        path = request.target.partition("?")[0].strip("/")
        self.got.append((path, request.parameters))
        document = self.documents.get(path)
        return f"<Response>{document}</Response>" if isinstance(document, str) else document

    def of(self, path: str) -> list[dict[str, str]]:
        return [parameters for where, parameters in self.got if where == path]


def world(app: App) -> FakeTwilio:
    fake = FakeTwilio()
    fake.numbers.add(phone_number=OURS, sms_url=f"{APP}/sms", voice_url=f"{APP}/voice", status_callback=f"{APP}/calls")
    fake.deliver(to=app)
    return fake


def call(fake: FakeTwilio) -> dict[str, Any]:
    return fake.calls.receive(to=OURS, from_=THEIRS)


# ---------------------------------------------------------------- messages


def test_a_message_is_answered() -> None:
    app = App(sms='<Message statusCallback="status">Yes, at 9</Message>')
    fake = world(app)
    fake.messages.receive(to=OURS, from_=THEIRS, body="At 9?")
    reply = next(one for one in fake.messages if one["direction"] == "outbound-reply")
    assert (reply["to"], reply["from"], reply["body"], reply["status"]) == (THEIRS, OURS, "Yes, at 9", "queued")
    fake.tick(60)
    assert [one["MessageStatus"] for one in app.of("status")][:2] == ["sending", "sent"]
    assert {one["MessageSid"] for one in app.of("status")} == {reply["sid"]}


def test_several_messages_with_media_and_to_others() -> None:
    app = App(
        sms=f"<Message to='{OTHER}' from='{OURS}'><Body>one</Body><Media>https://e.com/a.png</Media></Message><Message>two</Message>"
    )
    fake = world(app)
    fake.messages.receive(to=OURS, from_=THEIRS)
    replies = {one["body"]: one for one in fake.messages if one["direction"] == "outbound-reply"}
    assert (replies["one"]["to"], replies["one"]["num_media"], replies["one"]["sid"][:2]) == (OTHER, "1", "MM")
    assert replies["two"]["to"] == THEIRS
    assert [one["content_type"] for one in fake.media] == ["image/png"]


@pytest.mark.parametrize("answer", [None, 204, "", CallbackReply(200, b"", "text/html")])
def test_no_answer_makes_no_record(answer: Any) -> None:
    fake = world(App(sms=answer))
    fake.messages.receive(to=OURS, from_=THEIRS)
    assert len(fake.messages) == 1 and fake.not_simulated == []


def test_plain_text_is_a_message() -> None:
    fake = world(App(sms=CallbackReply(200, "Grüße".encode(), "text/plain; charset=utf-8")))
    fake.messages.receive(to=OURS, from_=THEIRS)
    assert sorted(one["body"] for one in fake.messages) == ["", "Grüße"]


def test_who_has_opted_out_gets_no_answer() -> None:
    fake = world(App(sms="<Message>Bye</Message>"))
    fake.messages.receive(to=OURS, from_=THEIRS, body="Stop")
    assert [one["direction"] for one in fake.messages] == ["inbound"]
    assert [one["error_code"] for one in fake.notifications] == ["21610"]
    fake.messages.receive(to=OURS, from_=THEIRS, body="START")
    assert sorted(one["direction"] for one in fake.messages) == ["inbound", "inbound", "outbound-reply"]


def test_a_duplicate_is_answered_once() -> None:
    app = App(sms="<Message>once</Message>")
    fake = world(app)
    fake.deliver(to=app, duplicate=1.0)
    fake.messages.receive(to=OURS, from_=THEIRS)
    assert len(app.of("sms")) == 2
    assert sum(one["direction"] == "outbound-reply" for one in fake.messages) == 1


def test_what_is_not_simulated_is_named() -> None:
    fake = world(
        App(sms="<Redirect>/other</Redirect><Message>x</Message>", voice="<Gather/><Say>hello</Say><Dial><Queue>q</Queue></Dial>")
    )
    message, one = fake.messages.receive(to=OURS, from_=THEIRS), call(fake)
    fake.tick(60)
    assert fake.not_simulated == [f"{message['sid']}: Redirect", f"{one['sid']}: Gather", f"{one['sid']}: Dial Queue"]
    assert len(fake.messages) == 2


# ---------------------------------------------------------------- calls


def test_a_call_is_answered_and_ends_after_the_last_verb() -> None:
    app = App(voice=f"<Say>{'word ' * 30}</Say><Pause length='5'/>")
    fake = world(app)
    one = call(fake)
    assert one["status"] == "in-progress" and app.of("voice")[0]["CallStatus"] == "ringing"
    fake.tick(13)
    assert fake.calls.get(one["sid"])["status"] == "in-progress"
    fake.tick(1)
    ended = fake.calls.get(one["sid"])
    assert (ended["status"], ended["duration"], ended["price"]) == ("completed", "14", None)
    assert [(one["CallStatus"], one["CallDuration"], one["Duration"]) for one in app.of("calls")] == [("completed", "14", "1")]
    fake.advance(timedelta(hours=1))
    assert fake.calls.get(one["sid"])["price"] == "-0.01300"


@pytest.mark.parametrize(
    ("document", "status"),
    [("<Reject/>", "no-answer"), ("<Reject reason='busy'/>", "busy"), ("<Hangup/>", "completed"), ("", "completed"),
     ("<Hangup/><Say>never</Say>", "completed")],
)  # fmt: skip
def test_a_call_ends_at_once(document: str, status: str) -> None:
    app = App(voice=document)
    fake = world(app)
    one = call(fake)
    assert one["status"] == status
    fake.advance(timedelta(hours=1))
    assert fake.calls.get(one["sid"])["status"] == status
    assert [values["CallStatus"] for values in app.of("calls")] == [status]


def test_without_an_answer_a_call_goes_on_by_itself() -> None:
    fake = world(App())
    one = call(fake)
    assert one["status"] == "ringing"
    fake.tick(600)
    assert fake.calls.get(one["sid"])["status"] == "completed"


def test_a_call_dials_another() -> None:
    number = f"<Number statusCallback='/leg' statusCallbackEvent='initiated ringing answered completed'>{OTHER}</Number>"
    app = App(voice=f"<Dial action='/after?x=1'>{number}</Dial>", after="<Say>bye</Say>")
    fake = world(app)
    one = call(fake)
    leg = next(row for row in fake.calls if row["parent_call_sid"] == one["sid"])
    assert (leg["to"], leg["from"], leg["direction"]) == (OTHER, THEIRS, "outbound-dial")
    fake.advance(timedelta(hours=1))
    leg = fake.calls.get(leg["sid"])
    [after] = app.of("after")
    assert (after["DialCallSid"], after["DialCallStatus"], after["x"]) == (leg["sid"], leg["status"], "1")
    statuses = [values["CallStatus"] for values in app.of("leg")]
    assert statuses[0] == "initiated" and statuses[-1] == leg["status"]
    assert {values["ParentCallSid"] for values in app.of("leg")} == {one["sid"]}
    assert fake.calls.get(one["sid"])["status"] == "completed"


def test_a_dialled_call_ends_with_its_parent() -> None:
    fake = world(App(voice=f"<Dial>{OTHER}</Dial>"))
    one = call(fake)
    Api(fake).post(f"Calls/{one['sid']}.json", Status="completed")
    assert {row["status"] for row in fake.calls} == {"completed", "canceled"}


def test_a_call_joins_a_conference() -> None:
    events = "statusCallback='/room' statusCallbackEvent='start end join leave'"
    app = App(voice=f"<Dial><Conference {events} endConferenceOnExit='true' muted='true'>Room &amp; 1</Conference></Dial>")
    fake = world(app)
    one, two = call(fake), call(fake)
    [room] = list(fake.conferences)
    assert (room["friendly_name"], room["status"], len(fake.participants)) == ("Room & 1", "in-progress", 2)
    assert {row["muted"] for row in fake.participants} == {True}
    Api(fake).post(f"Calls/{one['sid']}.json", Status="completed")
    assert fake.conferences.get(room["sid"])["status"] == "completed" and len(fake.participants) == 0
    names = [values["StatusCallbackEvent"] for values in app.of("room")]
    assert names[:3] == ["conference-start", "participant-join", "participant-join"]
    assert sorted(names[3:]) == ["conference-end", "participant-leave", "participant-leave"]
    assert fake.calls.get(two["sid"])["status"] == "completed"  # nothing follows the conference in its document


def test_a_caller_leaves_a_conference_after_a_while() -> None:
    fake = world(App(voice="<Dial><Conference>Room</Conference></Dial>"))
    one = call(fake)
    fake.advance(timedelta(minutes=11))
    assert fake.calls.get(one["sid"])["status"] == "completed" and next(iter(fake.conferences))["status"] == "completed"


def test_a_call_waits_in_a_queue() -> None:
    fake = world(App(voice="<Enqueue>support</Enqueue><Say>goodbye</Say>"))
    one, two = call(fake), call(fake)
    [queue] = list(fake.queues)
    assert (queue["friendly_name"], queue["current_size"]) == ("support", 2)
    assert [member["call_sid"] for member in fake.members] == [one["sid"], two["sid"]]
    fake.advance(timedelta(minutes=11))
    assert len(fake.members) == 0 and fake.calls.get(two["sid"])["status"] == "completed"


def test_a_call_is_recorded() -> None:
    app = App(
        voice="<Record action='/done' maxLength='9' recordingStatusCallback='/rec'"
        " recordingStatusCallbackEvent='in-progress completed'/>",
        done="<Hangup/>",
    )
    fake = world(app)
    one = call(fake)
    assert next(iter(fake.recordings))["status"] == "in-progress"
    fake.tick(60)
    [row] = list(fake.recordings)
    assert (row["status"], row["source"], row["call_sid"]) == ("completed", "RecordVerb", one["sid"])
    assert 1 <= int(row["duration"]) <= 9
    assert [values["RecordingStatus"] for values in app.of("rec")] == ["in-progress", "completed"]
    [done] = app.of("done")
    assert (done["RecordingSid"], done["RecordingDuration"]) == (row["sid"], row["duration"])
    assert app.of("calls")[0]["RecordingSid"] == row["sid"]


def test_a_recording_without_an_action_requests_its_document_again() -> None:
    app = App(voice="<Record maxLength='3'/><Say>never</Say>")
    fake = world(app)
    one = call(fake)
    fake.tick(1)
    app.documents["voice"] = "<Hangup/>"
    fake.tick(5)
    first, second = app.of("voice")
    assert "RecordingSid" not in first and second["RecordingSid"] == next(iter(fake.recordings))["sid"]
    assert fake.calls.get(one["sid"])["status"] == "completed"


def test_a_recording_ends_with_its_call() -> None:
    fake = world(App(voice="<Record maxLength='9'/>"))
    one = call(fake)
    fake.tick(1)
    Api(fake).post(f"Calls/{one['sid']}.json", Status="completed")
    fake.tick(2)
    [row] = list(fake.recordings)
    assert (row["status"], row["duration"]) == ("completed", "1")


def test_documents_that_lead_to_each_other_end() -> None:
    app = App(voice="<Redirect>/voice</Redirect>")
    fake = world(app)
    one = call(fake)
    assert one["status"] == "completed" and len(app.of("voice")) == 50
    assert fake.not_simulated == [f"{one['sid']}: document 51"]


def test_calls_of_ones_own_carry_out_their_twiml() -> None:
    app = App(own="<Dial><Conference>Room</Conference></Dial>")
    fake = world(app)
    api = Api(fake)
    for form in ({"Url": f"{APP}/own"}, {"Twiml": "<Response><Dial><Conference>Room</Conference></Dial></Response>"}):
        while not len(fake.participants):
            api.post("Calls.json", To=THEIRS, From=OURS, **form)
            fake.tick(30)
        [one] = list(fake.participants)
        fake.conferences.change(one["conference_sid"], status="completed")
        assert fake.calls.get(one["call_sid"])["status"] == "completed"
    assert all(values["CallStatus"] == "in-progress" for values in app.of("own"))


# ---------------------------------------------------------------- documents

BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><Response><Say>&b;</Say></Response>"
FILE = "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><Response><Message>&a;</Message></Response>"


@pytest.mark.parametrize(
    "document",
    [BOMB, FILE, "<!DOCTYPE Response SYSTEM 'http://127.0.0.1/x.dtd'><Response/>", "<Response>", "hello", "<html/>", "",
     "<Response>&a;</Response>", "<?xml version='1.0' encoding='none'?><Response/>", "<a>" * 30 + "</a>" * 30,
     f"<Response><Say>{'x' * 70000}</Say></Response>", "<?xml version='1.0' encoding='utf-7'?><Response/>",
     "<Response/><Response/>"],
)  # fmt: skip
def test_other_documents_are_refused(document: str) -> None:
    with pytest.raises(TwimlError):
        parse(document.encode())


def test_a_document_is_read() -> None:
    [one, two] = parse(
        b"<?xml version='1.0'?>\n<Response><!-- c --><Dial a='1'> x <Number>&lt;+1</Number></Dial><Hangup/></Response>"
    )
    assert (one.name, one.attributes, one.text, one.children[0].text, two.name) == ("Dial", {"a": "1"}, "x", "<+1", "Hangup")


@given(st.binary(max_size=60) | st.text("<>/&;!?'=[] Response", max_size=60).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_document_or_refused(document: bytes) -> None:
    try:
        parse(document)
    except TwimlError:
        return


def test_a_document_that_is_none_is_notified_and_ends_the_call() -> None:
    fake = world(App(voice=CallbackReply(200, FILE.encode(), "text/xml"), sms=CallbackReply(200, b"oops", "text/html")))
    one = call(fake)
    fake.messages.receive(to=OURS, from_=THEIRS)
    assert one["status"] == "completed" and len(fake.messages) == 1
    found = [(row["error_code"], row["call_sid"], row["request_url"]) for row in fake.notifications]
    assert sorted(found, key=str) == [("12100", one["sid"], f"{APP}/voice"), ("12100", None, f"{APP}/sms")]
