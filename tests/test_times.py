"""Days and times as callers write them: one parser for every parameter, alike on every version of Python."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import twilio_orm
from twilio_orm import BadValue, Call, Message, Q, Recording, UsageRecord
from twilio_orm.schema.moments import moment
from twilio_orm.schema.times import day_or_instant, parse_iso, parse_time
from twilio_orm.testing import FakeTwilio

UTC = timezone.utc
DAY = date(2026, 6, 1)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAYS = (
    "2026-06-01", "20260601", "2026/06/01", "2026/6/1", "2026-6-1", "2026-06-1", "2026-W23-1", "2026W231",
    " 2026-06-01", "2026-06-01 ", "\t20260601\n", "\u00a02026-06-01",
)  # fmt: skip
NOONS = (
    "2026-06-01T12:00:00", "2026-06-01 12:00:00", "2026-06-01t12:00:00z", "2026-06-01T12:00:00Z", "2026-06-01T12:00",
    "2026-06-01T12",
    "20260601T120000Z", "20260601T1200", "20260601T12", "2026-06-01T120000", "20260601T12:00:00", "2026-06-01  12:00",
    "2026-06-01T12:00:00+00:00", "2026-06-01T12:00:00-00:00", "2026-06-01T12:00:00+0000", "2026-06-01T12:00:00+00",
    "2026-06-01 12:00:00 UTC", "2026-06-01 12:00:00 GMT", "2026-06-01 12:00:00 +0000", "2026-06-01T12:00:00.000Z",
    "2026-06-01T12:00:00,0", "2026-06-01T12:00:00.0000009Z", "2026/06/01 12:00", "2026/6/1 12:00", "2026-W23-1T12:00:00",
    "2026-06-01T14:00:00+02:00", "2026-06-01T14:00:00+0200", "2026-06-01T14+02", "2026-06-01 07:00:00 -05:00",
    "2026-06-01T17:30:15+05:30:15", "2026-06-02T11:59:00+23:59", " 2026-06-01T12:00:00Z ",
)  # fmt: skip
NEITHER = (
    "", " ", "soon", "today", "2026", "2026-06", "2026-06-", "2026-6", "202606", "2026-W23", "2026W23", "2026-152", "2026152",
    "06/01/2026", "01/06/2026", "1.6.2026", "01-06-2026", "2026.06.01", "2026/06-01", "2026-06/01", "26-06-01", "1 Jun 2026",
    "Mon, 01 Jun 2026 12:00:00 +0000", "2026-13-01", "2026-02-30", "2026-00-01", "2026-06-00", "0000-01-01", "2026-W54-1",
    "2026-W23-0", "2026-W23-8", "2026-06-01Z", "2026-06-01+02:00", "2026-06-01-05:00", "2026-06-01 +02:00", "20260601Z",
    "2026-06-01T", "2026-06-01T24:00:00", "2026-06-01T25:00", "2026-06-01T12:60", "2026-06-01T12:00:60", "2026-06-01T1",
    "2026-06-01T930", "2026-06-01_12:00", "2026-06-01x12:00:00", "2026-06-01-12:00:00", "2026-06-01T12:00:00+24:00",
    "2026-06-01T12:00:00+02:60", "2026-06-01T12:00:00+2", "2026-06-01T12:00:00 EST", "2026-06-01T12:00:00[UTC]",
    "2026-06-01T12:00:00 PM", "2026-06-01T12:00:00.", "2026-06-01T12:00.5", "2026-06-01T12:0000", "2026-06-01T1200:00",
    "2026-06-01\x00", "２０２６-０６-０１", "2026−06−01", "2026-06-01T12:00:00Z2026", "1780315200", "2026-06-01/2026-06-02",
)  # fmt: skip


class Stamp(datetime):
    """A subclass of datetime, as pandas' Timestamp is; it prints more digits than a datetime has."""

    def isoformat(self, *args: Any, **how: Any) -> str:
        return super().isoformat(*args, **how) + "000"


class Calendar(date):
    """A subclass of ``date``."""

    def isoformat(self) -> str:
        return "the first of June"


class Never(datetime):
    """As pandas' NaT: a datetime that has no year, and that does not equal itself."""

    year = month = day = hour = minute = second = microsecond = float("nan")  # type: ignore[assignment]


class Moment64:
    """As NumPy's datetime64: a type that is no datetime."""

    def __repr__(self) -> str:
        return "datetime64('2026-06-01')"


def test_texts_of_days_and_instants() -> None:
    """The result for each text. A parser that follows this version of Python would fail on another one."""
    assert {text: parse_iso(text) for text in DAYS} == dict.fromkeys(DAYS, DAY)
    assert not any(isinstance(parse_iso(text), datetime) for text in DAYS)
    for text in NOONS:
        found = parse_iso(text)
        assert isinstance(found, datetime) and (found if found.tzinfo else found.replace(tzinfo=UTC)) == NOON, text
    assert {text: parse_iso(text) for text in NEITHER} == dict.fromkeys(NEITHER)
    assert day_or_instant(Calendar(2026, 6, 1)) == DAY and type(day_or_instant(Calendar(2026, 6, 1))) is date
    assert type(day_or_instant(Stamp(2026, 6, 1))) is datetime
    assert [day_or_instant(one) for one in (Never(2026, 6, 1), Moment64(), 5, b"2026-06-01", None, timedelta(1))] == [None] * 6


def test_times_in_bodies_are_parsed_alike() -> None:
    """The stored time does not depend on the version of Python."""
    assert {parse_time(text) for text in DAYS} == {datetime(2026, 6, 1, tzinfo=UTC)}
    assert {parse_time(text) for text in NOONS} == {NOON}
    assert parse_time("Mon, 01 Jun 2026 12:00:00 +0000") == NOON == parse_time("Mon, 01 Jun 2026 14:00:00 +0200")
    assert parse_time("2026-06-01+02:00") is None and parse_time("9999-12-31T23:00:00-05:00") is None
    store = UsageRecord.start_date.store
    assert store("2026-06-01") == ("2026-06-01", True) and store("20260601") == ("2026-06-01", False)
    assert store("2026-06-01T00:00:00") == (None, False)


# ---------------------------------------------------------------- every parameter

_EDGES = [datetime(2026, 5, 31, 23, 59, 59), datetime(2026, 6, 1), datetime(2026, 6, 1, 23, 59, 59), datetime(2026, 6, 2)]


def _edges(fake: FakeTwilio) -> None:
    for number, at in enumerate(_EDGES):
        text = at.strftime("%a, %d %b %Y %H:%M:%S +0000")
        fake.calls.add(to=str(number), start_time=text, date_created=text, date_updated=text)


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize(
    ("lookup", "wrap", "found"),
    [
        ("", lambda day: day, "12"), ("__exact", lambda day: day, "12"), ("__date", lambda day: day, "12"),
        ("__in", lambda day: [day], "12"), ("__in", lambda day: [day, "20260531"], "012"),
        ("__range", lambda day: (day, day), "12"), ("__range", lambda day: ("2026-05-31", day), "012"),
        ("__gt", lambda day: day, "3"), ("__gte", lambda day: day, "123"), ("__lt", lambda day: day, "0"),
        ("__lte", lambda day: day, "012"), ("__date__lte", lambda day: day, "012"), ("__date__in", lambda day: [day], "12"),
    ],
)  # fmt: skip
def test_a_day_means_the_whole_day(fake: FakeTwilio, lookup: str, wrap: Callable[[Any], Any], found: str) -> None:
    """In every form, live and offline: ``lte`` includes it, ``gt`` begins after it, a range includes both ends."""
    _edges(fake)
    Call.sync()
    wanted = Call.filter(**{f"start_time{lookup}": wrap(DAY)})
    assert "".join(sorted(one.to or "" for one in wanted)) == found
    for text in (*DAYS, Calendar(2026, 6, 1)):
        asked = Call.filter(**{f"start_time{lookup}": wrap(text)})
        assert asked == wanted, text
        assert "".join(sorted(one.to or "" for one in asked.offline())) == found
        assert Call.exclude(Q(**{f"start_time{lookup}": wrap(text)})) == Call.exclude(Q(**{f"start_time{lookup}": wrap(DAY)}))


@pytest.mark.usefixtures("connection")
def test_an_instant_is_the_same_in_any_class_and_zone() -> None:
    """Midnight of a datetime is that instant; a class that extends datetime is no date."""
    for lookup in ("exact", "gt", "gte", "lt", "lte", "date"):
        word, noon = f"start_time__{lookup}", Call.filter(**{f"start_time__{lookup}": NOON})
        for text in (*NOONS, Stamp(2026, 6, 1, 12), NOON.astimezone(timezone(timedelta(hours=-7)))):
            assert Call.filter(**{word: text}) == noon, (lookup, text)
        assert Call.filter(**{word: Stamp(2026, 6, 1)}) == Call.filter(**{word: datetime(2026, 6, 1)})
    assert Call.filter(start_time=Stamp(2026, 6, 1)) != Call.filter(start_time=DAY)
    assert Call.filter(start_time=DAY, tz="America/New_York") == Call.filter(start_time="20260601", tz="America/New_York")


PLACES: dict[str, Callable[[Any], Any]] = {
    "filter": lambda when: Call.filter(start_time__lte=when),
    "in": lambda when: Call.filter(start_time__in=[DAY, when]),
    "range": lambda when: Call.filter(start_time__range=(when, when)),
    "date": lambda when: Call.filter(start_time__date=when),
    "relation": lambda when: Recording.filter(call__start_time__lt=when),
    "sync since": lambda when: Call.sync(since=when),
    "sync until": lambda when: Call.sync(until=when),
    "sync of what has no time": lambda when: twilio_orm.Queue.sync(since=when),
    "sync plan": lambda when: Message.sync_plan(since=when),
    "at": lambda when: Call.all().at(when),
    "as_of": lambda when: Call.as_of(when),
    "changes since": lambda when: Call.changes(since=when),
    "changes until": lambda when: Call.changes(until=when),
    "diff since": lambda when: Call.diff(since=when),
    "diff until": lambda when: Call.diff(since=DAY, until=when),
    "create": lambda when: Message.create(to="+1", body="x", messaging_service_sid="MG" + "0" * 32, send_at=when),
}


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("place", PLACES)
def test_other_values_are_refused_everywhere(fake: FakeTwilio, place: str) -> None:
    """With a BadValue that says what is wanted, before anything is sent."""
    for wrong in (
        "06/01/2026",
        "2026-06-01+02:00",
        "2026-152",
        "Mon, 01 Jun 2026 12:00:00 +0000",
        Never(2026, 6, 1),
        Moment64(),
        5,
    ):
        with fake.expects_requests(0), pytest.raises(BadValue, match="a datetime, a date or ISO text such as '2026-06-01'"):
            PLACES[place](wrong)


@pytest.mark.usefixtures("connection")
def test_days_of_usage(fake: FakeTwilio) -> None:
    """A calendar day is parsed as every other day, and an instant is refused."""
    wanted = UsageRecord.daily.filter(start_date__gte=DAY)
    for text in DAYS:
        assert UsageRecord.daily.filter(start_date__gte=text) == wanted
        assert UsageRecord.daily.filter(start_date=text) == UsageRecord.daily.filter(start_date=DAY)
        assert UsageRecord.daily.filter(start_date__date=text) == UsageRecord.daily.filter(start_date__date=DAY)
    for wrong in (*NOONS[:3], "06/01/2026", NOON, Stamp(2026, 6, 1), Moment64()):
        with fake.expects_requests(0), pytest.raises(BadValue, match="start_date takes a date or ISO text such as '2026-06-01'"):
            UsageRecord.daily.filter(start_date=wrong)


def test_a_day_that_is_included_is_included_to_its_end() -> None:
    """``until=`` of ``changes`` and ``diff`` includes the whole day; ``since=`` begins with the day."""
    fake = FakeTwilio(clock=datetime(2026, 5, 31, 9, tzinfo=UTC))
    connection = twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock
    )
    Call.sync()
    fake.clock = datetime(2026, 6, 1, 9, tzinfo=UTC)
    morning = fake.calls.add(to="morning")["sid"]
    Call.sync()
    fake.clock = datetime(2026, 6, 1, 21, tzinfo=UTC)
    evening = fake.calls.add(to="evening")["sid"]
    Call.sync()
    fake.clock = datetime(2026, 6, 2, 9, tzinfo=UTC)
    fake.calls.add(to="next")
    Call.sync()
    for day in (DAY, *DAYS):
        assert [one.key for one in Call.changes(since=day, until=day)] == [(morning,), (evening,)], day
        assert {one.key for one in Call.diff(since=day, until=day)} == {(morning,), (evening,)}
        assert Call.as_of(day).count() == 0
        assert moment(day, connection.now) == datetime(2026, 6, 1, tzinfo=UTC)
        assert moment(day, connection.now, included=True) == datetime(2026, 6, 1, 23, 59, 59, 999999, tzinfo=UTC)


# ---------------------------------------------------------------- laws

_YEARS = st.dates(date(1900, 1, 1), date(2999, 12, 31))
_ZONES = st.integers(-23 * 60 - 59, 23 * 60 + 59)


def _forms(day: date) -> list[str]:
    """A day in every form that people and programs write."""
    year, week, weekday = day.isocalendar()
    return [
        day.isoformat(), f"{day:%Y%m%d}", f"{day:%Y/%m/%d}", f"{day.year}/{day.month}/{day.day}",
        f"{day.year}-{day.month}-{day.day}", f"{year}-W{week:02d}-{weekday}", f"{year}W{week:02d}{weekday}", f" {day} ",
    ]  # fmt: skip


@given(_YEARS, st.times(), _ZONES)
def test_every_form_of_a_day_and_an_instant_is_parsed(day: date, time: Any, minutes: int) -> None:
    """However a day and a zone are written, the same day and the same instant are read."""
    sign, hours, rest = "-" if minutes < 0 else "+", *divmod(abs(minutes), 60)
    zone = timezone(timedelta(minutes=minutes))
    wanted = datetime.combine(day, time, zone)
    for text in _forms(day):
        assert parse_iso(text) == day and not isinstance(parse_iso(text), datetime)
        for clock in (f"{time:%H:%M:%S.%f}", f"{time:%H%M%S.%f}", f"{time:%H:%M:%S,%f}123"):
            for offset in (f"{sign}{hours:02d}:{rest:02d}", f" {sign}{hours:02d}{rest:02d}"):
                assert parse_iso(f"{text.strip()}T{clock}{offset}") == wanted
            assert parse_iso(f"{text.strip()} {clock}") == wanted.replace(tzinfo=None)
            assert parse_iso(f"{text.strip()} {clock}Z") == wanted.replace(tzinfo=UTC)


@given(st.text(alphabet="0123456789-/.:+TWZ ", max_size=24))
def test_any_text_is_a_day_an_instant_or_refused(text: str) -> None:
    """No error but BadValue is raised, and a text without a time of day is never an instant."""
    found = parse_iso(text)
    if isinstance(found, datetime):
        assert any(sign in text.strip() for sign in "T ")
    column = twilio_orm.Call.start_time
    try:
        low, high = column.terms("exact", text)[1]
    except BadValue:
        return
    assert found is not None and (len(low) == 19 or "." in low) and low < high
