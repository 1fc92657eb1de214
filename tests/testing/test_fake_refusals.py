"""What FakeTwilio refuses: each row of its table, provoked; who owns a sender, who opted out, test credentials, errors in XML."""

from __future__ import annotations

import ast
import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakeapi import Api, problem
from fakeworld import NOON
from hypothesis import given, settings
from hypothesis import strategies as st

import twilio_orm
from twilio_orm import ApiError
from twilio_orm.http.messages import Response
from twilio_orm.testing import ConnectionCut, FakeTwilio
from twilio_orm.testing.definitions.addresses import parse_address, phone_number
from twilio_orm.testing.definitions.refusals import REFUSALS, Refusal
from twilio_orm.testing.server.faults import KINDS
from twilio_orm.testing.world.opt_outs import OPT_IN_KEYWORDS, OPT_OUT_KEYWORDS

PACKAGE = Path(twilio_orm.testing.__file__).parent
GUIDE = (PACKAGE.parent / "docs" / "guide" / "testing.md").read_text(encoding="utf-8")
OURS, THEIRS, URL = "+14155550100", "+14155550177", "https://example.com/voice"
SERVICE = "MG" + "0" * 32
TEXT = {"To": THEIRS, "From": OURS, "Body": "Hello"}
CALL = {"To": THEIRS, "From": OURS, "Url": URL}


@pytest.fixture
def fake() -> FakeTwilio:
    fake = FakeTwilio(clock=NOON)
    fake.numbers.add(phone_number=OURS)
    return fake


@pytest.fixture
def api(fake: FakeTwilio) -> Api:
    return Api(fake)


def inbound(fake: FakeTwilio, body: str, *, to: str = OURS, from_: str = THEIRS, **more: Any) -> None:
    fake.messages.add(to=to, from_=from_, body=body, **{"direction": "inbound", "status": "received", **more})


def without(form: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in form.items() if name not in names}


# ---------------------------------------------------------------- the table, the guide, and the code


def rows_of_the_guide() -> list[tuple[int, int, str, str]]:
    found = re.findall(r"^\| (\d{5}) \| (\d{3}) \| (.+?) \| `(.+)` \|$", GUIDE, re.M)
    return [(int(code), int(status), when, snippet) for code, status, when, snippet in found]


def test_the_guide_has_the_rows_of_the_table() -> None:
    assert [row[:3] for row in rows_of_the_guide()] == [(row.code, row.status, row.when) for row in REFUSALS]
    keys = [(row.code, row.status) for row in REFUSALS]
    assert keys == sorted(set(keys))


def run_or_send(snippet: str, space: dict[str, Any]) -> None:
    """Run a snippet; one that only arranges a fault is followed by a request."""
    exec(snippet, space)
    assert space["fake"].faults, "it provokes nothing, and arranges nothing"
    twilio_orm.Message.send(OURS, THEIRS, "Hello")


@pytest.mark.parametrize(("code", "status", "when", "snippet"), rows_of_the_guide(), ids=lambda one: str(one)[:5])
def test_the_code_in_the_guide_provokes_the_refusal(fake: FakeTwilio, code: int, status: int, when: str, snippet: str) -> None:
    child = fake.accounts.add(friendly_name="child")["sid"]
    tested = fake.test_credentials()
    test_only = "with test credentials" in when and not any(one in snippet for one in ("OURS", '"Shop"', '"+1415555"'))
    by = tested if test_only or code == 20008 else fake
    for short, sid in (("AC…", child), ("CA…", "CA" + "0" * 32), ("MG…", SERVICE)):
        snippet = snippet.replace(short, sid)
    space: dict[str, Any] = {"fake": fake, "OURS": OURS, "THEIRS": THEIRS, "URL": URL}
    space |= {name: getattr(twilio_orm, name) for name in re.findall(r"\b[A-Z][A-Za-z]+(?=\.)", snippet)}
    connection = twilio_orm.connect(
        by.account_sid, by.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock
    )
    connection.transport._sleep = lambda _: None
    with connection, pytest.raises(ApiError) as refusal:
        run_or_send(snippet, space)
    assert (refusal.value.code, refusal.value.status) == (code, status)
    assert fake.violations == []


RAW: dict[tuple[int, int], tuple[str, str, dict[str, Any]]] = {
    (20001, 400): ("POST", "Messages.json", {**TEXT, "Urgent": "true"}),
    (20004, 405): ("DELETE", "Messages.json", {}),
    (20404, 404): ("GET", "Nothing.json", {}),
    (21201, 400): ("POST", "Calls.json", without(CALL, "To")),
    (21205, 400): ("POST", "Calls.json", {**CALL, "Url": "example.com/voice"}),
    (21211, 400): ("POST", "Calls.json", {**CALL, "To": "12345"}),
    (21212, 400): ("POST", "Calls.json", {**CALL, "From": "Shop"}),
    (21213, 400): ("POST", "Calls.json", without(CALL, "From")),
    (21421, 400): ("POST", "IncomingPhoneNumbers.json", {}),
    (21481, 400): ("GET", "Calls.json?Page=1&PageToken=PAxx", {}),
    (21602, 400): ("POST", "Messages.json", {**TEXT, "Body": ""}),
    (21603, 400): ("POST", "Messages.json", without(TEXT, "From")),
    (21604, 400): ("POST", "Messages.json", without(TEXT, "To")),
}


@pytest.mark.parametrize(("code", "status"), RAW)
def test_other_clients_get_what_the_library_refuses_itself(api: Api, code: int, status: int) -> None:
    method, path, form = RAW[code, status]
    assert api.code(method, path, None, form) == (status, code)
    assert len(api.fake.messages) == len(api.fake.calls) == 0


def test_what_the_guide_only_arranges_is_provoked_here_or_cannot_be() -> None:
    arranged = {(code, status) for code, status, _, snippet in rows_of_the_guide() if snippet.startswith("fake.fail_next")}
    only = {(row.code, row.status) for row in REFUSALS if row.when.startswith("arranged")}
    assert arranged - only <= RAW.keys() | {(20003, 401)}  # wrong credentials: test_fake_stories


def test_every_error_is_a_row_of_the_table() -> None:
    """No module but one builds an error by itself, and every code that is written in the code is in the table."""
    codes = {row.code for row in REFUSALS}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and path.name != "error_responses.py":
                assert ast.unparse(node.func) != "ErrorResponse", path
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "refused" and isinstance(node.args[0], ast.Constant):
                assert node.args[0].value in codes, (path, node.lineno)


def test_messages_name_parameters_that_exist() -> None:
    names = {name for row in REFUSALS for name in re.findall(r"\{(\w+)\}", row.message)}
    assert names <= {"text", "path", "method", "To", "From", "Url", "PhoneNumber", "AreaCode"}
    assert Refusal(1, 400, "{To}, {text}", "").text({"To": "{From}"}) == "{From}, Arranged by fail_next"


FAULTS: dict[str, tuple[dict[str, Any], int | None]] = {
    "429": ({}, 429), "500": ({}, 500), "401": ({}, 401), "403": ({}, 403), "404": ({}, 404), "409": ({}, 409),
    "refuse": ({"code": 21610}, 400), "html_error": ({}, 502), "reset_before": ({}, None), "reset_after": ({}, None),
    "cut_json": ({}, 200), "slow": ({}, 200), "hostile_next_page": ({}, 200), "self_next_page": ({}, 200),
    "changes_underneath": ({}, 200),
}  # fmt: skip


def test_the_guide_has_a_row_of_each_fault() -> None:
    table = GUIDE.partition("## Trouble")[2].partition("`match=`")[0]
    told = {kind for cell in re.findall(r"^\| (.+?) \|", table, re.M) for kind in re.findall(r"`(\w+)`", cell)}
    assert told == set(KINDS) == set(FAULTS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_fault_happens_once(fake: FakeTwilio, api: Api, kind: str) -> None:
    options, status = FAULTS[kind]
    fake.fail_next(kind, **options)
    if status is None:
        with pytest.raises(ConnectionCut):
            api.raw("GET", "Calls.json")
    else:
        assert api.raw("GET", "Calls.json").status == status
    assert fake.faults == [] and api("GET", "Calls.json")[0] == 200


# ---------------------------------------------------------------- arranged


@pytest.mark.parametrize("row", REFUSALS, ids=lambda row: f"{row.code}-{row.status}")
def test_every_refusal_can_be_arranged(fake: FakeTwilio, api: Api, row: Refusal) -> None:
    fake.fail_next("refuse", code=row.code, status=row.status)
    status, body = api("POST", "Messages.json", None, TEXT)
    assert (status, body["status"], body["code"]) == (row.status, row.status, row.code)
    assert body["more_info"] == f"https://www.twilio.com/docs/errors/{row.code}" and "{" not in body["message"]
    assert len(fake.messages) == 0 and api("POST", "Messages.json", None, TEXT)[0] == 201


def test_codes_that_the_table_does_not_have_can_be_arranged(fake: FakeTwilio, api: Api) -> None:
    fake.fail_next("refuse", code=30450)
    fake.fail_next("refuse", 2, code=20403, status=404, match="GET /Calls")
    assert api.code("POST", "Messages.json", None, TEXT) == (400, 30450)
    assert [api.code("GET", "Calls.json") for _ in range(2)] == [(404, 20403)] * 2
    assert api("GET", "Calls.json")[0] == 200


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        ("refuse", {}, "code=None"),
        ("refuse", {"code": "21610"}, "code='21610'"),
        ("refuse", {"code": True}, "code=True"),
        ("refuse", {"code": 400}, "code=400"),
        ("refuse", {"code": 21610, "status": 200}, "not 200"),
        ("429", {"code": 20429}, "not to '429'"),
        ("404", {"status": 404}, "not to '404'"),
        ("refused", {"code": 21610}, "is none of the faults"),
    ],
)
def test_a_refusal_that_cannot_be_arranged_is_an_error(fake: FakeTwilio, kind: str, options: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        fake.fail_next(kind, **options)
    assert fake.faults == []


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+14155550100", "+14155550100"), ("4155550100", "+14155550100"), ("14155550100", "+14155550100"),
        ("(415) 555-0100", "+14155550100"), ("+1 415.555.0100", "+14155550100"), ("+4915112345678", "+4915112345678"),
        ("4915112345678", "+4915112345678"), ("+2901234", "+2901234"),
        ("+1415555010", None), ("+141555501000", None), ("+49 151 12345678", None), ("+0123456789", None), ("12345", None),
        ("+123456789012345678", None), ("", None), ("+", None), ("+1415555010x", None), ("１４１５５５５０１００", None),
    ],
)  # fmt: skip
def test_phone_numbers(text: str, number: str | None) -> None:
    assert phone_number(text) == number


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("+14155550100", "number"), ("12345", "short code"), ("Shop 24", "name"), ("MG" + "f" * 32, "service"),
        ("whatsapp:+14155550100", "whatsapp"), ("client:alice", "client"), ("sip:a@example.com", "sip"),
        ("messenger:123", "messenger"), ("whatsapp:4155550100", None), ("Longer than 11", None), ("client:", None),
        ("", None), ("+0", None), ("99", None), ("ümlaut", None),
    ],
)  # fmt: skip
def test_addresses(text: str, kind: str | None) -> None:
    found = parse_address(text)
    assert (None if found is None else found.kind) == kind


@given(st.text(max_size=20))
@settings(max_examples=300, deadline=None)
def test_what_is_recognized_is_recognized_again(text: str) -> None:
    found = parse_address(text)
    if found is not None:
        assert parse_address(found.value) == found


def test_addresses_are_stored_as_twilio_stores_them(fake: FakeTwilio, api: Api) -> None:
    sent = api.post("Messages.json", To="(415) 555-0177", From="4155550100", Body="Hello")
    made = api.post("Calls.json", To="14155550177", From="415-555-0100", Url=URL)
    assert (sent["to"], sent["from"]) == (made["to"], made["from"]) == (THEIRS, OURS)
    assert made["phone_number_sid"] == next(iter(fake.numbers))["sid"]


# ---------------------------------------------------------------- senders


def test_who_may_send_messages(fake: FakeTwilio, api: Api) -> None:
    def code(sender: str, to: str = THEIRS, **more: Any) -> int:
        return int(api("POST", "Messages.json", None, {**TEXT, "To": to, "From": sender, **more})[1].get("code", 0))

    fake.short_codes.add(short_code="12345")
    fake.numbers.add(phone_number="+14155550101", capabilities={"voice": True, "sms": False, "mms": False})
    fake.numbers.add(phone_number="+14155550102", capabilities={"Voice": True, "SMS": False})
    fake.numbers.add(phone_number="+14155550103", capabilities=None)
    fake.caller_ids.add(phone_number="+14155550104")
    child = fake.accounts.add()["sid"]
    fake.numbers.of(child).add(phone_number="+14155550105")
    assert [code(one) for one in (OURS, "12345", "+14155550103", SERVICE)] == [0] * 4
    assert [code(one) for one in ("+14155550101", "+14155550102", "+14155550104", "54321", "+14155550999")] == [21606] * 5
    assert code("+14155550105") == 21660
    assert api("POST", f"{child}/Messages.json", None, {**TEXT, "From": "+14155550105"})[0] == 201
    assert (code("Shop"), code("Shop", "+4915112345678")) == (21612, 0)
    assert [code(OURS, to) for to in ("12345", "Shop", SERVICE, "1")] == [21211] * 4
    assert code("whatsapp:" + OURS, "whatsapp:" + THEIRS) == code("whatsapp:+14155238886", "whatsapp:" + THEIRS) == 0
    assert code("whatsapp:" + OURS) == code("Shop", "whatsapp:" + THEIRS) == code("messenger:1", "whatsapp:" + THEIRS) == 21910
    assert code("+14155550999", MessagingServiceSid=SERVICE) == 21606
    number = next(one["sid"] for one in fake.numbers if one["phone_number"] == OURS)
    fake.numbers.remove(number)
    assert code(OURS) == 21606


def test_who_may_make_calls(fake: FakeTwilio, api: Api) -> None:
    def code(path: str, caller: str, to: str = THEIRS) -> int:
        url = {} if "Participants" in path else {"Url": URL}
        return int(api("POST", path, None, {"To": to, "From": caller, **url})[1].get("code", 0))

    fake.caller_ids.add(phone_number="+14155550104")
    fake.numbers.of(fake.accounts.add()["sid"]).add(phone_number="+14155550105")
    room = fake.conferences.add(status="in-progress")["sid"]
    for path in ("Calls.json", f"Conferences/{room}/Participants.json"):
        assert [code(path, one) for one in (OURS, "+14155550104", "client:alice")] == [0] * 3
        assert [code(path, one) for one in ("+14155550105", "+14155550999")] == [21210] * 2
        assert [code(path, one) for one in ("Shop", "12345", "")] == [21212] * 3
        assert [code(path, OURS, to) for to in ("12345", "whatsapp:" + THEIRS, "Shop", "+1")] == [21211] * 4
        assert code(path, "Shop", "sip:desk@example.com") == code(path, "+14155550999", "client:alice") == 0


def test_numbers_of_populate_are_senders(api: Api) -> None:
    api.fake.populate(numbers=2, messages=5, subaccounts=1)
    for account in api.fake.accounts:
        for number in api.fake.numbers.of(account["sid"]):
            form = {**TEXT, "From": number["phone_number"]}
            assert api("POST", f"{account['sid']}/Messages.json", None, form)[0] == 201


# ---------------------------------------------------------------- opt-outs


@pytest.mark.parametrize("word", sorted(OPT_OUT_KEYWORDS))
def test_a_recipient_opts_out_and_in_again(fake: FakeTwilio, api: Api, word: str) -> None:
    inbound(fake, f" {word.lower()}\n")
    assert api.code("POST", "Messages.json", None, TEXT) == (400, 21610)
    assert api.code("POST", "Messages.json", None, {**TEXT, "To": "(415) 555-0177"}) == (400, 21610)
    for way_in in sorted(OPT_IN_KEYWORDS):
        inbound(fake, word)
        inbound(fake, way_in.title())
        assert api("POST", "Messages.json", None, TEXT)[0] == 201
    assert fake.violations == []


def test_an_opt_out_is_of_one_pair(fake: FakeTwilio, api: Api) -> None:
    fake.numbers.add(phone_number="+14155550101")
    inbound(fake, "STOP", status="receiving", direction="outbound-api")  # the status alone tells that it came in
    inbound(fake, "STOP", messaging_service_sid=SERVICE, to="+14155550101", from_="+14155550178")
    for form, status in (
        (TEXT, 400),
        ({**TEXT, "From": "+14155550101"}, 201),
        ({**TEXT, "To": "+14155550178"}, 201),
        ({**TEXT, "To": "+14155550178", "From": "+14155550101"}, 400),
        ({**without(TEXT, "From"), "To": "+14155550178", "MessagingServiceSid": SERVICE}, 400),
        ({**TEXT, "To": "+14155550178", "From": SERVICE}, 400),
        ({**without(TEXT, "From"), "MessagingServiceSid": SERVICE}, 201),
        ({**TEXT, "From": "whatsapp:" + OURS, "To": "whatsapp:" + THEIRS}, 201),
    ):
        assert api("POST", "Messages.json", None, form)[0] == status, form
    assert api("POST", "Calls.json", None, CALL)[0] == 201


@pytest.mark.parametrize("body", ["STOP it", "please stop", "stopp", "", "HELP", "INFO"])
def test_other_texts_opt_nobody_out(fake: FakeTwilio, api: Api, body: str) -> None:
    inbound(fake, body)
    fake.messages.add(to=OURS, from_=THEIRS, body="STOP")  # an outgoing message
    assert api("POST", "Messages.json", None, TEXT)[0] == 201


@given(st.permutations([("STOP", 1), ("START", 2), ("stop", 3), ("hello", 4), ("UNSTOP", 5)]), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_the_latest_keyword_counts_in_whatever_order_they_are_added(order: list[tuple[str, int]], last: int) -> None:
    fake = FakeTwilio(clock=NOON)
    fake.numbers.add(phone_number=OURS)
    for body, day in order:
        if day <= last:
            inbound(fake, body, date_sent=NOON - timedelta(days=9 - day), date_created=NOON)
    out = last in (1, 3, 4)
    assert Api(fake)("POST", "Messages.json", None, TEXT)[0] == (400 if out else 201)


def test_a_stop_is_remembered_when_its_message_is_deleted(fake: FakeTwilio, api: Api) -> None:
    inbound(fake, "STOP")
    fake.messages.remove(next(iter(fake.messages))["sid"])
    assert api.code("POST", "Messages.json", None, TEXT) == (400, 21610)


# ---------------------------------------------------------------- calls, contents, accounts


@pytest.mark.parametrize("status", ["completed", "busy", "failed", "no-answer", "canceled"])
@pytest.mark.parametrize(
    "form", [{"Status": "completed"}, {"Status": "canceled"}, {"Url": URL}, {"Twiml": "<Response/>"}, {"TimeLimit": "9"}]
)
def test_a_call_that_is_over_does_not_change(fake: FakeTwilio, api: Api, status: str, form: dict[str, str]) -> None:
    call = fake.calls.add(status=status)
    assert api.code("POST", f"Calls/{call['sid']}.json", None, form) == (400, 21220)
    assert fake.calls.get(call["sid"]) == call


def test_contents_of_messages(api: Api) -> None:
    media = "https://example.com/a.png"
    assert api.post("Messages.json", **{**TEXT, "Body": "x" * 1600})["num_segments"] == "11"
    assert api.post("Messages.json", **without(TEXT, "Body"), MediaUrl=[media] * 10)["num_media"] == "10"
    assert api.post("Messages.json", **{**TEXT, "Body": ""}, ContentSid="HX" + "0" * 32)["body"] == ""
    soon = api.fake.clock + timedelta(minutes=5)
    planned = {**without(TEXT, "From"), "MessagingServiceSid": SERVICE, "ScheduleType": "fixed"}
    for at, status in (
        (soon, 201), (soon - timedelta(seconds=1), 400),
        (NOON + timedelta(days=35), 201), (NOON + timedelta(days=35, seconds=1), 400),
    ):  # fmt: skip
        assert api("POST", "Messages.json", None, {**planned, "SendAt": f"{at:%Y-%m-%dT%H:%M:%SZ}"})[0] == status


@pytest.mark.parametrize(("status", "code"), [("suspended", (403, 10001)), ("closed", (401, 20003))])
def test_the_main_account_takes_its_subaccounts_along(fake: FakeTwilio, api: Api, status: str, code: tuple[int, int]) -> None:
    child = fake.accounts.add()
    own = Api(fake, child["sid"], child["auth_token"])
    fake.accounts.change(fake.account_sid, status=status)
    assert api.code("GET", "Calls.json") == own.code("GET", "Calls.json") == own.code("POST", "Messages.json", None, TEXT) == code


ADDRESSES = st.sampled_from(
    [OURS, THEIRS, "+14155550999", "(415) 555-0100", "12345", "Shop", "client:alice", "whatsapp:" + OURS, SERVICE, "+1", "", "x:"]
)
FORMS = {
    "Messages": {"Body": st.sampled_from(["", "Hello", "x" * 1601]), "MediaUrl": st.sampled_from([URL, "a.png"])},
    "Calls": {"Url": st.sampled_from([URL, "a", ""]), "Twiml": st.just("<Response/>")},
    "Conferences/Standup/Participants": {"Muted": st.sampled_from(["true", "maybe"])},
    "IncomingPhoneNumbers": {"PhoneNumber": ADDRESSES, "AreaCode": st.sampled_from(["415", "999"])},
}  # fmt: skip


@given(st.data(), st.sampled_from(sorted(FORMS)))
@settings(max_examples=400, deadline=None)
def test_what_is_refused_leaves_nothing_behind(data: st.DataObject, path: str) -> None:
    """Whatever the form: an answer of 201 adds its record, and one of 400 or more leaves the account as it was."""
    fake = FakeTwilio(clock=NOON)
    fake.numbers.add(phone_number=OURS)
    api = Api(fake)
    form = data.draw(st.fixed_dictionaries({}, optional={"To": ADDRESSES, "From": ADDRESSES, **FORMS[path]}))
    tested = data.draw(st.booleans())
    if tested:
        credentials = fake.test_credentials()
        api = Api(fake, credentials.account_sid, credentials.auth_token)
        form = {name: "+15005550006" if value == OURS else value for name, value in form.items()}

    def records() -> dict[str, int]:
        return {name: len(table.rows) for name, table in fake.state.tables_of(fake.account_sid).items() if table.rows}

    before = records()
    status, body = api("POST", f"{path}.json", None, form)
    assert status == 201 if "sid" in body or "call_sid" in body else body["code"] in {row.code for row in REFUSALS}
    assert (records() == before) == (status != 201 or tested)
    assert status < 500


# ---------------------------------------------------------------- test credentials


FINE, MAGIC = "+15005550006", ("+15005550001", "+15005550002", "+15005550003", "+15005550004", "+15005550009")


def test_magic_numbers_mean_nothing_to_an_ordinary_account(api: Api) -> None:
    for to in MAGIC:
        assert api("POST", "Messages.json", None, {**TEXT, "To": to})[0] == 201
        assert api("POST", "Calls.json", None, {**CALL, "To": to})[0] == 201
    assert api.code("POST", "Messages.json", None, {**TEXT, "From": FINE}) == (400, 21606)
    assert api.code("POST", "Calls.json", None, {**CALL, "From": FINE}) == (400, 21210)


def test_test_credentials_check_and_keep_nothing(fake: FakeTwilio, api: Api) -> None:
    tested = fake.test_credentials()
    assert tested.auth_token not in repr(tested)
    own = Api(fake, tested.account_sid, tested.auth_token)
    for path, form, expected in (
        ("Messages.json", {**TEXT, "From": FINE}, 0),
        ("Messages.json", {**TEXT, "From": FINE, "MediaUrl": "https://example.com/a.png"}, 0),
        ("Messages.json", TEXT, 21606),
        ("Messages.json", {**TEXT, "From": "+15005550007"}, 21606),
        ("Messages.json", {**TEXT, "From": "+15005550001"}, 21212),
        ("Messages.json", {**TEXT, "From": FINE, "To": "+15005550001"}, 21211),
        ("Messages.json", {**TEXT, "From": FINE, "To": "+15005550002"}, 21612),
        ("Messages.json", {**TEXT, "From": FINE, "To": "+15005550004"}, 21610),
        ("Messages.json", {**TEXT, "From": FINE, "Body": ""}, 21602),
        ("Calls.json", {**CALL, "From": FINE}, 0),
        ("Calls.json", CALL, 21210),
        ("Calls.json", {**CALL, "From": "+15005550001"}, 21212),
        ("IncomingPhoneNumbers.json", {"PhoneNumber": FINE, "VoiceUrl": URL}, 0),
        ("IncomingPhoneNumbers.json", {"AreaCode": "500"}, 0),
        ("IncomingPhoneNumbers.json", {"PhoneNumber": "+15005550000"}, 21422),
        ("IncomingPhoneNumbers.json", {"PhoneNumber": "+15005550001"}, 21421),
        ("IncomingPhoneNumbers.json", {"AreaCode": "533"}, 21452),
    ):
        status, body = own("POST", path, None, form)
        assert (status, body.get("code", 0)) == (400 if expected else 201, expected), form
        if not expected:
            assert body["account_sid"] == tested.account_sid
    assert own.post("IncomingPhoneNumbers.json", AreaCode="500")["friendly_name"] == "(500) 555-0006"
    for method, path in (
        ("GET", "Messages.json"),
        ("GET", "Calls/CA0.json"),
        ("POST", "Queues.json"),
        ("GET", ""),
        ("POST", "Calls/CA0.json"),
    ):
        assert own.code(method, path) == (403, 20008), path
    assert own.code("GET", f"{fake.account_sid}/Calls.json") == (401, 20003)
    assert Api(fake, tested.account_sid, "wrong").code("GET", "Calls.json") == (401, 20003)
    assert api.code("GET", f"{tested.account_sid}/Calls.json") == (404, 20404)
    fake.advance(timedelta(days=1))
    assert [len(rows) for rows in (fake.messages, fake.calls, fake.media, fake.numbers, fake.accounts)] == [0, 0, 0, 1, 1]
    assert set(fake.totals) == {fake.account_sid}
    assert not any(table.rows for table in fake.state.tables_of(tested.account_sid).values())


# ---------------------------------------------------------------- XML


def test_errors_of_paths_without_json_are_xml(fake: FakeTwilio, api: Api) -> None:
    fake.fail_next("refuse", code=21610, match="/Recordings")
    for path, code, status in (("Recordings/RE0.wav", 21610, 400), ("Recordings/RE0.wav", 20404, 404), ("Calls", 20404, 404)):
        response = api.raw("GET", path)
        assert (response.status, response.headers["content-type"]) == (status, "application/xml; charset=utf-8")
        assert problem(response.body)["code"] == code
    response = Api(fake, secret="wrong").raw("GET", "Recordings/RE0.mp3")
    assert (response.status, problem(response.body)["code"]) == (401, 20003) and "www-authenticate" in response.headers
    assert api.raw("GET", "Calls/CA0.json").headers["content-type"].startswith("application/json")


@given(st.text(max_size=12))
@settings(max_examples=150, deadline=None)
def test_any_path_gives_an_error_that_is_xml(name: str) -> None:
    api = Api(FakeTwilio())
    path = "Calls/" + name.replace("/", "").replace(".", "").replace("?", "").replace("#", "") + "x"
    response = api.raw("GET", path)
    assert response.status == 404 and problem(response.body)["code"] == 20404


@pytest.mark.parametrize("over_http", [False, True])
def test_the_library_reads_the_code_of_an_error_in_xml(fake: FakeTwilio, over_http: bool) -> None:
    made = fake.recordings.add()["sid"]
    with fake.serve() as url:
        where: dict[str, Any] = {"base_url": url} if over_http else {"transport": fake.send}
        with twilio_orm.connect(fake.account_sid, fake.auth_token, mirror=":memory:", **where):
            recording = twilio_orm.Recording.get(made)
            fake.recordings.remove(made)
            with pytest.raises(ApiError) as refusal:
                recording.download(io.BytesIO())
            assert (refusal.value.status, refusal.value.code) == (404, 20404) and made in str(refusal.value)
            fake.fail_next("refuse", code=21610)
            fake.recordings.add(sid=made)
            with pytest.raises(ApiError, match="Attempt to send to unsubscribed recipient") as refusal:
                recording.download(io.BytesIO())
            assert refusal.value.code == 21610


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"<TwilioResponse><RestException><Code>1</Code></RestException>", {"code": "1"}),
        (b"<RestException><Message>a &lt;b&gt; &amp;amp;</Message><Status>9</Status>", {"message": "a <b> &amp;", "status": "9"}),
        (b"<RestException><Code>1", {}),
        (b"<RestException><Message>\xff</Message>", {"message": "\ufffd"}),
        (b"<html><Code>1</Code></html>", {}),
        (b"", {}),
    ],
)  # fmt: skip
def test_xml_of_errors(body: bytes, found: dict[str, str]) -> None:
    assert Response(400, body=body).problem() == found
