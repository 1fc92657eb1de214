"""SQLite's tables, made from data: the same as those that were spelled by hand before."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path

import sample

from twilio_orm.mirror.callback_table import TABLES, unconfirmed_index
from twilio_orm.mirror.sqlite.database import MirrorDatabase
from twilio_orm.mirror.sqlite.tables import VERSION
from twilio_orm.mirror.table_layout import redacted_index

LATE = """
CREATE TABLE mirror_callbacks (id INTEGER PRIMARY KEY, account_sid TEXT NOT NULL, token TEXT NOT NULL, received_at TEXT NOT NULL,
 kind TEXT NOT NULL, resource TEXT, key TEXT, sequence INTEGER, parameters TEXT NOT NULL, outcome TEXT NOT NULL, why TEXT);
CREATE INDEX mirror_callbacks_failed ON mirror_callbacks (id) WHERE outcome = 'failed';
CREATE INDEX mirror_callbacks_record ON mirror_callbacks (key, resource) WHERE key IS NOT NULL;
CREATE TABLE mirror_callbacks_removed (key TEXT NOT NULL, resource TEXT NOT NULL, received_at TEXT NOT NULL,
 PRIMARY KEY (key, resource)) WITHOUT ROWID;
CREATE UNIQUE INDEX mirror_callbacks_token ON mirror_callbacks (account_sid, token);
CREATE INDEX call_redacted ON call (mirror_revision) WHERE instr(mirror_absent, '-') > 0;
CREATE INDEX call_unconfirmed ON call (account_sid) WHERE instr(mirror_absent, '?') > 0;
CREATE TABLE call (account_sid, mirror_absent, mirror_revision)
"""
"""What was spelled by hand until schema 5, besides the tables of the sample."""


def spelled(sql: str) -> str:
    """A statement without quotes, and with single spaces."""
    return re.sub(r"(?<=\() | (?=\))", "", " ".join(sql.replace('"', "").split()))


def made(path: Path | str) -> dict[str, str]:
    """The statements that made the tables and indexes of a file, by name."""
    with contextlib.closing(sqlite3.connect(path)) as bare:
        found = bare.execute("SELECT name, sql FROM sqlite_master WHERE type <> 'view' AND sql IS NOT NULL").fetchall()
    return {name: spelled(sql) for name, sql in found}


def columns(statement: str) -> list[str]:
    """The definitions of a table's columns and of its key."""
    return re.split(r", (?![^()]*\))", statement.partition("(")[2])


def test_tables_are_made_as_the_sample_of_this_schema_spells_them(tmp_path: Path) -> None:
    """Column by column, with key, indexes and options: a release may add columns of resources, and change none."""
    sample.make(tmp_path / "made.db")
    new, old = made(tmp_path / "made.db"), made(Path(__file__).parent / f"schema-{VERSION}.db")
    assert {"call_history", "call_history_record", "call_unsettled", "mirror_missed"} <= old.keys() <= new.keys()
    for name, statement in old.items():
        if statement.startswith("CREATE TABLE") and not name.startswith("mirror_"):
            assert [one for one in columns(new[name]) if one in columns(statement)] == columns(statement), name
        else:
            assert new[name] == statement, name


def test_what_is_made_late_is_made_as_before(tmp_path: Path) -> None:
    path = tmp_path / "late.db"
    database = MirrorDatabase(str(path))
    with database.writing() as connection:
        for table in TABLES * 2:
            connection.make_table(table)
        connection.execute("CREATE TABLE call (account_sid, mirror_absent, mirror_revision)")
        for index in (redacted_index("call"), unconfirmed_index("call")) * 2:
            connection.make_index("call", index)
        assert connection.has_table("call") and connection.has_index("call_redacted")
        assert not connection.has_table("call_redacted") and not connection.has_index("call")
    database.close_all()
    assert sorted(made(path).values()) == sorted(map(spelled, LATE.split(";")))
