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
        App(sms="<Redirect>/other</Redirect><Message>x</Message>", voice="<Pay/><Say>hello</Say><Dial><Queue>q</Queue></Dial>")
    )
    message, one = fake.messages.receive(to=OURS, from_=THEIRS), call(fake)
    fake.tick(60)
    assert fake.not_simulated == [f"{message['sid']}: Redirect", f"{one['sid']}: Pay", f"{one['sid']}: Dial Queue"]
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


# ---------------------------------------------------------------- input

MENU = "<Gather action='/menu' {}><Say>{}</Say><Play>https://media.example.com/a.mp3</Play></Gather><Say>Nothing?</Say><Hangup/>"
PROMPT = "x" * 75  # five seconds


def gathering(attributes: str = "", **entered: Any) -> tuple[FakeTwilio, App, str]:
    """A call whose TwiML gathers, and what the caller enters."""
    app = App(voice=MENU.format(attributes, PROMPT), menu="<Say>Thanks</Say>")
    fake = world(app)
    return fake, app, fake.calls.receive(to=OURS, from_=THEIRS, **entered)["sid"]


@pytest.mark.parametrize(
    ("attributes", "digits", "expected", "seconds"),
    [("numDigits='1'", "2", "2", 6), ("numDigits='2'", "123", "12", 6), ("", "42#", "42", 6), ("", "42", "42", 11),
     ("timeout='3'", "42", "42", 9), ("finishOnKey='*'", "4#2*", "4#2", 6), ("finishOnKey=''", "4#", "4#", 11),
     ("numDigits='4'", "12", "12", 11), ("input='dtmf speech'", "1#", "1", 6)],
)  # fmt: skip
def test_digits_are_gathered(attributes: str, digits: str, expected: str, seconds: int) -> None:
    fake, app, sid = gathering(attributes, digits=[digits])
    fake.tick(seconds - 1)
    assert app.of("menu") == []
    fake.tick(1)
    [menu] = app.of("menu")
    assert (menu["Digits"], menu["CallSid"], menu["CallStatus"]) == (expected, sid, "in-progress")
    fake.tick(60)
    assert fake.calls.get(sid)["status"] == "completed" and fake.not_simulated == []


@pytest.mark.parametrize(
    ("attributes", "entered", "seconds"),
    [("", {}, 10), ("", {"digits": [""]}, 10), ("timeout='2'", {}, 7), ("", {"digits": ["#"]}, 6), ("", {"speech": ["yes"]}, 10),
     ("input='speech'", {"digits": ["1"]}, 10)],
)  # fmt: skip
def test_without_input_the_next_verb_follows(attributes: str, entered: dict[str, Any], seconds: int) -> None:
    fake, app, sid = gathering(attributes, **entered)
    fake.tick(seconds)
    assert app.of("menu") == [] and fake.calls.get(sid)["status"] == "in-progress"
    fake.tick(1)  # "Nothing?"
    assert fake.calls.get(sid)["status"] == "completed" and fake.calls.get(sid)["duration"] == str(seconds + 1)


def test_an_action_that_wants_to_know_of_no_input() -> None:
    fake, app, _ = gathering("actionOnEmptyResult='true'")
    fake.tick(10)
    [menu] = app.of("menu")
    assert "Digits" not in menu


def test_speech_is_gathered() -> None:
    fake, app, _ = gathering("input='speech'", speech=["nine o'clock"])
    fake.tick(6)
    [menu] = app.of("menu")
    assert (menu["SpeechResult"], menu["Confidence"], menu.get("Digits")) == ("nine o'clock", "0.9", None)


def test_several_inputs_and_no_action() -> None:
    """Without an action, the document that gathered is requested again."""
    app = App(voice="<Gather numDigits='1'/><Hangup/>")
    fake = world(app)
    sid = fake.calls.receive(to=OURS, from_=THEIRS, digits=["1", "2"])["sid"]
    fake.tick(60)
    assert [one.get("Digits") for one in app.of("voice")] == [None, "1", "2"]
    assert fake.calls.get(sid)["status"] == "completed"


def test_input_while_a_call_waits() -> None:
    app = App(own="<Gather action='/menu' timeout='600'/>", menu="<Hangup/>")
    fake = world(app)
    while not any(row["status"] == "in-progress" for row in fake.calls):
        Api(fake).post("Calls.json", To=THEIRS, From=OURS, Url=f"{APP}/own")
        fake.tick(30)
    sid = next(row["sid"] for row in fake.calls if row["status"] == "in-progress")
    fake.calls.enter(sid, digits=["5#"])
    fake.tick(1)
    assert [one["Digits"] for one in app.of("menu")] == ["5"]
    assert fake.calls.get(sid)["status"] == "completed"


def test_input_that_is_none() -> None:
    fake = world(App())
    for wrong in ({"digits": "12"}, {"digits": ["one"]}, {"speech": "yes"}, {"digits": [1]}):
        with pytest.raises(ValueError, match=r"digits=|speech="):
            fake.calls.receive(to=OURS, from_=THEIRS, **wrong)
    assert len(fake.calls) == 0
    with pytest.raises(KeyError):
        fake.calls.enter("CA" + "9" * 32, digits=["1"])


def test_what_is_played_takes_no_time_and_no_request() -> None:
    app = App(voice="<Play loop='0'>https://media.example.com/a.mp3</Play><Play digits='ww1'/>")
    fake = world(app)
    one = call(fake)
    assert (one["status"], one["duration"]) == ("completed", "0") and fake.not_simulated == []
    assert [path for path, _ in app.got] == ["voice", "calls"]


# ---------------------------------------------------------------- redirected calls


@pytest.mark.parametrize(
    "doing",
    ["<Pause length='100'/>", "<Gather timeout='100'/>", f"<Dial>{OTHER}</Dial>", "<Dial><Conference>Room</Conference></Dial>",
     "<Enqueue>support</Enqueue>", "<Record maxLength='60'/>"],
)  # fmt: skip
@pytest.mark.parametrize("how", [{"Url": f"{APP}/other", "Method": "GET"}, {"Twiml": "<Response><Pause length='9'/></Response>"}])
def test_a_running_call_is_redirected(doing: str, how: dict[str, str]) -> None:
    """It leaves what it is doing; what follows in its document is not reached."""
    app = App(voice=f"{doing}<Redirect>/never</Redirect>", other="<Pause length='9'/>")
    fake = world(app)
    sid = call(fake)["sid"]
    assert Api(fake).post(f"Calls/{sid}.json", **how)["status"] == "in-progress"
    assert len(app.of("other")) == ("Url" in how)
    assert len(fake.participants) == len(fake.members) == 0
    assert [row["status"] for row in fake.conferences] == ["completed"] * len(fake.conferences)
    assert [row["status"] for row in fake.recordings] == ["processing"] * len(fake.recordings)
    assert [row["status"] for row in fake.calls if row["sid"] != sid] == ["canceled"] * (len(fake.calls) - 1)
    fake.tick(8)
    assert fake.calls.get(sid)["status"] == "in-progress"
    fake.tick(1)
    assert (fake.calls.get(sid)["status"], fake.calls.get(sid)["duration"]) == ("completed", "9")
    fake.advance(timedelta(hours=1))
    assert app.of("never") == [] and fake.not_simulated == []


def test_a_redirected_call_of_ones_own() -> None:
    app = App(own="<Pause length='500'/>", other="<Hangup/>")
    fake = world(app)
    api = Api(fake)
    while not any(row["status"] == "in-progress" for row in fake.calls):
        api.post("Calls.json", To=THEIRS, From=OURS, Url=f"{APP}/own")
        fake.tick(30)
    sid = next(row["sid"] for row in fake.calls if row["status"] == "in-progress")
    api.post(f"Calls/{sid}.json", Url=f"{APP}/gone", FallbackUrl=f"{APP}/other")
    assert fake.calls.get(sid)["status"] == "in-progress"
    app.documents["broken"] = CallbackReply(404)
    api.post(f"Calls/{sid}.json", Url=f"{APP}/broken", FallbackUrl=f"{APP}/other")
    assert app.of("other")[0]["ErrorCode"] == "11200"
    assert fake.calls.get(sid)["status"] == "completed"


def test_a_call_that_is_not_in_progress_is_not_redirected() -> None:
    fake = world(App(voice="<Hangup/>", other="<Hangup/>"))
    api, sid = Api(fake), call(fake)["sid"]
    for form in ({"Url": f"{APP}/other"}, {"Twiml": "<Response/>"}):
        assert api.code("POST", f"Calls/{sid}.json", None, form) == (400, 21220)
        assert api.code("POST", f"Calls/{fake.calls.add(status='ringing')['sid']}.json", None, form) == (400, 21220)


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
