"""Whatever stands in a header of an answer, it is read or it says nothing; no request fails by it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cases import cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import twilio_orm
from twilio_orm import Call, TooManyRequests
from twilio_orm.http.messages import A_YEAR, Request, Response, seconds_until
from twilio_orm.http.transport import Transport
from twilio_orm.schema.times import parse_time, time_text
from twilio_orm.sync.worker_pool import Pace
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.law
LIKELY = settings(
    max_examples=cases(300, thorough=20_000),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)

# Pieces of what headers hold, so that many texts are nearly dates and numbers.
pieces = st.sampled_from([
    "Fri, ", "Mon", "31 ", "00 ", "Dec ", "Feb ", "2026 ", "99999999999 ", "0000 ", "9999 ", "1 ", "23:59:60 ", "00:00:00 ",
    "12:00 ", "+0000", "-0500", "+99999999999", "-99999999999", "+2400", "GMT", "EST", "(", "\u00e9", "\u0663", "\uff13", "\x00",
    "\x1b", "\ud800", "-", "+", "1", "-1", "0" * 400, "9" * 4301, "1e400", "1e5", "inf", "nan", "1_000", "0x10", ".5", ",", ";",
    " ", "\t", "T", "Z", "2026-06-01", "20260601", "W23", ":",
])  # fmt: skip
texts = st.one_of(st.lists(pieces, max_size=9).map("".join), st.text(max_size=12))


def bad(text: str) -> str:
    return f"{text[:60]!r} of {len(text)}"


@LIKELY
@given(text=texts)
def test_a_header_is_read_or_says_nothing(text: str) -> None:
    """Seconds to wait are a number that can be waited; a date is an instant in UTC."""
    for wait in (seconds_until(text, NOW), Response(429, {"Retry-After": text}).retry_after()):
        assert wait is None or 0 <= wait <= A_YEAR, bad(text)
    at = parse_time(text)
    assert at is None or at.utcoffset() == timedelta(0), bad(text)
    time_text(text)


@LIKELY
@given(
    headers=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(["Date", "Retry-After", "Location", "Twilio-Request-Id", "X"], texts)
    ),
    status=st.sampled_from([200, 204, 301, 401, 404, 429, 503]),
    media=st.booleans(),
)
def test_a_request_ends_in_an_answer_or_an_error_of_ours(headers: dict[str, str], status: int, media: bool) -> None:
    slept, told = list[float](), list[float]()
    transport = Transport(lambda _: Response(status, headers, b'{"a": 1}'), retries=2, sleep=slept.append)
    try:
        (transport.media if media else transport)(Request("GET", "/x.json"))
    except twilio_orm.ApiError as error:
        told.append(error.retry_after or 0.0)
    assert all(0 <= one <= A_YEAR for one in told)
    assert all(0 <= one <= 61 for one in slept)
    assert transport.skew is None or isinstance(transport.skew, timedelta)


@pytest.mark.parametrize(
    "text",
    [
        "Fri, 31 Dec 99999999999 00:00:00 GMT",
        "Fri, 31 Dec 2026 00:00:00 +99999999999",
        "9" * 5000,
        "1" + "0" * 400,
        "1e400",
        "inf",
    ],
)
def test_what_once_raised(fake: FakeTwilio, text: str) -> None:
    """In a sync too, whose readers wait longer than a request does."""

    def send(request: Request) -> Response:
        answer = fake.send(request)
        answer.headers.update({"date": text, "retry-after": text})
        return Response(429, answer.headers, b"{}") if fake.requests[1:] else answer

    connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=":memory:")
    slept: list[float] = []
    connection.transport._sleep = slept.append
    with connection:
        assert Call.all().count() == 0
        with pytest.raises(TooManyRequests):
            Call.sync()
    assert all(one <= 61 for one in slept)


@pytest.mark.parametrize(("asked", "tries"), [(3600.0, 12), (3601.0, 1), (A_YEAR, 1)])
def test_nobody_waits_for_more_than_an_hour_at_a_time(asked: float, tries: int) -> None:
    slept: list[float] = []
    done: list[Any] = []

    def work() -> None:
        done.append(None)
        raise TooManyRequests("busy", retry_after=asked)

    with pytest.raises(TooManyRequests):
        Pace(1, lambda: 0).patiently(work, slept.append)
    assert len(done) == tries and slept == [asked] * (tries - 1)
