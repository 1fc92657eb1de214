"""``only()`` and ``defer()``: records of which some fields were not read; ``dates()`` and ``datetimes()``."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from mirrored import statements

from twilio_orm import Call, Connection, NotLoaded, QueryError, QuerySet, Recording, UnknownField, UsageRecord
from twilio_orm.testing import FakeTwilio

SOURCES: list[Callable[[], QuerySet[Call]]] = [Call.all, Call.offline, Call.cached]


@pytest.fixture(autouse=True)
def account(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(calls=60, days=40, recordings=5, seed=3)
    Call.sync()
    Recording.sync()


@pytest.mark.parametrize("source", SOURCES)
def test_what_was_not_read_raises(source: Callable[[], QuerySet[Call]], fake: FakeTwilio) -> None:
    whole = {one.sid: one for one in source()}
    for found in (source().only("status", "duration"), source().order_by("start_time").only("duration", "pk", "status")):
        for call in found:
            assert (call.status, call.duration, call.account_sid) == (
                whole[call.sid].status, whole[call.sid].duration, fake.account_sid,
            )  # fmt: skip
            for name in ("to", "start_time", "price"):
                with pytest.raises(NotLoaded, match=rf"read without {name}.*refresh\(\) reads it"):
                    getattr(call, name)
            assert call == whole[call.sid]
            assert {*call.to_dict()} == {"sid", "account_sid", "status", "duration", "uri", "subresource_uris"}
    for call in source().defer("to", "from_"):
        assert call.status == whole[call.sid].status
        assert call.start_time == whole[call.sid].start_time
        with pytest.raises(NotLoaded, match="read without to"):
            _ = call.to


def test_they_combine_as_in_django() -> None:
    def read(found: QuerySet[Call]) -> set[str]:
        return {*found[0].to_dict()} & {"to", "from_", "status", "duration"}

    assert read(Call.only("to", "status").defer("status")) == {"to"}
    assert read(Call.defer("to").defer("from_")) == {"status", "duration"}
    assert read(Call.only("to").only("status", "duration")) == {"status", "duration"}
    assert read(Call.defer("to").only("to", "status")) == {"status"}
    assert read(Call.only("to").defer(None)) == {"to", "from_", "status", "duration"}


def test_offline_the_other_columns_are_not_selected(connection: Connection) -> None:
    for found in (Call.offline().only("status"), Call.offline().only("status").order_by("start_time")[:5]):
        with statements(connection.mirror) as texts:
            list(found)
        shown = [re.sub("'[^']*'", "", one).partition(" FROM ")[0] for one in texts]
        selects = [one for one in shown if '"status"' in one]
        assert selects
        assert not any('"to"' in one for one in selects)


def test_live_they_change_no_request(fake: FakeTwilio) -> None:
    for found in (Call.filter(status="busy"), Call.filter(status="busy").only("sid"), Call.filter(status="busy").defer("to")):
        list(found)
    assert len({(one.path, one.query) for one in fake.requests[-3:]}) == 1


def test_filters_values_sums_and_exports_are_not_touched() -> None:
    few = Call.offline().only("status")
    assert few.filter(duration__gt=100).count() == Call.offline().filter(duration__gt=100).count()
    assert list(few.values_list("to", flat=True)) == list(Call.offline().values_list("to", flat=True))
    assert few.to_records()[0].keys() == {"sid", "account_sid", "status"}
    assert few.to_records(columns=["to"])[0].keys() == {"to"}


def test_a_partial_record_is_refreshed_updated_and_found() -> None:
    call = Call.only("status").get(Call.first().pk)  # type: ignore[union-attr]
    with pytest.raises(NotLoaded):
        _ = call.to
    assert call.refresh().to is not None
    sid = str(call.sid)
    assert Call.cached().only("status").get(sid).status == call.status
    assert Call.cached().get(sid).to == call.to  # it was not kept without its fields
    assert Call.cached().only("status").in_bulk([sid])[sid] == call


def test_related_records_are_found_by_what_is_read_for_it(fake: FakeTwilio) -> None:
    for found in (Recording.only("duration").prefetch("call"), Recording.offline().only("duration").prefetch("call")):
        for recording in found:
            with fake.expects_requests(0):
                assert recording.call.get().sid == recording.call_sid
    call = next(one for one in Call.prefetch("recordings") if list(one.recordings))
    few = list(call.recordings.only("duration"))
    with pytest.raises(NotLoaded):
        _ = few[0].source
    assert list(call.recordings)[0].source is not None  # the prefetched record is as it was


def test_plans_read_whole_records(fake: FakeTwilio) -> None:
    from twilio_orm import IncomingPhoneNumber

    fake.populate(numbers=2, seed=1)
    few = IncomingPhoneNumber.only("sid")
    assert len(few.update(confirm=2, friendly_name="x").ok) == 2
    number = IncomingPhoneNumber.all()[0]
    with fake.expects_requests(1):
        assert not few.update_or_create({"friendly_name": number.friendly_name}, sid=number.sid)[1]


def test_an_odd_value_that_was_not_read_is_nowhere(fake: FakeTwilio) -> None:
    """Nor what a body had in a form of its own."""
    fake.calls.add(price="1E-2", duration="odd", to="+14155550100", status="busy", whatever="kept")
    Call.sync(full=True)
    for found in (Call.all(), Call.offline()):
        call = found.only("to").get(to="+14155550100", status="busy")
        body = call.to_api()
        assert "price" not in body and "duration" not in body and body["whatever"] == call.whatever == "kept"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("ask", "error", "says"),
    [
        (lambda: Call.only(), QueryError, "only.. takes names of fields"),
        (lambda: Call.defer(), QueryError, "defer.. takes names of fields"),
        (lambda: Call.only("statuss"), UnknownField, "did you mean 'status'"),
        (lambda: Call.only("recordings__sid"), QueryError, "fields of Call itself, not 'recordings__sid': prefetch"),
        (lambda: Call.dates("start_time", "hour"), QueryError, "a kind of year, month, week, day, not 'hour'"),
        (lambda: Call.dates("start_time", "day", "desc"), QueryError, "order 'ASC' or 'DESC', not 'desc'"),
        (lambda: Call.dates("status", "day"), QueryError, "Call.status is text, it has no days"),
        (lambda: UsageRecord.datetimes("start_date", "day"), QueryError, "is a day, not a time: use dates"),
        (lambda: Call.all()[:3].dates("start_time", "day"), QueryError, "a slice cannot be filtered"),
        (lambda: Call.dates("start_time", "day").order_by("x"), QueryError, "is in order already: reverse"),
        (lambda: Call.dates("start_time", "day")[:2].reverse(), QueryError, "first, then slice"),
    ],
)
def test_mistakes_are_said_before_anything_is_sent(ask: Any, error: type[Exception], says: str, fake: FakeTwilio) -> None:
    with fake.expects_requests(0), pytest.raises(error, match=says):
        ask()


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize("source", SOURCES)
def test_dates_are_distinct_and_in_order(source: Callable[[], QuerySet[Call]]) -> None:
    times = [one.start_time for one in source() if one.start_time is not None]
    days = sorted({one.date() for one in times})
    assert list(source().dates("start_time", "day")) == days
    assert list(source().dates("start_time", "month", order="DESC")) == sorted({day.replace(day=1) for day in days}, reverse=True)
    assert all(day.weekday() == 0 for day in source().dates("start_time", "week"))
    hours = sorted({one.replace(minute=0, second=0, microsecond=0) for one in times})
    assert list(source().datetimes("start_time", "hour")) == hours
    found = source().dates("start_time", "day")
    assert found.count() == len(days)
    assert (found.first(), found.last(), found[1], list(found[2:4])) == (days[0], days[-1], days[1], days[2:4])
    assert list(found.reverse()) == days[::-1]
    assert list(found.filter(status="busy")) == list(source().filter(status="busy").dates("start_time", "day"))
    assert found == source().dates("start_time", "day") != found.reverse()
    assert found.to_records() == [{"start_time": day} for day in days]


def test_a_day_begins_where_the_zone_says(fake: FakeTwilio) -> None:
    """Also where the clocks change at midnight, so that the day has no midnight; and an hour may come twice."""
    beirut, berlin = ZoneInfo("Asia/Beirut"), ZoneInfo("Europe/Berlin")
    for at in ("2026-03-28T22:30:00Z", "2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z"):
        fake.calls.add(start_time=at, status="completed", from_="+14155550123")
    found = Call.filter(from_="+14155550123")
    spring = found.filter(start_time__year=2026).datetimes("start_time", "day", tz=beirut)
    assert list(spring) == [datetime(2026, 3, 29, 1, tzinfo=beirut)]
    autumn = list(found.filter(start_time__year=2025).datetimes("start_time", "hour", tz=berlin))
    assert [one.astimezone(timezone.utc).hour for one in autumn] == [0, 1]
    assert [one.hour for one in autumn] == [2, 2]
    assert list(found.filter(start_time__year=2025).dates("start_time", "year", tz="Asia/Tokyo")) == [date(2025, 1, 1)]


def test_days_of_usage_are_dates_too() -> None:
    assert list(UsageRecord.daily.dates("start_date", "month")) == sorted(
        {one.start_date.replace(day=1) for one in UsageRecord.daily if one.start_date}
    )
