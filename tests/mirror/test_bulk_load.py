"""A table that is nearly empty is filled without the indexes of its fields: they are missing only meanwhile, and no answer is."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bodies import SCHEMA, account, row, rows, sid
from forking import forked

import twilio_orm
from twilio_orm import Call, Q, Report, connecting, copy_mirror
from twilio_orm.changes import mirror_copies
from twilio_orm.mirror import bulk_load, copied_tables
from twilio_orm.mirror.sqlite import database as databases
from twilio_orm.mirror.sqlite import limits
from twilio_orm.mirror.store import Mirror
from twilio_orm.mirror.table_layout import field_indexes, record_table
from twilio_orm.query.ast import Query
from twilio_orm.query.parser import parse
from twilio_orm.sync.report import BUILDING, MirrorWarning
from twilio_orm.testing import FakeTwilio

FEW, PAGE, PAGES = 8, 4, 6
CALLS = PAGE * PAGES - 1
OWNER = account(7)
FIELDS = {one.name for one in field_indexes(SCHEMA)}
ALL = {one.name for one in record_table(SCHEMA).indexes}
PLACES = [{"workers": 1}, {"workers": 4}]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "SCHEMAS", [SCHEMA])
    monkeypatch.setattr(SCHEMA, "page_size", PAGE)
    monkeypatch.setattr(bulk_load, "FEW", FEW)
    monkeypatch.setattr(limits, "LONG", 1000.0)


@pytest.fixture
def fake() -> FakeTwilio:
    return twilio(CALLS)


def twilio(count: int) -> FakeTwilio:
    made = FakeTwilio()
    for number in range(count):
        status = {"status": "in-progress"} if number % 5 == 0 else {"status": "completed", "price": "-0.0130"}
        at = made.clock - timedelta(hours=number)
        made.calls.add(to=f"+1555000{number % 3:04d}", from_="+15550009999", start_time=at, date_created=at, **status)
    return made


def connect(fake: FakeTwilio, path: Path) -> twilio_orm.Connection:
    return twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=path)


def open_mirror(path: Path, **options: Any) -> Mirror:
    return Mirror(str(path), [SCHEMA], "api.twilio.com", "us1", **options)


def look(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as bare:
        return bare.execute(statement).fetchall()


def indexes(path: Path) -> set[str]:
    """The indexes of the table of calls that statements have made."""
    found = look(path, "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'call' AND sql IS NOT NULL")
    return {name for (name,) in found}


def layout(path: Path) -> tuple[Any, ...]:
    """All that a file says of its tables, and what SQLite is told of their indexes."""
    return (
        sorted(look(path, "SELECT type, name, tbl_name, sql FROM sqlite_master"), key=repr),
        sorted(look(path, "SELECT * FROM sqlite_stat1")),
        look(path, "PRAGMA user_version"),
    )


def answers() -> list[Any]:
    """The answers to queries that an index would help with, and to others; read along the key and by numbers, too."""
    queries = [
        Call.offline(partial=True),
        Call.offline(partial=True).filter(to="+15550000001"),
        Call.offline(partial=True).filter(to__in=["+15550000000", "+15550000002"], status="completed"),
        Call.offline(partial=True).filter(Q(to="+15550000001") | Q(from_="+15550001111")),
        Call.offline(partial=True).filter(parent_call__to="+15550000001"),
        Call.offline(partial=True).order_by("-start_time")[:3],
        Call.offline(partial=True).filter(start_time__isnull=False).order_by("to", "sid"),
    ]
    return [[call.sid for call in query] for query in queries] + [query.count() for query in queries]


def traced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements of each connection that is opened from now on."""
    texts, configure = list[str](), databases.configure

    def configured(connection: sqlite3.Connection, memory: bool) -> None:
        configure(connection, memory)
        connection.set_trace_callback(texts.append)

    monkeypatch.setattr(databases, "configure", configured)
    return texts


def places(texts: list[str], *beginnings: str) -> list[int]:
    return [at for at, text in enumerate(texts) if text.startswith(beginnings)]


INSERT, DROP, MAKE = 'INSERT INTO "call" ', "DROP INDEX", "CREATE INDEX"


@pytest.mark.parametrize("how", PLACES)
def test_a_first_sync_makes_the_indexes_of_fields_after_the_last_row(
    fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:
    """The file is then like one that was made in the usual way. Counted are the rows that are stored without them."""
    monkeypatch.setattr(bulk_load, "FEW", 0)
    usual = connect(fake, tmp_path / "usual.db")
    with usual:
        assert Call.sync(**how).complete
    usual.close()
    assert indexes(tmp_path / "usual.db") == ALL
    monkeypatch.setattr(bulk_load, "FEW", FEW)
    path = tmp_path / "mirror.db"
    connection, missing = connect(fake, path), list[int]()
    connection.mirror.open()
    connection.mirror.close()
    texts = traced(monkeypatch)
    with connection:
        report = Call.sync(progress=lambda now: missing.append(now.seen) if not FIELDS & indexes(path) else None, **how)
    connection.close()
    assert report.new == CALLS and report.complete and not report.note
    assert not connection.mirror.database.loads.unindexed
    assert max(missing) == CALLS
    made = places(texts, *(f'{MAKE} IF NOT EXISTS "{name}"' for name in FIELDS))
    assert len(made) == len(FIELDS) == len(places(texts, DROP)) and min(made) > max(places(texts, INSERT))
    dropped = max(places(texts, DROP))
    assert sum(at > dropped for at in places(texts, INSERT)) >= len(places(texts, INSERT)) - 2
    assert layout(path) == layout(tmp_path / "usual.db")


def test_progress_says_that_indexes_are_made(fake: FakeTwilio, tmp_path: Path) -> None:
    """Before they are made, and only then; the report of the sync does not."""
    connection, told = connect(fake, tmp_path / "mirror.db"), list[Report]()
    with connection:
        report = Call.sync(progress=told.append, workers=1)
        assert [one.note for one in told].count(BUILDING) == 1 and told[-1].note == BUILDING and told[-1].seen == CALLS
        assert report.note == ""
        told.clear()
        Call.sync(progress=told.append, full=True, workers=1)
        Call.all().sync(told.append)
        assert BUILDING not in [one.note for one in told]
    connection.close()


def test_a_list_that_is_fetched_as_a_whole_is_loaded_likewise(
    fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = traced(monkeypatch)
    connection, told = connect(fake, tmp_path / "mirror.db"), list[Report]()
    with connection:
        assert Call.all().sync(told.append).new == CALLS
    connection.close()
    assert len(places(texts, DROP)) == len(FIELDS) and BUILDING in [one.note for one in told]
    assert indexes(tmp_path / "mirror.db") == ALL


@pytest.mark.parametrize("count", [FEW - 1, FEW, PAGE])
def test_a_short_list_leaves_the_indexes_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Where no more is to come, or few rows."""
    texts = traced(monkeypatch)
    connection = connect(fake := twilio(count), tmp_path / "mirror.db")
    with connection:
        assert Call.sync(workers=1).new == count
        texts.clear()
        fake.calls.add(to="+15550000000", from_="+15550009999", status="completed")
        assert Call.sync(workers=1).new == 1
    connection.close()
    assert not places(texts, DROP, MAKE)


def test_a_table_of_many_rows_keeps_its_indexes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is to come: of this account, or of another one."""
    connection, texts = connect(twilio(FEW), tmp_path / "mirror.db"), traced(monkeypatch)
    with connection:
        assert Call.sync(workers=1).new == FEW
    connection.close()
    texts.clear()
    mirror = open_mirror(tmp_path / "mirror.db")
    with loading(mirror):
        mirror.absorb(SCHEMA, rows(0, 2 * FEW, OWNER), mirror.revision(), more=True)
    mirror.close()
    assert places(texts, INSERT) and not places(texts, DROP)


def test_answers_are_the_same_without_the_indexes(fake: FakeTwilio, tmp_path: Path) -> None:
    """In this process, which makes them before the next query, and in one that only reads and cannot."""
    path = tmp_path / "mirror.db"
    connection, seen = connect(fake, path), list[Any]()

    def ask(report: Report) -> None:
        if report.note == BUILDING:
            mirror = open_mirror(path, readonly=True)
            for conditions in ({"to": "+15550000001"}, {"status__in": ["in-progress"]}, {"from_": "+15550009999"}, {}):
                nodes, _ = parse(SCHEMA, conditions)
                seen.append(sorted(found[0] for found in mirror.select(Query(SCHEMA, nodes))))
                seen.append([mirror.count(Query(SCHEMA, nodes))])
            assert not FIELDS & indexes(path)
            mirror.close()
            seen.extend(answers())
            assert indexes(path) >= FIELDS, "a query that needed an index had it made"

    with connection:
        assert Call.sync(progress=ask, workers=1).complete
        after = answers()
        assert seen[-len(after) :] == after
        assert [len(one) for one in seen[:8:2]] == [one[0] for one in seen[1:8:2]]
        assert seen[0] == sorted(call.sid for call in Call.offline().filter(to="+15550000001"))
    connection.close()


def test_a_query_that_needs_no_such_index_has_none_made(fake: FakeTwilio, tmp_path: Path) -> None:
    path, asked = tmp_path / "mirror.db", list[int]()

    def ask(report: Report) -> None:
        asked.append(Call.offline(partial=True).count())
        list(Call.offline(partial=True).order_by("-start_time")[:2])
        Call.offline(partial=True).filter(status="in-progress").count()
        if report.seen > 2 * FEW:
            assert not FIELDS & indexes(path)

    connection = connect(fake, path)
    with connection:
        assert Call.sync(progress=ask, workers=1).complete
    connection.close()
    assert asked and indexes(path) == ALL


def test_rows_that_come_after_a_reader_had_the_indexes_made_are_stored_with_them(
    fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not dropped again."""
    texts, path = traced(monkeypatch), tmp_path / "mirror.db"

    def ask(report: Report) -> None:
        if report.seen > FEW:
            assert Call.offline(partial=True).filter(to="+15550000001").count()
            assert Call.offline(partial=True).filter(to="+15550000001").count()

    connection = connect(fake, path)
    with connection:
        assert Call.sync(progress=ask, workers=1).new == CALLS
    connection.close()
    assert len(places(texts, DROP)) == len(FIELDS) and indexes(path) == ALL
    assert look(path, "PRAGMA integrity_check") == [("ok",)]


class Stopped(BaseException):
    """As Ctrl-C."""


@pytest.mark.parametrize("error", [Stopped, RuntimeError, twilio_orm.Unreachable])
def test_a_sync_that_fails_makes_them_too(fake: FakeTwilio, tmp_path: Path, error: type[BaseException]) -> None:
    path, told = tmp_path / "mirror.db", list[str]()

    def stop(report: Report) -> None:
        told.append(report.note)
        if report.seen > FEW:
            raise error("it is enough")

    connection = connect(fake, path)
    with connection:
        with pytest.raises(error):
            Call.sync(progress=stop, workers=1)
        assert indexes(path) == ALL and BUILDING not in told
        assert Call.sync().complete and Call.offline().count() == CALLS
    connection.close()


def killed_while_loading(fake: FakeTwilio, path: Path) -> None:
    """A process that is killed when most of its pages are stored."""
    child = forked()
    if not child:
        try:
            with connect(fake, path):
                Call.sync(progress=lambda now: os.kill(os.getpid(), signal.SIGKILL) if now.seen > 2 * FEW else None, workers=1)
        finally:
            os._exit(1)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    assert not FIELDS & indexes(path) and indexes(path) >= ALL - FIELDS


needs_forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")


@needs_forks
def test_the_next_opening_that_may_write_makes_what_a_killed_process_left_out(fake: FakeTwilio, tmp_path: Path) -> None:
    path = tmp_path / "mirror.db"
    killed_while_loading(fake, path)
    reading = open_mirror(path, readonly=True)
    held = reading.count(Query(SCHEMA))
    assert held > 2 * FEW and not reading.database.memory, "a copy is not needed to read it"
    reading.close()
    assert not FIELDS & indexes(path)
    mirror = open_mirror(path)
    assert mirror.count(Query(SCHEMA)) == held and indexes(path) == ALL
    mirror.close()


def loading(mirror: Mirror, failed: Callable[[Any], object] = pytest.fail) -> Any:
    return bulk_load.loading(mirror, SCHEMA, lambda: None, failed)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Mirror, Mirror]]:
    """Two mirrors of one file, as two processes have."""
    both = open_mirror(tmp_path / "mirror.db"), open_mirror(tmp_path / "mirror.db")
    yield both
    for one in both:
        one.close()


def test_a_reader_in_another_process_makes_them_after_one_slow_answer(
    pair: tuple[Mirror, Mirror], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had the file open before they were dropped, so it does not know. Within a snapshot it makes none."""
    (mirror, other), path = pair, tmp_path / "mirror.db"
    query = Query(SCHEMA, parse(SCHEMA, {"to": rows(3, 1, OWNER)[0][SCHEMA.index["to"]]})[0])
    assert not mirror.count(query) and not other.count(query)
    with loading(other):
        for start in range(0, PAGES * PAGE, PAGE):
            other.absorb(SCHEMA, rows(start, PAGE, OWNER), other.revision(), more=True)
        assert mirror.count(query) == mirror.count(query) == 1 and not FIELDS & indexes(path)
        monkeypatch.setattr(limits, "LONG", 0.0)
        assert mirror.count(query) == 1
        monkeypatch.setattr(limits, "LONG", 1000.0)
        assert not FIELDS & indexes(path)
        with mirror.database.snapshot():
            assert mirror.count(query) == 1 and not FIELDS & indexes(path)
        assert mirror.count(query) == 1 and indexes(path) == ALL


def test_two_loads_of_one_table_do_not_undo_each_other(
    pair: tuple[Mirror, Mirror], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first end makes the indexes, and the other load goes on with them."""
    texts, path = traced(monkeypatch), tmp_path / "mirror.db"

    def store(mirror: Mirror, start: int) -> None:
        mirror.absorb(SCHEMA, rows(start, PAGE, OWNER), mirror.revision(), more=True)

    with loading(pair[0]):
        with loading(pair[1]):
            for turn in range(PAGES):
                store(pair[turn % 2], turn * PAGE)
            assert not FIELDS & indexes(path)
        assert indexes(path) == ALL
        store(pair[0], PAGES * PAGE)
        with loading(pair[0]):  # another one of the same process
            store(pair[0], (PAGES + 1) * PAGE)
    assert indexes(path) == ALL and len(places(texts, DROP)) == len(FIELDS)
    assert look(path, "SELECT count(*) FROM call") == [((PAGES + 2) * PAGE,)]
    assert look(path, "PRAGMA integrity_check") == [("ok",)]


def test_another_process_that_opens_the_file_meanwhile_makes_them(tmp_path: Path) -> None:
    path = tmp_path / "mirror.db"
    mirror, other = open_mirror(path), open_mirror(path)
    with loading(mirror):
        for start in range(0, PAGES * PAGE, PAGE):
            mirror.absorb(SCHEMA, rows(start, PAGE, OWNER), mirror.revision(), more=True)
        assert not FIELDS & indexes(path)
        mirror.database.open_anew()
        mirror.database.close_all()  # as before a fork: this process goes on without them
        assert mirror.count(Query(SCHEMA)) == PAGES * PAGE and not FIELDS & indexes(path)
        assert other.count(Query(SCHEMA)) == PAGES * PAGE and indexes(path) == ALL
        mirror.absorb(SCHEMA, [row(1000, OWNER)], mirror.revision(), more=True)
    assert indexes(path) == ALL
    assert mirror.find(SCHEMA, [(sid(1000),)])
    mirror.close()
    other.close()


def test_indexes_that_cannot_be_made_now_are_a_warning(fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process writes for too long: what was synced is complete, and the next opening makes them."""
    path = tmp_path / "mirror.db"
    connection, writer = connect(fake, path), sqlite3.connect(path, isolation_level=None)

    def block(report: Report) -> None:
        if report.note == BUILDING:
            monkeypatch.setattr(limits, "BUSY", 0.01)
            writer.execute("BEGIN IMMEDIATE")

    with connection:
        with pytest.warns(MirrorWarning, match="Call are slower .* was locked"):
            assert Call.sync(progress=block, workers=1).complete
        assert not FIELDS & indexes(path) and Call.offline().count() == CALLS
    writer.execute("ROLLBACK")
    writer.close()
    monkeypatch.undo()
    connection.close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with connect(fake, path):
            assert Call.offline().count() == CALLS and indexes(path) == ALL


def test_a_mirror_in_memory_keeps_its_indexes(fake: FakeTwilio) -> None:
    """They cost little there, and all threads share the connection."""
    connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:")
    with connection:
        assert Call.sync(progress=lambda now: pytest.fail(now.note) if now.note else None).new == CALLS
        found = connection.sql("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'call' AND sql IS NOT NULL")
        assert {name for (name,) in found} == ALL
    connection.close()


def test_a_copy_makes_the_indexes_of_fields_after_the_last_row(
    fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect(fake, tmp_path / "source.db"):
        assert Call.sync().complete
    monkeypatch.setattr(copied_tables, "PAGE", PAGE)
    monkeypatch.setattr(mirror_copies, "SCHEMAS", [SCHEMA])
    texts = traced(monkeypatch)
    assert {one.table: one.rows for one in copy_mirror(tmp_path / "source.db", tmp_path / "copy.db").tables}["call"] == CALLS
    made, rows = places(texts, *(f'{MAKE} IF NOT EXISTS "{name}"' for name in FIELDS)), places(texts, INSERT)
    dropped = places(texts, DROP)
    assert len(dropped) == len(FIELDS) and min(made[-len(FIELDS) :]) > max(rows)
    assert sum(at > max(dropped) for at in rows) >= PAGES - 2
    assert indexes(tmp_path / "copy.db") == ALL
