"""The language of questions: what is joined, compared, cut into parts and related; and what is refused before it is asked."""

from __future__ import annotations

import pickle
import zoneinfo
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from twilio_orm import (
    Account,
    BadValue,
    Call,
    Conference,
    ConfigurationError,
    Connection,
    F,
    IncomingPhoneNumber,
    Member,
    Message,
    MissingScope,
    NotCovered,
    Participant,
    Q,
    QueryError,
    Queue,
    Recording,
    Transcription,
    UnknownField,
    UnknownLookup,
    UsageRecord,
)
from twilio_orm.query.lookups import COMPARING, PUBLIC
from twilio_orm.schema import timezones
from twilio_orm.schema.registry import CLASSES
from twilio_orm.schema.timezones import PARTS
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.usefixtures("connection")
NEW_YORK = "America/New_York"
ONE, TWO, THREE = "+15550000001", "+15550000002", "+15550000003"


def at(text: str) -> str:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc).strftime("%a, %d %b %Y %H:%M:%S +0000")


def told(found: Any) -> list[str]:
    """The addresses of the records that answer, live; the mirror has to agree."""
    live = sorted(one.to or "" for one in found)
    found.model.all().sync()
    assert sorted(one.to or "" for one in found.offline()) == live
    return live


@pytest.fixture
def calls(fake: FakeTwilio) -> list[str]:
    """Three calls, each to its own number."""
    rows = [
        (ONE, TWO, "completed", "60", "-0.5", "2026-03-08 04:59:59"),
        (TWO, ONE, "busy", "5", "7", "2026-03-08 05:00:00"),
        (THREE, THREE, "completed", None, None, "2026-03-09 03:59:59"),
    ]
    made = []
    for values in rows:
        row = dict(zip(("to", "from_", "status", "duration", "price", "start_time"), values, strict=True))
        start = row["start_time"] = at(str(row["start_time"]))
        made.append(
            fake.calls.add(**{name.rstrip("_"): value for name, value in row.items()}, date_created=start, date_updated=start)
        )
    return [row["sid"] for row in made]


# ------------------------------------------------------------ Q


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (Q(to=ONE) | Q(from_=ONE), [ONE, TWO]),
        (Q(to=ONE) & Q(from_=ONE), []),
        (~Q(to=ONE), [TWO, THREE]),
        (~(Q(to=ONE) | Q(to=TWO)), [THREE]),
        (Q(Q(to=ONE) | Q(to=TWO), status="busy"), [TWO]),
        (~~Q(to=ONE), [ONE]),
        (Q(duration__gt=6) | Q(price__gt=6), [ONE, TWO]),
        (~Q(duration__gt=6), [TWO, THREE]),
        (Q(to=ONE) | (Q(to=TWO) & ~Q(status="busy")) | Q(to=THREE, duration__isnull=True), [ONE, THREE]),
        (Q(), [ONE, TWO, THREE]),
        (~Q(), [ONE, TWO, THREE]),
        (Q() | Q(to=ONE), [ONE]),
        (Q() & Q(to=ONE), [ONE]),
    ],
)
def test_conditions_are_joined(calls: list[str], question: Q, answer: list[str]) -> None:
    everything = {ONE, TWO, THREE}
    assert told(Call.filter(question)) == sorted(answer)
    assert told(Call.all().filter(question)) == sorted(answer)
    assert told(Call.filter(Q(status="completed"), question)) == sorted(set(answer) & {ONE, THREE})
    rest = everything - set(answer) if question else everything
    assert told(Call.exclude(question)) == sorted(rest)


def test_get_takes_questions(calls: list[str]) -> None:
    assert Call.get(Q(to=ONE) | Q(to="+1"), status="completed").sid == calls[0]
    assert Call.get(calls[0], Q(to=ONE)).to == ONE
    assert Call.get_or_none(Q(to="+1") | Q(to="+2")) is None
    assert Call.all().get_or_none(calls[0], ~Q(to=ONE)) is None


def test_a_q_is_a_value() -> None:
    one = Q(to=ONE) | Q(from_=ONE, status__in=["busy"]) & ~Q(duration__gt=3)
    assert one == Q(to=ONE) | Q(from_=ONE, status__in=["busy"]) & ~Q(duration__gt=3) and hash(one) == hash(
        pickle.loads(pickle.dumps(one))
    )
    assert pickle.loads(pickle.dumps(one)) == one != Q(to=ONE)
    assert Q(a=1, b=2) == Q(b=2, a=1) and Q(a=1) | Q(b=1) | Q(c=1) == Q(a=1) | (Q(b=1) | Q(c=1))
    assert ONE not in repr(one) and "to=" in repr(one) and "status__in=" in repr(one) and "~" in repr(one) and "|" in repr(one)
    assert not Q() and not Q(tz="Europe/Berlin") and Q(a=None)
    with pytest.raises(AttributeError):
        one._operator = "and"
    with pytest.raises(TypeError):
        Q(a=1) | {"b": 2}  # type: ignore[operator]
    with pytest.raises(QueryError, match="not a str"):
        Q("to")  # type: ignore[arg-type]


def test_a_q_keeps_what_would_be_used_up(calls: list[str]) -> None:
    numbers = [ONE, TWO]
    question = Q(to__in=(one for one in numbers)) | Q(to__in=numbers)
    numbers.clear()
    assert told(Call.filter(question)) == told(Call.filter(question)) == [ONE, TWO]


def test_what_changes_the_list_is_no_condition(fake: FakeTwilio) -> None:
    with fake.expects_requests(0):
        for ask in (Recording.filter, Recording.exclude):
            with pytest.raises(QueryError, match=r"outside of Q\(\)"):
                ask(Q(include_soft_deleted=True))
        with pytest.raises(QueryError, match="not sent for related records"):
            Call.filter(recordings__include_soft_deleted=True)
        with pytest.raises(QueryError, match="at least one"):
            Call.exclude()


# ------------------------------------------------------------ F


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ({"to": F("from_")}, [THREE]),
        ({"to__lt": F("from")}, [ONE]),
        ({"to__gte": F("from_")}, [TWO, THREE]),
        ({"duration__gt": F("price")}, [ONE]),
        ({"price__gt": F("duration")}, [TWO]),
        ({"start_time": F("date_created")}, [ONE, TWO, THREE]),
        ({"start_time__gt": F("date_created")}, []),
        ({"end_time__lte": F("start_time")}, []),
    ],
)
def test_fields_are_compared(calls: list[str], words: dict[str, Any], answer: list[str]) -> None:
    assert told(Call.filter(**words)) == sorted(answer)
    assert told(Call.exclude(**words)) == sorted({ONE, TWO, THREE} - set(answer))


def test_numbers_compare_as_numbers_however_they_are_spelled(fake: FakeTwilio) -> None:
    for number, (duration, price) in enumerate(
        [("9", "10"), ("10", "9.0"), ("9007199254740993", "9007199254740992"), ("7", "7.000")]
    ):
        fake.calls.add(to=str(number), duration=duration, price=price)
    assert told(Call.filter(duration__gt=F("price"))) == ["1", "2"] and told(Call.filter(duration=F("price"))) == ["3"]


# ------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("ask", "error", "says"),
    [
        (lambda: Call.filter(to__regex="(secret"), BadValue, "does not compile"),
        (lambda: Call.filter(to__iregex=5), BadValue, "take text"),
        (lambda: Call.filter(duration=F("start_time")), BadValue, "one kind"),
        (lambda: Call.filter(duration=F("durations")), UnknownField, "did you mean 'duration'"),
        (lambda: Call.filter(to__contains=F("from_")), UnknownLookup, r"F\(\) goes with"),
        (lambda: Call.filter(to__in=F("from_")), UnknownLookup, r"F\(\) goes with"),
        (lambda: Call.filter(start_time__hour__in=F("duration")), UnknownLookup, "start_time__hour__in"),
        (lambda: Call.filter(start_time__hour=F("to")), BadValue, "start_time__hour is a whole number and to is an address"),
        (lambda: Recording.filter(call__duration=F("duration")), BadValue, "not of a related one"),
        (lambda: Call.filter(to__hour=3), UnknownLookup, "is for times"),
        (lambda: Call.filter(duration__date="2026-01-01"), UnknownLookup, "is for times"),
        (lambda: Call.filter(start_time__hour=24), BadValue, "from 0 to 23, not 24"),
        (lambda: Call.filter(start_time__week_day=0), BadValue, "from 1 to 7"),
        (lambda: Call.filter(start_time__month__in=[1, 13]), BadValue, "from 1 to 12"),
        (lambda: Call.filter(start_time__hour__range=(5, 3)), BadValue, "the lower one first"),
        (lambda: Call.filter(start_time__hour__contains="1"), UnknownLookup, "of the hour"),
        (lambda: Call.filter(start_time__hour=None), BadValue, "null matches no lookup"),
        (lambda: Call.filter(start_time__hour=True), BadValue, "whole number"),
        (lambda: Call.filter(start_time__hours=3), UnknownLookup, "did you mean 'hour'"),
        (lambda: UsageRecord.filter(end_date__hour=1), UnknownLookup, "no hours"),
        (lambda: Call.filter(start_time__hour=1, tz="Europe/Berlim"), BadValue, "did you mean 'Europe/Berlin'"),
        (lambda: Call.filter(start_time__hour=1, tz="../../etc/passwd"), BadValue, "time zone"),
        (lambda: Call.filter(start_time__hour=1, tz=5), BadValue, "not a int"),
        (lambda: Call.filter(recordings=1), UnknownLookup, "recordings__sid"),
        (lambda: Call.filter(recording__duration=1), UnknownField, "did you mean 'recordings'"),
        (lambda: Call.filter(recordings__durations=1), UnknownField, "Recording has no field"),
        (lambda: Call.filter(recordings__duration__above=1), UnknownLookup, "Recording.duration"),
        (lambda: Call.filter(recordings__isnull=1), BadValue, "True or False"),
        (lambda: Queue.all().involving(ONE), QueryError, "to and from"),
        (lambda: Call.all().reverse(), QueryError, "order_by"),
        (lambda: Call.all().last(), QueryError, "order_by"),
        (lambda: Call.all().order_by("sid")[:3].reverse(), QueryError, "slice"),
        (lambda: Call.all().in_bulk(["CA1"]), BadValue, "SID"),
        (lambda: Call.all().iterator(chunk_size=0), QueryError, "chunk_size"),
    ],
)
def test_what_does_not_fit_is_refused(fake: FakeTwilio, ask: Callable[[], Any], error: type[Exception], says: str) -> None:
    with fake.expects_requests(0), pytest.raises(error, match=says) as caught:
        ask()
    assert "secret" not in str(caught.value) and "secret" not in repr(caught.value.__cause__)


def test_names_do_not_clash() -> None:
    """What follows ``__`` is one of: a lookup, a part, a field of a neighbour. No field is called like the first two."""
    words = {*PUBLIC, *PARTS, *COMPARING, "tz"}
    for model in CLASSES.values():
        schema = model.api_schema
        assert not words & {*schema.columns, *schema.derived, *schema.links}, model
        assert not any("__" in name for name in (*schema.columns, *schema.derived, *schema.links))
        for name, link in schema.links.items():
            other = link.other()
            assert link.local_field in schema.columns and (link.remote_field or other.key[-1]) in other.columns, (model, name)


# ------------------------------------------------------------ lookups


@pytest.mark.parametrize(
    ("lookup", "value", "found"),
    [
        ("istartswith", "STRASS", ["Straße 1"]), ("iendswith", "E 1", ["Straße 1"]),
        ("istartswith", "", ["Straße 1", "ab", "a\ufffdb"]),
        ("regex", "^a.b$", ["a\ufffdb"]), ("regex", "ß", ["Straße 1"]), ("iregex", "^A", ["ab", "a\ufffdb"]), ("regex", "^A", []),
        ("regex", r"\d$", ["Straße 1"]), ("regex", "", ["Straße 1", "ab", "a\ufffdb"]), ("regex", "\x00", ["a\ufffdb"]),
    ],
)  # fmt: skip
def test_text_is_looked_up(fake: FakeTwilio, lookup: str, value: str, found: list[str]) -> None:
    for text in ("Straße 1", "a\x00b", "ab", None):
        fake.messages.add(body=text)
    Message.all().sync()
    for asked in (Message.filter(**{f"body__{lookup}": value}), Message.filter(**{f"body__{lookup}": value}).offline()):
        assert sorted(one.body or "" for one in asked) == found
    assert Message.exclude(**{f"body__{lookup}": value}).count() == 4 - len(found)


# ------------------------------------------------------------ parts and zones


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ({"start_time__year": 2026}, [ONE, TWO, THREE]),
        ({"start_time__year__lt": 2026}, []),
        ({"start_time__year__in": [2025, 2026]}, [ONE, TWO, THREE]),
        ({"start_time__year__range": (2020, "2025")}, []),
        ({"start_time__year__gt": 9999}, []),
        ({"start_time__year__lte": 9999}, [ONE, TWO, THREE]),
        ({"start_time__month": 3, "start_time__day": 8}, [ONE, TWO]),
        ({"start_time__week_day": 1}, [ONE, TWO]),
        ({"start_time__week_day": 1, "tz": NEW_YORK}, [TWO, THREE]),
        ({"start_time__week_day": 7, "tz": NEW_YORK}, [ONE]),
        ({"start_time__hour": 5}, [TWO]),
        ({"start_time__hour__gte": 4}, [ONE, TWO]),
        ({"start_time__hour__in": [3, 4]}, [ONE, THREE]),
        ({"start_time__hour__range": (4, 5)}, [ONE, TWO]),
        ({"start_time__hour__lt": 24}, [ONE, TWO, THREE]),
        ({"start_time__hour": 23, "tz": NEW_YORK}, [ONE, THREE]),
        ({"start_time__hour": 10, "tz": "Asia/Kolkata"}, [ONE, TWO]),
        ({"start_time__hour": 10, "tz": timezone(timedelta(hours=5, minutes=30))}, [ONE, TWO]),
        ({"start_time__date": date(2026, 3, 8), "tz": NEW_YORK}, [TWO, THREE]),
        ({"start_time": date(2026, 3, 8), "tz": ZoneInfo(NEW_YORK)}, [TWO, THREE]),
        ({"start_time__lt": "2026-03-08", "tz": NEW_YORK}, [ONE]),
        ({"start_time__gt": date(2026, 3, 7), "tz": NEW_YORK}, [TWO, THREE]),
        ({"start_time__lte": date(2026, 3, 7), "tz": NEW_YORK}, [ONE]),
        ({"start_time__in": ["2026-03-07", "2026-01-01"], "tz": NEW_YORK}, [ONE]),
        ({"start_time__range": ("2026-03-07", "2026-03-08"), "tz": NEW_YORK}, [ONE, TWO, THREE]),
        ({"start_time__date__gte": "2026-03-08", "tz": NEW_YORK}, [TWO, THREE]),
        ({"start_time__date__in": ["2026-03-09"]}, [THREE]),
        ({"start_time__date": datetime(2026, 3, 8, 4, 30), "tz": NEW_YORK}, [ONE]),
        ({"start_time": datetime(2026, 3, 8, 5), "tz": NEW_YORK}, [TWO]),
        ({"start_time": date(2026, 3, 8), "tz": "UTC"}, [ONE, TWO]),
        ({"start_time": date(2026, 3, 8), "tz": None}, [ONE, TWO]),
        ({"start_time__hour__isnull": True}, []),
    ],
)  # fmt: skip
def test_days_and_hours_are_those_of_a_zone(calls: list[str], words: dict[str, Any], answer: list[str]) -> None:
    assert told(Call.filter(**words)) == sorted(answer)
    assert told(Call.filter(Q(**words))) == sorted(answer)
    assert told(Call.exclude(**words)) == sorted({ONE, TWO, THREE} - set(answer))
    tz = words.get("tz")
    assert told(Call.filter(Q(**{word: value for word, value in words.items() if word != "tz"}), tz=tz)) == sorted(answer)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 8), NEW_YORK, 23), (date(2026, 11, 1), NEW_YORK, 25), (date(2026, 3, 9), NEW_YORK, 24),
        (date(2026, 10, 4), "Australia/Lord_Howe", 23.5), (date(2026, 4, 5), "Australia/Lord_Howe", 24.5),
        (date(2017, 10, 15), "America/Sao_Paulo", 23), (date(2018, 2, 17), "America/Sao_Paulo", 25),
        (date(2026, 5, 1), "Asia/Kathmandu", 24),
    ],
)  # fmt: skip
def test_a_day_is_as_long_as_its_clocks_say(day: date, zone: str, hours: float) -> None:
    low, high = timezones.whole_day(day, zone)
    assert high - low == timedelta(hours=hours)
    clock = ZoneInfo(zone)
    tick = timedelta(microseconds=1)
    assert [one.astimezone(clock).date() == day for one in (low - tick, low, high - tick, high)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("lookup", "value", "years"),
    [
        ("", 2025, [2025]), ("__gt", 2025, [2026, 2027]), ("__gte", 2025, [2025, 2026, 2027]), ("__lt", 2026, [2024, 2025]),
        ("__lte", 2026, [2024, 2025, 2026]), ("__range", (2025, 2026), [2025, 2026]), ("__in", [2027, 2024], [2024, 2027]),
        ("__in", [], []), ("__gt", 9999, []), ("__lt", 9999, [2024, 2025, 2026, 2027]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("zone", [None, "Pacific/Auckland"])
def test_years_end_where_the_clocks_say(fake: FakeTwilio, lookup: str, value: Any, years: list[int], zone: str | None) -> None:
    for year in (2024, 2025, 2026, 2027):
        for end in (datetime(year, 1, 1), datetime(year + 1, 1, 1) - timedelta(seconds=1)):
            moment = end.replace(tzinfo=ZoneInfo(zone or "UTC")).astimezone(timezone.utc)
            fake.calls.add(to=str(year), start_time=at(moment.replace(tzinfo=None).isoformat()))
    assert told(Call.filter(**{f"start_time__year{lookup}": value}, tz=zone)) == sorted([str(year) for year in years] * 2)


def test_a_day_that_comes_twice_is_told_by_its_clocks(fake: FakeTwilio) -> None:
    """St. John's turned its clocks back one minute after midnight: the day had begun, and began again an hour later."""
    for hour, minute in ((2, 29), (2, 30), (2, 31), (3, 30)):
        fake.calls.add(to=f"{hour}:{minute}", start_time=at(f"2010-11-07 {hour:02}:{minute:02}:00"))
    zone = {"tz": "America/St_Johns"}
    assert told(Call.filter(start_time__date="2010-11-07", **zone)) == ["2:30", "3:30"]
    assert told(Call.filter(start_time__lte=date(2010, 11, 6), **zone)) == ["2:29", "2:31"]
    assert told(Call.filter(start_time__in=["2010-11-07"], **zone)) == ["2:30", "3:30"]
    assert told(Call.filter(start_time__range=("2010-11-01", "2010-11-06"), **zone)) == ["2:29", "2:31"]
    assert told(Call.filter(start_time__date="2011-12-30", tz="Pacific/Apia")) == []


def test_twilio_is_asked_for_a_year_and_for_local_days(fake: FakeTwilio) -> None:
    list(Call.filter(start_time__year=2026))
    assert dict(fake.requests[-1].query) == {"StartTime>": "2026-01-01", "StartTime<": "2027-01-01", "PageSize": "1000"}
    list(Call.filter(start_time=date(2026, 3, 8), tz=NEW_YORK))
    assert dict(fake.requests[-1].query) == {"StartTime>": "2026-03-08", "StartTime<": "2026-03-10", "PageSize": "1000"}
    list(Call.filter(start_time__hour=9, status="busy"))
    assert dict(fake.requests[-1].query) == {"Status": "busy", "PageSize": "1000"}


def test_a_system_without_zones_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoneinfo, "available_timezones", set)
    timezones.time_zone.cache_clear()
    with pytest.raises(ConfigurationError, match=r"pip install 'twilio_orm\[tz\]'"):
        Call.filter(start_time__hour=1, tz="Europe/Nowhere")
    assert Call.filter(start_time__hour=1, tz=timezone.utc).query == Call.filter(start_time__hour=1).query


def test_days_have_parts(fake: FakeTwilio) -> None:
    found = UsageRecord.daily.filter(start_date__month=3, start_date__year=2026, start_date__week_day__in=[1, 7], tz=NEW_YORK)
    assert "the month of start_date is 3" in found.explain()
    list(found)
    assert dict(fake.requests[-1].query)["StartDate"] == "2026-01-01"


# ------------------------------------------------------------ relations


@pytest.fixture
def related(fake: FakeTwilio) -> dict[str, str]:
    """A call with a long and a deleted recording, one with a short one that failed, one with none."""
    sids = {
        name: fake.calls.add(to=name, status=status)["sid"]
        for name, status in (("long", "completed"), ("short", "busy"), ("none", "busy"))
    }
    for name, duration, status in (
        ("long", "90", "completed"),
        ("long", "99", "deleted"),
        ("short", "5", "absent"),
        ("long", "5", "processing"),
    ):
        made = fake.recordings.add(call_sid=sids[name], duration=duration, status=status)["sid"]
        if status != "deleted":
            fake.transcriptions.add(recording_sid=made, status="completed")
    fake.recordings.add(call_sid=None, duration="7", status="completed")
    return sids


RELATED: list[tuple[Any, dict[str, Any], int, int]] = [
    (Recording, {"call__status": "completed"}, 2, 4),
    (Recording, {"call__to__startswith": "s"}, 1, 4),
    (Transcription, {"recording__call__status": "busy"}, 1, 3),
    (Transcription, {"recording__duration__gt": 80}, 1, 3),
    (Call, {"recordings__duration__gt": 60}, 1, 3),
    (Call, {"recordings__duration": 99}, 0, 3),
    (Call, {"recordings__duration": 5, "recordings__status": "completed"}, 0, 3),
    (Call, {"recordings__duration": 5, "recordings__status": "processing"}, 1, 3),
    (Call, {"recordings__isnull": True}, 1, 3),
    (Call, {"recordings__isnull": False}, 2, 3),
    (Call, {"recordings__transcriptions__status": "completed", "status": "busy"}, 1, 3),
    (Recording, {"call__account__status": "active"}, 3, 4),
    (Recording, {"call__isnull": True}, 1, 4),
]


@pytest.mark.parametrize(("model", "words", "some", "all_of_them"), RELATED)
def test_what_is_related_is_asked_about(
    related: dict[str, str], model: Any, words: dict[str, Any], some: int, all_of_them: int, fake: FakeTwilio
) -> None:
    found, rest = model.filter(**words), model.exclude(**words)
    assert (found.count(), rest.count()) == (some, all_of_them - some)
    for one in (Call, Recording, Transcription, Account):
        one.all().sync()
    Recording.filter(include_soft_deleted=True).sync()  # the mirror holds what is hidden, and hides it
    with fake.expects_requests(0):
        assert (found.offline().count(), rest.offline().count()) == (some, all_of_them - some)
        assert {one.sid for one in found.offline()} & {one.sid for one in rest.offline()} == set()
    assert {one.sid for one in found} == {one.sid for one in found.offline()} and found.offline().as_of is None


def test_steps_may_be_about_different_records(related: dict[str, str]) -> None:
    calls = Call.filter(recordings__duration=5).filter(recordings__status="completed")
    assert (
        [one.to for one in calls]
        == ["long"]
        == [one.to for one in Call.filter(Q(recordings__duration=5) & ~Q(recordings__status="absent"))]
    )
    assert Call.filter(Q(recordings__duration=5) | Q(recordings__duration=90), recordings__status="completed").count() == 1
    assert Call.filter(Q(recordings__duration=5) | Q(recordings__duration=90), recordings__status="paused").count() == 0
    assert Call.filter(Q(recordings__duration=5) | Q(recordings__duration=6), recordings__status="completed").count() == 0


def test_the_related_are_asked_for_first(related: dict[str, str], fake: FakeTwilio) -> None:
    with fake.expects_requests(3):
        assert Recording.filter(call__status="busy").count() == 1
    paths = [(request.path.rpartition("/")[2], dict(request.query)) for request in fake.requests[-3:]]
    assert paths[0] == ("Calls.json", {"Status": "busy", "PageSize": "1000"})
    assert {query["CallSid"] for _, query in paths[1:]} == {related["short"], related["none"]}
    with fake.expects_requests(1):  # nothing is related, so there is nothing to ask for
        assert Recording.filter(call__status="ringing").count() == 0
    with fake.expects_requests(0):
        text = Recording.filter(call__status="busy", duration__gt=3).explain()
    assert (
        "  subquery GET " in text
        and "Calls.json?Status=busy" in text
        and "CallSid=…" in text
        and "its call has (status is 'busy')" in text
    )
    assert "one of its recordings" in Call.exclude(recordings__duration__gt=3).explain()


def test_a_parent_is_found_by_what_is_said_of_it(fake: FakeTwilio) -> None:
    queue = fake.queues.add(friendly_name="sales")["sid"]
    fake.queues.add(friendly_name="other")
    member = fake.members.add(queue_sid=queue)["call_sid"]
    assert [one.call_sid for one in Member.filter(queue__friendly_name="sales")] == [member]
    assert [one.call_sid for one in Member.filter(queue__friendly_name="sales").offline()] == [member]


def test_what_is_listed_below_each_record_is_asked_for_there(fake: FakeTwilio) -> None:
    rooms = [fake.conferences.add(status="in-progress")["sid"] for _ in range(3)]
    for room, muted in zip(rooms, (True, False), strict=False):
        fake.participants.add(conference_sid=room, muted=muted)
    with fake.expects_requests(1 + 3):  # the conferences, and the participants of each
        assert [one.sid for one in Conference.filter(status="in-progress", participants__muted=True)] == rooms[:1]


def test_what_cannot_be_asked_is_said_before_anything_is_sent(related: dict[str, str], fake: FakeTwilio) -> None:
    with fake.expects_requests(0):
        with pytest.raises(MissingScope):
            list(Participant.filter(call__status="busy"))
        with pytest.raises(QueryError, match=r"\.offline\(\)"):
            list(Account.filter(calls__status="busy"))
        with pytest.raises(QueryError, match="does not list Stream"):
            list(Call.filter(streams__status="stopped"))


def test_the_mirror_has_to_have_heard_of_both(related: dict[str, str], fake: FakeTwilio) -> None:
    asked = Recording.filter(call__status="completed")
    Recording.all().sync()
    with fake.expects_requests(0):
        with pytest.raises(NotCovered, match="Call"):
            asked.offline().count()
        assert asked.offline(partial=True).count() == 0
    Call.filter(status="completed").sync()
    offline = asked.offline()
    with fake.expects_requests(0):
        assert offline.count() == 2 and offline.as_of is not None
        with pytest.raises(NotCovered):
            Recording.filter(call__status="busy").offline().count()
    assert offline.as_of <= min(one.as_of for one in _answered(Recording.offline(), Call.filter(status="completed").offline()))


def test_an_answer_is_as_old_as_what_it_rests_on(related: dict[str, str], fake: FakeTwilio) -> None:
    for model in (Account, Call, Recording):
        fake.tick(0.001)
        model.all().sync()
    account, call, recording = (one.as_of for one in _answered(Account.offline(), Call.offline(), Recording.offline()))
    assert account < call < recording
    found = _answered(
        Recording.filter(call__status="busy").offline(),
        Recording.filter(call__account__status="active").offline(),
        Call.filter(recordings__duration=5).offline(),
    )
    assert [one.as_of for one in found] == [call, account, call]


def _answered(*found: Any) -> list[Any]:
    for one in found:
        list(one)
    return list(found)


def test_what_one_sync_heard_is_enough_for_its_own_question(related: dict[str, str], fake: FakeTwilio) -> None:
    asked = Recording.filter(call__status="busy")
    asked.sync()
    with fake.expects_requests(0):
        assert asked.offline().count() == 1


def test_accounts_by_what_lies_below_them(related: dict[str, str], fake: FakeTwilio, connection: Connection) -> None:
    child = Account.create("child")
    Account.all().sync()
    asked = Account.filter(calls__recordings__duration__gt=60).offline()
    Call.all().sync()
    Recording.all().sync()
    with pytest.raises(NotCovered):  # the child's are not known
        asked.count()
    for model in (Call, Recording):
        model.using(connection.under(child.sid)).sync()
    assert [one.sid for one in asked] == [connection.account_sid]
    assert [one.sid for one in Account.exclude(calls__status="busy").offline()] == [child.sid]


def test_another_accounts_records_are_not_related(related: dict[str, str], fake: FakeTwilio, connection: Connection) -> None:
    child = Account.create("child")
    below = connection.under(child.sid)
    for model in (Call, Recording):
        model.all().sync()
        model.using(below).sync()
    assert Recording.using(below).filter(call__status="completed").offline().count() == 0
    assert Recording.filter(call__status="completed").offline().count() == 2


# ------------------------------------------------------------ query sets


def test_order_turned_round(fake: FakeTwilio) -> None:
    for status, to in (("busy", "1"), ("completed", "2"), ("busy", "3"), (None, "4")):
        fake.calls.add(status=status, to=to)
    Call.all().sync()
    for calls in (Call.all(), Call.offline()):
        there = [one.sid for one in calls.order_by("status")]
        assert [one.sid for one in calls.order_by("status").reverse()] == there[::-1]
        assert [one.sid for one in calls.order_by("status").reverse().reverse()] == there
        assert calls.order_by("status").last().sid == there[-1] and calls.order_by("-status").first().to == "2"  # type: ignore[union-attr]
        assert calls.order_by("status")[1:3].last().sid == there[2] and calls.filter(to="9").order_by("sid").last() is None  # type: ignore[union-attr]
        assert sorted(one.to or "" for one in calls.distinct()) == ["1", "2", "3", "4"]
        assert list(calls.order_by("status").values_list("status", flat=True).distinct()) == [None, "busy", "completed"]
        assert list(calls.order_by("status").values_list("status", flat=True).distinct()[1:]) == ["busy", "completed"]


def test_records_of_many_sids(fake: FakeTwilio) -> None:
    sids = [fake.calls.add(status="busy" if at % 2 else "completed")["sid"] for at in range(30)]
    absent = "CA" + "f" * 32
    with fake.expects_requests(3):
        assert list(Call.all().in_bulk([sids[2], absent, sids[1]])) == [sids[2], sids[1]]
    with fake.expects_requests(1):
        found = Call.filter(status="busy").in_bulk(sids)
    assert list(found) == sids[1::2] and all(found[sid].sid == sid for sid in found)
    Call.all().sync()
    with fake.expects_requests(0):
        assert Call.all().in_bulk([]) == {}
        assert list(Call.offline(partial=True).in_bulk(sids)) == sids
    for _ in range(5000):
        fake.calls.add()
    before = len(fake.requests)
    assert list(Call.all().in_bulk(sids)) == sids
    assert [request.path.rpartition("/")[2] for request in fake.requests[before:]][:4] == ["Calls.json"] * 4
    assert len(fake.requests) - before == 5 + 30  # the list was longer than asking for each


def test_records_one_by_one(fake: FakeTwilio) -> None:
    for _ in range(7):
        fake.calls.add()
    with fake.expects_requests(3):
        assert len(list(Call.all().iterator(chunk_size=3))) == 7
    with fake.expects_requests(1):
        assert len(list(Call.all().iterator(chunk_size=2000))) == len(list(Call.offline(partial=True).iterator())) == 7


def test_involving_is_to_or_from(calls: list[str], fake: FakeTwilio) -> None:
    with fake.expects_requests(2):
        assert sorted(one.to or "" for one in Call.involving(ONE)) == [ONE, TWO]
    assert [dict(request.query).get("To") or dict(request.query).get("From") for request in fake.requests[-2:]] == [ONE, ONE]
    assert Call.filter(status="busy").involving(ONE).count() == 1 and Message.involving(ONE).count() == 0


def test_what_was_fetched_before_does_not_answer_about_others(related: dict[str, str], fake: FakeTwilio) -> None:
    call = list(Call.filter(to="long").prefetch("recordings"))[0]
    with fake.expects_requests(0):
        assert call.recordings.filter(Q(duration=5) | Q(duration=90)).count() == 2
    assert call.recordings.filter(transcriptions__status="completed", duration=5).count() == 1


def test_numbers_by_their_applications(fake: FakeTwilio) -> None:
    sid = fake.applications.add(friendly_name="ivr")["sid"]
    fake.numbers.add(voice_application_sid=sid, phone_number=ONE)
    fake.numbers.add(voice_application_sid="", phone_number=TWO)
    assert [one.phone_number for one in IncomingPhoneNumber.filter(voice_application__friendly_name="ivr")] == [ONE]
