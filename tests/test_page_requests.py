"""The next page of a list is requested before the present one is parsed where it is certain to be needed; no other one is."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from twilio_orm import BudgetExceeded, Call, Connection, Forbidden, IncomingPhoneNumber, Message, Unreachable, budget
from twilio_orm.http.messages import Request, Response
from twilio_orm.query.ast import Query
from twilio_orm.query.planner import plan
from twilio_orm.sync import windows
from twilio_orm.sync.listing import ListReading
from twilio_orm.sync.page_parser import PageParser
from twilio_orm.sync.pages import PageReader
from twilio_orm.testing import FakeTwilio

SECONDS = 5.0
"""How long a test waits for what has to happen."""


class Wire:
    """A Send that notes the requests in flight. ``sent`` are the pages in the order of their requests.

    :param change: changes the body of a page.
    """

    def __init__(self, fake: FakeTwilio, change: Callable[[int, bytes], bytes] = lambda page, body: body) -> None:
        self.fake, self.change = fake, change
        self.sent: list[int] = []
        self.active = self.most = 0
        self.changed = threading.Condition()

    def __call__(self, request: Request) -> Response:
        page = int(dict(request.query).get("Page", 0))
        with self.changed:
            self.sent.append(page)
            self.active += 1
            self.most = max(self.most, self.active)
            self.changed.notify_all()
        try:
            response = self.fake.send(request)
            return Response(response.status, response.headers, self.change(page, response.body))
        finally:
            with self.changed:
                self.active -= 1

    def wait_for(self, page: int) -> bool:
        """Whether a page is requested within a while."""
        with self.changed:
            return self.changed.wait_for(lambda: page in self.sent, SECONDS)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of ten records."""
    for model in (Call, IncomingPhoneNumber, Message):
        monkeypatch.setattr(model.api_schema, "page_size", 10)


@pytest.fixture
def account(fake: FakeTwilio, small: None) -> FakeTwilio:
    """Forty calls and as many numbers: four pages of each."""
    fake.populate(calls=40, days=20, seed=3)
    for number in range(40):
        fake.numbers.add(phone_number=f"+1415555{number:04d}")
    return fake


def reach(wire: Wire, mirror: str | Path = ":memory:", **options: Any) -> Connection:
    made = twilio_orm.connect(
        wire.fake.account_sid, wire.fake.auth_token, mirror=mirror, transport=wire, clock=lambda: wire.fake.clock, **options
    )
    made.transport._sleep = lambda seconds: None
    return made


def waiting() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "twilio_orm page"]


SYNCS: dict[str, Callable[[], object]] = {
    "of everything": lambda: Call.sync(workers=1),
    "of a window": lambda: Call.sync(since=timedelta(days=40), workers=1),
    "of a list without windows": lambda: IncomingPhoneNumber.sync(),
    "of a query": lambda: Call.all().sync(),
}


@pytest.mark.parametrize("name", SYNCS)
def test_the_next_page_is_requested_before_a_page_is_parsed(
    account: FakeTwilio, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    wire, found, parse = Wire(account), list[bool](), PageParser.page

    def page(self: PageParser, body: bytes, given: Any) -> Any:
        number = len(found)
        found.append(number == 3 or wire.wait_for(number + 1))
        return parse(self, body, given)

    monkeypatch.setattr(PageParser, "page", page)
    with reach(wire):
        SYNCS[name]()
    assert found == [True] * 4, "the request for the next page was on its way"
    assert wire.sent == [0, 1, 2, 3] and wire.most == 1 and waiting() == []


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_no_more_requests_are_in_flight_than_workers(
    fake: FakeTwilio, small: None, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    monkeypatch.setattr(windows, "PAGES", 2)
    fake.populate(calls=300, days=30, seed=3)
    fake.latency = 0.003
    wire = Wire(fake)
    with reach(wire):
        assert Call.sync(since=timedelta(days=40), workers=workers).new == 298  # two have no time yet
    assert wire.most == workers


def test_the_page_that_may_split_a_window_is_parsed_first(fake: FakeTwilio, small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page after it is not needed where the window is split."""
    monkeypatch.setattr(windows, "PAGES", 2)
    fake.populate(calls=300, days=30, seed=3)
    wire = Wire(fake)
    with reach(wire):
        Call.sync(since=timedelta(days=40), workers=2)
    first = dict(fake.requests[0].query)
    whole = [
        one for one in fake.requests if {**dict(one.query), "Page": "", "PageToken": ""} == {**first, "Page": "", "PageToken": ""}
    ]
    assert len(whole) == 2 < len(fake.requests)


def test_the_newest_pages_end_where_records_are_known(account: FakeTwilio) -> None:
    wire = Wire(account)
    with reach(wire):
        Call.sync(workers=1)
        account.advance(timedelta(days=2))
        wire.sent.clear()
        Call.sync(workers=1)
    assert 1 not in wire.sent[:1] and wire.sent.count(1) <= 1
    assert wire.sent[:2].count(0) == 2, "one page of the newest, then the newest window"


def test_a_reader_of_a_query_requests_a_page_when_it_needs_one(account: FakeTwilio) -> None:
    wire = Wire(account)
    with reach(wire):
        for _ in Call.all():
            break
        assert wire.sent == [0]
        assert len(list(Call.all()[:10])) == 10 and wire.sent == [0, 0]
        for number, _ in enumerate(Call.all(), 1):
            assert wire.sent[2:] == list(range((number + 9) // 10))


@pytest.mark.parametrize("name", SYNCS)
def test_an_error_of_a_page_is_raised_after_the_pages_before_it_were_stored(
    account: FakeTwilio, tmp_path: Path, name: str
) -> None:
    wire = Wire(account)
    account.fail_next("403", match=lambda request: dict(request.query).get("Page") == "2")
    model = IncomingPhoneNumber if name == "of a list without windows" else Call
    with reach(wire, tmp_path / "m.db") as connection:
        with pytest.raises(Forbidden):
            SYNCS[name]()
        assert wire.sent == [0, 1, 2] and waiting() == []
        assert model.offline(partial=True).count() == 20
        places = list(connection.mirror.checkpoints(connection.account_sid, model.api_schema))
        assert [dict(Request("GET", one.target).query)["Page"] for one in places] == ["2"] * (name in list(SYNCS)[:2])
        SYNCS[name]()
        assert model.offline(partial=True).count() == (38 if name == "of a window" else 40)


@pytest.mark.parametrize("name", SYNCS)
def test_a_budget_ends_a_sync_at_its_page(account: FakeTwilio, name: str) -> None:
    wire = Wire(account)
    model = IncomingPhoneNumber if name == "of a list without windows" else Call
    with reach(wire):
        with pytest.raises(BudgetExceeded), budget(requests=3):
            SYNCS[name]()
        assert wire.sent == [0, 1, 2] and model.offline(partial=True).count() == 30


@pytest.mark.parametrize("name", SYNCS)
def test_a_page_that_has_to_be_repeated_waits_for_the_next_one(account: FakeTwilio, name: str) -> None:
    """One request of a list is in flight; the next page, which came, is not requested again."""
    broken = [1]

    def change(page: int, body: bytes) -> bytes:
        return body.replace(b'": {', b'": ', 1) if page in broken and broken.pop() else body

    wire = Wire(account, change)
    account.latency = 0.02
    with reach(wire):
        SYNCS[name]()
    assert wire.sent == [0, 1, 2, 1, 3] and wire.most == 1


@pytest.mark.parametrize("name", SYNCS)
def test_a_page_that_is_none_ends_the_sync_and_its_requests(account: FakeTwilio, name: str) -> None:
    """The next page, which it named, is on its way then."""
    model = IncomingPhoneNumber if name == "of a list without windows" else Call
    wire = Wire(account, lambda page, body: re.sub(rb"\}, \{", b"}, null, {", body) if page == 1 else body)
    account.latency = 0.05
    with reach(wire):
        with pytest.raises(twilio_orm.UnexpectedAnswer, match="null in it"):
            SYNCS[name]()
        assert waiting() == [] and wire.sent == [0, 1, 2]
        assert model.offline(partial=True).count() == 10


def test_a_list_that_cannot_be_read_is_requested_no_further(account: FakeTwilio) -> None:
    """A body that was cut does not name the next page."""
    wire = Wire(account, lambda page, body: body[: len(body) - 10 * page])
    with reach(wire, retries=2):
        with pytest.raises(Unreachable):
            Call.sync(workers=1)
        assert wire.sent == [0, 1, 1]
        assert Call.offline(partial=True).count() == 10


def test_half_a_page_is_requested_ahead_once(account: FakeTwilio) -> None:
    """After a server's error; what follows is as large, and nothing is requested twice."""
    account.fail_next("500", times=5, match=lambda request: dict(request.query).get("Page") == "1")
    wire = Wire(account)
    with reach(wire):
        report = Call.sync(workers=1)
    sizes = [int(dict(one.query)["PageSize"]) for one in account.requests]
    assert report.requests == 8, "without the tries of one request"
    assert report.new == 40 and sizes[:6] == [10] * 6 and {*sizes[6:]} == {5}
    assert len({one.query for one in account.requests[6:]}) == len(account.requests) - 6 == 6


def test_of_several_requests_each_counts_with_its_own_page(account: FakeTwilio) -> None:
    told: list[int] = []
    with reach(Wire(account)):
        Call.sync(workers=1, progress=lambda report: told.append(report.requests))
    assert told[:4] == [1, 2, 3, 4]


def test_the_revision_of_a_page_is_read_before_its_request(account: FakeTwilio) -> None:
    """So that what is stored meanwhile is not overwritten by the page."""
    events: list[Any] = []

    class Noting(Wire):
        def __call__(self, request: Request) -> Response:
            events.append("request")
            return super().__call__(request)

    def revision() -> int:
        events.append("revision")
        return len(events)

    with reach(Noting(account)) as connection:
        (request,) = plan(Query(Call.api_schema), connection.account_sid).requests
        reader = PageReader(connection, Call.api_schema, parser=PageParser(Call.api_schema))
        steps = ListReading(reader, request, revision, goes_on=lambda _: True).steps()
        assert [step.revision for step in steps] == [1, 3, 5, 7]
    assert events == ["revision", "request"] * 4


def test_a_list_without_new_records_is_read_no_further_than_allowed(account: FakeTwilio) -> None:
    """Pages without a new record end it, and a page that names one that was read."""

    shown = list[bytes]()

    def repeated(page: int, body: bytes) -> bytes:
        """The records of the first page."""
        start, end = body.index(b'"calls": [') + 10, body.rindex(b"]")
        shown.append(body[start:end])
        return body[:start] + shown[0] + body[end:]

    wire = Wire(account, repeated)
    with reach(wire, max_empty_pages=2):
        with pytest.raises(twilio_orm.UnexpectedAnswer, match="2 pages in a row"):
            Call.sync(workers=1)
        assert wire.sent == [0, 1, 2]

    wire = Wire(account)
    account.fail_next("self_next_page", match=lambda request: dict(request.query).get("Page") == "1")
    with reach(wire):
        with pytest.raises(twilio_orm.UnexpectedAnswer, match="read already"):
            Call.sync(full=True, workers=1)
        assert wire.sent == [0, 1]


@pytest.fixture(autouse=True)
def no_request_is_left() -> Iterator[None]:
    """A sync that has ended has no request in flight."""
    yield
    assert waiting() == []
