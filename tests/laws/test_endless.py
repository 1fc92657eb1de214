"""A list that links on without an end is given up, and a long one never is."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable
from itertools import count
from random import Random
from typing import Any

import pytest
from cases import cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import twilio_orm
from twilio_orm import Call, ConfigurationError, Participant, UnexpectedAnswer
from twilio_orm.http.messages import Request, Response
from twilio_orm.query.api_requests import ListRequest
from twilio_orm.query.constraints import Constraints
from twilio_orm.sync import listing
from twilio_orm.sync.listing import PageTrail
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.law
ASK = ListRequest("/x", (), Constraints({}), Constraints({}), {})
numbers = st.integers(0, 6)
lists = st.lists(st.one_of(st.lists(numbers, max_size=3), st.just([]), st.lists(st.integers(7, 10**6), max_size=2)), max_size=60)


def idle(pages: list[list[int]]) -> int:
    """How many of the last pages brought nothing that an earlier page had not."""
    found, run = set[int](), 0
    for page in pages:
        run = 0 if set(page) - found else run + 1
        found |= set(page)
    return run


@settings(
    max_examples=cases(150, thorough=5000),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(pages=lists, most=st.integers(1, 12), before=st.lists(numbers, max_size=4))
def test_a_list_is_given_up_where_it_brings_nothing_new(pages: list[list[int]], most: int, before: list[int]) -> None:
    """Not before so many pages in a row did not; and by twice as many pages as there were until then at the latest."""
    trail = PageTrail(ASK, most, array("q", before))
    for at, page in enumerate(pages):
        trail.add(f"/x?{at}", array("q", page))
        run = min(idle([before, *pages[: at + 1]]), at + 1)
        try:
            trail.check(f"/x?{at + 1}")
        except UnexpectedAnswer:
            assert run >= most
            return
        assert run < most or run <= 2 * (at + 1 - run) + most
    assert list(trail.shown) == before + [one for page in pages for one in page]


def test_pages_of_new_records_are_read_however_many() -> None:
    trail = PageTrail(ASK, 1, array("q"))
    for at in range(20):
        trail.add(f"/x?{at}", array("q", [at]))
        trail.check(f"/x?{at + 1}")


@pytest.mark.parametrize("most", [None, 20])
def test_a_page_that_links_to_one_that_was_read_ends_the_list_at_once(most: int | None) -> None:
    """Whatever new records it brings, and however many empty pages are allowed."""
    trail = PageTrail(ASK, most, array("q"))
    for at in range(3):
        trail.add(f"/x?{at}", array("q", [at]))
        trail.check(f"/x?{at + 1}")
        trail.check(None)
    for at in range(3):
        with pytest.raises(UnexpectedAnswer, match="a page links to one that was read already"):
            trail.check(f"/x?{at}")


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> PageTrail:
    """A trail of a long list of which it keeps a sample alone."""
    monkeypatch.setattr(listing, "MOST", 100)
    trail = PageTrail(ASK, 1, array("q"), exact=False)
    drawn = Random(7)
    for at in range(3000):
        trail.add(f"/x?{at}", array("q", [drawn.getrandbits(60) for _ in range(drawn.choice((1, 1, 2, 1000)))]))
        trail.check(f"/x?{at + 1}")
    return trail


def test_a_list_of_which_a_sample_is_kept_goes_on_with_new_records_and_takes_little_memory(sampled: PageTrail) -> None:
    """Any page that brings nothing new would end it."""
    assert 25 < len(sampled.shown) <= 100


@pytest.mark.parametrize(
    ("pages", "most"),
    [
        (lambda _: [16], 3100),
        (lambda _: [1], listing.SILENT + 1),
        (lambda _: [], 1),
        (lambda at: [at % 7 * 1_000_003 + one for one in range(100)], 3100),
        (lambda at: [at % 40], 3100 + 40),
    ],
    ids=["one page", "one page out of the sample", "empty pages", "pages in turn", "small pages in turn"],
)
def test_a_list_of_which_a_sample_is_kept_is_given_up_too(
    sampled: PageTrail, pages: Callable[[int], list[int]], most: int
) -> None:
    """By twice as many pages as there were until then, unless it ends sooner."""
    with pytest.raises(UnexpectedAnswer, match="in a row brought no new record"):  # noqa: PT012
        for at in range(most):
            sampled.add(f"/y?{at}", array("q", pages(at)))
            sampled.check(f"/y?{at + 1}")


def endless(fake: FakeTwilio, records: Any) -> Any:
    """A transport whose lists of calls link on for ever."""
    number = count()

    def send(request: Request) -> Response:
        answer = fake.send(Request(request.method, request.target.partition("&PageToken")[0], headers=request.headers))
        data = json.loads(answer.body)
        at = next(number)
        data |= {"calls": records(data["calls"], at), "next_page_uri": f"{request.path}?PageSize=1000&PageToken=PA{at}"}
        return Response(200, answer.headers, json.dumps(data).encode())

    return send


@pytest.mark.parametrize("asked", ["list", "sync", "question"])
@pytest.mark.parametrize(
    "records",
    [lambda calls, _: calls, lambda calls, at: calls if at < 5 else [], lambda calls, at: calls[at % 3 :][:1]],
    ids=["the same page", "empty pages", "pages in turn"],
)
def test_a_list_that_links_on_without_a_new_record_is_given_up(fake: FakeTwilio, asked: str, records: Any) -> None:
    for _ in range(3):
        fake.calls.add(status="completed", start_time=fake.clock)
    connection = twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=endless(fake, records), mirror=":memory:", max_empty_pages=20
    )
    verbs = {"list": lambda: list(Call.all()), "sync": lambda: Call.sync(workers=1), "question": Call.filter(to="x").sync}
    with connection:
        with pytest.raises(UnexpectedAnswer, match="20 pages in a row brought no new record; connect.max_empty_pages=") as told:
            verbs[asked]()
        assert (told.value.method, told.value.status) == ("GET", 200) and str(told.value.path).endswith("/Calls.json")
        assert not connection.mirror.sweeps(connection.account_sid, Call.api_schema)
    assert connection.transport.requests < 80


def test_a_long_run_of_empty_pages_is_not_the_end(fake: FakeTwilio) -> None:
    """As has happened at Twilio."""
    fake.calls.add(status="completed", start_time=fake.clock)

    def send(request: Request) -> Response:
        answer = fake.send(Request("GET", request.target.partition("&PageToken")[0], headers=request.headers))
        at = int(request.target.rpartition("PA")[2]) if "PageToken" in request.target else 0
        data = json.loads(answer.body)
        if at < 900:
            data |= {"calls": [], "next_page_uri": f"{request.path}?PageSize=1000&PageToken=PA{at + 1}"}
        return Response(200, answer.headers, json.dumps(data).encode())

    connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=":memory:")
    with connection:
        assert Call.all().count() == 1


def test_what_is_not_mirrored_or_nested_ends_too(fake: FakeTwilio) -> None:
    conference = "CF" + "a" * 32

    def send(request: Request) -> Response:
        at = int(request.target.rpartition("PA")[2]) if "PageToken" in request.target else 0
        data = {"participants": [], "next_page_uri": f"{request.path}?PageSize=1000&PageToken=PA{at + 1}"}
        return Response(200, body=json.dumps(data).encode())

    connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=":memory:", max_empty_pages=3)
    with connection, pytest.raises(UnexpectedAnswer, match="3 pages in a row"):
        list(Participant.filter(conference_sid=conference))
    assert connection.transport.requests == 3
    assert connection.under("AC" + "b" * 32).max_empty_pages == 3


@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("total_timeout", [0, -1, "5", True, float("nan"), (3, 5)]),
        ("max_body_bytes", [0, -1, 1.5, "5", True]),
        ("max_empty_pages", [0, -1, 1.5, "5", True]),
    ],
)
def test_bounds_are_numbers_above_nothing(fake: FakeTwilio, word: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(ConfigurationError, match=f"{word} is a .*above 0, or None for no limit"):
            twilio_orm.connect(fake.account_sid, fake.auth_token, mirror=":memory:", **{word: value})
    twilio_orm.connect(fake.account_sid, fake.auth_token, mirror=":memory:", **{word: None})
