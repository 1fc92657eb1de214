"""Decimals are numbers in the tables, so that SQL compares and sums them, while queries and values of the library stay exact."""

from __future__ import annotations

import operator
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Context, Decimal, localcontext
from typing import Any

import pytest
from cases import cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import fn

import twilio_orm
from twilio_orm import Call, Connection, Count, F, Max, Min, Sum
from twilio_orm.query.ast import Query
from twilio_orm.schema import decimals
from twilio_orm.schema.exact_json import EXACT_CONTEXT
from twilio_orm.schema.registry import SCHEMAS
from twilio_orm.schema.resource_schema import ResourceSchema
from twilio_orm.schema.text_fields import Sid, Text
from twilio_orm.schema.time_fields import Day
from twilio_orm.testing import FakeTwilio

SCHEMA = Call.api_schema
NUMBERS = [(schema, name) for schema in SCHEMAS if schema.mirrored for name in sorted(schema.numbers)]
PRICES = [
    "-0.03000",
    "-0.1",
    "-0.09999",
    "-12.00000",
    "-2.5",
    "0.00000",
    "-0.00000",
    "-0.00750",
    "-0.0075",
    "0.04",
    "3",
    "-0.20000",
]


def body(schema: ResourceSchema, number: int, account: str, **more: Any) -> dict[str, Any]:
    """A body of any resource: its key, its account, and the values of ``more``."""
    values: dict[str, Any] = dict.fromkeys(schema.columns)
    if "account_sid" in values:
        values["account_sid"] = account if schema.key != ("account_sid",) else f"AC{number:032x}"
    for name in schema.key:
        column = schema.columns[name]
        if isinstance(column, Sid) and name != "account_sid":
            values[name] = f"{column.prefixes[0]}{number:032x}"
        elif isinstance(column, Day):
            values[name] = "2026-06-01"
        elif type(column) is Text:
            values[name] = f"a{number:03}"
    return {**{name.rstrip("_"): value for name, value in values.items() if name not in FROM_REQUEST}, **more}


FROM_REQUEST = {"period": "daily", "include_subaccounts": 1}


def store(connection: Connection, schema: ResourceSchema, bodies: list[dict[str, Any]]) -> None:
    """Store records in the mirror."""
    given = {name: value for name, value in FROM_REQUEST.items() if name in schema.columns}
    rows = [schema.codec.read(one, given) for one in bodies]
    connection.mirror.absorb(schema, rows, connection.mirror.revision())


def raw(text: Any) -> Decimal | None:
    """The number of a value that Twilio sent."""
    return None if text in (None, "", "free") else Decimal(text)


def priced(connection: Connection, texts: list[Any], schema: ResourceSchema = SCHEMA, name: str = "price") -> None:
    """Store one record with each of these texts."""
    wire = name.rstrip("_")
    store(connection, schema, [body(schema, at, connection.account_sid, **{wire: text}) for at, text in enumerate(texts)])


def position(record: Any) -> int:
    """The position of a call's text."""
    return int((record if isinstance(record, str) else record.sid)[2:], 16)


# ---------------------------------------------------------------- numbers and texts

DIGITS = st.text("0123456789", min_size=1, max_size=24)
SIGNS = st.sampled_from(["", "-"])
ROUGH = st.one_of(
    st.sampled_from([
        "0", "-0", "0.00000", "-0.00000", "-0.03", "-0.03000", "-0.0300", "1E+3", "1000.00000", "1e-7", "0.1",
        "0.30000000000000004",
        "0.1000000000000000055", "0.1000000000000000056", "9007199254740993", "9007199254740992.5", "9007199254740993.00000001",
        "9223372036854775807", "9223372036854775806.5", "9223372036854775808", "-9223372036854775808.9", "12345678901234567890",
        "12345678901234567891.00000", "100000000000000000000.01", "100000000000000000000.02", "-99999999999999999999.99999",
    ]),
    st.builds(lambda sign, whole, rest: sign + whole + (rest and "." + rest), SIGNS, DIGITS, st.just("") | DIGITS),
    st.integers(0, 400_000).map(lambda units: f"-{units // 100_000}.{units % 100_000:05}"),
)  # fmt: skip


@settings(max_examples=cases(100, thorough=400), deadline=None)
@given(ROUGH, ROUGH)
def test_numbers_keep_the_order_of_decimals(one: str, other: str) -> None:
    """The nearest number never reverses the order of two decimals; where it is the same for both, the rank does not."""
    left, right = Decimal(one), Decimal(other)
    near, far = decimals.nearest(left), decimals.nearest(right)
    if left <= right:
        assert near <= far
    assert decimals.nearest(decimals.exact(near)) == near
    if near == far:
        ranks = [decimals.rank(near, f'{{"price":"{text}"}}', "price") for text in (one, other)]
        assert (ranks[0] < ranks[1], ranks[0] == ranks[1]) == (left < right, left == right)
        if left == decimals.exact(near):
            assert ranks[0] == decimals.SAME == decimals.rank(near, None, "price")
    assert (decimals.plain_text(left) == decimals.plain_text(right)) == (left == right)
    assert Decimal(decimals.plain_text(left, 5)) == left


@settings(max_examples=cases(150, thorough=600), deadline=None)
@given(st.text("0123456789.-e+", min_size=1, max_size=16) | ROUGH.map(lambda text: text[:16]))
def test_the_number_of_a_short_text_stands_for_it(text: str) -> None:
    """Up to 16 characters nothing is lost, so that SQL need not read the text."""
    number = decimals.parse(text)
    assert number is None or decimals.exact(decimals.nearest(number)) == number


@settings(max_examples=cases(60, thorough=300), deadline=None)
@given(ROUGH)
def test_sqlite_returns_the_number_that_was_stored(text: str) -> None:
    """SQLite keeps the number and its type. The text is kept as well unless the number gives it back."""
    number, same = decimals.from_text(text, 5)
    with closing(sqlite3.connect(":memory:")) as bare:
        bare.execute("CREATE TABLE numbers (price NUMERIC)")
        bare.execute("INSERT INTO numbers VALUES (?)", (number,))
        (found,) = bare.execute("SELECT price FROM numbers").fetchone()
    assert (type(found), found) == (type(number), number)
    assert same == (decimals.usual_text(found, 5) == text)
    assert abs(Decimal(found) - Decimal(text)) <= abs(Decimal(text)) / 2**53


@pytest.mark.parametrize(
    "schema", [schema for schema in SCHEMAS if schema.mirrored and schema.numbers], ids=lambda schema: schema.name
)
def test_every_text_can_be_read_back(connection: Connection, schema: ResourceSchema) -> None:
    """However it is written: as JSON, as a value, in values(), and in peewee's rows."""
    texts: list[Any] = [
        *PRICES,
        "0.1000000000000000055",
        "12345678901234567890",
        "1e-3",
        "+5",
        " 7 ",
        "free",
        "",
        None,
        Decimal("-0.03"),
        12,
    ]
    model: Any = twilio_orm.resources()[schema.name]
    for name in sorted(schema.numbers):
        priced(connection, texts, schema, name)
        found = list(connection.mirror.select(Query(schema)))
        bodies = [schema.codec.body(row)[name] for row in found]
        assert sorted(map(repr, bodies)) == sorted(map(repr, texts))
        stored = [schema.codec.stored(row, name) for row in found]
        assert stored == [None if raw(one) is None else format(Decimal(one), "f") for one in bodies], "with every zero"
        assert [getattr(model.from_row(row, None), name) for row in found] == list(map(raw, bodies))
        peewees = {one._key(): getattr(one, name) for one in model.select()}
        assert [peewees[schema.codec.identity(row)] for row in found] == list(map(raw, bodies))


def test_values_have_the_digits_that_twilio_sent(connection: Connection) -> None:
    """``values`` returns the same decimals offline as the records, trailing zeros included."""
    priced(connection, [*PRICES, "0.1000000000000000055", None, "1e-3"])
    calls = Call.offline(partial=True).order_by("sid")
    assert list(map(str, calls.values_list("price", flat=True))) == [str(one.price) for one in calls]
    assert [str(one["price"]) for one in calls.filter(price__contains="0000").values("price")] == [
        one for one in PRICES if "0000" in one
    ] + ["0.1000000000000000055"]


def test_a_price_as_twilio_writes_it_needs_no_extras(connection: Connection) -> None:
    """The number alone gives back five decimals."""
    priced(connection, ["-0.03000", "-0.00750", "0.00000", "-12.00000", "-1.23456", None, "-0.0075"])
    rows = connection.sql("SELECT price, mirror_extras FROM call ORDER BY sid")
    assert [repr(price) for price, _ in rows] == ["-0.03", "-0.0075", "0", "-12", "-1.23456", "None", "-0.0075"]
    assert ["price" in (extras or "") for _, extras in rows] == [False] * 6 + [True]


# ---------------------------------------------------------------- queries

LOOKUPS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": lambda have, want: bool(have == want), "gt": lambda have, want: bool(have > want),
    "gte": lambda have, want: bool(have >= want), "lt": lambda have, want: bool(have < want),
    "lte": lambda have, want: bool(have <= want), "in": lambda have, want: have in want,
    "range": lambda have, want: bool(min(want) <= have <= max(want)),
}  # fmt: skip


@settings(max_examples=cases(25, thorough=120), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.lists(ROUGH | st.none(), min_size=1, max_size=12))
def test_queries_of_the_mirror_are_exact(fake: FakeTwilio, data: st.DataObject, texts: list[str | None]) -> None:
    """Beyond the digits of a REAL, too: lookups, order, groups, distinct values, extremes and sums are those of decimals."""
    have = [None if text is None else Decimal(text) for text in texts]
    known = [text for text in texts if text is not None]
    near = st.sampled_from(known) | ROUGH if known else ROUGH
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:") as connection:
        priced(connection, list(texts))
        calls = Call.offline(partial=True)
        for lookup, fits in LOOKUPS.items():
            several = lookup in ("in", "range")
            drawn = data.draw(st.lists(near, min_size=2, max_size=2 if lookup == "range" else 45) if several else near)
            wanted = sorted(map(Decimal, drawn)) if several else Decimal(drawn)  # type: ignore[arg-type]
            found = {position(one) for one in calls.filter(**{f"price__{lookup}": wanted})}
            assert found == {at for at, one in enumerate(have) if one is not None and fits(one, wanted)}, (lookup, drawn)
            assert calls.exclude(**{f"price__{lookup}": wanted}).count() == len(texts) - len(found)
        order = [position(one) for one in calls.order_by("price")]
        assert [have[at] for at in order] == sorted(have, key=lambda one: (one is not None, one or 0))
        assert order == sorted(order, key=lambda at: (have[at] is not None, have[at] or 0, at))
        assert [have[position(one)] for one in calls.order_by("-price")] == [have[at] for at in order][::-1]
        groups = list(calls.values("price").annotate(n=Count()))
        assert {one["price"]: one["n"] for one in groups} == {one: have.count(one) for one in have}
        assert len(groups) == len(set(have))
        assert len(list(calls.values_list("price", flat=True).distinct())) == len(set(have))
        numbers = [one for one in have if one is not None]
        sums = calls.aggregate(low=Min("price"), high=Max("price"), sum=Sum("price"), n=Count("price", distinct=True))
        assert sums["n"] == len(set(numbers))
        if numbers:
            total = Decimal(0)
            for one in numbers:
                total = EXACT_CONTEXT.add(total, one)
            assert (sums["low"][""], sums["high"][""], sums["sum"][""]) == (min(numbers), max(numbers), total)
        connection.close()


def test_extras_that_are_no_prices_change_no_query(connection: Connection) -> None:
    """Undeclared keys, and a price within one of them, in any order."""
    more = [{"novel": {"price": "1"}}, {"a": {"price": "2"}}, {"zebra": "x" * 40}, {"novel": 'say "price":"0.1"'}, {}]
    texts = ["0.1000000000000000055", "0.1", "0.10", "0.10000", "-0.10000000000000001", "0.1000000000000001"]
    bodies = [
        body(SCHEMA, at * len(texts) + number, connection.account_sid, price=text, **other)
        for at, other in enumerate(more) for number, text in enumerate(texts)
    ]  # fmt: skip
    store(connection, SCHEMA, bodies)
    calls, have = Call.offline(partial=True), [Decimal(one["price"]) for one in bodies]
    for wanted in {*have}:
        assert {position(one) for one in calls.filter(price=wanted)} == {at for at, one in enumerate(have) if one == wanted}
        assert calls.filter(price__lt=wanted).count() == sum(one < wanted for one in have)
        assert calls.filter(price__in=[wanted]).count() == have.count(wanted)
    assert {one["price"]: one["n"] for one in calls.values("price").annotate(n=Count())} == {one: have.count(one) for one in have}
    assert [have[position(one)] for one in calls.order_by("price")] == sorted(have)
    assert calls.aggregate(cost=Sum("price"))["cost"] == {"": sum(have)}


def test_a_decimal_is_compared_with_another_field(connection: Connection) -> None:
    """Also decimals that differ although their REAL is the same."""
    usage = twilio_orm.UsageRecord
    pairs = [
        ("0.1000000000000000055", "0.1000000000000000056"),
        ("3", "3.00"),
        ("12345678901234567891", "12345678901234567890"),
        (None, "1"),
    ]
    bodies = [body(usage.api_schema, at, connection.account_sid, count=one, usage=other) for at, (one, other) in enumerate(pairs)]
    store(connection, usage.api_schema, bodies)
    records = usage.daily.offline(partial=True)
    for word, wanted in {"count__lt": [0], "count": [1], "count__gt": [2], "count__lte": [0, 1]}.items():
        assert sorted(int(one.category[1:]) for one in records.filter(**{word: F("usage")})) == wanted


def test_the_callers_decimal_context_changes_no_result(connection: Connection) -> None:
    """Neither a precision of two digits nor any trap."""
    texts = ["-0.12345", "-0.123450000000000000000001", "12345678901234567890", "-0.0"]
    with localcontext(Context(prec=2, traps=list(Context().traps))):
        priced(connection, texts)
        calls = Call.offline(partial=True)
        assert [one.to_api()["price"] for one in calls.order_by("price")] == [texts[1], texts[0], texts[3], texts[2]]
        assert calls.filter(price__lt="-0.12345").count() == 1
        assert {str(one["price"]) for one in calls.values("price").annotate(n=Count())} == {
            "-0.12345", "-0.123450000000000000000001", "12345678901234567890.00000", "0.00000",
        }  # fmt: skip


# ---------------------------------------------------------------- peewee and plain SQL

COMPARED = [Decimal("-0.1"), Decimal("-0.03"), Decimal(0), "3.0", 3]


@pytest.mark.parametrize(("schema", "name"), NUMBERS, ids=[f"{schema.name}.{name}" for schema, name in NUMBERS])
def test_peewee_expressions_treat_decimals_as_numbers(connection: Connection, schema: ResourceSchema, name: str) -> None:
    """Compared, ordered, grouped and summed as Decimal, in every column of every resource."""
    priced(connection, [*PRICES, None], schema, name)
    model: Any = twilio_orm.resources()[schema.name]
    field, have = getattr(model, name), [Decimal(text) for text in PRICES]

    def values(*where: Any) -> list[Decimal]:
        return sorted(getattr(one, name) for one in model.select().where(*where))

    for given_ in COMPARED:
        wanted = Decimal(given_)
        for compares in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
            assert values(compares(field, given_)) == sorted(one for one in have if compares(one, wanted))
    assert values(field.in_([Decimal("-0.03"), "0.040", 3])) == [Decimal("-0.03"), Decimal("0.04"), 3]
    assert values(field.between(Decimal("-0.1"), "0")) == sorted(one for one in have if Decimal("-0.1") <= one <= 0)
    ordered = [one for (one,) in model.select(field).where(field.is_null(False)).order_by(field).tuples()]
    assert ordered == sorted(have) and {type(one) for one in ordered} == {Decimal}
    assert [one for (one,) in model.select(field).where(field.is_null(False)).order_by(field.desc()).tuples()] == ordered[::-1]
    found = model.select(fn.MIN(field), fn.MAX(field), fn.SUM(field), fn.AVG(field), fn.COUNT(field.distinct())).tuples()[0]
    mean = sum(have) / len(have)
    assert found[:3] == (min(have), max(have), sum(have)) and found[4] == len(set(have))
    assert {type(one) for one in found[:4]} == {Decimal} and abs(found[3] - mean) < Decimal("1e-13")
    groups = dict(model.select(field, fn.COUNT(1)).group_by(field).tuples())
    assert groups == {None: 1, **{one: have.count(one) for one in have}}
    assert model.select(field).distinct().count() == len(set(have)) + 1
    grouped = model.select(fn.SUM(field)).group_by(field).having(fn.SUM(field) < Decimal("-0.1")).tuples()
    assert sorted(one for (one,) in grouped) == sorted(one for one in set(have) if have.count(one) * one < Decimal("-0.1"))


def test_plain_sql_treats_prices_as_numbers(connection: Connection) -> None:
    """As Datasette, a data frame or the command line query them."""
    priced(connection, PRICES)
    have = sorted(map(Decimal, PRICES))
    below = [row[0] for row in connection.sql("SELECT price FROM call WHERE price < -0.1 ORDER BY price")]
    assert [Decimal(repr(one)) for one in below] == [one for one in have if one < Decimal("-0.1")]
    assert connection.sql("SELECT min(price), max(price), count(DISTINCT price) FROM call") == [(-12, 3, 10)]
    assert connection.sql("SELECT count(*) FROM call WHERE price >= ?", Decimal("-0.0075"))[0][0] == 6
    assert {type(one) for (one,) in connection.sql("SELECT price FROM call")} <= {int, float}
