"""The tables that a copy of a mirror consists of, and how their rows are read: in pages along a key, as canonical values.

A row's canonical values are the same on every engine. The numbers of records are among them, since suspicions name records by
them; the numbers of versions and of plans are not, but their order is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from . import callback_table, metadata
from .table_layout import column_names, history_table, version_table

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from .engine import Executor, Session

PAGE = 4000
"""Rows that are read, and stored in one transaction, at a time."""
ABOUT, NUMBER, UNTIL = "mirror_about", "rowid", "until"
_SWEEP = ("id", "account_sid", "resource", "equal", "spans", "began_at", "ended_at", "revision")
_SUSPECT = ("resource", "record", "equal", "others", "firm", "at", "revision")

Position = tuple[Any, ...]
"""The key of the last row of a page."""


class CopiedTable(NamedTuple):
    """A table of a mirror.

    :param names: the columns that are copied.
    :param key: the columns that order the rows. No two rows have the same, unless it is ``until``.
    :param schema: the resource whose records or versions it has, or None.
    """

    name: str
    names: tuple[str, ...]
    key: tuple[str, ...]
    schema: ResourceSchema | None = None

    @property
    def records_of(self) -> ResourceSchema | None:
        """The resource whose records it has; None if it has none, or only earlier versions of them. Pure."""
        return self.schema if self.schema is not None and self.name == self.schema.table else None

    def page(self, connection: Executor, after: Position | None) -> tuple[list[tuple[Any, ...]], Position | None]:
        """Return a page of rows, and the position behind it; no rows behind the last page. Reads the disk.

        :param after: the position behind the page before it; None for the first one.
        """
        if not connection.has_table(self.name):
            return [], after
        key, width = ", ".join(map(_quoted, self.key)), len(self.key)
        select = f'SELECT {key}, {", ".join(map(_quoted, self.names))} FROM "{self.name}"'
        beyond = "" if after is None else f" WHERE {_compared(self.key, '>')}"
        found = connection.execute(f"{select}{beyond} ORDER BY {key} LIMIT {PAGE}", after or ()).fetchall()
        if self.key == (UNTIL,) and len(found) == PAGE:
            found = _whole_groups(connection, select, found)
        rows = [tuple(row[width:]) for row in found]
        if self.name == ABOUT:
            rows = [row for row in rows if not metadata.is_of_the_file(row[0])]
        return rows, tuple(found[-1][:width]) if found else after

    def insert(self, connection: Session, rows: list[tuple[Any, ...]]) -> None:
        """Insert rows; in the caller's transaction."""
        if not rows:
            return
        names: tuple[str, ...] = self.names
        if self.schema is not None:
            columns, width = connection.stored_columns(self.schema), len(column_names(self.schema))
            start = self.names.index(column_names(self.schema)[0])
            names = (*names[:start], *columns, *names[start + width :])
            rows = [
                (*row[:start], *connection.stored_values(self.schema, row[start : start + width]), *row[start + width :])
                for row in rows
            ]
        connection.insert(self.name, names, rows)

    def delete(self, connection: Session, until: Position) -> None:
        """Delete the rows until a position, included; in the caller's transaction."""
        if self.name == ABOUT:
            rows, _ = self.page(connection, None)
            connection.executemany("DELETE FROM mirror_about WHERE name = ?", [row[:1] for row in rows])
        else:
            connection.execute(f'DELETE FROM "{self.name}" WHERE {_compared(self.key, "<=")}', until)

    def make(self, connection: Session) -> None:
        """Make the table, if the engine makes it only once it is needed; in the caller's transaction."""
        if connection.has_table(self.name):
            return
        late = callback_table.TABLES if self.schema is None else (version_table(self.schema),)
        connection.make_table(next(one for one in late if one.name == self.name))

    def count(self, connection: Executor) -> int:
        """Return how many rows are copied. Reads the disk."""
        if not connection.has_table(self.name):
            return 0
        if self.name == ABOUT:
            return len(self.page(connection, None)[0])
        return int(connection.execute(f'SELECT count(*) FROM "{self.name}"').fetchone()[0])


def copied_tables(schemas: Iterable[ResourceSchema]) -> Iterator[CopiedTable]:
    """Return the tables in the order in which they are copied: coverage comes after the records that it is about. Pure."""
    for schema in schemas:
        names = column_names(schema)
        yield CopiedTable(schema.table, (NUMBER, *names), (NUMBER,), schema)
        yield CopiedTable(history_table(schema), (*names, "mirror_until"), (NUMBER,), schema)
    yield CopiedTable("mirror_revisions", ("id", "at", "kind"), ("id",))
    yield CopiedTable("mirror_accounts", ("sid", "root"), ("sid",))
    yield CopiedTable("mirror_plans", ("id", "account_sid", "resource", "kind", "made", "unchanged"), (NUMBER,))
    steps = ("plan", "number", "verb", "key", "way", "record", "fields", "state", "why", "at")
    yield CopiedTable("mirror_steps", steps, ("plan", "number"))
    callbacks = (
        "id", "account_sid", "token", "received_at", "kind", "resource", "key", "sequence", "parameters", "outcome", "why"
    )  # fmt: skip
    yield CopiedTable(callback_table.TABLE, callbacks, ("id",))
    yield CopiedTable(callback_table.REMOVED, ("key", "resource", "received_at"), ("key", "resource"))
    yield CopiedTable("mirror_missed", _SUSPECT, ("resource", "record", "equal", "others"))
    yield CopiedTable("mirror_missed_history", (*_SUSPECT, UNTIL), (UNTIL,))
    yield CopiedTable("mirror_sweeps", _SWEEP, ("id",))
    yield CopiedTable("mirror_sweeps_history", (*_SWEEP, UNTIL), (UNTIL,))
    yield CopiedTable(ABOUT, ("name", "value"), ("name",))


def fingerprint(rows: Iterable[tuple[Any, ...]], before: int = 0) -> int:
    """Return a fingerprint of rows in any order: the sum of those of each row. Pure.

    :param before: the fingerprint of the rows before these.
    """
    for row in rows:
        text = repr(row).encode("utf-8", "surrogatepass")
        before += int.from_bytes(blake2b(text, digest_size=16).digest(), "big")
    return before % 2**128


def _whole_groups(connection: Executor, select: str, found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows without those of the last ``until``, of which some may lack; if it is the only one, all of its rows."""
    last = found[-1][0]
    whole = [row for row in found if row[0] != last]
    return whole or connection.execute(f'{select} WHERE "{UNTIL}" = ?', (last,)).fetchall()


def _compared(key: tuple[str, ...], sign: str) -> str:
    """The SQL that compares the key of a row with parameters."""
    if len(key) == 1:
        return f"{_quoted(key[0])} {sign} ?"
    return f"({', '.join(map(_quoted, key))}) {sign} ({', '.join('?' * len(key))})"


def _quoted(name: str) -> str:
    return f'"{name}"'
