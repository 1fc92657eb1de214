"""``values()`` and groups are query sets too: filtered before and after, sorted, sliced, indexed, selected from, aggregated."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

import twilio_orm
from twilio_orm import (
    Amounts,
    Avg,
    BadValue,
    Call,
    Connection,
    Count,
    DoesNotExist,
    F,
    Max,
    Median,
    Message,
    Min,
    MultipleObjectsReturned,
    NotCovered,
    Q,
    QueryError,
    StdDev,
    Sum,
    UnknownField,
    UnknownLookup,
)
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.usefixtures("connection")

ROWS: list[dict[str, Any]] = [
    {"status": "completed", "duration": "60", "price": "-0.0300", "price_unit": "USD", "start_time": "2026-03-08T04:59:59Z"},
    {"status": "completed", "duration": "5", "price": "-0.03", "price_unit": "usd", "start_time": "2026-03-08T05:00:00Z"},
    {"status": "completed", "duration": "9", "price": "-0.07", "price_unit": "USD", "start_time": "2026-03-10T05:00:00Z"},
    {"status": "busy", "duration": None, "price": None, "price_unit": "USD", "start_time": "2026-03-09T03:59:59Z"},
    {"status": "busy", "duration": "7", "price": "-0.01", "price_unit": "USD", "start_time": None},
    {"status": "failed", "duration": "0", "price": None, "price_unit": None, "start_time": "2026-03-08T05:30:00Z"},
]


@pytest.fixture(autouse=True)
def _rows(fake: FakeTwilio, connection: Connection) -> None:
    for at, row in enumerate(ROWS):
        fake.calls.add(sid=f"CA{at:032x}", to=f"+1555000000{at}", **row)
    Call.all().sync()


def same(ask: Callable[[Any], Any]) -> Any:
    """An answer, which a live, an offline and a cached query have to agree on to the letter."""
    live, offline, cached = (ask(one) for one in (Call.all(), Call.offline(), Call.cached()))
    assert repr(live) == repr(offline) == repr(cached)
    return live


def grouped(calls: Any) -> Any:
    return calls.values("status").annotate(n=Count(), cost=Sum("price"), total=Sum("duration"), mean=Avg("duration"))


# ------------------------------------------------------------ values


def test_values_are_filtered_sorted_and_sliced() -> None:
    assert same(lambda calls: list(calls.values_list("to", flat=True).filter(status="busy").order_by("-to"))) == [
        "+15550000004",
        "+15550000003",
    ]
    assert same(lambda calls: calls.values("to").exclude(Q(status="busy") | Q(duration__lt=9)).order_by("duration")[1]) == {
        "to": "+15550000000"
    }
    assert same(lambda calls: list(calls.values_list("duration", flat=True).order_by("-start_time").reverse()[1:4])) == [60, 5, 0]
    assert same(lambda calls: calls.order_by("to").values_list("to", flat=True)[2:][0]) == "+15550000002"
    assert all(calls.values_list("to")[0][0].startswith("+1555") for calls in (Call.all(), Call.offline()))
    found = same(lambda calls: list(calls.values_list("status", flat=True).distinct().order_by("-duration").filter(to__gt="+1")))
    assert found == ["completed", "busy", "failed"]
    assert same(lambda calls: calls.values_list("status", flat=True).distinct().order_by("status").last()) == "failed"
    assert same(lambda calls: calls.order_by("to").values_list("to", flat=True).last()) == "+15550000005"
    assert same(lambda calls: calls.order_by("to")[1:3].values_list("to", flat=True).last()) == "+15550000002"


def test_values_have_the_words_of_a_query_set(fake: FakeTwilio) -> None:
    assert same(lambda calls: calls.values_list("to", "duration").get(status="failed")) == ("+15550000005", 0)
    assert same(lambda calls: calls.values_list("to", flat=True).latest("duration")) == "+15550000000"
    assert same(lambda calls: calls.values_list("to", flat=True).earliest("duration")) == "+15550000005", "null is not the least"
    assert same(lambda calls: calls.values_list("to", flat=True).latest()) == "+15550000002", "by start_time"
    assert same(lambda calls: calls.values_list("to", flat=True).order_by("to").earliest("-duration", "to")) == "+15550000000"
    assert same(lambda calls: (calls.values("to").filter(status="busy").count(), calls.values("to").exists())) == (2, True)
    assert same(lambda calls: calls.values("to").filter(status="busy").aggregate(Count(), s=Sum("duration"))) == {
        "count": 2,
        "s": 7,
    }
    assert same(lambda calls: list(calls.values("to").order_by("to").values_list("duration", flat=True)[:2])) == [60, 5]
    other = same(lambda calls: list(calls.values_list("to").distinct().values_list("status", flat=True).order_by("to")))
    assert other == ["completed", "busy", "failed"]
    with fake.expects_requests(0):
        assert not list(Call.all().values("to").none()) and Call.all().values("to").none().filter(to="+1").count() == 0
        assert not list(Call.all().order_by("to")[:2].none()) and not Message.offline().none().exists()
        rows = Call.filter(status="busy").values("to").order_by("to")
        assert rows.offline() == Call.filter(status="busy").order_by("to").offline().values("to") != rows
        assert rows.all() == rows and rows.explain() == Call.filter(status="busy").order_by("to").explain()
        assert rows.offline().freshness().complete and rows.coverage()
        assert (
            list(rows.at(twilio_orm.current().now())) == list(rows.offline(partial=True)) == list(rows.offline().with_deleted())
        )
    offline = rows.offline()
    assert offline.as_of is None and list(offline) and offline.as_of is not None
    assert list(rows.iterator(chunk_size=1)) == list(rows) == list(rows.cached(timedelta(minutes=5))) == list(rows.cached())
    with pytest.raises(QueryError, match="reads every Call"):
        list(Call.all().values("to").strict())
    assert rows.sync().unchanged == 2


def test_values_are_namedtuples_if_wanted() -> None:
    first = same(lambda calls: calls.order_by("to").values_list("to", "from", "start_time__date", named=True).first())
    assert first.to == "+15550000000" and first.from_ is None and first.start_time__date == date(2026, 3, 8)
    assert first == tuple(first) and type(first).__name__ == "Row"
    rows = same(lambda calls: list(calls.values_list("status", named=True).annotate(n=Count()).order_by("-n")))
    assert [(one.status, one.n) for one in rows] == [("completed", 3), ("busy", 2), ("failed", 1)]


# ------------------------------------------------------------ groups


def test_groups_are_filtered_by_what_they_share_and_by_their_aggregates() -> None:
    def statuses(*conditions: Q, **lookups: Any) -> Any:
        found = same(lambda calls: list(grouped(calls).filter(*conditions, **lookups).values_list("status", flat=True)))
        rest = same(lambda calls: list(grouped(calls).exclude(*conditions, **lookups).values_list("status", flat=True)))
        assert sorted([*found, *rest]) == ["busy", "completed", "failed"]
        return found

    assert statuses(n__gt=1) == ["busy", "completed"]
    assert statuses(n=1) == statuses(n__lte=1) == statuses(n__in=[1, 7]) == statuses(n__range=(0, 1)) == ["failed"]
    assert statuses(n__gte=2, n__lt=3) == statuses(n__exact=2) == ["busy"]
    assert statuses(Q(n=1) | Q(status="completed")) == ["completed", "failed"]
    assert statuses(~Q(n=1), status__in=["failed", "busy"]) == ["busy"]
    assert statuses(status="busy") == statuses(status__startswith="b") == ["busy"]
    assert statuses(mean__gt=Decimal("7.5")) == ["completed"]
    assert statuses(total__lt=F("n")) == ["failed"] and statuses(total__gte=F("mean"), n__gt=F("n")) == []
    assert statuses(cost__lt="-0.1") == ["completed"] and statuses(cost__isnull=True) == ["failed"]
    assert statuses(cost__gt=F("n")) == [] and statuses(cost__lt=F("n")) == ["busy", "completed"]


def test_conditions_on_what_groups_share_are_pushed_down(fake: FakeTwilio) -> None:
    """They hold for each record of the group, so that Twilio lists no others."""
    groups = grouped(Call.all())
    assert "Status=busy" in groups.filter(status="busy").explain() and groups.filter(status="busy") == grouped(
        Call.filter(status="busy")
    )
    days = Call.all().values("start_time__date", tz="America/New_York").annotate(n=Count())
    assert days.filter(start_time__date__gte="2026-03-08") == Call.filter(
        start_time__date__gte="2026-03-08", tz="America/New_York"
    ).values("start_time__date", tz="America/New_York").annotate(n=Count())
    assert "StartTime" not in days.filter(start_time__date__startswith="2026-03").explain()
    assert list(days.filter(start_time__date__startswith="2026-03", start_time__date__month=3, n=4)) == []
    assert list(days.filter(start_time__date__gte="2026-03-08", n__gt=1)) == [{"start_time__date": date(2026, 3, 8), "n": 3}]
    some = grouped(Call.all().order_by("to")[:3]).filter(status="busy")
    assert list(some) == [] and "Status=" not in some.explain(), "the slice is of all calls"
    prices = same(
        lambda calls: list(calls.values("price").annotate(n=Count()).filter(price__endswith="-0.03000").values_list("n"))
    )
    assert prices == [(2,)], "equal numbers are one group, whose text is that of its value"


def test_groups_are_sorted_sliced_and_indexed(fake: FakeTwilio) -> None:
    names = same(lambda calls: list(grouped(calls).order_by("-n").values_list("status", flat=True)))
    assert names == ["completed", "busy", "failed"]
    assert same(lambda calls: grouped(calls).order_by("-n")[1]["status"]) == "busy"
    assert (
        same(lambda calls: grouped(calls)[2]["status"]) == "failed"
        and same(lambda calls: grouped(calls).last()["status"]) == "failed"
    )
    assert same(lambda calls: list(grouped(calls).order_by("mean").reverse()[:1].values("status"))) == [{"status": "completed"}]
    assert same(lambda calls: grouped(calls).reverse().reverse().first()) == same(lambda calls: grouped(calls).first())
    assert same(lambda calls: grouped(calls).latest("n")["status"]) == "completed"
    assert same(lambda calls: grouped(calls).earliest("n")["status"]) == "failed"
    assert same(lambda calls: grouped(calls).earliest("cost")["status"]) == "completed", "of failed ones there is no cost"
    assert same(lambda calls: grouped(calls).get(n=2)["status"]) == "busy"
    assert same(lambda calls: (grouped(calls).count(), grouped(calls).filter(n=7).exists(), grouped(calls)[1:].count())) == (
        3,
        False,
        2,
    )
    for number in (3, 99):
        with pytest.raises(IndexError, match=f"no row at {number}"):
            grouped(Call.offline())[number]
    with pytest.raises(DoesNotExist):
        grouped(Call.offline()).get(n=7)
    with pytest.raises(MultipleObjectsReturned):
        grouped(Call.offline()).get(n__gt=1)
    with fake.expects_requests(0):
        assert not list(grouped(Call.all()).none()) and grouped(Call.offline()).none().count() == 0
        groups = grouped(Call.filter(status="busy"))
        assert list(groups.offline()) == list(groups.at(twilio_orm.current().now())) == list(groups.offline().iterator())
        with pytest.raises(NotCovered):
            list(Message.offline().values("status").annotate(n=Count()).filter(n__gt=1))


def test_names_are_selected_from_groups() -> None:
    assert same(lambda calls: list(grouped(calls).values_list("n", "status"))) == [(2, "busy"), (3, "completed"), (1, "failed")]
    assert same(lambda calls: grouped(calls).values("n").first()) == {"n": 2}
    assert same(lambda calls: grouped(calls).values_list("n", named=True).first().n) == 2
    both = same(
        lambda calls: list(calls.values("status", "price_unit").annotate(n=Count()).values_list("n", flat=True).distinct())
    )
    assert both == [2, 1]
    costs = same(
        lambda calls: list(calls.values("status", "price_unit").annotate(cost=Sum("price")).values_list("cost").distinct())
    )
    assert [one.missing for (one,) in costs] == [1, 0, 0, 1]
    more = same(lambda calls: list(calls.values_list("status").annotate(n=Count()).filter(n__gt=1).annotate(Max("duration"))))
    assert more == [("busy", 2, 7), ("completed", 3, 60)]


def test_groups_are_aggregated() -> None:
    found = same(
        lambda calls: grouped(calls).aggregate(
            Avg("n"), Sum("total"), Max("mean"), Min("status"), Sum("cost"), Count("cost"), Count("total"), Median("n"),
            StdDev("n"), groups=Count(), several=Count(filter=Q(n__gt=1)), cheap=Sum("n", filter=Q(cost__gt=-1)),
            none=Sum("n", filter=Q(n=9)),
        )
    )  # fmt: skip
    assert found == {
        "n__avg": Decimal(2), "total__sum": 81, "mean__max": found["mean__max"], "status__min": "busy",
        "cost__sum": {"USD": Decimal("-0.14")}, "cost__count": 2, "total__count": 3, "n__median": Decimal(2),
        "n__stddev": found["n__stddev"], "groups": 3, "several": 2, "cheap": 5, "none": None,
    }  # fmt: skip
    assert found["cost__sum"].missing == 1 and abs(found["n__stddev"] ** 2 - Decimal(2) / 3) < Decimal("1e-26")
    assert type(found["total__sum"]) is int and found["mean__max"] == same(lambda calls: grouped(calls)[1]["mean"])
    assert same(lambda calls: grouped(calls).order_by("-n")[:2].aggregate(Sum("n"))) == {"n__sum": 5}
    by_unit = same(lambda calls: calls.values("price", "price_unit").annotate(n=Count()).aggregate(Sum("price")))
    assert by_unit == {"price__sum": Amounts({"USD": Decimal("-0.14")}, missing=2)}


def test_expressions_of_the_values_of_groups() -> None:
    def shares(calls: Any) -> Any:
        groups = calls.values("status").annotate(n=Count(), long=Count(filter=Q(duration__gt=5)), cost=Sum("price"))
        return groups.annotate(share=F("long") / F("n"), each=F("cost") / F("n"))

    assert same(lambda calls: list(shares(calls).order_by("-share", "status").values_list("status", "share", "each"))) == [
        ("completed", Decimal(2) / 3, Decimal("-0.13") / 3),
        ("busy", Decimal("0.5"), Decimal("-0.005")),
        ("failed", Decimal(0), None),
    ]
    found = same(lambda calls: list(shares(calls).filter(share__gt=0, long__lt=F("n") * 2 - 3).values_list("status", flat=True)))
    assert found == ["completed"]
    more = same(lambda calls: shares(calls).annotate(more=F("share") * 2).aggregate(Max("more"), n=Sum(F("n") * 10)))
    assert more == {"more__max": Decimal("1.3333333333333333333333333334"), "n": 60}
    top = same(lambda calls: shares(calls).annotate(top=Max(F("duration") * 2)).filter(top__gt=20).values("top").get())
    assert top == {"top": 120}
    wrongs = [({"n": F("long") * 2}, "n is a field"), ({"x": F("to")}, "no field 'to'"), ({"a__b": F("n") * 2}, "has no __")]
    for wrong, says in wrongs:
        with pytest.raises(QueryError, match=says):
            shares(Call.all()).annotate(**wrong)


def test_amounts_of_several_units_are_not_compared(fake: FakeTwilio) -> None:
    fake.calls.add(status="failed", price="-1", price_unit="EUR")
    Call.all().sync()
    groups = grouped(Call.offline())
    for wrong in (
        lambda: list(groups.filter(cost__lt=0)),
        lambda: list(groups.filter(cost__lt=F("n"))),
        lambda: groups.order_by("cost").first(),
        lambda: groups.aggregate(n=Count(filter=Q(cost__lt=0))),
    ):
        with pytest.raises(QueryError, match="amounts in EUR, USD"):
            wrong()
    assert groups.filter(cost__isnull=True).count() == 0
    assert groups.aggregate(Sum("cost")) == {"cost__sum": {"EUR": Decimal(-1), "USD": Decimal("-0.14")}}


@pytest.mark.parametrize(
    ("ask", "error", "says"),
    [
        (lambda rows, _: len(rows), TypeError, r"count\(\)"),
        (lambda rows, _: bool(rows), TypeError, r"exists\(\)"),
        (lambda rows, _: pickle.dumps(rows), TypeError, r"pickle list\(rows\)"),
        (lambda rows, _: rows[-1], QueryError, r"last\(\)"),
        (lambda rows, _: rows[-2:], QueryError, "from the front"),
        (lambda _, groups: groups[-2:], QueryError, r"reverse\(\)"),
        (lambda rows, _: rows[::2], QueryError, r"list\(rows\)\[::2\]"),
        (lambda rows, _: rows["status"], TypeError, "a number or a slice"),
        (lambda rows, _: rows.in_bulk(), QueryError, r"before values\(\)"),
        (lambda rows, _: rows.frist(), AttributeError, "did you mean 'first'"),
        (lambda rows, _: rows.limit(3), AttributeError, r"a slice takes a part"),
        (lambda _, groups: groups.having(n=3), AttributeError, r"filter\(\) after it"),
        (lambda rows, _: rows.update(status="x"), AttributeError, r"Call update\(\) before values\(\)"),
        (lambda rows, _: rows.plan_delete(), AttributeError, r"before values\(\)"),
        (lambda rows, _: rows._private, AttributeError, "_private"),
        (lambda _, groups: groups.latest(), QueryError, r"latest\('…'\)"),
        (lambda rows, _: rows[:2].latest("to"), QueryError, "slice cannot be filtered"),
        (lambda rows, _: rows.values_list("status", flat=True, named=True), QueryError, "choose one"),
        (lambda rows, _: rows.exclude(), QueryError, "at least one condition"),
        (lambda rows, _: rows[:2].filter(status="busy"), QueryError, "slice cannot be filtered"),
        (lambda rows, _: rows[:2].order_by("status"), QueryError, "slice cannot be (ordered|sorted)"),
        (lambda rows, _: rows.distinct()[:2].filter(status="busy"), QueryError, "slice cannot be filtered"),
        (lambda rows, _: rows.distinct()[:2].reverse(), QueryError, "slice cannot be reversed"),
        (lambda rows, _: rows.distinct()[:2].values("status"), QueryError, "first, then"),
        (
            lambda _, groups: groups.filter(to="+1"),
            UnknownField,
            r"no 'to': they have status, n, cost, total, mean; .*annotate\(\)",
        ),
        (lambda _, groups: groups.filter(pk="CA1"), UnknownField, r"no 'pk': .*before annotate\(\)"),
        (lambda _, groups: groups.order_by("pk"), UnknownField, "no 'pk'"),
        (lambda _, groups: groups.filter(m=1), UnknownField, "no 'm': they have status, n, cost, total, mean$"),
        (lambda _, groups: groups.filter(Q(n=1) | Q(to__gt="+1")), UnknownField, "no 'to__gt'"),
        (lambda _, groups: groups.filter(n=F("to")), UnknownField, "no 'to'"),
        (lambda _, groups: groups.filter(n__like=1), UnknownLookup, "no lookup 'like'"),
        (lambda _, groups: groups.filter(n__hour=1), UnknownLookup, "is for times"),
        (lambda _, groups: groups.filter(n=2.5), BadValue, "a whole number"),
        (lambda _, groups: groups.filter(n=None), BadValue, "n__isnull"),
        (lambda _, groups: groups.filter(mean=0.5), BadValue, "float"),
        (lambda _, groups: groups.filter(status="bussy"), BadValue, "did you mean 'busy'"),
        (lambda _, groups: groups.filter(n=F("status")), BadValue, "fields of one kind"),
        (lambda _, groups: groups.order_by("to"), UnknownField, "no 'to'"),
        (lambda _, groups: groups.values("to"), UnknownField, "no 'to'"),
        (lambda _, groups: groups.annotate(n=Count()), QueryError, "already"),
        (lambda _, groups: groups.annotate(m=3), QueryError, "an aggregate"),
        (lambda rows, _: rows.annotate(m=F("duration") * 2), QueryError, r"values\(m=…\)"),
        (lambda _, groups: groups.filter(n=F("to") * 2), QueryError, "no field 'to'"),
        (lambda _, groups: groups.aggregate(), QueryError, "takes aggregates"),
        (lambda _, groups: groups.aggregate(Sum("to")), UnknownField, "no 'to'"),
        (lambda _, groups: groups.aggregate(Sum("status")), QueryError, "takes a number"),
        (lambda rows, _: rows.distinct().aggregate(n=Count()), QueryError, "distinct=True"),
        (lambda rows, _: rows.last(), QueryError, r"order_by\(\) first"),
        (lambda _, groups: Call.all().values("price").annotate(n=Count()).aggregate(Sum("price")), QueryError, "price_unit"),
    ],
)
def test_what_is_not_possible_says_what_is(fake: FakeTwilio, ask: Callable[[Any, Any], Any], error: Any, says: str) -> None:
    with fake.expects_requests(0), pytest.raises(error, match=says):
        ask(Call.all().values("status"), grouped(Call.all()))
