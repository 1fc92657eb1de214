"""What reading the mirror costs, in counts: statements, texts compiled, values converted, records made, rows at a time."""

from __future__ import annotations

import copy
import pickle
import random
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import MAX_PREC, Context, Decimal
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mirrored import execute, statements

import twilio_orm
from twilio_orm import (
    Avg,
    BadValue,
    Call,
    Connection,
    Count,
    IncomingPhoneNumber,
    Max,
    Min,
    MirrorError,
    NotLoaded,
    Recording,
    Sum,
    Variance,
)
from twilio_orm.mirror import history, revisions, row_batches, select
from twilio_orm.mirror.sqlite import aggregates as in_sqlite
from twilio_orm.mirror.store import Mirror
from twilio_orm.orm import prefetch
from twilio_orm.query import aggregates, sql
from twilio_orm.query.ast import Condition, Query
from twilio_orm.query.constraints import Constraints
from twilio_orm.schema.field import Column
from twilio_orm.schema.number_fields import Number
from twilio_orm.schema.registry import SCHEMAS
from twilio_orm.schema.text_fields import Json
from twilio_orm.schema.time_fields import Time
from twilio_orm.sync.storing import scope
from twilio_orm.testing import FakeTwilio

NOON = datetime(2026, 6, 10, 12, tzinfo=timezone.utc)
SCHEMA = Call.api_schema
STATUSES = ("completed", "completed", "completed", "busy", "failed")


def sid(number: int) -> str:
    """SIDs whose order has nothing to do with that of the numbers."""
    return f"CA{number * 2654435761 % 2**32:08x}{number:024x}"


def body(number: int, account: str, **more: Any) -> dict[str, Any]:
    """A call of every minute."""
    return {
        "sid": sid(number),
        "account_sid": account,
        "status": STATUSES[number % 5],
        "direction": ("inbound", "outbound-api")[number % 2],
        "to": f"+1555000{number % 7:04d}",
        "from": f"+1555100{number % 9:04d}",
        "start_time": f"2026-06-{1 + number // 1440:02d}T{number // 60 % 24:02d}:{number % 60:02d}:00Z",
        "duration": str(number % 100),
        "price": f"-0.{number % 300:05d}",
        "price_unit": "USD",
        **more,
    }


def store(connection: Connection, bodies: list[dict[str, Any]]) -> None:
    """Put calls into the mirror as a list that was heard whole brings them."""
    mirror, account = connection.mirror, connection.account_sid
    mirror.absorb(SCHEMA, [SCHEMA.codec.read(one, {"account_sid": account}) for one in bodies], mirror.revision(), NOON)
    mirror.record_sweep(account, SCHEMA, Constraints(), NOON, NOON)


def filled(connection: Connection, count: int, **more: Any) -> None:
    """That many calls."""
    store(connection, [body(number, connection.account_sid, **more) for number in range(count)])


def rows_read(texts: list[str], table: str = "call") -> list[str]:
    """Those that read records, but for the one that looks at a few."""
    return [text for text in texts if f'FROM "{table}"' in text and "WITH RECURSIVE" not in text and "max(rowid)" not in text]


# ---------------------------------------------------------------- statements


MOMENT = ("BEGIN", revisions.LATEST, "COMMIT")
"""What it takes that statements are of one moment."""
ONE_DAY = {"status": "completed", "start_time": "2026-06-02"}
QUESTIONS: list[tuple[str, Callable[[], Any], int, int, int]] = [
    ("by key", lambda: Call.offline().get(sid(5)), 1, 0, 1),
    ("the newest", lambda: list(Call.offline().filter(**ONE_DAY).order_by("-start_time")[:100]), 4, 0, 1),
    ("a short answer", lambda: list(Call.offline().filter(**ONE_DAY)), 4, 0, 1),
    ("exists", lambda: Call.offline().filter(**ONE_DAY).exists(), 4, 0, 1),
    ("count", lambda: Call.offline().filter(**ONE_DAY).count(), 4, 0, 1),
    ("count of much", lambda: Call.offline().count(), 4, 1, 1),
    ("aggregate", lambda: Call.offline().filter(**ONE_DAY).aggregate(cost=Sum("price"), n=Count()), 4, 0, 1),
    ("groups", lambda: list(Call.offline().values("start_time__date", "direction").annotate(cost=Sum("price"))), 5, 1, 1),
    ("values", lambda: list(Call.offline().filter(**ONE_DAY).values("to", "price")), 4, 0, 1),
    ("the first of all", lambda: Call.offline().first(), 4, 1, 1),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "most", "looks", "reading"), [one[1:] for one in QUESTIONS], ids=[one[0] for one in QUESTIONS])
def test_a_question_is_few_statements(
    connection: Connection, ask: Callable[[], Any], most: int, looks: int, reading: int
) -> None:
    """What was heard, what was redacted where a text is asked about, what is in doubt, and the answer, read at once; of some
    questions a look at a few rows first.

    All of it is of one moment, at which it is looked once whether anything was stored since; along the key each run has its own.
    PostgreSQL plans its reads, and nobody looks at a few rows for it.
    """
    filled(connection, 3000)
    with statements(connection.mirror) as texts:
        ask()
    told = [text for text in texts if text.partition(" ISOLATION LEVEL")[0] not in MOMENT]
    looked = [text for text in texts if 'FROM "call"' in text and text not in rows_read(texts)]
    assert (len(told), len(looked)) == ((most - looks, 0) if connection.mirror.open().shared else (most, looks)), texts
    assert len(rows_read(texts)) == reading
    assert len(texts) - len(told) <= (2 if "INDEXED" in "".join(texts[-2:]) else 1) * len(MOMENT), texts


@pytest.mark.sqlite("query plans")
def test_a_long_answer_is_a_statement_a_run(connection: Connection) -> None:
    """As the rows are stored, that many at a time, and none of them twice."""
    filled(connection, 3000)
    with statements(connection.mirror) as texts:
        found = [call.sid for call in Call.offline()]
    assert found == [*map(sid, range(3000))]
    assert len(rows_read(texts)) == 3000 // row_batches.BATCH_BY_ROW
    assert texts.count(revisions.LATEST) == len(rows_read(texts))
    assert all("NOT INDEXED" in text for text in rows_read(texts))


def test_the_newest_of_one_time_are_the_first_by_key(connection: Connection) -> None:
    """Where the slice ends among records of one time, these alone are put in order."""
    store(
        connection,
        [body(number, connection.account_sid, start_time=f"2026-06-0{1 + number % 3}T00:00:00Z") for number in range(30)],
    )
    for order in ("start_time", "-start_time"):
        everything = [call.sid for call in Call.offline().order_by(order)]
        for high in range(1, 31):
            with statements(connection.mirror) as texts:
                assert [call.sid for call in Call.offline().order_by(order)[:high]] == everything[:high]
            assert len(rows_read(texts)) <= 2


@pytest.mark.sqlite("query plans")
def test_few_of_many_rows_are_not_searched_along_the_key(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes in little of a table goes by its index, whatever the order; what is many comes by the numbers of its rows."""
    store(connection, [body(number, connection.account_sid, direction="inbound" if number % 5 else "") for number in range(6000)])
    with statements(connection.mirror) as texts:
        assert len(list(Call.offline().filter(direction=""))) == 1200
    assert not any("INDEXED BY" in text for text in texts)
    assert len(rows_read(texts)) == 1
    monkeypatch.setattr(row_batches, "AT_ONCE", 1000)
    with statements(connection.mirror) as texts:
        assert len(list(Call.offline().filter(direction=""))) == 1200
    assert sum("json_each" in text for text in rows_read(texts)) == 2


def test_sql_is_compiled_once_for_questions_of_one_form(connection: Connection) -> None:
    """Other values, and other numbers of them up to a point, give another answer and the same text."""
    filled(connection, 50)

    def ask(status: str, day: int, numbers: list[str]) -> int:
        asked = Call.offline().filter(status=status, start_time=f"2026-06-{day:02d}", to__in=numbers, from___startswith="+1555")
        return len(list(asked.exclude(price__lt=-day).order_by("-price")[:100]))

    assert ask("completed", 1, ["+15550000001", "+15550000002"])
    made = sql.conjunction.cache_info().misses
    assert ask("busy", 2, ["+15550000003", "+15550000004"]) == 0
    assert sql.conjunction.cache_info().misses == made
    ask("busy", 2, ["+15550000003"])
    is_array = connection.mirror.open().shared  # a list of any length is one parameter
    assert (sql.conjunction.cache_info().misses == made) is is_array, "this test cannot fail"


# ---------------------------------------------------------------- what is made of rows


@pytest.fixture
def converted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of fields, each time a value of one is made Python's."""
    names: list[str] = []
    for kind in (Number, Time, Json):
        real = kind.python_value

        def noted(self: Column[Any], value: Any, real: Any = real) -> Any:
            names.append(self.name)
            return real(self, value)

        monkeypatch.setattr(kind, "python_value", noted)
    return names


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """As many as records are made."""
    seen: list[None] = []
    one, each = Call.from_row.__func__, Call.from_rows.__func__  # type: ignore[attr-defined]

    def loaded(cls: Any, *args: Any) -> Any:
        seen.append(None)
        return one(cls, *args)

    def several(cls: Any, *args: Any) -> Any:
        records = each(cls, *args)
        seen.extend([None] * len(records))
        return records

    monkeypatch.setattr(Call, "from_row", classmethod(loaded))
    monkeypatch.setattr(Call, "from_rows", classmethod(several))
    return seen


def test_values_convert_what_is_asked_for_and_make_no_records(
    connection: Connection, converted: list[str], made: list[None]
) -> None:
    """Text passes as it is; of a field that converts, each value once; of others, none."""
    filled(connection, 600)
    assert len(list(Call.offline().values_list("sid", "to", "duration"))) == 600
    assert len(list(Call.offline().values("status", "start_time__date", "start_time__hour"))) == 600
    assert not converted
    assert len(list(Call.offline().values("to", "price"))) == 600
    assert converted == ["price"] * 600
    assert Call.offline().count() == 600
    assert Call.offline().filter(status="busy").exists()
    assert Call.offline().aggregate(cost=Sum("price"))["cost"]
    assert not made
    assert len(list(Call.offline())) == len(made) == 600
    assert len(converted) == 600, "records convert what is read of them"


def test_values_read_the_columns_that_are_asked_for(connection: Connection) -> None:
    """And what tells whether a record was read without them."""
    filled(connection, 30)
    with statements(connection.mirror) as texts:
        list(Call.offline().values_list("to", "status"))
        list(Call.offline().values_list("to", "start_time").distinct())
    for text in rows_read(texts):
        shown = text.partition(" FROM ")[0]
        assert '"price"' not in shown and '"to"' in shown and "mirror_extras" not in shown


@pytest.mark.sqlite("query plans")
def test_long_answers_have_no_column_that_is_rarely_not_null(connection: Connection) -> None:
    """No row is cut in Python: each is the tuple that SQLite made. Only what may lack a field is read with what it lacks."""
    filled(connection, 3 * (size := 4 * row_batches.BATCH_BY_ROW * (row_batches.COLUMNS // 8)))
    execute(connection.mirror, "UPDATE call SET mirror_absent = NULL, answered_by = 'human'")

    def shown(ask: Callable[[], Any]) -> list[str]:
        with statements(connection.mirror) as texts:
            ask()
        return [text.partition(" FROM ")[0].removeprefix("SELECT ") for text in rows_read(texts)]

    asked = Call.offline().values_list("sid", "answered_by")
    assert {*shown(lambda: list(asked))} == {'"sid", "answered_by"'}
    assert len(list(Call.offline().values_list("to").distinct())) == 7
    execute(connection.mirror, """UPDATE call SET mirror_absent = '["queue_time"]' WHERE rowid = 1""")
    assert [*asked] == [(sid(number), "human") for number in range(3 * size)], "the field that it lacks is not wanted"
    found = shown(lambda: list(asked))
    assert found[:2] == ['"sid", "answered_by"', '"sid", "answered_by", "mirror_absent"'], "its batch is read once more"
    execute(connection.mirror, """UPDATE call SET mirror_absent = '["answered_by"]', answered_by = NULL WHERE rowid = 5000""")
    with pytest.raises(NotLoaded, match="answered_by"):
        list(asked)
    known = asked.offline(unknown="null")
    assert [row[1] for row in known].count(None) == known.unknown_records == 1


def test_a_record_that_is_only_read_has_no_containers_of_its_own(connection: Connection) -> None:
    """They come when they are touched, one for each record."""
    filled(connection, 3)
    one, other, third = Call.offline()
    assert vars(one) == vars(Call.offline().get(sid(1))) == {}, "the row and the connection are in slots"
    assert (one.status, one.price) == (other.status, other.price) or one.sid != other.sid
    assert vars(one)["__data__"] is one.__data__ and one.__data__ is not other.__data__
    assert one._dirty is one._dirty and one._dirty is not other._dirty
    other.__data__["status"] = "mine"
    assert third.status != "mine" and third.__data__ is not other.__data__
    assert not one.is_dirty() and one.dirty_fields == []
    assert one._hidden == {} == one.prefetched and one.__rel__ == {}


def test_a_record_of_the_mirror_is_as_any_other(fake: FakeTwilio, connection: Connection) -> None:
    """Set, saved, copied, pickled and compared as one that Twilio sent."""
    number = fake.numbers.add(friendly_name="before")["sid"]
    IncomingPhoneNumber.sync()
    live, held = IncomingPhoneNumber.get(number), IncomingPhoneNumber.offline().get(number)
    for record in (live, held, next(iter(IncomingPhoneNumber.offline())), copy.copy(held), pickle.loads(pickle.dumps(held))):
        assert record == live and hash(record) == hash(live) and record.to_dict() == live.to_dict()
        assert record.to_api() == live.to_api() and repr(record) == repr(live)
        record.friendly_name = "after"
        assert record.is_dirty() and [one.name for one in record.dirty_fields] == ["friendly_name"]
        again = pickle.loads(pickle.dumps(record))
        assert again.friendly_name == "after" and again.is_dirty()
        record.friendly_name = "before"
        assert not record.is_dirty()
    held.friendly_name = "after"
    assert held.save().friendly_name == "after" and fake.numbers.get(number)["friendly_name"] == "after"


# ---------------------------------------------------------------- by key


def test_one_statement_answers_only_what_the_long_way_would(fake: FakeTwilio, connection: Connection) -> None:
    """Gone, doubted, another account's, unknown and impossible SIDs are as without the short way."""
    filled(connection, 10)
    mirror, account = connection.mirror, connection.account_sid
    other = "AC" + "9" * 32
    mirror.absorb(SCHEMA, [SCHEMA.codec.read(body(77, other), {"account_sid": other})], mirror.revision(), NOON)
    mirror.tombstone(SCHEMA, (Condition("sid", "exact", sid(1)),), now=NOON)
    ((place,),) = connection.sql('SELECT rowid FROM "call" WHERE sid = ?', sid(2))
    doubt = ("call", place, "[{},[]]", "{}", 0, "2026-06-11 00:00:00", 1)
    execute(mirror, "INSERT INTO mirror_missed VALUES (?, ?, ?, ?, ?, ?, ?)", doubt)

    def told(ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except Exception as error:
            return type(error), str(error)

    for one in (*map(sid, range(10)), sid(77), sid(78), "CA", "", "PN" + "1" * 32, sid(3).upper()):
        short = told(lambda: Call.offline().get(one))  # noqa: B023
        long = told(lambda: Call.offline().filter(sid=one).get())  # noqa: B023
        if isinstance(short, Call):
            assert short == long and short.to_dict() == long.to_dict()
        else:
            assert short[0] is long[0], one
    with pytest.raises(Call.DoesNotExist):
        Call.offline().get(sid(1))
    assert Call.offline().with_gone().get(sid(1)).sid == sid(1)
    with pytest.raises(BadValue):
        Call.offline().get("CA")
    assert account != other and told(lambda: Call.offline().get(sid(77)))[0] is Call.DoesNotExist


def test_what_was_is_not_answered_by_what_is(connection: Connection) -> None:
    """A moment's answer by key is that moment's."""
    filled(connection, 3)
    mirror, later = connection.mirror, NOON + timedelta(hours=1)
    changed = SCHEMA.codec.read(body(1, connection.account_sid, status="canceled"), {})
    mirror.absorb(SCHEMA, [changed], mirror.revision(), later)
    assert Call.offline().get(sid(1)).status == "canceled"
    assert Call.as_of(NOON).get(sid(1)).status == "completed"


def test_what_a_resource_leaves_unsaid_holds_by_key(fake: FakeTwilio, connection: Connection) -> None:
    """A recording that Twilio hides is hidden by its SID, too."""
    call = fake.calls.add(status="completed")["sid"]
    hidden = fake.recordings.add(call_sid=call, status="deleted")["sid"]
    shown = fake.recordings.add(call_sid=call, status="completed")["sid"]
    Recording.filter(include_soft_deleted=True).sync()
    assert Recording.offline(partial=True).get(shown).sid == shown
    with pytest.raises(Recording.DoesNotExist):
        Recording.offline(partial=True).get(hidden)


# ---------------------------------------------------------------- one answer, whichever way


@pytest.mark.parametrize("size", [0, 1, 3, 7, 40])
def test_every_way_gives_the_same_rows_in_the_same_order(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """At once, along the rows, by numbers, by the time's index: as a plain sort of all the rows says, or as they were stored."""
    monkeypatch.setattr(row_batches, "BATCH_BY_ROW", 3)
    monkeypatch.setattr(row_batches, "BATCH_BY_NUMBER", 4)
    monkeypatch.setattr(row_batches, "AT_ONCE", 8)
    bodies = [body(number, connection.account_sid) for number in range(size)]
    for number, one in enumerate(bodies):
        one["start_time"] = f"2026-06-01T00:00:{number // 4 % 5:02d}Z" if number % 6 else None
    store(connection, bodies)
    rows = [SCHEMA.codec.read(one, {"account_sid": connection.account_sid}) for one in bodies]
    at, when = SCHEMA.index["sid"], SCHEMA.index["start_time"]
    chance = random.Random(size)
    for words, keep in (
        ({}, lambda row: True),
        ({"status": "completed"}, lambda row: row[SCHEMA.index["status"]] == "completed"),
        ({"to": "+15550000001"}, lambda row: row[SCHEMA.index["to"]] == "+15550000001"),
        ({"direction": "trunking-terminating"}, lambda row: False),
    ):
        for order in ((), ("start_time",), ("-start_time",), ("duration", "-start_time")):
            wanted = sorted(filter(keep, rows), key=SCHEMA.codec.identity) if order else [*filter(keep, rows)]
            for name in reversed(order):
                place = SCHEMA.index[name.lstrip("-")]
                wanted.sort(key=lambda row: (row[place] is not None, row[place] or 0), reverse=name[0] == "-")  # noqa: B023
                if name[0] == "-":  # ties by key all the same
                    wanted.sort(key=lambda row: row[at])
                    wanted.sort(key=lambda row: (row[place] is not None, row[place] or 0), reverse=True)  # noqa: B023
            if order == ("duration", "-start_time"):
                wanted.sort(key=lambda row: row[at])
                wanted.sort(key=lambda row: (row[when] is not None, row[when] or ""), reverse=True)
                wanted.sort(key=lambda row: row[SCHEMA.index["duration"]])
            cuts = [(0, None), (0, 1), (0, 5), (0, 30), (2, None), (1, 4), (3, 20), (5, 5), (50, 60)]
            for low, high in [*cuts, *((chance.randrange(9), chance.randrange(9, 45)) for _ in range(3))]:
                asked = Call.offline().filter(**words).order_by(*order)[low:high]
                expected = [row[at] for row in wanted[low:high]]
                assert [call.sid for call in asked] == expected, (words, order, low, high)
                assert list(asked.values_list("sid", flat=True)) == expected
                assert [one["sid"] for one in asked.values("start_time", "sid")] == expected
                assert (asked.count(), asked.exists()) == (len(expected), bool(expected))


def test_many_of_one_time_are_cut_by_key(connection: Connection) -> None:
    """The last ones of a slice by time are those whose keys come first, however many share that time."""
    filled(connection, 40, start_time="2026-06-01T00:00:00Z")
    wanted = sorted(map(sid, range(40)))
    for high in (1, 2, 39, 40, 41):
        assert [call.sid for call in Call.offline().order_by("-start_time")[:high]] == wanted[:high]


def test_derived_and_missing_fields_are_values_as_they_are_of_records(connection: Connection) -> None:
    """What follows from other fields is computed; a field that a record was read without is said to be missing when it comes."""
    bodies = [body(number, connection.account_sid, uri="/odd.json" if number == 3 else None) for number in range(6)]
    for one in bodies:
        if one["uri"] is None:
            del one["uri"]
    store(connection, [{**one, "caller_name": "x"} for one in bodies])
    one = body(9, connection.account_sid)
    store(connection, [one])
    names = iter(Call.offline().values_list("caller_name", flat=True))
    assert [next(names) for _ in range(6)] == ["x"] * 6
    with pytest.raises(NotLoaded, match="caller_name"):
        next(names)
    with pytest.raises(NotLoaded, match="caller_name"):
        [call.caller_name for call in Call.offline()]
    odd = Call.offline().filter(sid=sid(3))
    assert list(odd.values_list("uri", "sid")) == [("/odd.json", sid(3))] == [(call.uri, call.sid) for call in odd]


# ---------------------------------------------------------------- between runs


LONG: list[tuple[str, Callable[[], Any]]] = [
    ("along the rows", lambda: (call.sid for call in Call.offline())),
    ("by numbers", lambda: (call.sid for call in Call.offline().order_by("-duration"))),
    ("values", lambda: iter(Call.offline().values_list("sid", flat=True))),
]


@pytest.mark.parametrize("ask", [one[1] for one in LONG], ids=[one[0] for one in LONG])
def test_no_cursor_is_open_while_a_caller_looks_at_a_row(fake: FakeTwilio, tmp_path: Path, ask: Callable[[], Any]) -> None:
    """A file whose log can be emptied has no reader in the middle of it."""
    path = tmp_path / "mirror.db"
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=str(path)) as connection:
        filled(connection, 2500)
        beside = sqlite3.connect(path, isolation_level=None)
        beside.execute("PRAGMA busy_timeout = 0")

        def busy() -> int:
            beside.execute("INSERT OR REPLACE INTO mirror_about VALUES ('noise', random())")
            found: int = beside.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            return found

        found = ask()
        for _ in range(5):
            next(found)
            assert not busy()
        with connection.mirror.open().reading() as file:
            left = file.execute('SELECT sid FROM "call"')
            left.fetchone()
            assert busy(), "this test cannot fail"
            left.close()
        assert sum(1 for _ in found) == 2495
        beside.close()
        connection.close()


@pytest.mark.parametrize("order", [(), ("status",)])
def test_rows_that_come_or_go_between_runs(connection: Connection, order: tuple[str, ...]) -> None:
    """The answer is that of its beginning: what is gone since is among it, as it was, what is new since is not."""
    filled(connection, 2400)
    found = iter(Call.offline().order_by(*order))
    first = [next(found).sid for _ in range(10)]
    mirror, account = connection.mirror, connection.account_sid
    places = sorted(range(2400), key=lambda number: (STATUSES[number % 5], sid(number)) if order else number)
    ends = [sid(number) for number in places[-50:]]
    mirror.tombstone(SCHEMA, (Condition("sid", "in", tuple(ends)),), now=NOON)
    mirror.absorb(SCHEMA, [SCHEMA.codec.read(body(number, account), {}) for number in range(2400, 2900)], mirror.revision(), NOON)
    rest = list(found)
    assert first + [call.sid for call in rest] == [sid(number) for number in places]
    assert not any(call.mirror_gone for call in rest) and {call.sid for call in rest} > set(ends)


def test_a_sync_between_runs_loses_nothing_of_a_moment(connection: Connection) -> None:
    """Rows whose numbers were read are found where they have gone to."""
    filled(connection, 2500)
    mirror, account, before = connection.mirror, connection.account_sid, [*map(sid, range(2500))]
    changed = [SCHEMA.codec.read(body(number, account, status="canceled"), {}) for number in range(2000, 2500)]
    for asked in (Call.as_of(NOON + timedelta(minutes=1)), Call.offline(), Call.offline().order_by("sid")):
        found = iter(asked)
        first = [next(found) for _ in range(10)]
        mirror.absorb(SCHEMA, changed, mirror.revision(), NOON + timedelta(hours=1))
        assert [call.sid for call in (*first, *found)] == (sorted(before) if asked.ordered else before)
        mirror.absorb(
            SCHEMA, [SCHEMA.codec.read(body(number, account), {}) for number in range(2000, 2500)], mirror.revision(), NOON
        )


def _shown(records: Any) -> list[Any]:
    return [(record.sid, record.to_dict()) for record in records]


ONE_MOMENT: list[tuple[str, Callable[[], Any]]] = [
    ("records", lambda: _shown(Call.offline())),
    ("in order", lambda: _shown(Call.offline().order_by("duration"))),
    ("a slice", lambda: _shown(Call.offline().filter(direction="inbound").order_by("-start_time")[2:9])),
    ("a slice of everything", lambda: _shown(Call.offline()[3:])),
    ("one", lambda: _shown([Call.offline().order_by("duration").last()])),
    ("those of SIDs", lambda: _shown(Call.offline().in_bulk(map(sid, range(9))).values())),
    ("values", lambda: list(Call.offline().values("sid", "status", "duration"))),
    ("distinct values", lambda: list(Call.offline().values_list("duration", "to").distinct())),
    ("count", lambda: Call.offline().filter(status="busy").count()),
    ("sums", lambda: Call.offline().aggregate(n=Count(), cost=Sum("price"), most=Max("duration"))),
    ("groups", lambda: list(Call.offline().values("status").annotate(n=Count(), cost=Sum("price")))),
    ("by the related", lambda: _shown(Recording.offline().filter(call__status="busy").order_by("duration"))),
    ("by several related", lambda: _shown(Call.offline().filter(recordings__duration__gt=4))),
    ("with the related",
     lambda: [(call.sid, [_shown(call.recordings)]) for call in Call.offline().prefetch("recordings").order_by("duration")]),
    ("what was and is", lambda: Call.offline().diff(since=NOON + timedelta(seconds=3)).to_json()),
    ("what Twilio lacks", lambda: Recording.all().diff().to_json()),  # which have no time, and cannot have aged out
    ("one record's history", lambda: [event.revision for event in Call.offline().get(sid(1)).history()]),
    ("what happened", lambda: [(event.key, event.revision) for event in Call.changes(since=NOON + timedelta(seconds=3))]),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("ask", [one[1] for one in ONE_MOMENT], ids=[one[0] for one in ONE_MOMENT])
def test_an_answer_is_of_one_moment_whatever_is_stored_between_two_statements(
    fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], Any]
) -> None:
    """It is what a moment before or after would have given, and never a part of each."""
    for name, size in (("BATCH_BY_ROW", 4), ("BATCH_BY_NUMBER", 5), ("AT_ONCE", 8)):
        monkeypatch.setattr(row_batches, name, size)
    monkeypatch.setattr(history, "CHUNK", 6)
    monkeypatch.setattr(prefetch, "BATCH", 4)
    monkeypatch.setattr(SCHEMA, "retention", None)  # else nothing tells whether Twilio keeps what it lacks
    path, recordings, turn = str(tmp_path / "mirror.db"), Recording.api_schema, 0
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=path) as connection:
        beside, account = Mirror(path, SCHEMAS, "api.twilio.com", "us1"), connection.account_sid

        def write() -> None:
            """A page of calls and of recordings, some that were there and one that was not, and one that is gone."""
            nonlocal turn
            turn += 1
            now = NOON + timedelta(seconds=turn)
            again = [
                body(number, account, status=("busy", "failed")[turn % 2]) for number in (*range(turn % 3, 16, 3), 16 + turn)
            ]
            for one in again:
                one["duration"] = str((int(one["duration"]) + 7 * turn) % 10)
            more = [
                {"sid": f"RE{number:032x}", "account_sid": account, "call_sid": sid(number), "duration": str((number + turn) % 9)}
                for number in (*range(turn % 2, 12, 2), 16 + turn)
            ]
            beside.absorb(SCHEMA, [SCHEMA.codec.read(one, {}) for one in again], beside.revision(), now)
            beside.absorb(recordings, [recordings.codec.read(one, {}) for one in more], beside.revision(), now)
            beside.tombstone(SCHEMA, (Condition("sid", "exact", sid(15 + turn)),), now=now)
            beside.record_sweep(account, SCHEMA, Constraints(), now, now)
            beside.record_sweep(account, recordings, Constraints(), now, now)

        for _ in range(3):
            write()
        at, statements, told = 0, 1, 0
        while at < min(statements, 15):  # what happened is more each time
            before, seen = ask(), 0

            def meanwhile(_: str) -> None:
                nonlocal seen
                seen += 1
                if seen == at + 1:  # noqa: B023
                    write()

            with connection.mirror.open().reading() as file:
                file.set_trace_callback(meanwhile)
                found = ask()
                file.set_trace_callback(None)
            after = ask()
            assert found in (before, after), at
            at, statements, told = at + 1, seen, told + (before != after)
        assert told and turn == at + 3
        beside.close()
        connection.close()


@pytest.mark.sqlite("mirrors in memory")
def test_a_memory_that_is_closed_ends_what_is_left_of_an_answer(connection: Connection) -> None:
    """A short answer is whole by then; of a long one nobody is told less than there is."""
    for order, count in (((), 100), ((), 600), (("duration",), 100), (("duration",), 2500)):
        filled(connection, count)
        found = iter(Call.offline().order_by(*order))
        next(found)
        connection.mirror.close()
        if count == 100:
            assert sum(1 for _ in found) == 99
        else:
            with pytest.raises(MirrorError, match="closed"):
                list(found)


def test_runs_are_short(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the answer, that many rows are held at once: along the rows, where that is fast, or by their numbers."""
    filled(connection, 3000)
    along_rows = row_batches.BATCH_BY_ROW
    if connection.mirror.open().shared:
        monkeypatch.setattr(row_batches, "AT_ONCE", 1000)
        along_rows = row_batches.BATCH_BY_NUMBER
    sizes: list[int] = []
    real = select.MirrorReader.batches

    def noted(self: Any, *args: Any, **how: Any) -> Any:
        for rows in real(self, *args, **how):
            sizes.append(len(rows))
            yield rows

    monkeypatch.setattr(select.MirrorReader, "batches", noted)
    assert sum(1 for _ in Call.offline()) == sum(sizes) == 3000 and max(sizes) <= along_rows
    sizes.clear()
    assert sum(1 for _ in Call.offline().order_by("duration")) == sum(sizes) == 3000 and max(sizes) <= row_batches.BATCH_BY_NUMBER


# ---------------------------------------------------------------- exact sums


def python(prices: list[tuple[str | None, str | None]]) -> dict[str, Decimal]:
    """The sums of prices by unit, added one by one."""
    sums: dict[str, Decimal] = {}
    for price, unit in prices:
        if price is not None:
            name = (unit or "").upper()
            sums[name] = LONG.add(sums.get(name, Decimal(0)), Decimal(price))
    return sums


def lists(prices: list[tuple[str | None, str | None]], function: Callable[[list[Decimal]], Decimal]) -> dict[str, Decimal]:
    """What a function makes of the prices of each unit."""
    found: dict[str, list[Decimal]] = {}
    for price, unit in prices:
        if price is not None:
            found.setdefault((unit or "").upper(), []).append(Decimal(price))
    return {unit: function(numbers) for unit, numbers in found.items()}


def variance(numbers: list[Decimal]) -> Decimal:
    """That of a population, rounded once."""
    total, squares, count = exact_sum(numbers), exact_sum([LONG.multiply(one, one) for one in numbers]), Decimal(len(numbers))
    dividend = LONG.subtract(LONG.multiply(count, squares), LONG.multiply(total, total))
    return aggregates.MEAN.divide(dividend, count * count)


def exact_sum(numbers: list[Decimal]) -> Decimal:
    """The sum of numbers, without rounding."""
    return reduce(LONG.add, numbers, Decimal(0))


def spelled(sums: Any) -> dict[str, Any]:
    """To the last digit and exponent."""
    return {unit: total.as_tuple() for unit, total in sums.items()}


LONG = Context(prec=MAX_PREC)


def usual(sums: dict[str, Decimal]) -> dict[str, Any]:
    """The same, of sums with as many decimals as they need, and at least the five of a price."""
    found = {unit: LONG.normalize(total if total else abs(total)) for unit, total in sums.items()}
    fives = {unit: LONG.quantize(total, Decimal("0.00001")) for unit, total in found.items()}
    return spelled({unit: fives[unit] if fives[unit] == total else total for unit, total in found.items()})


def priced(connection: Connection, prices: list[tuple[str | None, str | None]]) -> None:
    """A call of each of these prices and units."""
    account = connection.account_sid
    store(connection, [body(at, account, price=price, price_unit=unit) for at, (price, unit) in enumerate(prices)])


def test_prices_are_added_up_by_sqlite(connection: Connection) -> None:
    """Sums that are certain take no step in Python, by unit and by group."""
    prices = [
        (f"{'-' * (number % 3 > 0)}{number % 11}.{number:05d}", ("USD", "usd", "EUR", None)[number % 4]) for number in range(900)
    ]
    priced(connection, prices)
    with statements(connection.mirror) as texts:
        found = Call.offline().aggregate(cost=Sum("price"), n=Count(), most=Max("start_time"), least=Min("duration"))
        groups = list(Call.offline().values("direction").annotate(cost=Sum("price"), mean=Avg("price"), n=Count("price")))
        ends = Call.offline().aggregate(low=Min("price"), high=Max("price"), spread=Variance("price"))
    assert not any("exact_" in text for text in texts)
    assert spelled(found["cost"]) == usual(python(prices))
    assert (found["n"], found["most"].minute, found["least"]) == (900, 59, 0)
    assert ends == {"low": lists(prices, min), "high": lists(prices, max), "spread": lists(prices, variance)}
    assert [one["direction"] for one in groups] == ["inbound", "outbound-api"] and {one["n"] for one in groups} == {450}
    for at, one in enumerate(groups):
        assert spelled(one["cost"]) == usual(python(prices[at::2]))
        assert one["mean"]["USD"] == aggregates.MEAN.divide(one["cost"]["USD"], Decimal(225))


@pytest.mark.parametrize("odd", ["9" * 40, "0." + "1" * 30, "123456789012345.6789", "1e20", "-1E-40"])
def test_a_sum_that_is_not_certain_is_made_of_each_number(connection: Connection, odd: str) -> None:
    """One number that floating point does not hold to its last decimal is enough."""
    prices: list[tuple[str | None, str | None]] = [("-0.00850", "USD"), (odd, "USD"), ("0.1", "EUR"), (None, "USD"), ("2", None)]
    priced(connection, prices)
    with statements(connection.mirror) as texts:
        found = Call.offline().aggregate(cost=Sum("price"))["cost"]
    assert any("exact_sum" in text for text in texts) or connection.mirror.open().shared  # whose sums are all exact
    assert spelled(found) == usual(python(prices))


DIGITS = st.text("0123456789", min_size=1, max_size=6)
PLAIN = st.builds(
    lambda sign, whole, rest: f"{sign}{whole}{rest and '.' + rest}", st.sampled_from(["", "-"]), DIGITS, DIGITS | st.just("")
)
AWKWARD = st.one_of(
    PLAIN,
    PLAIN,
    st.sampled_from(["0", "-0", "-0.00", "0.000000", "1E+3", "5e-7", "-9.99E+20", "1" * 25, "0." + "0" * 24 + "1", "1_0.5", "٣"]),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30).map(str),
    st.none(),
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.one_of(AWKWARD), st.sampled_from(["USD", "usd", "EUR", "", None])), max_size=30))
def test_sums_are_those_of_python(fake: FakeTwilio, prices: list[tuple[str | None, str | None]]) -> None:
    """Whatever the numbers and units, to the last digit and exponent, alone and in groups."""
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:") as connection:
        priced(connection, prices)
        found = Call.offline().aggregate(cost=Sum("price"))["cost"]
        assert spelled(found) == usual(python(prices))
        assert found.missing == sum(price is None for price, _ in prices) if prices else True
        ends = Call.offline().aggregate(low=Min("price"), high=Max("price"), spread=Variance("price"))
        assert ends == {"low": lists(prices, min), "high": lists(prices, max), "spread": lists(prices, variance)}
        for at, one in enumerate(Call.offline().values("direction").annotate(cost=Sum("price"))):
            assert spelled(one["cost"]) == usual(python(prices[at::2]))
        connection.close()


def test_a_sum_is_sqlites_only_where_it_must_be_exact() -> None:
    """Whole numbers of the last decimal, as long as REAL holds each of their sums."""
    native, one = in_sqlite.native_decimal, ("USD", "USD", 0)
    assert native("decimal_sum", ("usd", "usd", 0), (10, 8, 0, -30000.0, 0.3)) == [2, {"USD": [Decimal("-0.3"), 8]}]
    assert native("decimal_sum", one, (3, 0, None, 0.0, 0.0)) == [3, {}]
    zero = native("decimal_sum", (), (1, 1, 0, -0.0, 0.0))
    assert zero is not None and str(zero[1][""][0]) == "0.00000"
    assert native("decimal_sum", (), (1, 1, 0, 1e15, 1e10)) == [0, {"": [Decimal(10**10), 1]}]
    for size, odd in ((0.3, 1), (1.1e10, 0), (1e11, 0), (float("inf"), 0)):
        assert native("decimal_sum", one, (2, 2, odd, size * 1e5, size)) is None
    assert native("decimal_moments", (), (2, 2, 0, 30000.0, 5e8)) == [0, {"": [2, Decimal("0.3"), Decimal("0.05")]}]
    for squares, odd in ((1.0, 1), (2.0**53, 0), (float("inf"), 0)):
        assert native("decimal_moments", (), (2, 2, odd, 1.0, squares)) is None
    for function in ("decimal_min", "decimal_max"):
        assert native(function, one, (3, 2, 0, -0.0075)) == [1, {"USD": Decimal("-0.0075")}]
        assert native(function, one, (3, 2, 1, -0.0075)) is None
    for units, told in (
        (("EUR", "USD", 0), True),
        (("USD", "usd", 0), True),
        (("USD", "USD", 1), True),
        (("USD", "USD", 4), False),
        (("USD", "USD", 0), False),
        ((), False),
    ):
        assert in_sqlite.has_several_units(units, 4) is told
    assert not in_sqlite.has_several_units(("EUR", "USD", 0), 0)


# ---------------------------------------------------------------- plans of the questions people ask


REPORTS: list[tuple[str, Callable[[], Any], str]] = [
    ("by time", lambda: list(Call.offline().filter(status="busy", start_time__gte="2026-06-02")), "call_account_sid_start_time"),
    ("newest", lambda: list(Call.offline().filter(**ONE_DAY).order_by("-start_time")[:100]), "call_account_sid_start_time"),
    ("count", lambda: Call.offline().filter(**ONE_DAY).count(), "call_account_sid_start_time"),
    ("spend", lambda: list(Call.offline().filter(start_time="2026-06-02").values("direction").annotate(cost=Sum("price"))),
     "call_account_sid_start_time"),
    ("to", lambda: list(Call.offline().filter(to="+15550000001").values("from_")), "call_to"),
    ("key", lambda: Call.offline().get(sid(4)), "sqlite_autoindex_call_1"),
    ("all", lambda: list(Call.offline()), "PRIMARY KEY"),
]  # fmt: skip


@pytest.mark.sqlite("query plans")
@pytest.mark.parametrize(("ask", "index"), [one[1:] for one in REPORTS], ids=[one[0] for one in REPORTS])
def test_reports_are_answered_by_an_index(connection: Connection, ask: Callable[[], Any], index: str) -> None:
    """No table is read where a part of it is asked for, and none is sorted to be read as it is stored, or in order of time."""
    filled(connection, 3000)
    with statements(connection.mirror) as texts:
        ask()
    with connection.mirror.open().reading() as file:
        for text in rows_read(texts):
            found = [line[3] for line in file.execute("EXPLAIN QUERY PLAN " + text)]
            assert found[0].startswith("SEARCH") and f" {index} " in found[0], found
            assert not any("ORDER BY" in line for line in found), found


@pytest.mark.sqlite("query plans")
def test_what_takes_in_a_table_reads_it_as_it_lies(connection: Connection) -> None:
    """Sums and counts of most rows do not go by an index from one row to the next."""
    filled(connection, 1000)
    with statements(connection.mirror) as texts:
        Call.offline().count()
        list(Call.offline().values("start_time__date", "direction").annotate(cost=Sum("price")))
    assert [text for text in rows_read(texts) if "NOT INDEXED" in text] == rows_read(texts) and len(rows_read(texts)) == 2
    most, few = (Call.offline().filter(status=status).query for status in ("completed", "busy"))
    assert connection.mirror.last_row_to_scan(most, connection.mirror.where(most)) == 1000
    assert not connection.mirror.last_row_to_scan(few, connection.mirror.where(few))
    query = Query(SCHEMA, scope(SCHEMA, "AC" + "8" * 32))
    assert not connection.mirror.last_row_to_scan(query, connection.mirror.where(query))
