"""Files whose decimals are texts become files whose decimals are numbers: every record to the letter, all of it or nothing."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pricing
import pytest
from bodies import SCHEMA
from peewee import fn

import twilio_orm
from twilio_orm import Call, Connection, Count, MirrorFull, Sum, UsageRecord
from twilio_orm.changes import plan_steps
from twilio_orm.mirror.sqlite import tables
from twilio_orm.mirror.store import Mirror
from twilio_orm.query.ast import Query
from twilio_orm.schema.exact_json import EXACT_CONTEXT
from twilio_orm.schema.registry import SCHEMAS

COLUMNS = ", ".join(f'"{name}"' for name in tables.definitions(SCHEMA))
TABLES = ["call", "call_history", *pricing.others()]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A copy of a mirror that the release before wrote."""
    return Path(shutil.copy(pricing.PATH, tmp_path / "old.db"))


def mirror_at(path: Path) -> Mirror:
    return Mirror(str(path), SCHEMAS, *pricing.HOME)


def connected(path: Path) -> Connection:
    def refuse(request: object) -> Any:
        raise AssertionError(f"nothing is sent: {request}")

    return twilio_orm.connect(pricing.OWNER, "7" * 32, transport=refuse, mirror=path)


def raw(path: Path, text: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as bare:
        return bare.execute(text).fetchall()


def kinds(path: Path) -> dict[str, list[tuple[str, str]]]:
    """The columns of the tables, with their types."""
    return {table: raw(path, f"SELECT name, type FROM pragma_table_info('{table}')") for table in TABLES}


def upgraded(path: Path) -> Path:
    mirror = mirror_at(path)
    mirror.open()
    mirror.close()
    return path


def number(sent: Any) -> Decimal | None:
    """What a value that Twilio sent says as a number, as the release before read it."""
    if isinstance(sent, bool) or not isinstance(sent, (str, int, float, Decimal)):
        return None
    try:
        return Decimal(str(sent))
    except ArithmeticError:
        return None


def test_every_record_and_version_comes_back_to_the_letter(old: Path) -> None:
    """Bodies, values, histories and what was gone are what they were; nothing that names a row by its number is misled."""
    before = {table: raw(old, f'SELECT rowid, * FROM "{table}" ORDER BY rowid') for table in TABLES}
    connection = connected(old)
    mirror = connection.mirror
    first, second = ({one["sid"]: one for one in pricing.calls(version)} for version in (0, 1))
    for key, body in first.items():
        versions = [SCHEMA.codec.body(row) for _, row in mirror.versions(SCHEMA, (key,))]
        wanted = [body] if body == second[key] and repr(body["price"]) == repr(second[key]["price"]) else [body, second[key]]
        assert versions[: len(wanted)] == wanted and versions[-1] == wanted[-1]
    for schema, bodies in pricing.others().values():
        rows = {schema.codec.identity(row): row for row in mirror.select(Query(schema))}
        assert len(rows) == len(bodies)
        for body in bodies:
            row = rows[schema.codec.identity(schema.codec.read(body, pricing.given(schema)))]
            assert schema.codec.body(row) == body
            for name in schema.numbers:
                assert getattr(twilio_orm.resources()[schema.name].from_row(row, None), name) == number(body[name])
    mirror.close()
    after = {table: raw(old, f'SELECT rowid, * FROM "{table}" ORDER BY rowid') for table in TABLES}
    told = {table: {"rowid": "", **dict(columns)} for table, columns in kinds(old).items()}
    for table, rows in before.items():
        numeric = [at for at, kind in enumerate(told[table].values()) if kind == "NUMERIC"]
        odd = {*numeric, [*told[table]].index("mirror_extras")}
        assert numeric and len(rows) == len(after[table])
        for one, other in zip(rows, after[table], strict=True):
            assert [value for at, value in enumerate(one) if at not in odd] == [
                value for at, value in enumerate(other) if at not in odd
            ]
            assert not any(isinstance(other[at], str) for at in numeric)


def test_a_row_is_what_its_body_makes_now(old: Path) -> None:
    """So that what is recognised by its text need not be read again, and a page that says the same changes nothing."""
    mirror = mirror_at(old)
    bodies = pricing.calls(1)
    found = {SCHEMA.codec.identity(row): row for row in mirror.select(Query(SCHEMA), with_deleted=True)}
    for body in bodies:
        row = SCHEMA.codec.read(body, {})
        assert repr(found[SCHEMA.codec.identity(row)][: len(row) - 2]) == repr(row[: len(row) - 2])
    done = mirror.absorb(SCHEMA, [SCHEMA.codec.read(body, {}) for body in bodies], mirror.revision())
    assert (done.new, done.changed, done.unchanged) == (0, 1, len(bodies) - 1), "what was gone is back, nothing else changed"
    fingerprints = [one for (one,) in raw(old, "SELECT mirror_digest FROM call WHERE mirror_digest IS NOT NULL")]
    assert fingerprints and {pricing.FINGERPRINT + at for at in range(len(bodies))} >= {*fingerprints}
    mirror.close()


def test_sums_and_questions_are_what_they_were(old: Path) -> None:
    """By unit and group, now and as of before; and what peewee's words say of the table."""
    connection = connected(old)
    for calls, version in ((Call.offline(partial=True).with_gone(), 1), (Call.as_of(pricing.AT, partial=True), 0)):
        numbers = [one for one in (number(body["price"]) for body in pricing.calls(version)) if one is not None]
        total = Decimal(0)
        for one in numbers:
            total = EXACT_CONTEXT.add(total, one)
        assert calls.aggregate(cost=Sum("price"))["cost"] == {"USD": total}
        assert calls.filter(price__lt="-0.03").count() == sum(one < Decimal("-0.03") for one in numbers)
        assert {row["price"]: row["n"] for row in calls.values("price").annotate(n=Count()) if row["price"] is not None} == {
            one: numbers.count(one) for one in numbers
        }
    now = [one for one in (number(body["price"]) for body in pricing.calls(1)) if one is not None]
    assert Call.select(fn.MIN(Call.price)).scalar() == min(now)
    assert Call.select().where(Call.price < Decimal("-0.1")).count() == sum(one < Decimal("-0.1") for one in now)
    assert UsageRecord.select().where(UsageRecord.price == Decimal("-0.03")).count() == 4
    connection.close()


def test_the_tables_are_those_of_a_new_file(old: Path, tmp_path: Path) -> None:
    """Types, indexes and what was guessed of them; what somebody else put there stays; and nothing is done twice."""
    with contextlib.closing(sqlite3.connect(old)) as bare:
        bare.execute("ALTER TABLE call ADD COLUMN theirs TEXT DEFAULT 'x'")
        bare.execute("CREATE VIEW cheap AS SELECT sid, price FROM call WHERE price > -0.05")
        bare.execute("CREATE TABLE notes (call TEXT REFERENCES call (sid), text TEXT)")
        bare.execute("CREATE INDEX by_price ON call (price, status)")
        bare.execute("DELETE FROM call WHERE rowid IN (2, 5)")  # as forgetting does where the key itself is personal
        bare.execute("DELETE FROM call_history WHERE rowid = 3")
        bare.execute("UPDATE sqlite_stat1 SET stat = '5 1' WHERE idx = 'call_to'")
        bare.commit()
    places = {table: raw(old, f'SELECT rowid, sid FROM "{table}" ORDER BY rowid') for table in ("call", "call_history")}
    upgraded(old)
    assert {table: raw(old, f'SELECT rowid, sid FROM "{table}" ORDER BY rowid') for table in places} == places
    new = upgraded(tmp_path / "new.db")
    assert {table: sorted(one) for table, one in kinds(old).items() if table != "call_history"} == {
        table: sorted([*one, *[("theirs", "TEXT")] * (table == "call")])
        for table, one in kinds(new).items()
        if table != "call_history"
    }
    sql = """replace(sql, '"', '')"""  # earlier releases did not quote all names
    indexes = f"SELECT name, tbl_name, {sql} FROM sqlite_master WHERE type = 'index' AND tbl_name NOT LIKE '%_history'"
    assert {*raw(old, indexes)} == {*raw(new, indexes), ("by_price", "call", "CREATE INDEX by_price ON call (price, status)")}
    assert ("5 1",) in raw(old, "SELECT stat FROM sqlite_stat1 WHERE idx = 'call_to'")
    assert raw(old, "SELECT count(*) FROM cheap")[0][0] == raw(old, "SELECT count(*) FROM call WHERE price > -0.05")[0][0] > 10
    assert raw(old, "SELECT name FROM sqlite_master WHERE name = 'mirror_renewed'") == []
    assert raw(old, "PRAGMA integrity_check") == [("ok",)] and raw(old, "PRAGMA freelist_count") == [(0,)]
    before = old.read_bytes()
    assert upgraded(old).read_bytes() == before


def test_without_room_the_file_stays_as_it_was(old: Path) -> None:
    """MirrorFull; with room again it is upgraded."""
    before = {table: raw(old, f'SELECT rowid, * FROM "{table}"') for table in TABLES}
    mirror = mirror_at(old)
    with mirror.database.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    with pytest.raises(MirrorFull):
        mirror.open()
    mirror.close()
    assert {table: raw(old, f'SELECT rowid, * FROM "{table}"') for table in TABLES} == before
    assert raw(old, "PRAGMA user_version") == [(4,)]
    assert raw(upgraded(old), "PRAGMA user_version") == [(tables.VERSION,)]


def killed(path: Path, after: int) -> int:
    """Upgrade in a process that is killed at this step of SQLite's, in thousands; returns its exit code."""
    child = os.fork()
    if not child:
        mirror, left = mirror_at(path), [after]

        def step() -> int:
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)
            return 0

        try:
            with mirror.database.reading() as connection:
                connection.set_progress_handler(step, 1000)
            mirror.open()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def points() -> Iterator[int]:
    """Where it is killed: everywhere on the way."""
    yield from (0, 2, 7, 16, 30, 60)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
def test_a_crash_leaves_the_old_file_or_the_new(old: Path, tmp_path: Path) -> None:
    """Killed anywhere, the file is whole, of one schema or the other, and what it lacks is made up for when it is next opened."""
    before = {table: raw(old, f'SELECT rowid, * FROM "{table}" ORDER BY rowid') for table in TABLES}
    wanted = upgraded(Path(shutil.copy(old, tmp_path / "wanted.db")))
    after = {table: raw(wanted, f'SELECT rowid, * FROM "{table}" ORDER BY rowid') for table in TABLES}
    codes = set()
    for number_, steps_ in enumerate(points()):
        path = Path(shutil.copy(old, tmp_path / f"killed-{number_}.db"))
        codes.add(killed(path, steps_))
        found = {table: raw(path, f'SELECT rowid, * FROM "{table}" ORDER BY rowid') for table in TABLES}
        version = raw(path, "PRAGMA user_version")[0][0]
        assert found == {4: before, tables.VERSION: after}[version]
        upgraded(path)
        assert {table: raw(path, f'SELECT rowid, * FROM "{table}" ORDER BY rowid') for table in TABLES} == after
        assert raw(path, "PRAGMA integrity_check") == [("ok",)]
    assert 9 in codes


def test_a_plan_that_was_made_before_knows_its_records(old: Path) -> None:
    """A journaled row with decimals as texts is the row that Twilio's body makes now."""
    for body in pricing.calls(0):
        row = SCHEMA.codec.read(body, {})
        kept = SCHEMA.codec.extras(row)
        text = number(body["price"])
        if text is not None and isinstance(body["price"], str) and format(text, "f") == body["price"]:
            kept.pop("price", None)
        texts = {
            **dict(zip(SCHEMA.index, row, strict=False)),
            "price": None if text is None or abs(text) > 10**99 else format(text, "f"),
        }
        texts["mirror_extras"] = json.dumps(kept, default=float) if kept else None
        made = plan_steps.to_line(plan_steps.Step(0, "POST", SCHEMA.codec.identity(row), SCHEMA, row))
        read = plan_steps.from_line(SCHEMA, replace(made, record=json.dumps(texts)))
        assert read.row is not None and SCHEMA.codec.stored(read.row, "price") == SCHEMA.codec.stored(row, "price")
        again = plan_steps.from_line(SCHEMA, made)
        assert again.row is not None and (again.changed_since(row), read.changed_since(row)) == ([], [])
