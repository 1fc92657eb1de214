"""PostgreSQL's dialect on a server: its SQL selects, computes, orders and sums up what SQLite's does, over the same rows."""

from __future__ import annotations

import os
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest

import twilio_orm
from twilio_orm import Avg, Count, F, Max, Median, Min, Q, QueryError, StdDev, Sum, connecting
from twilio_orm.http.messages import Response
from twilio_orm.mirror import group_by, residual
from twilio_orm.mirror.own_tables import DESCRIBING
from twilio_orm.mirror.postgres import statements, zones
from twilio_orm.mirror.postgres.ddl import TYPES, table_statements
from twilio_orm.mirror.postgres.dialect import POSTGRES
from twilio_orm.mirror.postgres.texts import side_texts, stored_columns, stored_values
from twilio_orm.mirror.sqlite.dialect import SQLITE
from twilio_orm.mirror.table_layout import record_table
from twilio_orm.mirror.views import constants
from twilio_orm.query import arithmetic, sql
from twilio_orm.query.ast import And, Condition, Not, Query, Term, related_nodes
from twilio_orm.query.dialect import BY_UNIT, EXACT
from twilio_orm.query.predicates import predicate
from twilio_orm.schema import countries, decimals
from twilio_orm.schema.derived import country_of, error_text
from twilio_orm.schema.times import instant_text
from twilio_orm.schema.timezones import CLOCK_PARTS, DAY_PARTS, PARTS, part_of, time_zone
from twilio_orm.schema.words import wanted_words

sys.path.insert(0, str(Path(__file__).parents[1] / "laws"))

import test_over_relations
from asking import OWN, WHOLE, ZONES, Asker, Question, connected
from cases import cases
from growth import READINGS, grow

psycopg = pytest.importorskip("psycopg")

ODD = (
    "", "a", "A", "straße", "STRASSE", "Straße", "Ärger", "ärger", "e\u0301", "é", "İ", "i̇", "ﬁ", "FI", "K", "k", "ς", "Σ",
    "\x01", "a\tb\n",
    "'", '"', "\\", "a\\'b", "100%", "%s",
    "what?", "a_b", "{a,b}", "NULL",
    "null", "\ufffd",
    "日本", "😀", " a ", "-", "~",
)  # fmt: skip
"""Texts that engines disagree about."""


class Reader:
    """Tables on the server, read as the mirror's are."""

    is_current, dialect = True, POSTGRES

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    def source(self, table: str, /) -> str:
        return f'"{table}"'

    def execute(self, statement: str, values: Any = (), /) -> Any:
        return self.raw.execute(statements.translated(statement), values)

    def make(self, schema: Any) -> None:
        """Make the table of a resource."""
        self.raw.execute(f'DROP TABLE IF EXISTS "{schema.table}"')
        self.raw.execute(table_statements(record_table(schema)._replace(indexes=()))[0])

    def fill(self, schema: Any, rows: Sequence[Any], numbers: Sequence[int] = ()) -> None:
        """Store rows."""
        self.make(schema)
        names = ", ".join(f'"{name}"' for name in (*stored_columns(schema), "rowid"))
        with self.raw.cursor().copy(f'COPY "{schema.table}" ({names}) FROM STDIN') as copy:
            for row, number in zip(rows, numbers or range(1, len(rows) + 1), strict=True):
                copy.write_row((*stored_values(schema, row), number))


@pytest.fixture(scope="module")
def server(postgres_dsn: str) -> Iterator[Reader]:
    """A schema of its own, with the tables that say the same in every mirror."""
    name = f"dialect_{os.getpid()}"
    with psycopg.connect(postgres_dsn, autocommit=True) as raw:
        statements.register(raw.adapters)
        raw.execute(f"CREATE SCHEMA {name}")
        raw.execute(f"SET search_path TO {name}")
        try:
            for table, rows in constants().items():
                raw.execute(table_statements(DESCRIBING[table])[0])
                raw.cursor().executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(rows[0]))})", rows)
            yield Reader(raw)
        finally:
            raw.execute(f"DROP SCHEMA {name} CASCADE")


def values_of(server: Reader, text: str, *inputs: Sequence[Any]) -> list[Any]:
    """What an expression of the columns a, b and c computes of each of some values."""
    kinds = ['TEXT COLLATE "C"' if any(isinstance(one, str) for one in given) else "BIGINT" for given in inputs]
    names = "abc"[: len(inputs)]
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, kinds, strict=True))
    server.raw.execute("DROP TABLE IF EXISTS given")
    server.raw.execute(f"CREATE TABLE given (at INT, {columns})")
    with server.raw.cursor().copy(f"COPY given (at, {', '.join(names)}) FROM STDIN") as copy:
        for at, row in enumerate(zip(*inputs, strict=True)):
            copy.write_row((at, *row))
    return [one for (one,) in server.execute(f"SELECT {text} FROM given ORDER BY at")]


# ---------------------------------------------------------------- values


def moments(chance: random.Random, count: int) -> list[str]:
    """Instants of all ages, most of them recent, some with fractions, and the ends of time."""
    found = [
        "0001-01-01 00:00:00",
        "0001-01-01 05:30:00",
        "9999-12-31 23:59:59.999999",
        "9999-12-31 12:00:00",
        "2000-02-29 23:59:59.5",
    ]
    for _ in range(count):
        year = chance.choice((chance.randrange(1, 9999), chance.randrange(1880, 2200), chance.randrange(2000, 2040)))
        at = datetime(year, 1, 1) + timedelta(days=chance.randrange(365), seconds=chance.randrange(86400))
        found.append(instant_text(at.replace(microsecond=chance.choice((0, 0, 0, 5, 500000, 999999)))))
    return found


def changes_within(year: int, zone: str) -> Iterator[datetime]:
    """The first and the last seconds of the days on which the clocks of a zone change."""
    days = [datetime(year, 1, 1, tzinfo=timezone.utc) + timedelta(days=day) for day in range(360)]
    for day, following in zip(days, days[1:], strict=False):
        if day.astimezone(time_zone(zone)).utcoffset() != following.astimezone(time_zone(zone)).utcoffset():
            yield from (day + timedelta(hours=hour, minutes=30) for hour in range(-24, 49))


@pytest.mark.parametrize(
    "zone", ["", *(str(one) for one in ZONES[:5]), "Africa/Casablanca", "Europe/Dublin", "UTC-09:30", "UTC+05:30:15.000250"]
)
def test_parts_of_times(server: Reader, zone: str) -> None:
    """In the zone's offsets that Python knows, from the year 1 to 9999."""
    chance = random.Random(zone)
    given = moments(chance, cases(400, thorough=20_000))
    if zone:
        around = [datetime.fromisoformat(at) for at, _ in zones.changes(zone)[0][1:]]
        given += [
            (at + timedelta(seconds=by)).isoformat(" ")
            for at in chance.sample(around, min(40, len(around)))
            for by in (-1, 0, 1800)
        ]
        given += [instant_text(at) for year in (2096, 2400, 3001, 9996) for at in changes_within(year, zone)]
    for part in ("date", *PARTS):
        assert values_of(server, POSTGRES.part("a", part, zone), given) == [part_of(one, part, zone) for one in given], part
    days = [one[:10] for one in given]
    for part in {*PARTS, *DAY_PARTS} - CLOCK_PARTS if not zone else ():
        assert values_of(server, POSTGRES.part("a", part, ""), days) == [part_of(one, part) for one in days], part
    assert values_of(server, POSTGRES.part("a", "hour", zone), ["2020-01-01 00:00:00", None])[1] is None


@pytest.mark.slow
def test_the_changes_of_clocks_are_those_of_the_zone() -> None:
    """Of zones drawn from all: between two changes the offset is that of the first."""
    chance = random.Random(3)
    for zone in chance.sample(sorted(available_timezones() - {"localtime"}), cases(8, thorough=200)):
        found, repeated, begin = zones.changes(zone)
        clocks = time_zone(zone)
        for _ in range(400):
            at = datetime(1830, 1, 1, tzinfo=timezone.utc) + timedelta(
                seconds=chance.randrange(int((begin + 27 - 1830) * 31_556_952))
            )
            text = instant_text(at)
            offset = next(offset for begins, offset in reversed(found) if text >= begins)
            assert offset == at.astimezone(clocks).utcoffset().total_seconds(), (zone, text)
        assert bool(repeated) == any(one >= f"{begin:04d}" for one, _ in found)


def some_decimals(chance: random.Random, count: int) -> list[str]:
    """Texts of decimals of many sizes, zeros and long ones among them."""
    found = ["0", "0.0", "1", "-1", "0.5", "3", "7", "1" + "0" * 99, "9" * 28, "0." + "0" * 98 + "1", "2", "-0.000001"]
    for _ in range(count):
        digits = "".join(chance.choice("0123456789") for _ in range(chance.choice((1, 3, 9, 17, 28, 29, 40, 90))))
        number = Decimal(digits).scaleb(-chance.randrange(0, 95)) * chance.choice((1, -1))
        found.append(format(number, "f"))
    return found


def test_equal_decimals_are_of_one_group(server: Reader) -> None:
    given = ["1.50", "1.5", "-0.0", "0", "100", "1e2", "0.00750", None]
    assert values_of(server, POSTGRES.decimal_group("a"), given) == ["1.5", "1.5", "0", "0", "100", "100", "0.0075", None]


@pytest.mark.parametrize("sign", "+-*/")
def test_decimals_are_calculated_exactly(server: Reader, sign: str) -> None:
    chance, count = random.Random(sign), cases(600, thorough=20_000)
    left, right = some_decimals(chance, count), some_decimals(chance, count)
    chance.shuffle(right)
    halves = [(str(10**28 + chance.choice((1, 2, 3))), chance.choice(("2", "-2", "4", "20"))) for _ in range(30)]
    left, right = [*left, *(one for one, _ in halves), None], [*right, *(one for _, one in halves), "1"]
    text = POSTGRES.call("decimal_arithmetic", f"'{sign}'", "a", "b")
    got = values_of(server, text, left, right)
    assert got == [arithmetic.exact(sign, one, other) for one, other in zip(left, right, strict=True)]
    assert got.count(None) < count


def test_whole_numbers_times_and_durations(server: Reader) -> None:
    chance, count = random.Random(2), cases(500, thorough=10_000)
    ends = [-(2**63), 2**63 - 1, 0, 1, -1, 2, -2, 5, 60, -60, 61, -61, 86_400_000_000]
    whole = [
        *ends,
        *(chance.randrange(-(2 ** chance.randrange(1, 64)), 2 ** chance.randrange(1, 63)) for _ in range(count)),
        None,
    ]
    other = chance.sample(whole, len(whole))
    for sign in "+-*":
        text = POSTGRES.whole(POSTGRES.whole_arithmetic(sign, "a", "b", fits=False))
        assert values_of(server, text, whole, other) == [arithmetic.whole(sign, *pair) for pair in zip(whole, other, strict=True)]
    text = POSTGRES.call("duration_share", "a", "b")
    assert values_of(server, text, whole, other) == [arithmetic.share(*pair) for pair in zip(whole, other, strict=True)]
    small = [one if one is None else one % 1000 - 500 for one in whole]
    assert values_of(server, text, small, [3, -4] * (len(small) // 2) + [2] * (len(small) % 2)) == [
        arithmetic.share(one, by) for one, by in zip(small, [3, -4] * (len(small) // 2) + [2] * (len(small) % 2), strict=True)
    ]
    minutes = [None if one is None else max(one // 60 + (one % 60 > 0), 0) for one in whole]
    assert values_of(server, POSTGRES.call("billed_minutes", "a"), whole) == minutes
    given = [*moments(chance, len(whole) - 6), None]
    given = [one if one is None or chance.random() < 0.7 else one[:10] for one in given]
    assert values_of(server, POSTGRES.call("microseconds", "a"), given) == [*map(arithmetic.microseconds, given)]
    days = [one if one is None or chance.random() < 0.5 else one % (2**57) for one in whole]
    moved = [arithmetic.moved(*pair) for pair in zip(given, days, strict=True)]
    assert values_of(server, POSTGRES.call("moved", "a", "b"), given, days) == moved
    back = [arithmetic.moved(one, None if by is None else -by) for one, by in zip(given, whole, strict=True)]
    assert values_of(server, POSTGRES.call("moved", "a", "-(b)"), given, whole) == back
    assert len({*moved}) > len(moved) // 3


def test_countries_and_error_texts(server: Reader) -> None:
    chance = random.Random(5)
    starts = [one for one, *_ in countries.boundaries()]
    numbers = [
        f"+{(chance.choice(starts) + str(10**15 + chance.randrange(10**15))[1:])[: chance.choice((8, 11, 11, 12, 13))]}"
        for _ in range(cases(1500, thorough=20_000))
    ]
    given = [*numbers, *(f"+{one}" for one in (*starts, *sorted(countries.NO_CALLER))), "whatsapp:+491701234567",
             "rcs:+14155550100",
             "+1415555010\n", "client:+14155550100", "+4915", "", None,
             "+0123456789", "\n+14155550100",
             "٣+14155550100", "+1415555010٣"]  # fmt: skip
    got = values_of(server, POSTGRES.call("country_of", "a"), given)
    assert got == [*map(country_of, given)] and len({*got}) > cases(100, thorough=100, few=50)
    codes = [30001, 30003, 11200, 1, 0, None, -5]
    assert values_of(server, POSTGRES.call("error_text", "a"), codes) == [*map(error_text, codes)]


# ---------------------------------------------------------------- texts


def test_lookups_of_odd_texts(server: Reader) -> None:
    """Each piece lies around what Python says, for every pair of odd texts; folded texts in ASCII are decided by the server."""
    chance, schema, exact, inexact = random.Random(4), twilio_orm.Message.api_schema, 0, 0
    texts = [*ODD, *(one + other for one in chance.sample(ODD, 12) for other in chance.sample(ODD, 6))]
    rows = [made(schema, sid=f"SM{at:032d}", body=text) for at, text in enumerate((*texts, None))]
    server.fill(schema, rows)
    lookups = ("exact", "gt", "gte", "lt", "lte", "contains", "startswith", "endswith", "iexact", "icontains",
               "istartswith", "iendswith", "regex", "iregex", "search", "in", "range")  # fmt: skip
    wanted = [*ODD, "a\0", "\0", *chance.sample(texts, 8)]
    for lookup in lookups:
        for text in wanted:
            value: Any = re.escape(text) if lookup.endswith("regex") else wanted_words(text) if lookup == "search" else text
            if lookup == "search" and not value:
                continue
            if lookup in ("in", "range"):
                value = tuple(sorted((text, *chance.sample(wanted, 1 if lookup == "range" else 4))))
            node = Condition("body", lookup, value)
            fits = {number for number, row in enumerate(rows, 1) if predicate(schema, (node,))(row)}
            over, under, is_exact = around(server, schema, (node,))
            assert under <= fits <= over, (lookup, value)
            exact, inexact = exact + is_exact, inexact + (under != over)
            if is_exact:
                assert under == over
            elif lookup in ("iexact", "icontains") and text:
                assert all(not (rows[at - 1][schema.index["body"]] or "").isascii() for at in over - under)
    assert exact > 300 and inexact > 50, "this test cannot fail"


def test_an_element_of_a_list_is_what_a_parameter_of_its_own_is(server: Reader) -> None:
    """Flags, numbers, texts and null, whatever Python spells them like."""
    for values, kind in (
        ([True, False, None, 0, -1], "BIGINT"), ([1.5, True, None, -2, 1e20, Decimal("0.10")], "NUMERIC"),
        (["None", None, "True", "NULL", "null", "", *ODD], "TEXT"),
    ):  # fmt: skip
        read = f"SELECT one::TEXT FROM unnest(?::{kind}[]) WITH ORDINALITY AS given (one, at) ORDER BY at"
        together = [one for (one,) in server.execute(read, (POSTGRES.list_parameter(values),))]
        assert together == [server.execute(f"SELECT (?::{kind})::TEXT", (one,)).fetchone()[0] for one in values]


def test_lists_of_values(server: Reader) -> None:
    """One parameter, of texts and of whole numbers, empty ones too."""
    for values, kind in (([*ODD], "TEXT"), ([], "TEXT"), ([], "INTEGER"), ([5, -(2**63), 2**63 - 1], "INTEGER")):
        server.raw.execute("DROP TABLE IF EXISTS given")
        server.raw.execute(f"CREATE TABLE given (a {TYPES[kind]})")
        server.raw.cursor().executemany(
            "INSERT INTO given VALUES (%s)", [(one,) for one in [*values, 7 if kind == "INTEGER" else "7", None]]
        )
        found = server.execute(f"SELECT a FROM given WHERE {POSTGRES.listed('a')}", (POSTGRES.list_parameter(values),)).fetchall()
        assert sorted(one for (one,) in found) == sorted(values)


def made(schema: Any, **values: Any) -> Any:
    """A row with these values, and null elsewhere."""
    return tuple(values.get(name) for name in schema.index)


def around(server: Reader, schema: Any, nodes: Any) -> tuple[set[int], set[int], bool]:
    """The rows that the superset and the subset of a conjunction select, and whether it is exact."""
    where, outside = sql.where(POSTGRES, schema, nodes), sql.where(POSTGRES, schema, (Not(And(tuple(nodes))),))
    select = f'SELECT rowid FROM "{schema.table}" WHERE'
    over = {one for (one,) in server.execute(f"{select} {where.text}", where.values)}
    outer = {one for (one,) in server.execute(f"{select} {outside.text}", outside.values)}
    every = {one for (one,) in server.execute(f'SELECT rowid FROM "{schema.table}"')}
    return over, every - outer, not where.residual


# ---------------------------------------------------------------- decimals and derived fields

SENT = ("-0.0000", "0", "0.0", "-0.0075", "-0.00750", "1.5", "1.50000", "1e-7", "12345678901234567.25", "-0.0100000000000000001",
        "1E+20", "9007199254740993", "-0", "99999999999999999999.5", "0.1", "3", "not a number", "", None, "1e200")  # fmt: skip


def test_decimals_and_derived_fields_are_as_in_python(server: Reader) -> None:
    """Texts, keys, order and sums of amounts, however they were sent; addresses that do not follow, of any JSON."""
    schema, chance = twilio_orm.Call.api_schema, random.Random(6)
    bodies = []
    for at in range(240):
        body: dict[str, Any] = {name.rstrip("_"): None for name in (*schema.columns, *schema.derived)}
        body |= {
            "sid": f"CA{at:032d}",
            "account_sid": "AC" + "1" * 32,
            "price": chance.choice(SENT),
            "price_unit": chance.choice(("USD", "usd", "EUR", None)),
        }
        body["uri"] = chance.choice(
            (None, f"/2010-04-01/Accounts/{body['account_sid']}/Calls/{body['sid']}.json", "a\ud800\0b", *ODD, 5, {"a": "\ud800"})
        )
        body["subresource_uris"] = chance.choice((None, {}, {"a": "\udfff\0", "%s?": [1, "\\u0000"]}, "text\0", ["é"], 1.50))
        body |= chance.choice(({}, {"new": "\ud800\0", "price": "0.5"}, {"other": {"mirror": "\\u0000"}}))
        if chance.random() < 0.4:
            base = schema.codec.read({**body, "uri": None}, {})
            body |= {name: one.compute(schema.urls.base(base)) for name, one in schema.derived.items()}
        for gone in chance.sample(("price", "uri", "subresource_uris", "price_unit"), chance.choice((0, 0, 0, 1))):
            del body[gone]
        bodies.append(body)
    rows = [(*schema.codec.read(body, {})[:-2], 1, None) for body in bodies]
    redacted = schema.codec.encode_absent((), {"uri", "price"})
    rows = [row if chance.random() < 0.9 else without(schema, row, "price", redacted) for row in rows]
    server.fill(schema, rows)
    stored = schema.codec.stored
    for name in ("price", *schema.derived):
        got = server.execute(f'SELECT {sql.value_sql(POSTGRES, schema, name)} FROM "call" ORDER BY rowid').fetchall()
        assert [one for (one,) in got] == [plain(stored(row, name)) for row in rows], name
    got = server.execute(f'SELECT {", ".join(sql.row_columns(POSTGRES, schema))} FROM "call" ORDER BY rowid').fetchall()
    assert got == rows
    prices = [stored(row, "price") for row in rows]
    order = sql.order_by(POSTGRES, schema, (("price", True),))
    numbers = [one - 1 for (one,) in server.execute(f'SELECT rowid FROM "call" ORDER BY {order}')]
    assert numbers == sorted(
        range(len(rows)), key=lambda at: (0, 0, -at) if prices[at] is None else (1, Decimal(prices[at]), -at), reverse=True
    )
    for lookup in ("exact", "gt", "lte", "in", "range"):
        for one in SENT[:16]:
            value: Any = decimals.plain_text(Decimal(one))
            value = (value, value) if lookup in ("in", "range") else value
            node = Condition("price", lookup, value)
            over, under, is_exact = around(server, schema, (node,))
            assert is_exact and over == under == {at for at, row in enumerate(rows, 1) if predicate(schema, (node,))(row)}
    texts = [side_texts(schema, row) for row in rows]
    assert len([one for one in texts if one]) > 20 and texts.count(None) > 20


def without(schema: Any, row: Any, name: str, absent: Any) -> Any:
    """A row without the value of a field, and with these absent ones."""
    values = list(row)
    values[schema.index[name]], values[schema.codec.absent_slot] = None, absent
    return tuple(values)


def plain(value: Any) -> Any:
    """A text without what no engine but SQLite stores."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def without_nul(response: Response) -> Response:
    """An answer whose texts every engine can store."""
    return Response(response.status, response.headers, response.body.replace(b"\\u0000", b"\\ufffd"))


# ---------------------------------------------------------------- questions


class Pair:
    """The rows of a mirror in SQLite, and the same on the server.

    :param connection: one whose mirror is a file: a mirror in memory may be a schema of PostgreSQL.
    """

    def __init__(self, connection: Any, server: Reader) -> None:
        self.connection, self.server = connection, server
        self.mirror = connection.mirror.open()
        for name in OWN:
            schema = getattr(twilio_orm, name).api_schema
            with self.mirror.reading() as own:
                columns = ", ".join(sql.row_columns(SQLITE, schema))
                found = own.execute(f'SELECT rowid, {columns} FROM "{schema.table}" ORDER BY rowid').fetchall()
            server.fill(schema, [row[1:] for row in found], [row[0] for row in found])

    def numbers(self, query: Query) -> list[int]:
        """The numbers of the rows that SQLite selects, in order."""
        with self.mirror.reading() as own:
            where = sql.where(SQLITE, query.schema, query.where)
            return residual.numbers(own, SQLITE, query.schema, where, sql.order_by(SQLITE, query.schema, query.order)).tolist()

    def values(self, schema: Any, names: Sequence[str]) -> tuple[list[Any], list[Any]]:
        """The values of fields in both."""
        found = []
        with self.mirror.reading() as own:
            for reader, dialect in ((own, SQLITE), (self.server, POSTGRES)):
                shown = ", ".join(sql.value_sql(dialect, schema, name) for name in names)
                found.append(reader.execute(f'SELECT {shown} FROM "{schema.table}" ORDER BY rowid').fetchall())
        return found[0], found[1]

    def groups(self, query: Query, terms: list[Term], tallies: list[Any]) -> tuple[Any, Any]:
        """The groups of both, with results."""
        found = []
        with self.mirror.reading() as own:
            for reader, dialect in ((own, SQLITE), (self.server, POSTGRES)):
                mirror: Any = ReadsThere(reader, dialect)
                groups = group_by.group_rows(mirror, query, terms, tallies)
                found.append(sorted(
                    (repr([one.shared(query.schema, value) for one, value in zip(terms, key, strict=True)]),
                     [one.result(state) for one, state in zip(tallies, states, strict=True)])
                    for key, states in groups
                ))  # fmt: skip
        return found[0], found[1]


class ReadsThere:
    """What groups are made of: the conditions of a query alone, read by a reader."""

    def __init__(self, reader: Any, dialect: Any) -> None:
        self._reader, self.dialect = reader, dialect

    @contextmanager
    def reading(self) -> Iterator[Any]:
        yield self._reader

    def where(self, query: Query, *_: Any) -> Any:
        return sql.where(self.dialect, query.schema, query.where)

    def source(self, query: Query, _: Any) -> Any:
        return self._reader.source(query.schema.table)


AGGREGATES: tuple[Callable[[str], Any], ...] = (
    Count, Sum, Avg, Min, Max, StdDev, Median, lambda name: Count(name, distinct=True),
)  # fmt: skip


def term_of(chance: random.Random, schema: Any) -> Term:
    """A field or an expression to group by, or a part of a time in a zone."""
    name = chance.choice([*schema.fields, *schema.expressions])
    if schema.column(name).kind != "datetime" or chance.random() < 0.4:
        return Term(name)
    return Term(name, chance.choice(PARTS), chance.choice(("", "America/New_York", "UTC-09:30")))


def tallies_of(chance: random.Random, schema: Any, conditions: Sequence[Any]) -> list[Any]:
    """Some aggregates of a resource's fields, some with a condition."""
    found = [Count().bound(schema)]
    while len(found) < chance.choice((2, 3, 5)):
        name = chance.choice([*schema.fields, *schema.expressions])
        part = f"{name}__{chance.choice(PARTS)}" if chance.random() < 0.4 else name
        try:
            one = chance.choice(AGGREGATES)(part).bound(schema, chance.choice(("", "Europe/Berlin")))
        except QueryError:
            continue
        except twilio_orm.TwilioOrmError:
            continue
        if conditions and chance.random() < 0.4:
            one = replace_condition(one, tuple(chance.choice(conditions)))
        found.append(one)
    return found


def replace_condition(one: Any, nodes: Any) -> Any:
    return type(one)(one.schema, one.aggregate, one.term, one.function, nodes)


measured: Counter[str] = Counter()


@pytest.mark.law
@pytest.mark.parametrize("seed", range(cases(2, thorough=60)))
def test_a_question_has_the_answer_that_sqlite_gives(
    seed: int, server: Reader, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Rows, their order, all values and groups of questions about a history."""
    monkeypatch.setattr(connecting, "SCHEMAS", [getattr(twilio_orm, name).api_schema for name in OWN])
    chance, fake = random.Random(f"postgres {seed}"), grow(seed, READINGS[seed % len(READINGS)])
    asker, send = Asker(fake, chance, WHOLE), fake.send
    monkeypatch.setattr(fake, "send", lambda request: without_nul(send(request)))
    with connected(fake, 1000, str(tmp_path / "mirror.db"), clock=lambda: fake.clock) as connection:
        for resource in OWN:
            Question(resource, deleted=resource == "Recording").put(connection).sync()
        pair, conditions = Pair(connection, server), dict[str, list[Any]]()
        for resource in OWN:
            schema = getattr(twilio_orm, resource).api_schema
            there, here = pair.values(schema, [*schema.fields])
            assert here == there, resource
        for _ in range(cases(60, thorough=200)):
            question = asker.question()
            query = question.put(connection).query
            if query.schema.related:
                continue
            expected, text = pair.numbers(query), repr(question)
            over, under, is_exact = around(server, query.schema, query.where)
            assert under <= {*expected} <= over, text
            assert not is_exact or under == over
            measured.update(["exact" if is_exact else "inexact"])
            if not any(True for _ in related_nodes(sql.where(POSTGRES, query.schema, query.where).residual)):
                where, order = sql.where(POSTGRES, query.schema, query.where), sql.order_by(POSTGRES, query.schema, query.order)
                assert residual.numbers(server, POSTGRES, query.schema, where, order).tolist() == expected, text
                kept = conditions.setdefault(query.schema.name, [])
                if not query.schema.expressions and not any(True for _ in related_nodes(query.where)):
                    kept.append(query.where)
                terms = [term_of(chance, query.schema) for _ in range(chance.randrange(3))]
                tallies = tallies_of(chance, query.schema, kept)
                low = chance.choice((0, 0, 3))
                part = replace(query, low=low, high=chance.choice((None, None, low + 7)))
                there, here = pair.groups(part, terms, tallies)
                assert here == there, (text, terms, [(one.function, one.term) for one in tallies])
            names = [*query.schema.expressions]
            if names:
                there, here = pair.values(query.schema, names)
                assert here == there, text
                measured.update(["expressions"])
    assert measured["exact"] > cases(30, thorough=30)


ANNOTATED: dict[str, Any] = {
    "n": Count("recordings"), "long": Count("recordings", filter=Q(recordings__duration__gte=3)),
    "total": Sum("recordings__duration", default=5), "mean": Avg("recordings__duration"),
    "time_first": Min("recordings__date_created"),
    "hour_last": Max("recordings__date_created__hour"), "kinds": Count("recordings__status", distinct=True),
    "price_above": F("parent_call__price"), "hour_above": F("parent_call__start_time__hour"),
    "sum_above": F("parent_call__price") + F("price"), "twice": F("parent_call__duration") * 2,
    "wait": F("start_time") - F("parent_call__start_time"),
}  # fmt: skip


@pytest.mark.parametrize("seed", range(cases(3, thorough=60)))
def test_values_of_related_records(seed: int, server: Reader, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of one record and of several, aggregated, calculated with, ordered by and grouped by."""
    monkeypatch.setattr(connecting, "SCHEMAS", [getattr(twilio_orm, name).api_schema for name in OWN])
    fake = test_over_relations.grow(seed)
    with connected(fake, mirror=str(tmp_path / "mirror.db"), clock=lambda: fake.clock) as connection:
        for model in (twilio_orm.Call, twilio_orm.Recording):
            model.using(connection).sync()
        pair, query = Pair(connection, server), twilio_orm.Call.using(connection).annotate(**ANNOTATED).query
        schema: Any = query.schema
        answers = []
        for dialect, there in ((SQLITE, False), (POSTGRES, True)):
            with pair.mirror.reading() as own:
                reader: Any = pair.server if there else own
                tables, values = [], list[Any]()
                for name in schema.related:
                    field = schema.computed[name]
                    where = sql.where(dialect, field.node.other, field.node.nodes)
                    tables.append(field.table(dialect, f'FROM "{field.node.other.table}" WHERE ({where.text})'))
                    values += where.values
                shown = [sql.value_sql(dialect, schema, name) for name in ANNOTATED]
                order = sql.order_by(dialect, schema, (("mean", True), ("price_above", False), ("n", True)))
                terms = [sql.term_sql(dialect, schema, Term(name)) for name in ("price_above", "n")]
                text, groups = f"WITH {', '.join(tables)} SELECT", f"{terms[0]}, {terms[1]}"
                rows = reader.execute(f'{text} sid, {", ".join(shown)} FROM "call" ORDER BY {order}', values).fetchall()
                found = reader.execute(f'{text} {groups}, count(*) FROM "call" GROUP BY {groups}', values).fetchall()
                counted = sorted((repr(one if one is None else Decimal(one).normalize()), *more) for one, *more in found)
            answers.append((rows, counted))
        assert answers[0] == answers[1]
        measured.update(name for row in rows for name, value in zip(ANNOTATED, row[1:], strict=True) if value is not None)
    assert seed < 2 or all(measured[name] for name in ANNOTATED), "this test cannot fail"


def test_amounts_are_grouped_by_their_unit_unless_states_cannot_be_merged() -> None:
    functions = frozenset({"decimal_sum", "min"})
    assert POSTGRES.aggregate_methods(functions, in_parts=True, of_texts=True) == (BY_UNIT,)
    assert POSTGRES.aggregate_methods(functions, in_parts=False, of_texts=False) == (EXACT,)
