"""A clock that was wrong: times that it stored are ignored once they are later than now, and the next sync repairs them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from twilio_orm import Call, NotCovered, Recording
from twilio_orm.http.messages import Request, Response
from twilio_orm.schema.clocks import Clock
from twilio_orm.schema.times import UTC
from twilio_orm.testing import FakeTwilio
from twilio_orm.testing.definitions.times import rfc7231

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAYS = timedelta(days=2)


@pytest.fixture
def fake() -> FakeTwilio:
    fake = FakeTwilio(clock=NOON)
    for number in range(30):
        at = NOON - timedelta(hours=number + 1)
        fake.calls.add(status="completed", price="-0.01", start_time=at, date_created=at)
    return fake


@pytest.fixture
def opened(fake: FakeTwilio, tmp_path: Path) -> Callable[..., Any]:
    """Connect to the fake with the user's clock, or this machine's (``machine=True``), and a ``Date`` that is ahead."""

    def open_(ours: timedelta = timedelta(0), date: timedelta | None = timedelta(0), *, machine: bool = False) -> Any:
        def send(request: Request) -> Response:
            answer = fake.send(request)
            del answer.headers["date"]
            if date is not None:
                answer.headers["date"] = rfc7231(fake.clock + date)
            return answer

        words: dict[str, Any] = {} if machine else {"clock": lambda: fake.clock + ours}
        made = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=tmp_path / "mirror.db", **words)
        if machine:
            made.transport.time = Clock(lambda: fake.clock + ours, given=False, ticks=lambda: fake.clock.timestamp())
        return made

    return open_


WRONG: list[dict[str, Any]] = [
    {"ours": DAYS, "date": None}, {"ours": DAYS, "date": DAYS}, {"ours": DAYS, "date": None, "machine": True},
    {"ours": DAYS}, {"ours": DAYS, "machine": True}, {"date": DAYS, "machine": True}, {"ours": DAYS, "date": -DAYS},
]  # fmt: skip
"""Clocks that are ahead: the user's or the machine's, without a ``Date``, with one that is as wrong, or with the right one."""


@pytest.mark.parametrize("wrong", WRONG, ids=str)
@pytest.mark.parametrize("passed", [timedelta(minutes=1), timedelta(hours=30)], ids=["soon", "later"])
def test_coverage_of_a_clock_that_was_ahead_is_ignored(
    fake: FakeTwilio, opened: Callable[..., Any], wrong: dict[str, Any], passed: timedelta
) -> None:
    with opened(**wrong) as connection:
        for _ in range(3):
            Call.all().exists()
        Call.sync()
        list(Call.filter(status="completed"))
        connection.close()
    fake.advance(passed)
    for _ in range(40):
        fake.calls.add(status="completed", price="-0.01", start_time=fake.clock, date_created=fake.clock)
    with opened() as connection:
        try:
            asked = Call.offline()
            assert len(list(asked)) == 30 and asked.as_of is not None and asked.as_of < fake.clock
        except NotCovered:
            assert connection.status().fetched == {} and Call.all().coverage() == [] and not Call.all().freshness().whole
        assert Call.cached(timedelta(seconds=1)).filter(status="completed").count() == 70
        assert Call.sync().whole
        assert Call.offline().count() == Call.all().count() == 70
        for table, at in (("mirror_revisions", "at"), ("mirror_sweeps", "began_at"), ("mirror_cursors", "began_at")):
            assert connection.sql(f"SELECT count(*) FROM {table} WHERE {at} > ?", f"{fake.clock:%Y-%m-%d %H:%M:%S}") == [(0,)]
        connection.close()


def test_a_machine_whose_clock_is_wrong_uses_twilios_time(fake: FakeTwilio, opened: Callable[..., Any]) -> None:
    for ours in (DAYS, -DAYS, timedelta(minutes=3), -timedelta(minutes=3)):
        with opened(ours, machine=True) as connection:
            for _ in range(3):
                Call.all().exists()
            assert connection.now() == fake.clock
            assert Call.sync().whole
            asked = Call.offline()
            assert len(list(asked)) == 30 and asked.as_of is not None and asked.as_of <= fake.clock
            if ours > -timedelta(minutes=5):  # otherwise coverage is as old as the local clock says
                with fake.expects_requests(0):
                    assert Call.cached(timedelta(seconds=3)).filter(status="completed").count() == 30
            connection.close()


@pytest.mark.parametrize("machine", [True, False], ids=["machine's", "user's"])
@pytest.mark.parametrize("workers", [1, 4])
def test_a_clock_that_is_ahead_makes_no_record_expire(
    fake: FakeTwilio, opened: Callable[..., Any], machine: bool, workers: int
) -> None:
    """Each sync is a process of its own, which begins with the wrong clock; one response shows Twilio's."""
    day, call = timedelta(days=1), next(iter(fake.calls))["sid"]
    early, old, never = (
        fake.recordings.add(call_sid=call, status="processing", date_created=NOON - age * day)["sid"] for age in (3, 10, 40)
    )
    with opened() as connection:
        assert Recording.sync().complete
        connection.close()
    fake.advance(timedelta(hours=2))
    for sid in (early, old):
        fake.recordings.change(sid, status="completed", price="-0.01")
    with opened(60 * day, machine=machine) as connection:
        with fake.expects_requests(3):  # the newest window, and two records by their SIDs
            report = Recording.sync(workers=workers)
        assert (report.changed, report.expired, report.requests, report.complete) == (2, 1, 3, True)
        statuses = {recording.sid: recording.status for recording in Recording.offline()}
        assert statuses == {early: "completed", old: "completed", never: "processing"}
        connection.close()
    fake.advance(timedelta(hours=2))
    with opened(2 * day, machine=machine) as connection:
        with fake.expects_requests(1):  # no record is due by Twilio's clock, either
            assert Recording.sync(workers=workers).expired == 1
        connection.close()


def test_a_clock_that_is_turned_back_during_a_scan_dates_it_correctly(fake: FakeTwilio) -> None:
    ahead = [timedelta(hours=3)]
    for given in (True, False):
        clock = Clock(lambda: fake.clock + ahead[0], given=given, ticks=lambda: fake.clock.timestamp())
        ahead[0], began = timedelta(hours=3), fake.clock
        at = clock.moment()
        fake.advance(timedelta(minutes=10))
        ahead[0] = timedelta(0)
        assert at() == began


def test_cached_rows_have_no_known_age_once_the_clock_was_turned_back(fake: FakeTwilio) -> None:
    sid, ahead = next(iter(fake.calls))["sid"], DAYS

    def send(request: Request) -> Response:
        answer = fake.send(request)
        del answer.headers["date"]
        return answer

    connection = twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=send, mirror=":memory:", clock=lambda: fake.clock + ahead
    )
    with connection:
        known = Call.cached(timedelta(hours=1))
        assert known.get(sid).duration is None
        ahead = timedelta(0)
        for value in (77, 78):
            fake.calls.change(sid, duration=str(value))
            assert known.get(sid).duration == value
            fake.advance(DAYS)
    connection.close()


def test_a_list_during_which_the_clock_is_turned_back_leaves_no_checkpoint(
    fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The earliest clock dates it; its checkpoint was made before a response showed an even earlier time."""
    monkeypatch.setattr(Call.api_schema, "page_size", 10)
    dates = iter([timedelta(0), timedelta(0), timedelta(hours=-1), timedelta(hours=-1)])

    def send(request: Request) -> Response:
        answer = fake.send(request)
        return Response(
            answer.status, {**answer.headers, "date": rfc7231(datetime.now(UTC) + next(dates, timedelta(0)))}, answer.body
        )

    connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=":memory:")
    with connection:
        assert Call.sync(workers=1).requests == 3
        assert connection.mirror.checkpoints(connection.account_sid, Call.api_schema) == []
