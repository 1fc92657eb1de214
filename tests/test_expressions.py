"""Expressions of one record: what they give, live and offline alike, what they are called, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

import twilio_orm
from twilio_orm import (
    BadValue,
    Call,
    Count,
    F,
    Max,
    NotCovered,
    NotLoaded,
    Q,
    QueryError,
    QuerySet,
    Recording,
    Sum,
    TruncDay,
    TruncHour,
    TruncMonth,
    TruncQuarter,
    TruncWeek,
    TruncYear,
    UnknownField,
    UnknownLookup,
    UsageRecord,
)
from twilio_orm.http.messages import Response
from twilio_orm.query.constraints import query_constraints
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.usefixtures("connection")
UTC = timezone.utc
BIG = 2**63 - 1


def rfc(text: str) -> str:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")


def add(fake: FakeTwilio, **values: Any) -> str:
    for name in ("start_time", "end_time", "date_created", "date_updated"):
        if values.get(name):
            values[name] = rfc(values[name])
    return str(fake.calls.add(**{"price_unit": "USD", "status": "completed", **values})["sid"])


def same(read: Callable[[QuerySet[Call]], Any]) -> Any:
    """What every source answers."""
    live = read(Call.all())
    Call.sync()
    assert read(Call.all().offline()) == live
    assert read(Call.all().cached()) == live
    return live


@pytest.fixture
def calls(fake: FakeTwilio) -> list[str]:
    """Three calls: an ordinary one, one without a price, and one with nothing but its start."""
    return [
        add(
            fake, duration="90", queue_time="7", price="-0.0300", start_time="2026-03-08 06:59:30", end_time="2026-03-08 07:01:00"
        ),
        add(fake, duration="0", queue_time="-5", price=None, start_time="2026-05-31 23:59:59", end_time="2026-05-31 23:59:59"),
        add(fake, duration=None, queue_time=None, price=None, start_time="2026-06-01 00:00:00", end_time=None, status="busy"),
    ]


def _sids(found: Any) -> list[str]:
    return sorted(found.values_list("sid", flat=True))


MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 3, 8, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "first", "second"),
    [
        (F("duration"), 90, 0),
        (F("duration") + 1, 91, 1),
        (1 - F("duration"), -89, 1),
        (-F("duration"), -90, 0),
        (F("duration") * F("queue_time"), 630, 0),
        (60 * F("duration") - F("queue_time") * 2, 5386, 10),
        (F("duration") / 60, Decimal("1.5"), Decimal(0)),
        (F("duration") / F("queue_time"), Decimal("12.85714285714285714285714286"), Decimal(0)),
        (F("queue_time") / F("duration"), Decimal("0.07777777777777777777777777778"), None),
        (7 / F("duration"), Decimal("0.07777777777777777777777777778"), None),
        (F("duration") * Decimal("0.1"), Decimal(9), Decimal(0)),
        ((F("duration") + Decimal(10**28 - 85)) / 1, Decimal(10**28), Decimal(10**28 - 85)),
        ((F("duration") + Decimal(10**28 - 75)) / 1, Decimal(10**28 + 20), Decimal(10**28 - 75)),
        (F("queue_time") * Decimal("1E98") * 10, Decimal("7E99"), Decimal("-5E99")),
        (F("queue_time") * Decimal("1E98") * 100, None, None),
        ((F("end_time") - F("start_time") + timedelta(microseconds=1)) / 2, timedelta(seconds=45), timedelta(0)),
        ((F("end_time") - F("start_time") + timedelta(microseconds=3)) / -2, -timedelta(seconds=45, microseconds=2),
         -timedelta(microseconds=2)),
        (F("queue_time") / Decimal(3) - 2, Decimal("0.333333333333333333333333333"), Decimal("-3.666666666666666666666666667")),
        (F("duration") + BIG, None, BIG),
        (F("duration") * 2**62 * 0, None, 0),
        (F("duration") + -(2**63), 90 - 2**63, -(2**63)),
        (F("queue_time") - 2**62 - 2**62, 7 - 2**63, None),
        (F("price") * 2, Decimal("-0.06"), None),
        (F("price") + Decimal("0.03"), Decimal(0), None),
        (F("price") / F("duration") * 60, Decimal("-0.019999999999999999999999999998"), None),
        (F("price") * 60 / F("duration"), Decimal("-0.02"), None),
        (F("price") - F("price"), Decimal(0), None),
        (F("price") / F("price"), Decimal(1), None),
        (F("end_time") - F("start_time"), timedelta(seconds=90), timedelta(0)),
        (F("start_time") - F("end_time"), -timedelta(seconds=90), timedelta(0)),
        ((F("end_time") - F("start_time")) * 2, timedelta(minutes=3), timedelta(0)),
        ((F("end_time") - F("start_time")) / 7, timedelta(microseconds=12857143), timedelta(0)),
        ((F("end_time") - F("start_time")) / F("queue_time"), timedelta(microseconds=12857143), timedelta(0)),
        ((F("end_time") - F("start_time")) / MINUTE, Decimal("1.5"), Decimal(0)),
        (F("end_time") - F("start_time") - MINUTE, timedelta(seconds=30), -MINUTE),
        (F("start_time") + MINUTE, datetime(2026, 3, 8, 7, 0, 30, tzinfo=UTC), datetime(2026, 6, 1, 0, 0, 59, tzinfo=UTC)),
        (MINUTE + F("start_time"), datetime(2026, 3, 8, 7, 0, 30, tzinfo=UTC), datetime(2026, 6, 1, 0, 0, 59, tzinfo=UTC)),
        (F("start_time") - MINUTE / 4e7, datetime(2026, 3, 8, 6, 59, 29, 999998, tzinfo=UTC),
         datetime(2026, 5, 31, 23, 59, 58, 999998, tzinfo=UTC)),
        (F("start_time") + timedelta(days=365 * 9000), None, None),
        (F("start_time") - datetime(2026, 3, 8), timedelta(hours=6, minutes=59, seconds=30),
         timedelta(days=84, hours=23, minutes=59, seconds=59)),
        (NOON - F("start_time"), timedelta(hours=5, seconds=30), -timedelta(days=84, hours=11, minutes=59, seconds=59)),
        (TruncYear("start_time"), date(2026, 1, 1), date(2026, 1, 1)),
        (TruncQuarter("start_time"), date(2026, 1, 1), date(2026, 4, 1)),
        (TruncMonth("start_time"), date(2026, 3, 1), date(2026, 5, 1)),
        (TruncMonth("start_time", tz="Asia/Kolkata"), date(2026, 3, 1), date(2026, 6, 1)),
        (TruncWeek("start_time"), date(2026, 3, 2), date(2026, 5, 25)),
        (TruncDay("start_time", tz="Pacific/Auckland"), date(2026, 3, 8), date(2026, 6, 1)),
        (TruncHour("start_time"), datetime(2026, 3, 8, 6, tzinfo=UTC), datetime(2026, 5, 31, 23, tzinfo=UTC)),
        (TruncHour("start_time", tz="Asia/Kolkata"), datetime(2026, 3, 8, 6, 30, tzinfo=UTC),
         datetime(2026, 5, 31, 23, 30, tzinfo=UTC)),
        (F("start_time__month_start") - F("start_time__date"), -timedelta(days=7), -timedelta(days=30)),
        (F("start_time__week_start") + timedelta(days=6), date(2026, 3, 8), date(2026, 5, 31)),
        (timedelta(days=1) + F("start_time__date"), date(2026, 3, 9), date(2026, 6, 1)),
        (date(2026, 6, 1) - F("start_time__date"), timedelta(days=85), timedelta(days=1)),
        (F("start_time__date") - timedelta(days=9999999), None, None),
        (F("start_time__hour") * 60 + F("start_time__minute"), 419, 1439),
        (F("start_time__iso_year") * 100 + F("start_time__week"), 202610, 202622),
        (F("billed_minutes") * 60 - F("duration"), 30, 0),
    ],
)  # fmt: skip
def test_an_expression_has_one_value_everywhere(calls: list[str], expression: Any, first: Any, second: Any) -> None:
    """In ``values()``, as an attribute, in an order, in a filter and its opposite."""
    wanted = dict(zip(calls, (first, second), strict=False))

    def typed(rows: list[Any]) -> list[Any]:
        return [(sid, type(value).__name__, value) for sid, value in rows if sid in wanted]

    expected = typed(list(wanted.items()))
    assert sorted(typed(same(lambda found: sorted(found.values_list("sid", expression), key=str)))) == sorted(expected)
    made = same(lambda found: [(one.sid, one.made) for one in found.annotate(made=expression).order_by("sid")])
    assert typed(made) == sorted(expected)
    if first is not None:
        for lookup in ("gte", "lt"):
            fits = [sid for sid, value in wanted.items() if value is not None and (value >= first) is (lookup == "gte")]
            made = {f"made__{lookup}": first}
            there = same(lambda found: _sids(found.alias(made=expression).filter(**made)))  # noqa: B023
            assert sorted({*there} & {*calls[:2]}) == sorted(fits)
    order = same(lambda found: list(found.order_by(expression.desc(), "sid").values_list("sid", flat=True)))
    ranked = sorted(
        calls[:2], key=lambda sid: (wanted[sid] is not None, wanted[sid] if wanted[sid] is not None else 0), reverse=True
    )
    if first != second:
        assert [sid for sid in order if sid in wanted] == ranked


def test_null_and_conditions(calls: list[str]) -> None:
    first, second, third = calls

    longer = Q(end_time__gt=F("start_time") + MINUTE)
    assert same(lambda found: _sids(found.filter(longer))) == [first]
    assert same(lambda found: _sids(found.exclude(longer))) == sorted([second, third])
    assert same(lambda found: _sids(found.filter(~longer | Q(duration__gte=F("queue_time") * 12)))) == sorted(calls)
    assert same(lambda found: _sids(found.annotate(q=F("queue_time") / F("duration")).filter(q__isnull=True))) == sorted(
        [second, third]
    )
    assert same(lambda found: _sids(found.filter(end_time__date=F("start_time__date")))) == sorted([first, second])
    assert same(lambda found: _sids(found.filter(start_time__hour__lt=F("queue_time")))) == [first]
    wait = same(lambda found: _sids(found.annotate(w=F("end_time") - F("start_time")).filter(w__in=[timedelta(0), MINUTE * 1.5])))
    assert wait == sorted([first, second])
    assert same(lambda found: _sids(found.annotate(p=F("price") * 3).filter(p__range=("-0.1", "-0.09")))) == [first]
    assert same(lambda found: _sids(found.annotate(n=F("status")).filter(n__startswith="c"))) == sorted([first, second])


def test_annotations_are_fields(calls: list[str]) -> None:
    first, second, third = calls

    def timed(found: QuerySet[Call]) -> QuerySet[Call]:
        return found.annotate(wait=F("end_time") - F("start_time"), twice=F("price") * 2)

    assert same(lambda found: [one["twice"] for one in timed(found).order_by("sid").values() if one["sid"] == first]) == [
        Decimal("-0.06")
    ]
    assert same(lambda found: list(timed(found).values_list("wait", flat=True).distinct().order_by("-wait"))) == [
        timedelta(seconds=90), timedelta(0), None,
    ]  # fmt: skip
    assert same(lambda found: timed(found).aggregate(Max("wait"), Sum("twice"), n=Count("twice", filter=Q(wait__gt=MINUTE)))) == {
        "wait__max": timedelta(seconds=90), "twice__sum": twilio_orm.Amounts({"USD": Decimal("-0.06")}, 2), "n": 1,
    }  # fmt: skip
    grouped = same(lambda found: list(timed(found).values("wait").annotate(n=Count()).order_by("wait")))
    assert grouped == [{"wait": None, "n": 1}, {"wait": timedelta(0), "n": 1}, {"wait": timedelta(seconds=90), "n": 1}]
    assert same(lambda found: timed(found).annotate(more=F("wait") * 2).get(first).more) == timedelta(minutes=3)
    assert same(lambda found: timed(found).filter(status="busy").first().wait) is None
    assert same(lambda found: (timed(found).filter(wait=timedelta(0)) | timed(found).filter(status="busy")).count()) == 2
    assert same(lambda found: [one.wait for one in timed(found).only("status").filter(sid=first)]) == [timedelta(seconds=90)]
    with pytest.raises(AttributeError):
        Call.all().alias(wait=F("duration") * 2).get(first).wait  # noqa: B018
    assert [one.wait for batch in timed(Call.all()).filter(sid=first).prefetch("recordings").pages() for one in batch] == [
        MINUTE * 1.5
    ]
    assert timed(Call.all()) == timed(Call.all()) != timed(Call.all()).annotate(z=F("duration"))


def test_orders(calls: list[str]) -> None:
    first, second, third = calls
    months = same(lambda found: [one.sid for one in found.order_by("-start_time__month_start", "start_time__second")])
    assert months == [third, second, first]
    days = ("-start_time__date", F("queue_time").asc())
    assert same(lambda found: [one.sid for one in found.order_by(*days, tz="Asia/Kolkata")]) == [third, second, first]
    assert same(lambda found: found.order_by(F("duration") * -1).last().sid) == second
    assert same(lambda found: [one.sid for one in found.order_by(F("duration") * -1).reverse()][:2]) == [second, first]
    assert Call.order_by(F("duration").desc()).query == Call.order_by("-duration").query
    assert Call.order_by("start_time").query.schema is Call.api_schema


def test_a_condition_on_an_expression_says_nothing_of_the_fields(calls: list[str]) -> None:
    found = Call.annotate(wait=F("end_time") - F("start_time"), begun=F("start_time")).filter(
        wait=MINUTE, begun__gte="2026-06-01", status="busy"
    )
    assert query_constraints(found.query) == query_constraints(Call.filter(status="busy").query)


def test_explain(calls: list[str]) -> None:
    text = (
        Call.annotate(wait=F("end_time") - F("start_time"))
        .filter(wait__gt=MINUTE, end_time__gt=F("start_time") + 2 * MINUTE, status="completed")
        .order_by("-start_time__date")
        .explain()
    )
    assert text.splitlines()[1:7] == [
        "  request  GET /2010-04-01/Accounts/ACf4cef4cef4cef4cef4cef4cef4cef4ce/Calls.json?Status=completed",
        "  filter   wait is above 0:01:00",
        "  filter   end_time is above start_time + 0:02:00",
        "  filter   status is 'completed'",
        "  field    wait is end_time - start_time",
        "  order    start_time__date descending, sorted here",
    ]


@pytest.mark.parametrize(
    ("ask", "error", "says"),
    [
        (lambda: Call.annotate(x=F("to") * 2), BadValue, r"to \* 2: to is an address and 2 is a whole number\. Numbers go"),
        (lambda: Call.annotate(x=F("price") * F("price")), BadValue, "price is money and price is money. Money goes with"),
        (lambda: Call.annotate(x=1 / F("price")), BadValue, "Money goes with"),
        (lambda: UsageRecord.all().annotate(x=F("price") / F("category")), BadValue, "category is text"),
        (lambda: Call.annotate(x=F("start_time") + F("end_time")), BadValue, "A time goes with - and another time"),
        (lambda: Call.annotate(x=F("start_time") - F("start_time__date")), BadValue, "A day goes with"),
        (lambda: Call.annotate(x=F("start_time__date") + timedelta(hours=1)), BadValue, "constant timedelta of whole days"),
        (lambda: Call.annotate(x=F("start_time") + 5), BadValue, "A time goes with - and another time"),
        (lambda: Call.annotate(x=MINUTE - F("start_time")), BadValue, "A time goes with"),
        (lambda: Call.annotate(x=(F("end_time") - F("start_time")) * Decimal("1.5")), BadValue, "A duration goes with"),
        (lambda: Call.annotate(x=F("duration") * 0.5), BadValue, "a float in an expression is not exact"),
        (lambda: Call.annotate(x=F("duration") * True), BadValue, "a bool in an expression"),
        (lambda: Call.annotate(x=F("duration") + "1"), BadValue, "a str in an expression"),
        (lambda: Call.annotate(x=F("duration") + 2**64), BadValue, "fits 64 bits"),
        (lambda: Call.annotate(x=F("duration") * Decimal("NaN")), BadValue, "at most 100 digits"),
        (lambda: Call.annotate(x=F("start_time") + timedelta(days=200_000_000)), BadValue, "64 bits of microseconds"),
        (lambda: Call.annotate(x=F("duratio") * 2), UnknownField, "did you mean 'duration'"),
        (lambda: Call.annotate(x=F("start_time__hours") * 2), UnknownLookup, "hour"),
        (lambda: Call.annotate(x=F("recordings__duration")), UnknownField, "related record"),
        (lambda: Call.annotate(x=TruncHour("duration")), UnknownLookup, "for times"),
        (lambda: Call.annotate(x=TruncHour("start_time", tz="Europe/Berlim")), BadValue, "did you mean 'Europe/Berlin'"),
        (lambda: UsageRecord.all().annotate(x=TruncHour("start_date")), UnknownLookup, "it has no hours"),
        (lambda: Call.annotate(x=5), QueryError, "is not a int"),
        (lambda: Call.annotate(to=F("duration")), QueryError, "to is a field of Call"),
        (lambda: Call.annotate(recordings=F("duration")), QueryError, "recordings is a relation of Call"),
        (lambda: Call.annotate(first=F("duration")), QueryError, "first is a method of Call"),
        (lambda: Call.annotate(pk=F("duration")), QueryError, "choose another name"),
        (lambda: Call.annotate(a__b=F("duration")), QueryError, "has no __ in it"),
        (lambda: Call.annotate(w=F("duration")).annotate(w=F("price")), QueryError, "w is duration already"),
        (lambda: Call.annotate(w=F("duration")).values(w=F("price")), QueryError, "w is duration already"),
        (lambda: Call.annotate(n=Count("status")), QueryError, r"values\('status'\).annotate\(n=…\)"),
        (lambda: Call.annotate(Count()), QueryError, "sums up many records"),
        (lambda: Call.annotate(F("duration")), QueryError, "by name"),
        (lambda: Call.annotate(), QueryError, "by name"),
        (lambda: Call.values(n=Count()), QueryError, "aggregates are for groups"),
        (lambda: Call.values(n=3), QueryError, "is not a int"),
        (lambda: Call.order_by(3), QueryError, "names of fields and expressions"),
        (lambda: Call.filter(duration__gt=F("end_time") - F("start_time")), BadValue, "is a duration"),
        (lambda: Call.filter(duration__in=F("duration") * 1), UnknownLookup, "exact, gt, gte, lt and lte"),
        (lambda: Recording.filter(call__duration__gt=F("duration") * 2), BadValue, "two fields of one record"),
        (lambda: Call.annotate(w=F("end_time") - F("start_time")).filter(w=5), BadValue, "a duration, which is a timedelta"),
        (lambda: Call.annotate(w=F("end_time") - F("start_time")).filter(w__contains="5"), BadValue, "is for text"),
        (lambda: Call.annotate(w=F("duration")).all() | Call.annotate(w=F("price")).all(), QueryError, "w is duration already"),
        (lambda: Call.filter(start_time__month_start="June"), BadValue, "a date"),
        (lambda: bool(F("duration") / 2), QueryError, "a value for each record"),
    ],
)
def test_what_does_not_fit_is_refused(fake: FakeTwilio, ask: Callable[[], Any], error: type[Exception], says: str) -> None:
    with fake.expects_requests(0), pytest.raises(error, match=says):
        ask()


def test_excluded_fields_are_as_unknown_in_an_expression(fake: FakeTwilio) -> None:
    add(fake, duration="5", start_time="2026-06-01 00:00:00", end_time="2026-06-01 00:01:00")
    connection = twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", exclude_fields={"Call": ["duration"]}
    )
    with connection:
        Call.sync()
        for ask in (
            lambda: list(Call.offline().annotate(x=F("duration") * 2)),
            lambda: list(Call.offline().filter(queue_time__lt=F("duration") * 2)),
            lambda: list(Call.offline().order_by(F("duration") * 2)),
            lambda: list(Call.offline().values(x=F("duration") * 2)),
            lambda: Call.offline().alias(x=F("duration") * 2).aggregate(Sum("x")),
        ):
            with pytest.raises(NotCovered, match="Call.duration is excluded"):
                ask()
        assert [one.x for one in Call.all().cached().annotate(x=F("duration") * 2)] == [10]
        assert [one.x for one in Call.offline().annotate(x=F("end_time") - F("start_time"))] == [MINUTE]


def test_redacted_fields_are_as_unknown_in_an_expression(fake: FakeTwilio) -> None:
    add(fake, duration="5", to="+15550000001", start_time="2026-06-01 00:00:00")
    Call.sync()
    twilio_orm.redact("+15550000001")
    for found in (Call.offline(), Call.offline(partial=True)):
        with pytest.raises(NotCovered, match="redacted"):
            list(found.annotate(who=F("to")))
        assert [one.twice for one in found.annotate(twice=F("duration") * 2)] == [10]


def test_a_field_that_was_not_read_is_not_null(fake: FakeTwilio) -> None:
    add(fake, duration="5", queue_time="3")

    def send(request: Any) -> Any:
        response = fake.send(request)
        return Response(response.status, response.headers, response.body.replace(b'"queue_time"', b'"other"'))

    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=":memory:"):
        one = Call.annotate(waited=F("queue_time") * 2, twice=F("duration") * 2).first()
        assert one is not None and one.twice == 10
        with pytest.raises(NotLoaded, match="waited is not known: .* was read without queue_time"):
            one.waited  # noqa: B018
        with pytest.raises(NotLoaded, match="queue_time"):
            list(Call.values(waited=F("queue_time") * 2))


def test_an_order_by_a_part_does_not_take_the_name_of_the_part(calls: list[str]) -> None:
    """A part is read in the zone of its own call, whatever zone the order is in."""
    found = Call.order_by("start_time__date")
    assert found.filter(start_time__date="2026-06-01", tz="Asia/Kolkata").count() == 2
    days = list(found.values_list("start_time__date", flat=True, tz="Asia/Kolkata"))
    assert days == [date(2026, 3, 8), date(2026, 6, 1), date(2026, 6, 1)]
    groups = found.values("start_time__day").annotate(longest=Max("duration")).filter(longest__gt=F("start_time__day"))
    assert list(groups.filter(start_time__day=8).values_list("longest", flat=True)) == [90]
