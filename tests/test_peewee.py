"""Peewee's words on a resource: those that read stay, those that write are refused, nothing asks unseen."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import peewee
import pytest
from peewee import SQL, Case, fn

import twilio_orm
from twilio_orm import Call, Connection, Message, NotCovered, NotLoaded, ReadOnly, Recording, UnknownField
from twilio_orm.mirror.sqlite.dialect import SQLITE
from twilio_orm.mirror.store import Mirror
from twilio_orm.orm.peewee_compat import ReadOnlyType
from twilio_orm.schema.field import Column
from twilio_orm.schema.number_fields import Flag, Money, Number, Whole
from twilio_orm.schema.registry import SCHEMAS
from twilio_orm.schema.resource_schema import ResourceSchema
from twilio_orm.schema.text_fields import Json, Text
from twilio_orm.schema.time_fields import Day, Time
from twilio_orm.testing import FakeTwilio

READS = {"select", "raw", "alias", "noop", "table_exists", "validate_model", "index"}
OURS = {"filter", "get", "get_or_none", "get_or_create", "get_by_id", "create"}
RECORD = {
    "save", "is_dirty", "dirty_fields", "dirty_field_names", "dependencies", "get_id", "clone", "copy", "unwrap",
    "coerce",
    "is_alias", "DoesNotExist", "_meta", "_schema",
}  # fmt: skip


def words() -> list[str]:
    return [name for name in dir(peewee.Model) if not name.startswith("_")]


@pytest.mark.parametrize("word", [name for name in words() if name not in READS | OURS | RECORD])
def test_every_other_word_of_peewees_class_is_refused(connection: Connection, word: str) -> None:
    """A new word in a later peewee fails here until somebody has decided what it means."""
    with pytest.raises(ReadOnly, match=word):
        getattr(Call, word)()


@pytest.mark.parametrize("word", sorted(OURS))
def test_our_words_are_not_peewees(word: str) -> None:
    assert inspect.getattr_static(Call, word, None) is None or "twilio_orm" in getattr(Call, word).__func__.__module__


def test_the_metaclass_refuses_to_write_and_to_ask(connection: Connection) -> None:
    with pytest.raises(ReadOnly, match="save"):
        Call["CA" + "0" * 32] = {"status": "busy"}  # type: ignore[index]
    with pytest.raises(ReadOnly):
        del Call["CA" + "0" * 32]  # type: ignore[attr-defined]
    for ask in (len, iter):
        with pytest.raises(TypeError, match="all"):
            ask(Call)  # type: ignore[call-overload]
    overridden = {name for name in vars(peewee.ModelBase) if name.startswith("__") and callable(vars(peewee.ModelBase)[name])}
    handled = {"__new__", "__repr__", "__bool__", "__sql__", *vars(ReadOnlyType)}
    assert overridden <= handled, "the metaclass has a word that nobody has decided about"


def test_what_a_select_has_not_read_yet_is_not_changed_by_a_write(fake: FakeTwilio, tmp_path: Path) -> None:
    """An open cursor would give part of what is written, and keep the writer out once another process has written."""
    path, schema = str(tmp_path / "mirror.db"), Call.api_schema
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=path) as connection:

        def store(mirror: Mirror, status: str, numbers: range) -> None:
            bodies = [{"sid": f"CA{at:032x}", "account_sid": fake.account_sid, "status": status} for at in numbers]
            mirror.absorb(schema, [schema.codec.read(one, {}) for one in bodies], mirror.revision())

        store(connection.mirror, "queued", range(500))
        found = Call.select(Call.sid, Call.status).tuples().iterator()
        first = [next(found) for _ in range(10)]
        beside = Mirror(path, SCHEMAS, "api.twilio.com", "us1")
        store(beside, "busy", range(100))
        store(connection.mirror, "completed", range(50, 600))
        assert [*first, *found] == [(f"CA{at:032x}", "queued") for at in range(500)]
        assert {one.status for one in Call.select()} == {"busy", "completed"}
        beside.close()
        connection.close()


def test_reading_tables_stays_peewees_and_sends_nothing(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(calls=30, days=5, seed=3, awkward=False)
    Call.sync()
    with fake.expects_requests(0):
        by_status = dict(Call.select(Call.status, fn.COUNT(Call.sid)).group_by(Call.status).tuples())
        one = Call.select(Call.sid, Call.status).where(Call.status == "completed").first()
        named = Call.select(Call.status, fn.COUNT(Call.sid).alias("calls")).group_by(Call.status).first()
        rows = list(Call.raw('SELECT sid FROM "call"'))
    assert sum(by_status.values()) == len(rows) == 30
    assert one.status == "completed" and named.calls >= 1
    with pytest.raises(NotLoaded, match="refresh"):
        one.duration  # noqa: B018
    assert one.refresh().duration is not None


def test_a_joined_row_loads(fake: FakeTwilio, connection: Connection) -> None:
    """Peewee fills joined rows through attributes; they are sealed once it is done."""
    fake.populate(calls=10, recordings=4, days=5, seed=3, awkward=False)
    Call.sync()
    other = Call.alias()
    rows = list(Call.select(Call, other.sid.alias("twin")).join(other, on=(Call.sid == other.sid), attr="other"))
    assert len(rows) == 10 and rows[0].other.twin == rows[0].sid
    with pytest.raises(ReadOnly):
        rows[0].sid = "CA" + "1" * 32


def test_reading_by_key_reads_the_mirror_or_says_that_it_cannot(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.calls.add(status="completed")["sid"]
    for read in (Call.get_by_id, Call.__class__.__getitem__.__get__(Call), lambda one: one in Call):
        with pytest.raises(NotCovered):
            read(sid)
    live = Call.get(sid)
    with fake.expects_requests(0):
        assert Call.get_by_id(sid) == Call[sid] == live  # type: ignore[index]
        assert sid in Call  # type: ignore[operator]
    absent = "CA" + "0" * 32
    assert Call.get_or_none(absent) is None
    with fake.expects_requests(0):
        assert absent not in Call  # type: ignore[operator]
        with pytest.raises(Call.DoesNotExist):
            Call.get_by_id(absent)


def test_names_that_are_no_fields_are_refused(connection: Connection) -> None:
    with pytest.raises(ReadOnly, match="did you mean 'status'"):
        Call(statsu="busy")
    with pytest.raises(UnknownField, match="did you mean 'duration'"):
        Call.filter(duratoin=3)
    with pytest.raises(TypeError):
        Call("CA")


def test_a_bad_declaration_is_refused_when_the_class_is_made() -> None:
    class Loud(Message):
        def shout(self) -> str:
            return str(self.body).upper()

    assert Loud.api_schema is Message.api_schema and Loud._meta.table_name == "message"
    with pytest.raises(TypeError, match="colour"):

        class Coloured(Message):
            colour = peewee.TextField()

    with pytest.raises(TypeError, match="path"):

        class Elsewhere(Message):
            class Meta:
                path = "Elsewhere"


def test_a_subclass_shares_table_and_absence(fake: FakeTwilio, connection: Connection) -> None:
    class MyCall(Call):
        def cost(self) -> object:
            return self.price

    sid = fake.calls.add(status="completed")["sid"]
    mine = MyCall.get(sid)
    assert type(mine) is MyCall and mine == Call.get_by_id(sid) and hash(mine) == hash(Call.get_by_id(sid))
    with pytest.raises(Call.DoesNotExist):
        MyCall.get("CA" + "0" * 32)


# ---------------------------------------------------------------- functions of SQL

OWN: list[Callable[[Any], Any]] = [
    lambda one: fn.COALESCE(one, "nothing"), lambda one: fn.IFNULL(one, "none"), lambda one: fn.NULLIF(one, "nothing"),
    lambda one: fn.MIN(one, one), lambda one: fn.MAX(one, one), lambda one: fn.coalesce(one, one).alias("start_time"),
    lambda one: fn.LAG(one).over(order_by=[one.desc()]), lambda one: fn.FIRST_VALUE(one).over(order_by=[one.desc()]),
]  # fmt: skip
"""Expressions whose values are the field's own, as SQLite has them."""
OTHERS: list[Callable[[Any], Any]] = [
    lambda one: fn.date(one), lambda one: fn.datetime(one), lambda one: fn.time(one), lambda one: fn.julianday(one),
    lambda one: fn.date(one, "start of month"), lambda one: fn.strftime("%H", one), lambda one: fn.length(one),
    lambda one: fn.typeof(one), lambda one: fn.hex(one), lambda one: fn.quote(one), lambda one: fn.upper(one),
    lambda one: fn.lower(one), lambda one: fn.trim(one), lambda one: fn.substr(one, 1, 10), lambda one: fn.substr(one, 1, 19),
    lambda one: fn.instr(one, "0"), lambda one: fn.round(one, 2), lambda one: fn.abs(one), lambda one: fn.json_valid(one),
    lambda one: fn.json_quote(one), lambda one: fn.replace(one, "0", "1"), lambda one: fn.unicode(one),
    lambda one: one.cast("TEXT"), lambda one: one.cast("INTEGER"), lambda one: one.cast("BLOB"), lambda one: fn.zeroblob(3),
    lambda one: fn.length(one).alias("start_time"), lambda one: fn.typeof(one).alias("price"),
    lambda one: Case(None, [(one.is_null(), 1)], 2), lambda one: one.is_null(), lambda one: fn.ROW_NUMBER().over(order_by=[one]),
    lambda one: fn.NTILE(2).over(order_by=[one]), lambda one: fn.printf("%s!", one), lambda one: SQL("1"),
    lambda one: fn.coalesce(one.cast("TEXT"), "x"), lambda one: fn.iif(one.is_null(), 1, 0) if IIF else fn.length(one),
]  # fmt: skip
"""Expressions whose values are not."""
IIF = peewee.sqlite3.sqlite_version_info >= (3, 32)
POSTGRES_OWN: list[Callable[[Any], Any]] = [
    lambda one: fn.COALESCE(one, one), lambda one: fn.NULLIF(one, None), lambda one: fn.LEAST(one, one),
    lambda one: fn.GREATEST(one, one), lambda one: fn.coalesce(one, one).alias("start_time"),
    lambda one: fn.LAG(one).over(order_by=[one.desc()]), lambda one: fn.FIRST_VALUE(one).over(order_by=[one.desc()]),
]  # fmt: skip
"""The same, as PostgreSQL has them."""
POSTGRES_OTHERS: list[Callable[[Any], Any]] = [
    lambda one: fn.pg_typeof(one), lambda one: fn.quote_literal(one), lambda one: fn.CONCAT(one, one),
    lambda one: fn.num_nulls(one), lambda one: fn.pg_column_size(one), lambda one: one.cast("TEXT"),
    lambda one: fn.length(one.cast("TEXT")), lambda one: fn.left(one.cast("TEXT"), 10), lambda one: fn.left(one.cast("TEXT"), 19),
    lambda one: fn.upper(one.cast("TEXT")), lambda one: fn.initcap(one.cast("TEXT")),
    lambda one: fn.replace(one.cast("TEXT"), "0", "1"), lambda one: fn.md5(one.cast("TEXT")),
    lambda one: fn.length(one.cast("TEXT")).alias("start_time"), lambda one: fn.pg_typeof(one).alias("price"),
    lambda one: Case(None, [(one.is_null(), 1)], 2), lambda one: one.is_null(), lambda one: fn.ROW_NUMBER().over(order_by=[one]),
    lambda one: fn.NTILE(2).over(order_by=[one]), lambda one: SQL("1"), lambda one: fn.coalesce(one.cast("TEXT"), "x"),
]  # fmt: skip


def aggregates_of(connection: Connection, column: Column[Any]) -> tuple[str, ...]:
    """The aggregates that an engine has of a field: SQLite of any."""
    if connection.mirror.dialect is SQLITE:
        return "count", "group_concat", "sum", "total", "avg", "min", "max"
    return "count", "min", "max", *(() if column.field_type == "TEXT" else ("sum", "avg"))


TEXTS: dict[type, tuple[Any, Any]] = {
    Time: ("2026-06-01 12:30:00", datetime(2026, 6, 1, 12, 30, tzinfo=timezone.utc)), Day: ("2026-06-01", date(2026, 6, 1)),
    Money: (-0.03, Decimal("-0.03")), Number: (12.5, Decimal("12.5")), Whole: (42, 42), Flag: (1, True),
    Json: ('{"a":[1,"2026-06-01 12:30:00"]}', {"a": [1, "2026-06-01 12:30:00"]}), Text: ("5", "5"),
}  # fmt: skip
MIRRORED = [schema for schema in SCHEMAS if schema.mirrored]


def kind_of(column: Column[Any]) -> type:
    return next(kind for kind in TEXTS if isinstance(column, kind))


def fields_of(schema: ResourceSchema) -> dict[str, Column[Any]]:
    """One of each kind of a resource's fields, and no key."""
    return {kind_of(column).__name__: column for name, column in reversed(schema.columns.items()) if name not in schema.key}


def put(connection: Connection, schema: ResourceSchema) -> None:
    """A row whose values are those of the table, and one of nulls."""

    def stored(name: str, key: str, full: bool) -> Any:
        kind = kind_of(schema.columns[name])
        if name in schema.key:
            return key if kind is Text else TEXTS[kind][0]
        return TEXTS[kind][0] if full else None

    rows = [(*(stored(name, *one) for name in schema.columns), None, None, None, None) for one in (("a", True), ("b", False))]
    assert connection.mirror.absorb(schema, rows, 0).new == 2


def unconverted(connection: Connection, query: Any) -> list[tuple[Any, ...]]:
    """The rows of a question as the engine gives them."""
    text, values = query.sql()
    with connection.mirror.reading() as session:
        bare: Any = getattr(session, "raw", session)
        return bare.execute(text, values).fetchall()  # type: ignore[no-any-return]


@pytest.mark.slow
@pytest.mark.parametrize("schema", MIRRORED, ids=lambda schema: schema.name)
def test_what_a_function_makes_of_a_field_is_as_the_engine_gives_it(connection: Connection, schema: ResourceSchema) -> None:
    """Functions over every kind of field of every resource, in each form of a row: only the field's own values are converted."""
    put(connection, schema)
    model: Any = twilio_orm.resources()[schema.name]
    model = model.alias() if len(schema.columns) % 2 else model
    of_sqlite = connection.mirror.dialect is SQLITE
    others, owns = (OTHERS, OWN) if of_sqlite else (POSTGRES_OTHERS, POSTGRES_OWN)
    for column in fields_of(schema).values():
        field, value = getattr(model, column.name), TEXTS[kind_of(column)]
        for makes, own in ((others, False), (owns, True)):
            query = model.select(*[make(field).alias(f"a{at}") if at % 3 else make(field) for at, make in enumerate(makes)])
            rows = unconverted(connection, query)
            found = list(query.tuples())
            typed = [tuple([value[1] if one == value[0] else one for one in row]) if own else row for row in rows]
            assert [*map(repr, found)] == [*map(repr, typed)] or found == typed
            assert [list(map(type, row)) for row in found] == [list(map(type, row)) for row in typed]
        for form in (query.dicts(), query.namedtuples(), query.objects(), query):
            assert len(list(form)) == 2
        for both, rows in ((query + query, found * 2), (query | query, found), (query & query, found), (query - query, [])):
            assert sorted(map(repr, both.tuples())) == sorted(map(repr, rows))
        aggregates = aggregates_of(connection, column)
        query = model.select(*[getattr(fn, name)(field) for name in aggregates])
        (row,), (found,) = unconverted(connection, query), list(query.tuples())
        number = isinstance(column, Number)
        for name, one, seen in zip(aggregates, row, found, strict=True):
            wanted = value[1] if name in ("min", "max") or (number and name in ("sum", "total", "avg")) else one
            assert (type(seen), seen) == (type(wanted), wanted), (column.name, name)


@pytest.mark.sqlite("functions of SQLite")
def test_a_function_of_a_time_groups(fake: FakeTwilio, connection: Connection) -> None:
    """Days, hours, spans and costs, as one asks them of SQL."""
    for day, price in ((1, "-0.03000"), (1, "-0.00750"), (2, "-0.1")):
        fake.calls.add(status="completed", start_time=f"Mon, 0{day} Jun 2026 12:00:00 +0000", price=price, price_unit="USD")
    Call.sync()
    day = fn.date(Call.start_time)
    rows = list(Call.select(day, fn.COUNT(Call.sid), fn.SUM(Call.price)).group_by(day).order_by(day).tuples())
    assert rows == [("2026-06-01", 2, Decimal("-0.0375")), ("2026-06-02", 1, Decimal("-0.1"))]
    assert Call.select(fn.MAX(Call.start_time)).scalar() == datetime(2026, 6, 2, 12, tzinfo=timezone.utc)
    assert Call.select(fn.SUM(Call.price)).scalar() == Decimal("-0.1375")
    late = Call.select(day).group_by(day).having(fn.MIN(Call.start_time) > datetime(2026, 6, 1, 13, tzinfo=timezone.utc))
    assert [one for (one,) in late.tuples()] == ["2026-06-02"]
    own = Call.select(fn.MIN(Call.price, python_value=str), fn.MAX(Call.price).converter(float)).tuples()[0]
    assert own == ("-0.1", -0.0075), "what a caller says goes"
    free = Call.select(fn.IFNULL(Call.price, 0), fn.IFNULL(Call.start_time, 0)).where(Call.price < 0).limit(1).tuples()[0]
    assert type(free[0]) is Decimal and type(free[1]) is datetime
    raw = list(Call.raw("SELECT sid, date(start_time) AS start_time, length(price) AS price FROM call ORDER BY sid"))
    assert {one.start_time for one in raw} == {"2026-06-01", "2026-06-02"}
    joined = Call.select(Call.sid, fn.date(Recording.start_time).alias("day")).join(
        Recording, peewee.JOIN.LEFT_OUTER, on=(Recording.call_sid == Call.sid)
    )
    assert [one.day for one in joined.dicts().objects()] == [None] * 3
