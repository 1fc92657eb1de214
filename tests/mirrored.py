"""What a mirror holds, to compare it with that of another mirror."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from twilio_orm.mirror.sqlite.database import MirrorDatabase
from twilio_orm.mirror.store import Mirror
from twilio_orm.schema.field import Column


def copy_tables(source: Mirror, target: Mirror) -> None:
    """Make a new mirror what another one of the same engine is, without the library: every table, with the numbers of rows."""
    here: Any = source.open()
    there: Any = target.open()
    if isinstance(here, MirrorDatabase):
        here.connection().backup(there.connection())
        return
    with here.reading() as session:
        tables = session.execute("SELECT tablename FROM pg_tables WHERE schemaname = ?", (here.url.schema,)).fetchall()
        texts = ["BEGIN ISOLATION LEVEL REPEATABLE READ"]
        for (table,) in tables:
            old, new = (f'"{one.url.schema}"."{table}"' for one in (here, there))
            texts += [f"DELETE FROM {new}", f"INSERT INTO {new} OVERRIDING SYSTEM VALUE TABLE {old}"]
        session.execute("; ".join([*texts, "COMMIT"]), None)


def contents(mirror: Mirror) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every table of a mirror, in some order that does not change while they do not."""
    database: Any = mirror.open()
    with database.reading() as session:
        if isinstance(database, MirrorDatabase):
            found = session.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        else:
            found = session.execute("SELECT tablename FROM pg_tables WHERE schemaname = ?", (database.url.schema,)).fetchall()
        return {name: sorted(session.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) for (name,) in sorted(found)}


def execute(mirror: Mirror, statement: str, values: Any = ()) -> None:
    """Run a statement that writes, behind the back of what writes the mirror."""
    mirror.open().unit(lambda unit: unit.connection.execute(statement, values))


@contextmanager
def refused(mirror: Mirror, table: str, condition: str) -> Iterator[None]:
    """In the block, the engine itself refuses to insert rows of a table that a condition is true of."""
    database: Any = mirror.open()
    if isinstance(database, MirrorDatabase):
        make = f"BEFORE INSERT ON {table} WHEN NEW.{condition} BEGIN SELECT RAISE(ABORT, 'no'); END"
        start, end, hold = f"CREATE TRIGGER refused {make}", "DROP TRIGGER refused", database.writing
    else:
        start = f"ALTER TABLE {table} ADD CONSTRAINT refused CHECK (({condition}) IS NOT TRUE) NOT VALID"
        end, hold = f"ALTER TABLE {table} DROP CONSTRAINT refused", database.reading
    with hold() as session:
        session.execute(start)
    try:
        yield
    finally:
        with hold() as session:
            session.execute(end)


@contextmanager
def statements(mirror: Mirror) -> Iterator[list[str]]:
    """The texts of the statements that this thread runs meanwhile: with their values in SQLite, with marks in PostgreSQL."""
    database: Any = mirror.open()
    texts: list[str] = []
    with database.reading() as session:
        if isinstance(database, MirrorDatabase):
            session.set_trace_callback(texts.append)
            try:
                yield texts
            finally:
                session.set_trace_callback(None)
            return
    run = type(session).execute

    def execute(self: Any, statement: str, values: Any = ()) -> Any:
        texts.append(statement)
        return run(self, statement, values)

    with mock.patch.object(type(session), "execute", execute):
        yield texts


def rows(connection: Any, model: Any) -> list[tuple[Any, ...]]:
    """The records of a mirror that are not deleted, column by column, without revisions."""
    columns: list[Column[Any]] = list(model.api_schema.columns.values())
    names = ", ".join(f'"{one.column_name}"' for one in columns)
    return connection.sql(
        f'SELECT {names}, mirror_extras, mirror_absent FROM "{model.api_schema.table}" WHERE mirror_gone IS NULL ORDER BY 1'
    )


def difference(held: Any, plain: Any, model: Any) -> list[str]:
    """What the records of two mirrors differ in: SIDs, columns and both values.

    Fields that lists do not show are left out: a mirror that was told of them knows more than one that lists.
    """
    columns = model.api_schema.columns
    unlisted = {name for name, column in columns.items() if column.unlisted}
    parts = [list(columns).index(name) for name in model.api_schema.key]
    found, expected = (
        {"/".join(row[at] for at in parts): listed(row, columns, unlisted) for row in rows(one, model)} for one in (held, plain)
    )
    lines = [f"{sid} is in one of them only" for sid in sorted(found.keys() ^ expected.keys())]
    for sid in sorted(found.keys() & expected.keys()):
        several = zip([*columns, "extras", "absent"], found[sid], expected[sid], strict=True)
        lines += [f"{sid} {name}: {one!r}, not {other!r}" for name, one, other in several if one != other]
    return lines


def listed(row: tuple[Any, ...], columns: Any, unlisted: set[str]) -> tuple[Any, ...]:
    """A row without its unlisted fields."""
    *values, extras, absent = row
    shown = [None if name in unlisted else value for name, value in zip(columns, values, strict=True)]
    return (*shown, extras, sorted({*json.loads(absent or "[]")} - unlisted))
