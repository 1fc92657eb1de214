"""Known values, SIDs and phone numbers in queries: a value that can match nothing raises, rather than returning nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commandline import Run, named
from hypothesis import given
from hypothesis import strategies as st

from twilio_orm import (
    BadValue,
    Call,
    Conference,
    IncomingPhoneNumber,
    Message,
    Q,
    QueryError,
    Recording,
    UsageRecord,
    UsageTrigger,
    Verbatim,
    get,
)
from twilio_orm.query.explain import warnings_about
from twilio_orm.schema.phone_numbers import is_written_otherwise, matches, to_e164
from twilio_orm.schema.registry import CLASSES, OWNERS
from twilio_orm.schema.text_fields import Text
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.usefixtures("connection")
WITH_KNOWN_VALUES = [
    (name, field, column.values)
    for name, model in sorted(CLASSES.items())
    for field, column in model.api_schema.columns.items()
    if isinstance(column, Text) and column.values and field not in model.api_schema.flags
]
KEYS = [
    (name, field, column.prefixes)
    for name, model in sorted(CLASSES.items())
    for field, column in model.api_schema.columns.items()
    if column.kind == "sid"
]


# ---------------------------------------------------------------- known values


def test_fields_with_known_values_accept_no_others(fake: FakeTwilio) -> None:
    """In exact, in and iexact, filter and exclude, alone and in a Q; a newer value passes as ``Verbatim``."""
    with fake.expects_requests(0):
        for name, field, words in WITH_KNOWN_VALUES:
            model, wrong = CLASSES[name], words[0][:-1] + "zz"
            for said in ({field: wrong}, {f"{field}__in": [words[0], wrong]}, {f"{field}__iexact": wrong}):
                for ask in (model.filter, model.exclude, lambda model=model, **said: model.filter(~Q(~Q(**said)))):
                    with pytest.raises(BadValue, match=f"{field} .*one of {words[0]}.*Verbatim"):
                        ask(**said)
            for word in (*words, Verbatim(wrong), Verbatim(words[0].swapcase())):
                model.filter(**{field: word})
                model.exclude(**{f"{field}__in": [word]})
            model.filter(**{f"{field}__iexact": words[0].swapcase()})
            for lookup in ("contains", "startswith", "iendswith", "regex", "gt", "lte"):
                model.filter(**{f"{field}__{lookup}": wrong})
            model.filter(**{f"{field}__range": ("a", "zz")})


@pytest.mark.parametrize(
    ("ask", "meant"),
    [
        (lambda: Call.filter(status="compleated"), "completed"),
        (lambda: Call.filter(status="Completed"), "completed"),
        (lambda: Call.filter(status="cancelled"), "canceled"),
        (lambda: Call.filter(status="NO_ANSWER"), "no-answer"),
        (lambda: Call.filter(status="IN-PROGRESS"), "in-progress"),
        (lambda: Call.filter(status="in progress"), "in-progress"),
        (lambda: Call.filter(status__in=["busy", "fialed"]), "failed"),
        (lambda: Call.filter(direction="in"), "inbound"),
        (lambda: Message.filter(direction="incoming"), "inbound"),
        (lambda: Message.exclude(status="Delivered"), "delivered"),
        (lambda: Recording.filter(call__status="compleated"), "completed"),
        (lambda: Call.filter(Q(status="busy") | ~Q(status="compleated")), "completed"),
        (lambda: Call.get("CA" + "0" * 32, status="compleated"), "completed"),
        (lambda: IncomingPhoneNumber.filter(voice_method="post"), "POST"),
        (lambda: IncomingPhoneNumber.filter(origin="Twilio"), "twilio"),
        (lambda: UsageRecord.filter(period="dialy"), "daily"),
        (lambda: UsageTrigger.filter(recurring="month"), "monthly"),
    ],
)
def test_an_error_names_the_value_that_was_meant(fake: FakeTwilio, ask: Callable[[], Any], meant: str) -> None:
    with fake.expects_requests(0), pytest.raises(BadValue, match=f"did you mean '{meant}'"):
        ask()


def test_stored_values_that_are_unknown_can_be_queried(fake: FakeTwilio) -> None:
    """They are found as ``Verbatim``, live, offline and cached; an older spelling is another value."""
    for status in ("completed", "COMPLETED", "teleported", ""):
        fake.calls.add(status=status, start_time="Mon, 01 Jun 2026 12:00:00 +0000")
    Call.sync()
    assert sorted(one.status for one in Call.all()) == ["", "COMPLETED", "completed", "teleported"]
    for word, found in (("teleported", 1), ("COMPLETED", 1), ("completed", 1), ("queued", 0)):
        for asked in (Call.filter(status=Verbatim(word)), Call.filter(status__in=[Verbatim(word)])):
            assert asked.count() == asked.offline().count() == asked.cached().count() == found
        assert Call.exclude(status=Verbatim(word)).count() == 4 - found
    assert Call.filter(status="").count() == 1 and Call.filter(status__iexact="Completed").count() == 2
    assert Call.filter(status="completed") == Call.filter(status=Verbatim("completed"))
    assert "Status=" not in Call.filter(status=Verbatim("teleported")).explain()  # Twilio may refuse what it does not document


def test_other_text_fields_accept_any_text(fake: FakeTwilio) -> None:
    """A usage category, a name and an address."""
    assert UsageRecord.filter(category="category-of-tomorrow").count() == 0
    assert Conference.filter(friendly_name="Completed").count() == 0
    assert Call.filter(to="anna").count() == 0 and UsageTrigger.filter(usage_category="x").count() == 0


def test_a_list_that_needs_a_known_status_accepts_no_other(fake: FakeTwilio) -> None:
    with fake.expects_requests(0):
        for asked in (
            Conference.filter(status=Verbatim("archived")),
            Conference.filter(status__in=["init", Verbatim("archived")]),
        ):
            with pytest.raises(QueryError, match="by its status only"):
                list(asked)
    room = fake.conferences.add(status="completed")["sid"]
    Conference.sync()
    for everything in (Conference.all(), Conference.offline()):
        assert everything.get_or_none(room, status=Verbatim("archived")) is None
        assert everything.exclude(status=Verbatim("archived")).count() == 1


@given(st.text(max_size=12))
def test_a_text_is_a_known_value_or_refused(text: str) -> None:
    """For any text, exact and iexact accept a known value or raise BadValue."""
    column, known = Call.status, set(Call.Status)
    for lookup, fits in (("exact", text in known), ("iexact", text.casefold() in known)):
        try:
            assert column.terms(lookup, text) == (lookup, text) and (fits or not text)
        except BadValue:
            assert text and not fits
        assert column.terms(lookup, Verbatim(text))[0] == lookup


# ---------------------------------------------------------------- SIDs


def test_an_error_names_the_resource_of_a_wrong_sid(fake: FakeTwilio) -> None:
    owned = (("SM", "a Message"), ("CA", "a Call"), ("PN", "an IncomingPhoneNumber or an OutgoingCallerId"))
    with fake.expects_requests(0):
        for name, field, prefixes in KEYS:
            model = CLASSES[name]
            for prefix, owners in owned:
                for asked in (
                    ({field: prefix + "0" * 32}, {f"{field}__in": [prefix + "0" * 32]}) if prefix not in prefixes else ()
                ):
                    with pytest.raises(BadValue, match=f"{field} takes a SID .*{prefixes[0]}.*{prefix}… is {owners}"):
                        model.filter(**asked)
            for wrong in ("nonsense", prefixes[0], prefixes[0] + "0" * 31, prefixes[0].lower() + "0" * 32):
                with pytest.raises(BadValue, match=f"{field} takes a SID"):
                    model.filter(**{field: wrong})


def test_a_text_that_is_no_sid_is_refused(fake: FakeTwilio) -> None:
    """By every method that returns one record, before anything is sent."""
    with fake.expects_requests(0):
        for sid in ("nonsense", "SM" + "0" * 32, ""):
            for ask in (Call.get, Call.get_or_none, Call.get_by_id, Call.offline().get, Call.cached().get, Call.ref):
                with pytest.raises(BadValue, match="takes a SID"):
                    ask(sid)
        with pytest.raises(BadValue, match="SID"):
            get("nonsense")
    assert (
        OWNERS["CA"] == ["Call"]
        and OWNERS["SK"] == ["Key", "SigningKey"]
        and OWNERS["CN"] == ["ConnectApp", "AuthorizedConnectApp"]
    )


# ---------------------------------------------------------------- phone numbers


@pytest.mark.parametrize(
    "text",
    ["4155550100", "(415) 555-0100", "415-555-0100", "14155550100", "+1 415 555 0100", "0014155550100", "011 44 20 7183 8750",
     "020 7183 8750", "whatsapp:4155550100", "5550100", "+1(415)555-0100"],
)  # fmt: skip
def test_explain_remarks_on_numbers_that_twilio_never_writes(fake: FakeTwilio, text: str) -> None:
    """Such a number is no error, since callers may have odd ones; ``explain()`` says that it may be why nothing matches."""
    assert is_written_otherwise(text)
    asked = [
        Call.filter(to=text), Call.filter(to__in=["+14155550100", text]), Call.filter(Q(to=text) | Q(from_="anna")),
        Call.filter(forwarded_from=text), IncomingPhoneNumber.filter(phone_number=text), Recording.filter(call__to=text),
        Call.all().involving(text),
    ]  # fmt: skip
    for one in asked:
        assert "note" in one.explain() and "such as '+14155550100'" in one.explain()
        assert one.count() == 0
    for one in (Call.exclude(to=text), Call.filter(to__contains=text), Message.filter(body=text), Call.filter(to__gt=text)):
        assert "E.164" not in one.explain()


@pytest.mark.parametrize(
    "text", ["+14155550100", "whatsapp:+14155550100", "client:4155550100", "sip:4155550100@example.com", "12345", "894546",
             "Twilio", "anonymous", "", "+266696687", "anna 5550100"],
)  # fmt: skip
def test_other_addresses_are_no_badly_written_numbers(text: str) -> None:
    assert not is_written_otherwise(text) and warnings_about(Call.api_schema, Call.filter(to=text).query.where) == []


def test_get_number_finds_a_number_however_it_is_written(fake: FakeTwilio) -> None:
    """In E.164 with any separators; otherwise the only number of the account with these digits."""
    one, london = fake.numbers.add(phone_number="+14153328767")["sid"], fake.numbers.add(phone_number="+442071838750")["sid"]
    for text in ("+14153328767", "+1 (415) 332-8767", "(415) 332-8767", "4153328767", "1-415-332-8767", "001 415 332 8767"):
        assert IncomingPhoneNumber.get_number(text).sid == one, text  # type: ignore[union-attr]
    for text in ("+44 20 7183 8750", "020 7183 8750", "+44 (0)20 7183 8750", "0044 20 7183 8750", "011 44 20 7183 8750"):
        assert IncomingPhoneNumber.get_number(text).sid == london, text  # type: ignore[union-attr]
    assert IncomingPhoneNumber.get_number("+14153328768") is None and IncomingPhoneNumber.get_number("+1 415 332 8768") is None
    with pytest.raises(BadValue, match=r"E\.164.*no number of the account"):
        IncomingPhoneNumber.get_number("(415) 332-8768")
    fake.numbers.add(phone_number="+494153328767")
    with pytest.raises(BadValue, match=r"E\.164.*several numbers"):
        IncomingPhoneNumber.get_number("(415) 332-8767")
    with fake.expects_requests(0):
        for wrong in ("anna", "", "12345", "client:4153328767", "Main line", 4153328767, None):
            with pytest.raises(BadValue, match=r"E\.164"):
                IncomingPhoneNumber.get_number(wrong)  # type: ignore[arg-type]


@given(st.integers(10**6, 10**11 - 1), st.sampled_from(["1", "7", "44", "49", "351", "852"]), st.data())
def test_a_number_with_separators_matches_itself(national: int, code: str, data: Any) -> None:
    number = f"+{code}{national}"
    signs = data.draw(st.lists(st.sampled_from(["", "", " ", "-", ".", "/"]), min_size=len(number), max_size=len(number)))
    apart = "".join(digit + sign for digit, sign in zip(number, signs, strict=True)).strip()
    assert to_e164(apart) == number
    digits = apart.removeprefix("+").lstrip(" -./")
    assert matches(digits, number) and matches(str(national), number) and matches("0" + str(national), number)
    assert not matches(str(national + 1), number) and not matches("9" + digits, number)


# ---------------------------------------------------------------- the command line


def test_the_command_line_reports_the_same(run: Run, fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with named(fake, monkeypatch, tmp_path) as served:
        _on_the_command_line(run, served)


def _on_the_command_line(run: Run, served: FakeTwilio) -> None:
    for words in (["status=compleated"], ["direction=in"], ["parent_call_sid=SM" + "0" * 32], ["sid=nonsense"]):
        with served.expects_requests(0):
            said = run("ls", "calls", *words)
        assert said.code == 2 and said.out == "" and "error:" in said.err
    assert "did you mean 'completed'" in run("ls", "calls", "status=compleated").err
    nothing = run("ls", "calls", "to=4155550100", "-o", "json")
    assert nothing.code == 0 and json.loads(nothing.out) == [] and "such as '+14155550100'" in nothing.err
    assert "E.164" not in run("ls", "calls", "to=anna").err and "E.164" not in run("ls", "calls", "to=4155550100", "-q").err
    assert "such as '+14155550100'" in run("diff", "calls", "to=4155550100").err
