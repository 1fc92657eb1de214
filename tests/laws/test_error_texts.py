"""No error shows what would steer a terminal, a log or a reader's eye, wherever its words come from; letters stay as they are."""

from __future__ import annotations

import json
import pickle
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cases import cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import twilio_orm
from twilio_orm import Call, Message, TwilioOrmError, errors
from twilio_orm.errors import visible
from twilio_orm.http.client import NoAnswer
from twilio_orm.http.messages import Request, Response
from twilio_orm.query.amounts import Amounts
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.law
LIKELY = settings(
    max_examples=cases(100, thorough=5000),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
EVIL = "a\x1b[2J\x00\x07\x08\x7f\x85\x9b\r\n\t\u2028\u2029\u200b\u200e\u202e\u2066\ufeff\U000e0041\ud800z"
FINE = "Grüße, Žofie, Ελένη, Юлия, 北京, שלום, مرحبا, नमस्ते, 👩\u200d👧, a\u0301 – “x”"
texts = st.one_of(st.text(), st.text(st.sampled_from(EVIL + FINE)), st.just(EVIL))


def steers(text: str) -> bool:
    """Whether a text has a control, a line or paragraph separator, a lone surrogate or an invisible sign, joiners aside."""
    kinds = {unicodedata.category(one) for one in text if one not in "\u200c\u200d"}
    return bool(kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"})


def kinds(root: type[TwilioOrmError] = TwilioOrmError) -> Iterator[type[TwilioOrmError]]:
    yield root
    for kind in root.__subclasses__():
        yield from kinds(kind)


def shown(error: BaseException) -> str:
    held = [one for one in vars(error).values() if isinstance(one, str)]
    return "".join([str(error), repr(error), *held, *map(str, error.args)])


@LIKELY
@given(text=texts, kind=st.sampled_from(sorted(set(kinds()), key=lambda one: (one.__module__, one.__qualname__))))
def test_every_error_is_cleaned_where_it_is_made(text: str, kind: type[TwilioOrmError]) -> None:
    words = {"more_info": text, "path": text, "request_id": text} if issubclass(kind, errors.ApiError) else {}
    error = kind(text, **words)
    assert not steers(shown(error))
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (kind, str(error), vars(error))
    if text and not steers(text):
        assert text in str(error)


@LIKELY
@given(text=texts)
def test_what_steers_nothing_is_shown_as_it_is(text: str) -> None:
    told = visible(text)
    assert not steers(told) and visible(told) == told
    assert told == text or steers(text)
    assert visible(FINE) == FINE


def told(work: Callable[[], object]) -> str:
    """What is shown of the error of ours that this raises."""
    with pytest.raises((TwilioOrmError, ValueError, AttributeError)) as caught:
        work()
    return shown(caught.value)


def test_what_twilio_says_steers_nothing(fake: FakeTwilio) -> None:
    body = {"code": 21211, "message": f"{EVIL} {FINE}", "more_info": EVIL, "status": 400}
    connection = twilio_orm.connect(
        fake.account_sid, fake.auth_token, mirror=":memory:",
        transport=lambda _: Response(400, {"Twilio-Request-Id": EVIL}, json.dumps(body).encode()),
    )  # fmt: skip
    with connection:
        for work in (lambda: list(Call.all()), lambda: Message.create(to="+15005550006", from_="+15005550006", body="x")):
            text = told(work)
            assert not steers(text) and FINE in text and r"a\x1b[2J\x00\x07" in text and r"\u202e" in text


def test_what_a_caller_says_steers_nothing(fake: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path) -> None:
    fake.calls.add(status="completed")
    call = Call.get(next(row["sid"] for row in fake.calls))
    wanted = tmp_path / "wanted.csv"
    wanted.write_text(f"sid,{EVIL[:12]}\n{call.sid},1\n", encoding="utf-8", newline="")
    works: list[Callable[[], object]] = [
        lambda: Call.filter(**{EVIL: 1}),
        lambda: Call.filter(**{f"status__{EVIL}": 1}),
        lambda: Call.filter(status=EVIL),
        lambda: Call.filter(start_time=EVIL),
        lambda: Call.filter(to__regex=f"({EVIL}"),
        lambda: Call.all().order_by(EVIL),
        lambda: Call.all().values(EVIL),
        lambda: Call.prefetch(EVIL),
        lambda: Call.get(EVIL),
        lambda: Call.create(**{EVIL: 1}),
        lambda: Call.all().diff(wanted),
        lambda: Call.all().diff(tmp_path / EVIL.replace("\x00", "").replace("\ud800", "")),
        lambda: connection.sql(f"SELECT {EVIL.replace(chr(0), '').replace(chr(0xD800), '')}"),
        lambda: connection.under(EVIL),
        lambda: setattr(call, EVIL, 1),
        lambda: getattr(call, EVIL),
        lambda: twilio_orm.connect(EVIL, "x"),
        lambda: twilio_orm.connect(fake.account_sid, "x", region=EVIL),
        lambda: twilio_orm.connect(fake.account_sid, "x", base_url=EVIL),
        lambda: twilio_orm.connect(fake.account_sid, "x", mirror=f"{EVIL}://"),
        lambda: twilio_orm.get(EVIL),
        lambda: twilio_orm.redact(EVIL),
        lambda: Amounts({EVIL: 1, "USD": 1}).only,  # type: ignore[dict-item]
    ]
    for at, work in enumerate(works):
        text = told(work)
        assert not steers(text), (at, text.encode("ascii", "backslashreplace"))


def test_a_warning_is_clean_too() -> None:
    assert not steers(str(NoAnswer(EVIL)))


def test_requests_are_named_by_their_paths_alone(fake: FakeTwilio) -> None:
    """Even where a transport fails in its own words."""

    def send(_: Request) -> Response:
        raise ConnectionError(EVIL)

    connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=":memory:", retries=1)
    with connection:
        assert not steers(told(lambda: list(Call.all())))
