"""Counts, sums, means, ends and groups: exact, the same live and offline, and money never added up across units."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import twilio_orm
from twilio_orm import (
    Amounts,
    Avg,
    Balance,
    Call,
    Connection,
    Count,
    F,
    Max,
    Median,
    Message,
    Min,
    NotCovered,
    Percentile,
    Q,
    QueryError,
    Recording,
    StdDev,
    Sum,
    TruncMonth,
    UnknownField,
    UnknownLookup,
    UsageRecord,
    Variance,
    Verbatim,
)
from twilio_orm.mirror.sqlite import functions
from twilio_orm.query import lookups
from twilio_orm.query.aggregate_functions import AGGREGATE_FUNCTIONS
from twilio_orm.query.aggregates import MEAN
from twilio_orm.query.bound_aggregates import group_rows
from twilio_orm.schema.field import Column
from twilio_orm.schema.number_fields import Money
from twilio_orm.schema.registry import CLASSES
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.usefixtures("connection")

ROWS: list[dict[str, Any]] = [
    {"status": "completed", "duration": "60", "price": "-0.0300", "price_unit": "USD", "start_time": "2026-03-08T04:59:59Z"},
    {"status": "completed", "duration": "5", "price": "-0.03", "price_unit": "usd", "start_time": "2026-03-08T05:00:00Z"},
    {"status": "busy", "duration": None, "price": None, "price_unit": "USD", "start_time": "2026-03-09T03:59:59Z"},
    {"status": "busy", "duration": "7", "price": "1.005", "price_unit": "EUR", "start_time": None},
    {"status": None, "duration": "0", "price": "2", "price_unit": None, "start_time": "2026-03-08T05:30:00Z"},
]


START = datetime(2026, 3, 8, 4, 59, 58, tzinfo=timezone.utc)


@pytest.fixture
def rows(fake: FakeTwilio, connection: Connection) -> None:
    for row in ROWS:
        fake.calls.add(**row)
    Call.all().sync()


def both(ask: Callable[[Any], Any]) -> Any:
    """An answer, which live and offline have to agree on to the letter."""
    live, offline = ask(Call.all()), ask(Call.offline())
    assert repr(live) == repr(offline)
    return live


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("aggregate", "result"),
    [
        (Count(), 5),
        (Count("sid"), 5),
        (Count("status"), 4),
        (Count("status", distinct=True), 2),
        (Count("price", distinct=True), 3),
        (Count("start_time__date", distinct=True), 2),
        (Sum("duration"), 72),
        (Avg("duration"), Decimal(18)),
        (Min("duration"), 0),
        (Max("duration"), 60),
        (Min("status"), "busy"),
        (Max("start_time"), datetime(2026, 3, 9, 3, 59, 59, tzinfo=timezone.utc)),
        (Min("start_time__date"), date(2026, 3, 8)),
        (Max("start_time__hour"), 5),
        (Avg("start_time__hour"), Decimal("4.25")),
        (Max("end_time"), None),
        (Sum("price"), {"": Decimal(2), "EUR": Decimal("1.005"), "USD": Decimal("-0.0600")}),
        (Avg("price"), {"": Decimal(2), "EUR": Decimal("1.005"), "USD": Decimal("-0.03")}),
        (Max("price"), {"": Decimal(2), "EUR": Decimal("1.005"), "USD": Decimal("-0.03")}),
        (Count("*"), 5),
        (Count(filter=Q(duration__gt=5)), 2),
        (Count("price", filter=~Q(status="completed")), 2),
        (Count("price", distinct=True, filter=Q(duration__gte=5)), 2),
        (Count(filter=Q(price_unit=F("status"))), 0),
        (Count(filter=Q(start_time__hour__lt=5)), 2),
        (Count(filter=Q(start_time__date="2026-03-07", tz="America/New_York")), 1),
        (Count(filter=Q()), 5),
        (Sum("duration", filter=Q(status="completed")), 65),
        (Sum("duration", filter=Q(duration__gt=99)), None),
        (Sum("duration", filter=Q(duration__gt=99), default=0), 0),
        (Avg("duration", filter=Q(duration__gt=99), default=Decimal("1.5")), Decimal("1.5")),
        (Min("start_time", filter=Q(duration__gt=99), default="2026-01-01"), datetime(2026, 1, 1, tzinfo=timezone.utc)),
        (Max("start_time__date", filter=Q(duration__gt=99), default=date(2026, 1, 1)), date(2026, 1, 1)),
        (Max("start_time__hour", filter=Q(duration__gt=99), default=7), 7),
        (Sum("price", filter=Q(duration__gt=99)), {}),
        (Sum("price", filter=Q(duration__gt=99), default={"USD": 0}), {"USD": 0}),
        (Sum("price", filter=Q(price__lt=0)), {"USD": Decimal("-0.06")}),
        (Median("duration"), Decimal(6)),
        (Median("duration", filter=Q(duration__gt=0)), Decimal(7)),
        (Percentile("duration", 0), Decimal(0)),
        (Percentile("duration", 100), Decimal(60)),
        (Percentile("duration", 95), Decimal("52.05")),
        (Percentile("duration", "12.5"), Decimal("1.875")),
        (Percentile("duration", 50, filter=Q(duration__gt=99)), None),
        (Percentile("duration", 50, filter=Q(duration__gt=99), default=0), Decimal(0)),
        (Median("start_time"), datetime(2026, 3, 8, 5, 0, tzinfo=timezone.utc)),
        (Percentile("start_time", 76), datetime(2026, 3, 9, 3, 59, 59, tzinfo=timezone.utc)),
        (Median("start_time__date"), date(2026, 3, 8)),
        (Median("start_time__hour"), Decimal("4.5")),
        (Median("price"), {"": Decimal(2), "EUR": Decimal("1.005"), "USD": Decimal("-0.03")}),
        (Variance("duration"), Decimal("594.5")),
        (Variance("duration", sample=True), MEAN.divide(Decimal(2378), Decimal(3))),
        (StdDev("duration"), Decimal("24.38237068047321767646459358")),
        (StdDev("duration", filter=Q(duration=5)), Decimal(0)),
        (StdDev("duration", sample=True, filter=Q(duration=5)), None),
        (Variance("price"), {"": Decimal(0), "EUR": Decimal(0), "USD": Decimal(0)}),
        (Variance("price", sample=True), {"USD": Decimal(0)}),
        (StdDev("start_time__hour"), Decimal("0.8291561975888499622787331842")),
        (Sum(F("duration")), 72),
        (Sum(F("duration") * 2), 144),
        (Avg(F("duration") / 6), Decimal(3)),
        (Max(F("duration") + F("start_time__hour")), 64),
        (Count(F("duration") * 0, distinct=True), 1),
        (Sum(F("price") * 2), {"": Decimal(4), "EUR": Decimal("2.01"), "USD": Decimal("-0.12")}),
        (Median(F("price") * -1), {"": Decimal(-2), "EUR": Decimal("-1.005"), "USD": Decimal("0.03")}),
        (Count(filter=Q(duration__gt=F("start_time__hour") + 1)), 1),
        (Max(TruncMonth("start_time")), date(2026, 3, 1)),
        (Max(F("start_time") - START), timedelta(hours=23, seconds=1)),
        (Sum(F("start_time") - START), timedelta(seconds=84606)),
        (Avg(F("start_time") - START), timedelta(seconds=21151.5)),
        (Median(F("start_time") - START), timedelta(seconds=902)),
        (StdDev(F("start_time") - START, filter=Q(duration=5)), timedelta(0)),
        (Sum(F("start_time") - START, filter=Q(duration=99), default=timedelta(1)), timedelta(1)),
    ],
)
def test_what_is_reckoned(aggregate: Any, result: Any) -> None:
    assert both(lambda calls: calls.aggregate(got=aggregate)["got"]) == result


@pytest.mark.usefixtures("rows")
def test_several_at_once_with_names() -> None:
    found = both(lambda calls: calls.aggregate(Count(), Sum("price"), Avg("start_time__hour"), n=Count("price"), tz="Asia/Tokyo"))
    assert list(found) == ["count", "price__sum", "start_time__hour__avg", "n"]
    assert found["price__sum"].missing == 1 and found["start_time__hour__avg"] == Decimal("13.25")
    assert both(
        lambda calls: calls.filter(status=Verbatim("nobody")).aggregate(n=Count(), a=Sum("price"), b=Sum("duration"))
    ) == {
        "n": 0,
        "a": {},
        "b": None,
    }
    none = both(lambda calls: calls.filter(status=Verbatim("nobody")).aggregate(Avg("duration"), Min("to")))
    assert none == {"duration__avg": None, "to__min": None}


@pytest.mark.usefixtures("rows")
def test_each_has_a_name_of_its_own() -> None:
    found = both(
        lambda calls: calls.aggregate(
            Median("duration"), Percentile("duration", 95), Percentile("price", "99.50"), StdDev("duration"), Variance("price"),
            Count("*"), tz="Asia/Tokyo",
        )
    )  # fmt: skip
    assert list(found) == [
        "duration__median", "duration__percentile_95", "price__percentile_99_5", "duration__stddev", "price__variance", "count",
    ]  # fmt: skip
    assert Percentile("duration", 95) != Percentile("duration", 5) and StdDev("duration") != StdDev("duration", sample=True)
    assert Percentile("duration", 50.0) == Percentile("duration", "50") and Sum("price") != Sum("price", filter=Q(to="+1"))
    conditions = both(lambda calls: calls.aggregate(n=Count(filter=Q(start_time__hour=13)), tz="Asia/Tokyo"))
    assert conditions == {"n": 1}, "tz= of the call is the time zone of the conditions, too"


@pytest.mark.usefixtures("rows")
def test_conditional_aggregates_of_groups() -> None:
    long = Q(duration__gt=5)
    for aggregates in (
        {"n": Count(), "long": Count(filter=long), "cost": Sum("price", filter=long)},
        {"n": Count(), "long": Count(filter=long), "cost": Sum("price", filter=long), "d": Count("price", distinct=True)},
    ):  # by SQLite's own sums, and by ours
        groups = both(lambda calls: list(calls.values("status").annotate(**aggregates)))  # noqa: B023
        assert [(one["status"], one["n"], one["long"], one["cost"], one["cost"].missing) for one in groups] == [
            (None, 1, 0, {}, 0),
            ("busy", 2, 1, {"EUR": Decimal("1.005")}, 0),
            ("completed", 2, 1, {"USD": Decimal("-0.03")}, 0),
        ]


@pytest.mark.usefixtures("rows")
def test_conditions_that_python_tests_are_tested_once_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite would evaluate them for each of the expressions that make an exact sum."""
    used, other = Q(status__iregex="^COMP"), Q(price_unit__iexact="eur")
    aggregates = {"n": Count(filter=used), "cost": Sum("price", filter=used), "far": Avg("price", filter=other), "all": Count()}
    tested: list[str] = []

    def searcher(pattern: bytes, folded: int) -> Any:
        real = lookups.searcher(pattern.decode(), bool(folded))
        return lambda text: (tested.append(text), real(text))[1]

    monkeypatch.setattr(functions, "sql_searcher", searcher)
    groups = both(lambda calls: list(calls.values("status").annotate(**aggregates)))
    assert len(tested) <= 2 * (4 + 4), "four rows and as many groups, and once more by unit, since there are several"
    assert [(one["status"], one["n"], one["cost"], one["far"], one["all"]) for one in groups] == [
        (None, 0, {}, {}, 1),
        ("busy", 0, {}, {"EUR": Decimal("1.005")}, 2),
        ("completed", 2, {"USD": Decimal("-0.06")}, {}, 2),
    ]
    assert both(lambda calls: calls.aggregate(d=Count("to", distinct=True), **aggregates))["cost"] == {"USD": Decimal("-0.06")}
    assert both(lambda calls: calls.filter(to="+1").aggregate(**aggregates)) == {"n": 0, "cost": {}, "far": {}, "all": 0}


@pytest.mark.usefixtures("rows")
def test_a_slice_is_reckoned_over_its_own_records() -> None:
    assert both(lambda calls: calls.order_by("-duration")[1:3].aggregate(s=Sum("duration"), n=Count())) == {"s": 12, "n": 2}
    assert both(lambda calls: calls.order_by("-duration")[5:].aggregate(s=Sum("duration"))) == {"s": None}
    groups = both(lambda calls: list(calls.order_by("-duration")[:2].values("status").annotate(n=Count())))
    assert groups == [{"status": "busy", "n": 1}, {"status": "completed", "n": 1}]
    assert Call.all()[:2].aggregate(n=Count()) == {"n": 2}


def test_sums_neither_overflow_nor_round(fake: FakeTwilio) -> None:
    for at in range(5):
        fake.calls.add(
            duration=str(2**63 - 1 - at), queue_time=str(-(2**63) + at), price="0.1" + "0" * 40 + "1", price_unit="USD"
        )
    fake.calls.add(duration="-1", queue_time="3", price="100000000000000000000", price_unit="USD")
    Call.all().sync()
    found = both(
        lambda calls: calls.aggregate(a=Sum("duration"), b=Sum("queue_time"), c=Sum("price"), d=Avg("duration"), e=Avg("price"))
    )
    assert found["a"] == sum(2**63 - 1 - at for at in range(5)) - 1
    assert found["b"] == sum(-(2**63) + at for at in range(5)) + 3
    assert found["c"].only == Decimal("100000000000000000000.5" + "0" * 40 + "5")
    assert abs(Fraction(found["d"]) - Fraction(found["a"], 6)) <= Fraction(found["a"], 10**27)
    assert len(found["e"].only.as_tuple().digits) == 28


# ------------------------------------------------------------ amounts


def test_amounts_are_a_value() -> None:
    one = Amounts({"USD": Decimal("-1.50"), "EUR": Decimal(2)}, missing=3)
    assert (
        one == {"EUR": 2, "USD": Decimal("-1.5")}
        and one["USD"] == Decimal("-1.5")
        and list(one) == ["EUR", "USD"]
        and len(one) == 2
    )
    assert (
        str(one) == "2 EUR, -1.50 USD (3 without a price)"
        and repr(one) == "Amounts({'EUR': Decimal('2'), 'USD': Decimal('-1.50')}, missing=3)"
    )
    again = pickle.loads(pickle.dumps(one))
    assert again == one and again.missing == 3 and again != Amounts(dict(one)) and one != 3
    with pytest.raises(ValueError, match="EUR, USD"):
        _ = one.only
    with pytest.raises(TypeError):
        one["USD"] = Decimal(1)  # type: ignore[index]
    assert Amounts({}).only is None and str(Amounts({})) == "nothing" and Amounts({"": Decimal("0.10")}).only == Decimal("0.1")
    assert str(Amounts({"": Decimal("1E-7")})) == "0.0000001"


def test_each_amount_has_its_unit() -> None:
    found = [
        (model, column) for model in CLASSES.values() for column in model.api_schema.columns.values() if isinstance(column, Money)
    ]
    assert len(found) >= 6
    for model, column in found:
        assert column.unit in model.api_schema.columns, model
    assert Balance.api_schema.columns["balance"].unit == "currency"  # type: ignore[attr-defined]


# ------------------------------------------------------------ groups


@pytest.mark.usefixtures("rows")
def test_groups_have_an_order() -> None:
    assert both(lambda calls: list(calls.values("status").annotate(n=Count(), cost=Sum("price"), least=Min("duration")))) == [
        {"status": None, "n": 1, "cost": {"": Decimal(2)}, "least": 0},
        {"status": "busy", "n": 2, "cost": {"EUR": Decimal("1.005")}, "least": 7},
        {"status": "completed", "n": 2, "cost": {"USD": Decimal("-0.06")}, "least": 5},
    ]
    days = both(lambda calls: list(calls.values("start_time__date", tz="America/New_York").annotate(n=Count())))
    assert [(row["start_time__date"], row["n"]) for row in days] == [(None, 1), (date(2026, 3, 7), 1), (date(2026, 3, 8), 3)]
    for calls in (Call.all(), Call.offline()):
        hours = calls.values("start_time__hour").annotate(n=Count()).order_by("-n", "-start_time__hour")[:2]
        assert list(hours) == [{"start_time__hour": 5, "n": 2}, {"start_time__hour": 4, "n": 1}] and hours.count() == 2
        assert hours.first() == {"start_time__hour": 5, "n": 2} and hours[2:].first() is None
        assert list(hours[1:]) == [{"start_time__hour": 4, "n": 1}]


@pytest.mark.usefixtures("rows")
def test_equal_numbers_are_one_group() -> None:
    found = both(lambda calls: list(calls.values("price").annotate(n=Count())))
    assert [(row["price"], row["n"]) for row in found] == [
        (None, 1),
        (Decimal("-0.03"), 2),
        (Decimal("1.005"), 1),
        (Decimal(2), 1),
    ]
    assert str(found[1]["price"]) == "-0.03000", "the usual spelling, whichever of them came first"
    for calls in (Call.all(), Call.offline()):
        assert calls.values_list("price", flat=True).distinct().count() == 4


@pytest.mark.usefixtures("rows")
def test_amounts_have_an_order_within_one_unit() -> None:
    groups = Call.offline().values("status").annotate(cost=Sum("price"))
    with pytest.raises(QueryError, match="EUR, USD"):
        list(groups.order_by("cost"))
    for calls in (Call.all(), Call.offline()):
        usd = calls.filter(price_unit__iexact="usd").values("status").annotate(cost=Sum("price")).order_by("-cost")
        assert [(row["cost"].only, row["cost"].missing) for row in usd] == [(Decimal("-0.06"), 0), (None, 1)]


@pytest.mark.usefixtures("rows")
def test_parts_are_read() -> None:
    parts = ("start_time__date", "start_time__hour")
    found = both(lambda calls: list(calls.filter(duration=60).values(*parts, tz="Asia/Kolkata")))
    assert found == [{"start_time__date": date(2026, 3, 8), "start_time__hour": 10}]
    assert both(lambda calls: list(calls.order_by("-duration").values_list("start_time__week_day", flat=True)[:2])) == [1, None]


def test_nothing_is_asked_before_it_is_read(fake: FakeTwilio) -> None:
    with fake.expects_requests(0):
        groups = Call.all().values("status").annotate(n=Count()).order_by("-n")[:3]
        repr(groups)
    with fake.expects_requests(1):
        assert list(groups) == []
    with fake.expects_requests(0), pytest.raises(NotCovered):
        list(Message.offline().values("status").annotate(n=Count()))
    with fake.expects_requests(0), pytest.raises(NotCovered):
        Message.offline().aggregate(n=Count())
    with fake.expects_requests(0):
        assert Message.offline(partial=True).aggregate(n=Count()) == {"n": 0}


def test_related_and_hidden_records(fake: FakeTwilio) -> None:
    call = fake.calls.add(status="completed")["sid"]
    fake.recordings.add(call_sid=call, duration="5", status="completed")
    fake.recordings.add(call_sid=call, duration="7", status="deleted")
    for model in (Call, Recording):
        model.all().sync()
    Recording.filter(include_soft_deleted=True).sync()
    for found in (Recording.filter(call__status="completed"), Recording.filter(call__status="completed").offline()):
        assert found.aggregate(s=Sum("duration")) == {"s": 5}
    held = next(iter(Call.all().prefetch("recordings"))).recordings
    with fake.expects_requests(0):
        assert held.aggregate(s=Sum("duration"), n=Count()) == {"s": 5, "n": 1}


@pytest.mark.parametrize(
    ("ask", "error", "says"),
    [
        (lambda: Call.all().aggregate(), QueryError, "aggregate\\(\\) takes aggregates"),
        (lambda: Call.all().aggregate("price"), QueryError, "aggregate\\(\\) takes aggregates"),  # type: ignore[arg-type]
        (lambda: Call.all().aggregate(n=3), QueryError, "not a int"),  # type: ignore[arg-type]
        (lambda: Call.all().aggregate(n=Sum("prise")), UnknownField, "did you mean 'price'"),
        (lambda: Call.all().aggregate(n=Sum("status")), QueryError, "takes a number"),
        (lambda: Call.all().aggregate(n=Avg("start_time")), QueryError, "takes a number"),
        (lambda: Call.all().aggregate(n=Sum("start_time__date")), QueryError, "takes a number"),
        (lambda: Call.all().aggregate(n=Min("subresource_uris")), QueryError, "takes a field that has an order"),
        (lambda: Call.all().aggregate(n=Count("to__hour")), UnknownLookup, "is for times"),
        (lambda: Call.all().aggregate(n=Count("to__contains")), UnknownLookup, "name a field"),
        (lambda: Call.all().aggregate(n=Count("recordings__sid")), QueryError, "annotate"),
        (lambda: Sum(), QueryError, "name of a field"),
        (lambda: Sum("price", distinct=True), QueryError, "Count"),
        (lambda: Count(distinct=True), QueryError, "Count"),
        (lambda: Count(3), QueryError, "not a int"),  # type: ignore[arg-type]
        (lambda: Call.all().values("status").annotate(), QueryError, "at least one"),
        (lambda: Call.all().values("status").annotate(status=Count()), QueryError, "already"),
        (lambda: Call.all().values("status").annotate(n=Count()).order_by("m"), QueryError, "they have status, n"),
        (lambda: Call.all().values("status").annotate(n=Count())[-1:], QueryError, "from the front"),
        (lambda: Call.all().values("status").annotate(n=Count())[-1], QueryError, "last\\(\\)"),
        (lambda: Count(default=0), QueryError, "no default="),
        (lambda: Count(filter="busy"), QueryError, "takes a Q"),  # type: ignore[arg-type]
        (lambda: Percentile("duration", 101), QueryError, "0 to 100"),
        (lambda: Percentile("duration", "much"), QueryError, "0 to 100"),
        (lambda: Percentile("duration", True), QueryError, "0 to 100"),
        (lambda: StdDev("duration", sample=1), QueryError, "True or False"),  # type: ignore[arg-type]
        (lambda: Call.all().aggregate(Sum(F("duration") * 2)), QueryError, r"needs a name, such as total=Sum\(…\)"),
        (lambda: Call.all().aggregate(n=Variance(F("start_time") - F("end_time"))), QueryError, "takes a number"),
        (lambda: Call.all().aggregate(n=Sum(F("status"))), QueryError, "takes a number"),
        (lambda: Call.all().aggregate(n=Sum(F("to") + 1)), QueryError, "to"),
        (lambda: Call.all().aggregate(n=Median("status")), QueryError, "takes a number or a time"),
        (lambda: Call.all().aggregate(n=StdDev("start_time")), QueryError, "takes a number"),
        (lambda: Call.all().aggregate(n=Sum("price", filter=Q(statu="busy"))), UnknownField, "did you mean 'status'"),
        (lambda: Call.all().aggregate(n=Sum("price", filter=Q(recordings__duration=3))), QueryError, "on recordings"),
        (lambda: Call.all().aggregate(n=Sum("price", default=0)), QueryError, "Amounts\\("),
        (lambda: Call.all().aggregate(n=Sum("duration", default="0")), QueryError, "whole number"),
        (lambda: Call.all().aggregate(n=Sum("duration", default=0.5)), QueryError, "whole number"),
        (lambda: Call.all().aggregate(n=Sum("duration", default=Decimal("0.5"))), QueryError, "whole number"),
        (lambda: Call.all().aggregate(n=Min("start_time", default="soon")), QueryError, "start_time takes"),
        (lambda: Call.all().aggregate(Sum("price"), Sum("price", filter=Q(to="+1"))), QueryError, "two aggregates are called"),
        (lambda: Call.all().aggregate(Count(), count=Count()), QueryError, "two aggregates are called"),
        (
            lambda: Recording.filter(include_soft_deleted=True).aggregate(n=Count(filter=Q(include_soft_deleted=True))),
            QueryError,
            "outside of Q",
        ),
        (lambda: Call.all().values("status").annotate(n=Count())[:2].order_by("n"), QueryError, r"order_by\(\) first"),
        (lambda: Call.all().values("status").distinct().annotate(n=Count()), QueryError, "groups the records"),
        (lambda: Call.all()[:3].values("status").distinct(), QueryError, "distinct\\(\\) first"),
        (lambda: Call.all().values("recordings__sid"), UnknownField, "several related records"),
        (lambda: Call.all().values("start_time__hour", tz="Nowhere"), QueryError, "time zone"),
    ],
)
def test_what_does_not_fit_is_refused(fake: FakeTwilio, ask: Callable[[], Any], error: type[Exception], says: str) -> None:
    with fake.expects_requests(0), pytest.raises(error, match=says):
        ask()


def test_every_function_is_used() -> None:
    """The table has no row that no aggregate leads to."""
    used = {name for kind in (Count, Sum, Avg, Min, Max, Median, StdDev) for name in kind.functions if name} | {
        "count_rows",
        "count_distinct",
    }
    assert used == set(AGGREGATE_FUNCTIONS)
    assert group_rows([], Call.api_schema, [], []) == [((), [])]
    assert isinstance(UsageRecord.api_schema.columns["price"], Column)


# ------------------------------------------------------------ a law

_PRICES = st.sampled_from(["-0.03", "-0.0300", "0", "1E-7", "0.1", "99999999999999999999.99", None, "free", "NaN"])
_ROWS = st.lists(
    st.tuples(
        _PRICES,
        st.sampled_from(["USD", "usd", "EUR", None]),
        st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
        st.sampled_from(["busy", "BUSY", None]),
    ),
    max_size=8,
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_ROWS)
def test_live_and_offline_agree_to_the_letter(drawn: list[Any]) -> None:
    fake = FakeTwilio()
    connection: Connection
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:") as connection:
        for price, unit, duration, status in drawn:
            fake.calls.add(price=price, price_unit=unit, duration=None if duration is None else str(duration), status=status)
        everything = Call.using(connection)
        everything.sync()
        kinds = {
            f"{kind.__name__}_{field}": kind(field)
            for kind in (Sum, Avg, Min, Max, Count, Median, StdDev, Variance)
            for field in ("price", "duration")
        }
        kinds |= {
            "some": Sum("price", filter=Q(duration__gt=0)),
            "late": Percentile("price", 95),
            "most": Percentile("duration", 99.9),
        }
        found = [
            (one.aggregate(**kinds), list(one.values("status", "price").annotate(**kinds)))
            for one in (everything, everything.offline())
        ]
        assert repr(found[0]) == repr(found[1])
        numbers = [duration for _, _, duration, _ in drawn if duration is not None]
        assert found[0][0]["Sum_duration"] == (sum(numbers) if numbers else None)
        connection.close()


def test_amounts_leave_python() -> None:
    one = Amounts({"USD": Decimal("-1.50"), "EUR": Decimal("2E+2")}, missing=3)
    assert json.loads(one.to_json()) == {"EUR": "200", "USD": "-1.50"} and one.to_json() == '{"EUR": "200", "USD": "-1.50"}'
    assert one.to_dict() == {"EUR": Decimal(200), "USD": Decimal("-1.5")} and type(one.to_dict()) is dict
    assert json.loads(json.dumps(one.to_dict(), default=str)) == {"EUR": "2E+2", "USD": "-1.50"}
    assert f"{one:.1f}" == "200.0 EUR, -1.5 USD (3 without a price)" and f"{one}" == str(one)
    assert f"{Amounts({'USD': Decimal('1234.5')}):,.2f}" == "1,234.50 USD" and f"{Amounts({}):.2f}" == "nothing"
    assert f"{Amounts({'': Decimal(1)}):>5}" == "    1"
    with pytest.raises(ValueError, match="format"):
        format(one, "what")


def test_amounts_of_one_unit_are_compared() -> None:
    low, high, euro = (Amounts({unit: Decimal(text)}) for unit, text in (("USD", "1.10"), ("USD", "2"), ("EUR", "3")))
    assert low < high and low <= high and high > low and high >= low and low <= Amounts(dict(low), 5) >= low
    assert not low > high and low < 2 and low >= Decimal("1.1") and low < 3 and low > 1.0 and low > Amounts({})
    assert (
        Amounts({"USD": Decimal(-1)}) < Amounts({}) <= Amounts({})
        and sorted([high, low]) == [low, high]
        and max(low, high) is high
    )
    for compare in (lambda: low < euro, lambda: Amounts({**low, **euro}) >= 0, lambda: low > Amounts({**low, **euro})):
        with pytest.raises(ValueError, match=r"EUR, USD, which do not add up: take one, such as \['EUR'\]"):
            compare()
    for other in ("1", None, True, {"USD": 1}):
        with pytest.raises(TypeError, match="not supported"):
            low < other  # type: ignore[operator]  # noqa: B015


def test_amounts_are_added_by_their_unit_and_exactly() -> None:
    some = [
        Amounts({"USD": Decimal("0.1")}, 1),
        Amounts({"USD": Decimal("0.2"), "EUR": Decimal("1E+40")}),
        Amounts({"EUR": Decimal("1E-40")}),
    ]
    total = sum(some)
    assert total == Amounts({"USD": Decimal("0.3"), "EUR": Decimal(f"1{'0' * 40}.{'0' * 39}1")}, 1)
    assert some[0] + some[1] != some[0] and sum([]) == 0 and sum([some[0]]) is some[0] and Amounts({}) + Amounts({}) == {}
    with localcontext() as context:
        context.prec = 2
        assert sum(some) == total
    for refused in (lambda: float(some[0]), lambda: some[0] + 1, lambda: Decimal(1) + some[0], lambda: 1 + some[0]):
        with pytest.raises(TypeError, match=r"take the Decimal by \.only, or by its unit: \['USD'\]"):
            refused()
    with pytest.raises(TypeError, match="unsupported"):
        some[0] + "1"  # type: ignore[operator]
