"""The door to the mirror: what a page changes, what it must not change, and what questions to the tables cost."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bodies import SCHEMA, account, call, row, rows, sid

import twilio_orm
from twilio_orm import Account, Call, Message, MirrorError, NotCovered, Participant, Recording, UsageRecord
from twilio_orm.http.messages import Request, Response
from twilio_orm.mirror.coverage import sweeps
from twilio_orm.mirror.revisions import Unit
from twilio_orm.mirror.row_batches import BATCH_BY_NUMBER
from twilio_orm.mirror.sqlite import limits as sqlite_limits
from twilio_orm.mirror.sqlite import tables
from twilio_orm.mirror.sqlite import units as sqlite_units
from twilio_orm.mirror.sqlite.database import MirrorDatabase
from twilio_orm.mirror.store import Mirror
from twilio_orm.query.api_requests import ListRequest
from twilio_orm.query.ast import Condition, Query
from twilio_orm.query.constraints import Constraints
from twilio_orm.query.parser import parse
from twilio_orm.query.planner import plan
from twilio_orm.schema.registry import SCHEMAS
from twilio_orm.schema.times import instant
from twilio_orm.sync.storing import scope
from twilio_orm.testing import FakeTwilio

OWNER = account(7)
NOON = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    made = Mirror(str(tmp_path / "mirror.db"), SCHEMAS, "api.twilio.com", "us1")
    yield made
    made.close()


def raw(mirror: Mirror, text: str, *values: Any) -> list[tuple[Any, ...]]:
    with mirror.open().reading() as connection:
        return connection.execute(text, values).fetchall()


def status(mirror: Mirror, number: int = 1) -> str:
    return str(raw(mirror, "SELECT status FROM call WHERE sid = ?", sid(number))[0][0])


# ---------------------------------------------------------------- revisions


def test_each_change_has_a_revision_and_a_row_keeps_its_last(mirror: Mirror) -> None:
    """What a page does not change keeps the revision it had."""
    mirror.absorb(SCHEMA, rows(1, 3, OWNER), mirror.revision())
    mirror.absorb(SCHEMA, [row(1, OWNER), row(2, OWNER, status="busy"), row(4, OWNER)], mirror.revision())
    assert raw(mirror, "SELECT mirror_revision FROM call ORDER BY sid") == [(1,), (2,), (1,), (2,)]
    assert mirror.revision() == 2


def test_counts_say_what_was_new_changed_and_unchanged(mirror: Mirror) -> None:
    """A record that a page brings twice counts once, as it came last; one without identity is not stored."""
    first = mirror.absorb(SCHEMA, rows(1, 3, OWNER), 0)
    assert (first.new, first.changed, first.unchanged, first.unnamed) == (3, 0, 0, 0)
    page = [
        row(1, OWNER),
        row(2, OWNER, status="busy"),
        row(9, OWNER),
        row(9, OWNER, status="busy"),
        row(5, OWNER, sid=None),
    ]
    done = mirror.absorb(SCHEMA, page, mirror.revision())
    assert (done.new, done.changed, done.unchanged, done.unnamed) == (1, 1, 1, 1)
    assert status(mirror, 9) == "busy"
    assert mirror.absorb(SCHEMA, [], mirror.revision()) == type(done)()


def test_the_time_of_revisions_does_not_decrease_when_the_clock_does(mirror: Mirror) -> None:
    """A clock that is set back dates a revision like the one before it."""
    for number, minutes in enumerate([0, 5, -60, 7, -1, 6.5]):
        mirror.absorb(SCHEMA, [row(number, OWNER)], number, NOON + timedelta(minutes=minutes))
    found = [instant(at) - NOON for (at,) in raw(mirror, "SELECT at FROM mirror_revisions ORDER BY id")]
    assert [one.total_seconds() / 60 for one in found] == [0, 5, 5, 7, 7, 7]


def test_a_page_does_not_overwrite_what_changed_after_it_was_asked_for(mirror: Mirror) -> None:
    """Page asked, row changed by an update's reply, page arrives: the reply stays, the page's other rows go in."""
    mirror.absorb(SCHEMA, rows(1, 3, OWNER, status="in-progress"), mirror.revision())
    asked = mirror.revision()
    mirror.absorb(SCHEMA, [row(1, OWNER, status="completed")], mirror.revision())
    done = mirror.absorb(SCHEMA, rows(1, 4, OWNER, status="in-progress"), asked)
    assert (done.new, done.changed, done.unchanged) == (1, 0, 3)
    assert status(mirror) == "completed"
    assert mirror.absorb(SCHEMA, [row(1, OWNER, status="busy")], mirror.revision()).changed == 1


def test_a_page_does_not_bring_back_what_was_deleted_after_it_was_asked_for(mirror: Mirror) -> None:
    """A row marked gone since the page was asked for stays gone; a page asked for later brings it back."""
    mirror.absorb(SCHEMA, rows(1, 1, OWNER), mirror.revision())
    asked = mirror.revision()
    assert mirror.tombstone(SCHEMA, (Condition("sid", "exact", sid(1)),)) == 1
    mirror.absorb(SCHEMA, rows(1, 1, OWNER), asked)
    assert raw(mirror, "SELECT mirror_gone FROM call") == [(2,)]
    mirror.absorb(SCHEMA, rows(1, 1, OWNER), mirror.revision())
    assert raw(mirror, "SELECT mirror_gone FROM call") == [(None,)]


def test_a_list_does_not_mark_as_gone_what_changed_after_it_was_asked_for(mirror: Mirror) -> None:
    """Two processes hear one list: the older answer lacks what the newer brought, and does not take it away."""
    mirror.absorb(SCHEMA, rows(1, 2, OWNER), mirror.revision())
    asked = mirror.revision()
    mirror.absorb(SCHEMA, rows(3, 1, OWNER), mirror.revision())
    nodes = (Condition("account_sid", "exact", OWNER),)
    assert mirror.tombstone(SCHEMA, nodes, keep=[(sid(1),)], request_revision=asked) == 1
    assert raw(mirror, "SELECT sid FROM call WHERE mirror_gone IS NULL ORDER BY sid") == [(sid(1),), (sid(3),)]


@pytest.mark.parametrize("seed", range(30))
def test_any_interleaving_of_pages_and_replies_keeps_the_newest_answer(mirror: Mirror, seed: int) -> None:
    """Pages are read at Twilio at some moment after they are asked for, and arrive at any later one.

    Whatever the order, a row that was changed by a reply after a page was asked for is never set back by that page.
    """
    chance = random.Random(seed)
    truth, waiting, replied = {1: 0, 2: 0, 3: 0}, [], {}
    for _ in range(60):
        act = chance.choice(["ask", "read", "arrive", "reply"])
        if act == "ask":
            waiting.append({"seen": mirror.revision(), "page": None})
        elif act == "read" and waiting:
            page = chance.choice(waiting)
            page["page"] = page["page"] or dict(truth)
        elif act == "arrive" and (ready := [page for page in waiting if page["page"]]):
            page = chance.choice(ready)
            waiting.remove(page)
            body = [row(number, OWNER, status=f"s{version}") for number, version in page["page"].items()]
            mirror.absorb(SCHEMA, body, page["seen"])
        elif act == "reply":
            number = chance.choice([1, 2, 3])
            seen = mirror.revision()
            truth[number] += 1
            mirror.absorb(SCHEMA, [row(number, OWNER, status=f"s{truth[number]}")], seen)
            replied[number] = truth[number]
        for number, version in replied.items():
            assert int(status(mirror, number)[1:]) >= version


def test_an_update_while_a_page_is_on_its_way_stays(fake: FakeTwilio, tmp_path: Path) -> None:
    """The same through the public words: a list request is answered, a call is hung up, then the page is stored."""
    made = fake.calls.add(to="+15550000001", from_="+15550009999", status="in-progress")
    late: list[Response] = []

    def send(request: Request) -> Response:
        answer = fake.send(request)
        if request.method == "GET" and request.path.endswith("/Calls.json") and not late:
            late.append(answer)
            Call.ref(made["sid"]).hangup()
        return answer

    twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=tmp_path / "mirror.db")
    assert [one.status for one in Call.all()] == ["in-progress"]
    assert Call.get_by_id(made["sid"]).status == "completed"


# ---------------------------------------------------------------- nothing changed, nothing written


def test_an_unchanged_page_writes_not_a_byte(mirror: Mirror, tmp_path: Path) -> None:
    """The file and its journal are the same to the byte, and no revision was made."""
    page = rows(1, 1000, OWNER) + [row(2000, OWNER, novelty=[1, "é"]), row(2001, OWNER, to=None)]
    lacking = call(2002, OWNER)
    del lacking["caller_name"]
    page.append(SCHEMA.codec.read(lacking, {"account_sid": OWNER}))
    mirror.absorb(SCHEMA, page, mirror.revision())
    before = {one.name: one.read_bytes() for one in tmp_path.glob("mirror.db*") if not one.name.endswith("-shm")}
    for _ in range(3):
        done = mirror.absorb(SCHEMA, page, mirror.revision())
        assert (done.new, done.changed, done.unchanged) == (0, 0, len(page))
    assert {one.name: one.read_bytes() for one in tmp_path.glob("mirror.db*") if not one.name.endswith("-shm")} == before
    assert mirror.revision() == 1


def test_a_body_that_lacks_fields_keeps_what_was_known_of_them(mirror: Mirror) -> None:
    """A short body changes only what it says."""
    mirror.absorb(SCHEMA, [row(1, OWNER, caller_name="Anna")], mirror.revision())
    short = SCHEMA.codec.read({"sid": sid(1), "account_sid": OWNER, "status": "busy"}, {"account_sid": OWNER})
    assert mirror.absorb(SCHEMA, [short], mirror.revision()).changed == 1
    found = mirror.find(SCHEMA, [(sid(1),)])[(sid(1),)]
    assert SCHEMA.codec.body(found) == {**call(1, OWNER), "caller_name": "Anna", "status": "busy"}


ODD = [
    "\x00", "a\x00b", "\ud800", "x\udfffy", "\U0001f600", "é" * 50_000, "'; DROP TABLE call; --", "‮", "", " ", "\n" * 9, "\ufffe",
]  # fmt: skip


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_text_never_loses_the_page(mirror: Mirror, text: str) -> None:
    """Any text in any field, known or not, leaves the page's other rows be and can be read back as it came."""
    body = call(
        2, OWNER, to=text, caller_name=text, status=text, start_time=text, price=text, duration=text, novelty={text: text}
    )  # fmt: skip
    page = [row(1, OWNER), SCHEMA.codec.read(body, {"account_sid": OWNER}), row(3, OWNER)]
    assert mirror.absorb(SCHEMA, page, mirror.revision()).new == 3
    assert mirror.absorb(SCHEMA, page, mirror.revision()).unchanged == 3
    assert SCHEMA.codec.body(mirror.find(SCHEMA, [(sid(2),)])[(sid(2),)]) == body


NUMBERS = [
    2**63 - 1,
    2**63,
    -(2**63),
    -(2**63) - 1,
    10**40,
    Decimal("1.50"),
    Decimal("1E+308"),
    True,
    "9" * 4000,
    "1e5",
    "٣",
    [],
    {},
]


@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
def test_odd_numbers_never_lose_the_page(mirror: Mirror, number: Any) -> None:
    """Numbers beyond 64 bits, and values of the wrong type, are kept beside the columns."""
    body = call(2, OWNER, duration=number, queue_time=number, price=number, to=number, end_time=number, novelty=number)
    page = [row(1, OWNER), SCHEMA.codec.read(body, {"account_sid": OWNER}), row(3, OWNER)]
    assert mirror.absorb(SCHEMA, page, mirror.revision()).new == 3
    assert mirror.absorb(SCHEMA, page, mirror.revision()).unchanged == 3
    assert SCHEMA.codec.body(mirror.find(SCHEMA, [(sid(2),)])[(sid(2),)]) == body


# ---------------------------------------------------------------- what a question costs

TIME, TO, KEY = "call_account_sid_start_time", "call_to", "sqlite_autoindex_call_1"
PLANS = [
    (Call, {}, (), TIME),
    (Call, {}, ("-start_time",), TIME),
    (Call, {"start_time": "2026-05-01"}, (), TIME),
    (Call, {"start_time__gte": "2026-05-01", "start_time__lt": "2026-05-08"}, (), TIME),
    (Call, {"start_time__range": ("2026-05-01", "2026-05-02"), "status": "busy"}, ("-start_time",), TIME),
    (Call, {"parent_call_sid": sid(1)}, (), "call_parent_call_sid"),
    (Call, {"to": "+15550000001"}, (), TO),
    (Call, {"to": "+15550000001"}, ("start_time",), TO),
    (Call, {"to": "+15550000001", "start_time__gte": "2026-05-01"}, (), TO),
    (Call, {"to__in": ["+15550000001", "+15550000002"]}, (), TO),
    (Call, {"from_": "+15550000001"}, (), "call_from_"),
    (Call, {"sid": sid(1)}, (), KEY),
    (Call, {"sid__in": [sid(1), sid(2)]}, (), KEY),
    (Call, {"sid__in": [sid(number) for number in range(3000)]}, (), KEY),
    (Message, {"date_sent__gte": "2026-05-01"}, (), "message_account_sid_date_sent"),
    (Message, {"to": "+15550000001"}, (), "message_to"),
    (Recording, {"call_sid": sid(1)}, (), "recording_call_sid"),
    (Participant, {"conference_sid": "CF" + "1" * 32}, (), "sqlite_autoindex_participant_1"),
    (UsageRecord, {"period": "daily", "category": "calls"}, (), "sqlite_autoindex_usage_record_1"),
    (Account, {"sid": OWNER}, (), "sqlite_autoindex_account_1"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "words", "order", "index"), PLANS)
def test_common_questions_use_an_index(
    mirror: Mirror, model: Any, words: dict[str, Any], order: tuple[str, ...], index: str
) -> None:
    """The statement that ``select`` runs searches by the index that is meant for it, whatever else the scope says."""
    schema = model.api_schema
    query = Query(schema, (*scope(schema, OWNER), *parse(schema, words)[0])).ordered(*order)
    heard: list[str] = []
    with mirror.open().reading() as connection:
        connection.set_trace_callback(heard.append)
        list(mirror.select(query))
        connection.set_trace_callback(None)
        asked = next(text for text in heard if f'FROM "{schema.table}" WHERE' in text)
        found = [line[3] for line in connection.execute("EXPLAIN QUERY PLAN " + asked)]
    assert found[0].startswith("SEARCH")
    assert f"INDEX {index} " in found[0], found


def test_rows_by_key_and_by_rowid_are_searched(mirror: Mirror) -> None:
    """Storing a page that lacks fields, finding rows and reading a chunk never scan a table."""
    lacking = SCHEMA.codec.read({"sid": sid(1)}, {"account_sid": OWNER})
    mirror.absorb(SCHEMA, rows(1, 5, OWNER), 0)
    heard: list[str] = []
    with mirror.open().reading() as connection:
        connection.set_trace_callback(heard.append)
        mirror.absorb(SCHEMA, [lacking], mirror.revision())
        mirror.find(SCHEMA, [(sid(1),), (sid(2),)])
        assert len(list(mirror.select(Query(SCHEMA, scope(SCHEMA, OWNER))))) == 5
        connection.set_trace_callback(None)
        for text in heard:
            if text.startswith("SELECT") and 'FROM "call"' in text and "max(rowid)" not in text:
                found = [line[3] for line in connection.execute("EXPLAIN QUERY PLAN " + text)]
                assert "SEARCH call" in found[0], (text, found)


@pytest.mark.parametrize("odd", [False, True], ids=["as documented", "one with an undeclared key"])
def test_what_is_null_in_all_rows_of_a_page_is_no_parameter(mirror: Mirror, monkeypatch: pytest.MonkeyPatch, odd: bool) -> None:
    """Nearly no row has undeclared keys, lacks a field or is deleted, and Python is slowest at binding null."""
    counts = list[int]()
    statement = sqlite_units.upsert_sql

    def counting(schema: Any, unused: tuple[int, ...], rows: int) -> str:
        text = statement(schema, unused, rows)
        counts.append(text.partition(" ON CONFLICT")[0].count("?") // rows)
        return text

    monkeypatch.setattr(sqlite_units, "upsert_sql", counting)
    extras = [None, None, '{"novelty":7}' if odd else None, None]
    rows = [SCHEMA.codec.read(call(number, OWNER), {})[: SCHEMA.codec.extras_slot] for number in range(4)]
    mirror.absorb(SCHEMA, [(*row, extra, None, None, None) for row, extra in zip(rows, extras, strict=True)], 0)
    assert counts == [len(SCHEMA.columns) + 2 + odd]  # the revision and the fingerprint, and the undeclared keys
    found = mirror.find(SCHEMA, [(sid(number),) for number in range(4)])
    assert [found[(sid(number),)][SCHEMA.codec.extras_slot] for number in range(4)] == extras


def test_no_statement_has_more_parameters_than_old_sqlite_takes(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages, keys and lists of any length stay below 999 parameters a statement, where SQLite takes no more."""
    monkeypatch.setattr(sqlite_limits, "VARIABLES", 999)
    most = [0]

    class Counting:
        def __init__(self, connection: sqlite3.Connection) -> None:
            self._connection = connection

        def __getattr__(self, name: str) -> Any:
            return getattr(self._connection, name)

        def execute(self, text: str, values: Any = ()) -> Any:
            most[0] = max(most[0], len(values))
            return self._connection.execute(text, values)

        def executemany(self, text: str, values: Any) -> Any:
            values = list(values)
            most[0] = max(most[0], max(map(len, values)))
            return self._connection.executemany(text, values)

    for door in ("reading", "writing"):
        real = getattr(mirror.database, door)

        @contextmanager
        def counting(real: Any = real) -> Iterator[Any]:
            with real() as connection:
                yield Counting(connection)

        setattr(mirror.database, door, counting)
    page = [SCHEMA.codec.read({**call(number, OWNER), "to": f"+{number}"}, {"account_sid": OWNER}) for number in range(2500)]
    short = [SCHEMA.codec.read({"sid": sid(number)}, {"account_sid": OWNER}) for number in range(2500)]
    mirror.absorb(SCHEMA, page, 0)
    mirror.absorb(SCHEMA, short, mirror.revision())
    assert len(mirror.find(SCHEMA, [(sid(number),) for number in range(2500)])) == 2500
    words = {
        "to__in": [f"+{number}" for number in range(500)],
        "sid__in": [sid(number) for number in range(500)],
        "status__in": ["completed", *(twilio_orm.Verbatim(f"s{number}") for number in range(480))],
    }
    query = Query(SCHEMA, (*scope(SCHEMA, OWNER), *parse(SCHEMA, words)[0]))
    assert len(list(mirror.select(query))) == mirror.count(query) == 500
    people = [(account(number), "CA") for number in range(1000)]
    mirror.find(Participant.api_schema, people)
    assert 100 < most[0] <= 999


def test_no_cursor_stays_open_across_a_yield(mirror: Mirror) -> None:
    """While a reader dawdles, rows change and are deleted, the journal can be emptied, and each row comes once, as it was."""
    mirror.absorb(SCHEMA, rows(1, 3 * BATCH_BY_NUMBER, OWNER), 0)
    reader = mirror.select(Query(SCHEMA))
    seen = [next(reader)[0] for _ in range(10)]
    mirror.absorb(SCHEMA, rows(1, 3 * BATCH_BY_NUMBER, OWNER, status="busy"), mirror.revision())
    mirror.tombstone(SCHEMA, (Condition("sid", "in", tuple(sid(number) for number in range(2500, 2600))),))
    other = sqlite3.connect(mirror.path)
    busy, pages, done = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert (busy, pages, done) == (0, 0, 0), "a reader keeps the journal from being emptied"
    other.close()
    mirror.close()
    rest = list(reader)
    assert len({*seen, *(one[0] for one in rest)}) == 3 * BATCH_BY_NUMBER
    assert rest[-1][SCHEMA.index["status"]] == "completed"


@pytest.mark.sqlite("mirrors in memory")
def test_a_mirror_in_memory_that_was_closed_does_not_answer_with_less() -> None:
    """Its rows are gone with it: the reader hears of it rather than that the list has ended."""
    mirror = Mirror(":memory:", SCHEMAS, "api.twilio.com", "us1")
    mirror.absorb(SCHEMA, rows(1, 2 * BATCH_BY_NUMBER, OWNER), 0)
    reader = mirror.select(Query(SCHEMA))
    next(reader)
    mirror.close()
    with pytest.raises(MirrorError, match="closed"):
        list(reader)
    mirror.close()


def in_memory(schemas: Any = SCHEMAS, region: str = "us1") -> Mirror:
    return Mirror(":memory:", schemas, "api.twilio.com", region)


def layout(database: MirrorDatabase) -> list[Any]:
    """What a database says of itself: its tables and indexes, their statistics, whose it is, and its versions."""
    statements = ("sqlite_master ORDER BY name", "sqlite_stat1 ORDER BY tbl, idx", "mirror_about", "pragma_user_version",
                  "pragma_application_id", "pragma_page_size")  # fmt: skip
    columns = ("type, name, tbl_name, sql", *["*"] * 5)
    with database.reading() as connection:
        return [connection.execute(f"SELECT {one} FROM {two}").fetchall() for one, two in zip(columns, statements, strict=True)]


@pytest.mark.sqlite("mirrors in memory")
def test_a_mirror_in_memory_is_a_copy_of_an_empty_one_and_has_its_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    """No table is made a second time; the copies share no rows."""
    monkeypatch.setattr(tables, "_empty", {})
    first, second = in_memory(), in_memory()
    first.absorb(SCHEMA, rows(1, 3, OWNER), 0)
    statements: list[str] = []
    with second.database.reading() as connection:
        connection.set_trace_callback(statements.append)
    second.open()
    assert statements and not [one for one in statements if one.startswith("CREATE")]
    assert list(second.select(Query(SCHEMA))) == [] and len(list(first.select(Query(SCHEMA)))) == 3
    made = MirrorDatabase(":memory:")
    tables._make_ready(made, second.schemas.values(), "api.twilio.com", "us1")
    assert layout(second.database) == layout(made) and len(layout(made)[0]) > 100


@pytest.mark.sqlite("mirrors in memory")
def test_copies_are_of_the_same_resources_host_and_region() -> None:
    in_memory().open()
    with in_memory(region="ie1").open().reading() as connection:
        assert tables.home(connection) == ("api.twilio.com", "ie1")
    with in_memory([SCHEMA]).open().reading() as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert (SCHEMA.table,) in found and (Message.api_schema.table,) not in found


@pytest.mark.sqlite("mirrors in memory")
def test_many_kinds_of_mirrors_in_memory_are_not_all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_empty", {})
    for number in range(2 * tables.MOST_EMPTY + 1):
        in_memory([SCHEMA], f"region{number}").open()
        assert 1 <= len(tables._empty) <= tables.MOST_EMPTY


@pytest.mark.sqlite("mirrors in memory")
def test_an_empty_mirror_that_was_closed_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_empty", {})
    in_memory().open()
    (empty,) = tables._empty.values()
    before = layout(empty)
    empty.close_all()
    mirror = in_memory()
    assert mirror.absorb(SCHEMA, rows(1, 3, OWNER), 0)
    assert layout(empty) == before
    assert len(list(mirror.select(Query(SCHEMA)))) == 3


# ---------------------------------------------------------------- coverage


def ask(equal: dict[str, Any] | None = None, spans: dict[str, Any] | None = None, flags: Any = ()) -> ListRequest:
    constraints = Constraints(equal or {}, spans or {}, flags)
    return ListRequest("/x", (), constraints, constraints, {})


def asked(asks: ListRequest) -> Any:
    return replace(plan(Query(SCHEMA), OWNER), requests=(asks,))


def heard(mirror: Mirror, one: ListRequest, minute: float) -> None:
    mirror.record_sweep(OWNER, SCHEMA, one.covers, NOON + timedelta(minutes=minute), NOON + timedelta(minutes=minute))


def since(mirror: Mirror, one: ListRequest) -> float | None:
    found, missing = mirror.plan_coverage(OWNER, asked(one))
    assert (found is None) == bool(missing)
    return None if found is None else (found - NOON).total_seconds() / 60


MAY, JUNE, JULY = "2026-05-01 00:00:00", "2026-06-01 00:00:00", "2026-07-01 00:00:00"
WITHIN = [  # what was heard, what is asked, whether it is covered
    ({}, None, (), {"to": "+1"}, {"start_time": (MAY, JUNE)}, (), True),
    ({"to": "+1"}, None, (), {}, None, (), False),
    ({"to": "+1"}, None, (), {"to": "+1", "status": "busy"}, None, (), True),
    ({"to": "+1"}, None, (), {"to": "+2"}, None, (), False),
    ({}, {"start_time": (MAY, JULY)}, (), {}, {"start_time": (MAY, JUNE)}, (), True),
    ({}, {"start_time": (MAY, JULY)}, (), {}, {"start_time": (MAY, None)}, (), False),
    ({}, {"start_time": (MAY, None)}, (), {}, {"start_time": (JUNE, None)}, (), True),
    ({}, {"start_time": (JUNE, None)}, (), {}, {"start_time": (MAY, None)}, (), False),
    ({}, {"start_time": (None, JUNE)}, (), {}, {"start_time": (MAY, JUNE)}, (), True),
    ({}, {"start_time": (MAY, JULY)}, (), {}, {"end_time": (MAY, JUNE)}, (), False),
    ({"to": "+1"}, {"start_time": (MAY, JULY)}, (), {"to": "+1", "x": 1}, {"start_time": (MAY, JUNE)}, (), True),
    ({}, None, (("deleted", 1),), {}, None, (), False),
    ({}, None, (), {}, None, (("deleted", 1),), False),
    ({}, None, (("deleted", 1),), {"to": "+1"}, None, (("deleted", 1),), True),
    ({}, None, (), {str(number): number for number in range(9)}, None, (), True),
    ({"3": 3, "5": 5}, None, (), {str(number): number for number in range(9)}, None, (), True),
    ({"3": 4}, None, (), {str(number): number for number in range(9)}, None, (), False),
]  # fmt: skip


@pytest.mark.parametrize(("equal", "spans", "flags", "wanted", "window", "options", "covered"), WITHIN)
def test_a_question_is_covered_by_a_wider_one_only(
    mirror: Mirror, equal: Any, spans: Any, flags: Any, wanted: Any, window: Any, options: Any, covered: bool
) -> None:
    """The table of what includes what; another account's and another resource's sweeps count for nothing."""
    heard(mirror, ask(equal, spans, flags), 0)
    assert since(mirror, ask(wanted, window, options)) == (0 if covered else None)
    assert mirror.plan_coverage(account(8), asked(ask(wanted, window, options)))[0] is None
    assert mirror.plan_coverage(OWNER, plan(Query(Message.api_schema), OWNER))[0] is None


def test_an_answer_is_as_old_as_the_oldest_sweep_it_needs(mirror: Mirror) -> None:
    """Of the sweeps that include a part the latest counts; of the parts the oldest; with a part missing there is no date."""
    heard(mirror, ask(), 0)
    heard(mirror, ask({"to": "+1"}), 10)
    heard(mirror, ask({"to": "+2"}), 20)
    assert since(mirror, ask({"to": "+1"})) == 10
    assert since(mirror, ask({"to": "+3"})) == 0
    both = replace(asked(ask({"to": "+1"})), requests=(ask({"to": "+1"}), ask({"to": "+2"})))
    assert mirror.plan_coverage(OWNER, both)[0] == NOON + timedelta(minutes=10)
    lost = replace(both, requests=(ask({"to": "+1"}), ask({"to": "+2"}, flags=(("deleted", 1),))))
    assert mirror.plan_coverage(OWNER, lost) == (None, [lost.requests[1]])


def test_a_sweep_forgets_the_earlier_ones_it_includes_and_no_others(mirror: Mirror) -> None:
    """A full sweep leaves one row; a narrower or an earlier one takes nothing from what was heard later or wider."""
    for number in range(20):
        heard(mirror, ask({"to": f"+{number}"}), number)
        heard(mirror, ask(None, {"start_time": (f"2026-05-{number + 1:02d} 00:00:00", None)}), number)
    assert len(mirror.sweeps(OWNER)) == 40
    heard(mirror, ask(), 10.5)
    left = mirror.sweeps(OWNER)
    assert len(left) == 1 + 9 + 9
    assert since(mirror, ask({"to": "+3"})) == 10.5
    assert since(mirror, ask({"to": "+15"})) == 15
    heard(mirror, ask({"to": "+15"}), 3)  # an older pass that ends late
    assert since(mirror, ask({"to": "+15"})) == 15
    heard(mirror, ask({"to": "+15"}), 99)
    assert since(mirror, ask({"to": "+15"})) == 99
    assert len(mirror.sweeps(OWNER)) == len(left)


@pytest.mark.sqlite("it is timed")
def test_thousands_of_sweeps_stay_few_and_quick(mirror: Mirror) -> None:
    """A window every few minutes for weeks: the rows are bounded, coverage is not lost, and neither question scans them all."""
    first = ask(None, {"start_time": ("2026-01-01 00:00:00", None)})
    heard(mirror, first, 0)

    def store(unit: Unit) -> None:
        for minute in range(1, 3000):
            low = (NOON + timedelta(minutes=minute)).strftime("%Y-%m-%d %H:%M:%S")
            at = NOON + timedelta(minutes=minute)
            sweeps.record_sweep(unit.connection, OWNER, SCHEMA, ask(None, {"start_time": (low, None)}).covers, at, at, 0)
        for number in range(3000):
            sweeps.record_sweep(unit.connection, OWNER, SCHEMA, ask({"parent_call_sid": sid(number)}).covers, NOON, NOON, 0)

    mirror.open().unit(store)
    kept = len(mirror.sweeps(OWNER))
    assert 3000 < kept <= 3000 + sweeps.MOST
    assert since(mirror, first) == 0
    assert since(mirror, ask(None, {"start_time": ("2026-06-03 13:59:00", None)})) == 2999
    at_1500 = since(mirror, ask(None, {"start_time": ("2026-06-02 13:00:00", None)}))
    assert at_1500 is not None
    assert at_1500 <= 1500
    began = time.perf_counter()
    for number in range(20):
        assert since(mirror, ask({"parent_call_sid": sid(number)})) == 0
        heard(mirror, ask({"parent_call_sid": sid(number)}), 1)
    assert time.perf_counter() - began < 1.5, "coverage reads every sweep there is"


def test_a_record_that_is_there_answers_for_its_own_account_only(mirror: Mirror) -> None:
    """A file of several accounts: another one's record is not heard to be absent, it was not heard of."""
    mirror.absorb(SCHEMA, rows(1, 1, OWNER), 0, NOON)
    one = Query(SCHEMA, (Condition("sid", "exact", sid(1)),))
    assert mirror.plan_coverage(OWNER, plan(one, OWNER)) == (NOON, [])
    assert mirror.plan_coverage(account(8), plan(one, account(8)))[1]


def test_a_partial_answer_has_no_date(connection: twilio_orm.Connection, fake: FakeTwilio) -> None:
    """What was not heard whole is as of no moment."""
    fake.calls.add(to="+15550000001", from_="+15550009999", status="completed")
    Call.filter(to="+15550000001").sync()
    some = Call.filter(to__in=["+15550000001", "+15550000002"]).offline(partial=True)
    assert some.count() == 1
    assert some.as_of is None
    with pytest.raises(NotCovered):
        Call.filter(to__in=["+15550000001", "+15550000002"]).offline().count()


def test_a_page_with_nameless_rows_is_not_reported_as_whole(fake: FakeTwilio, tmp_path: Path) -> None:
    """The report says so, as the coverage does."""
    fake.calls.add(to="+15550000001", from_="+15550009999", status="completed")

    def send(request: Request) -> Response:
        answer = fake.send(request)
        data = json.loads(answer.body)
        data["calls"].append({**data["calls"][0], "sid": None})
        return Response(200, answer.headers, json.dumps(data).encode())

    twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=tmp_path / "mirror.db")
    with pytest.warns(twilio_orm.MirrorWarning, match="number 2 of a page .an object without sid"):
        report = Call.sync()
    assert (report.new, report.whole) == (1, False)
    with pytest.raises(NotCovered):
        Call.offline().count()


def test_sums_that_a_complete_list_no_longer_holds_are_gone(fake: FakeTwilio, tmp_path: Path) -> None:
    """Of a list of sums the mirror keeps what the last complete one said; other periods stay."""
    hide: list[str] = []

    def send(request: Request) -> Response:
        answer = fake.send(request)
        data = json.loads(answer.body)
        data["usage_records"] = [one for one in data["usage_records"] if one["category"] not in hide]
        return Response(answer.status, answer.headers, json.dumps(data).encode())

    for number in range(3):
        fake.calls.add(to=f"+1555000000{number}", from_="+15550009999", status="completed", price="-0.0100")
    connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=tmp_path / "mirror.db")
    UsageRecord.today.sync()
    UsageRecord.all_time.sync()
    today, always = UsageRecord.today.offline().count(), UsageRecord.all_time.offline().count()
    first = next(iter(UsageRecord.today.offline())).category
    hide.append(first)
    UsageRecord.today.sync()
    assert UsageRecord.today.offline().count() == today - 1
    assert UsageRecord.all_time.offline().count() == always
    assert connection.sql("SELECT count(*) FROM usage_record WHERE mirror_gone IS NOT NULL") == [(1,)]
    hide.clear()
    UsageRecord.today.sync()
    assert UsageRecord.today.offline().count() == today


def test_the_database_needs_no_resource(tmp_path: Path) -> None:
    """It opens any file for anyone: what is in it is the schema's affair."""
    database = MirrorDatabase(str(tmp_path / "bare.db"))
    with database.writing() as connection:
        connection.execute("CREATE TABLE t (a)")
    with pytest.raises(ZeroDivisionError), database.writing() as connection:  # noqa: PT012 (what it rolls back is in the block)
        connection.execute("INSERT INTO t VALUES (1)")
        raise ZeroDivisionError
    assert database.select_only("SELECT * FROM t") == (["a"], [])
    database.close_all()
