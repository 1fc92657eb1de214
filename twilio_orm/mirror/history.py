"""The history of records: each earlier version of a row that changed, complete, with the revision that replaced it.

A record that never changed has no version here: its row names the revision that it came with. A version holds from its own
revision until ``mirror_until``, excluded; the row itself is the last version. Versions are not compared here.
"""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..schema.row_layout import Row
from .table_layout import columns, history_table, is_kept, keyed, version_table

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from .engine import Executor, Session

Key = tuple[Any, ...]
Change = tuple[int, "Row | None", Row]
"""A revision, the version of a record before it (None if it was not there), and the version from then on."""

Position = tuple[int, int, int]
"""The position of a change in their order: revision, 0 for a new record and 1 for a changed one, number of the row."""

CHUNK = 500


# ---------------------------------------------------------------- writing


def keep(connection: Session, schema: ResourceSchema, rows: Iterable[Row], until: int) -> None:
    """Store the earlier versions of rows; in the caller's transaction.

    :param until: the revision that replaces them.
    """
    found = [(*connection.stored_values(schema, row), until) for row in rows]
    if found:
        connection.make_table(version_table(schema))
        connection.insert(history_table(schema), (*connection.stored_columns(schema), "mirror_until"), found)


def keep_rowids(connection: Session, schema: ResourceSchema, rowids: Iterable[int], until: int) -> None:
    """Store the present rows of these numbers as versions; in the caller's transaction.

    :param until: the revision that is about to replace them.
    """
    connection.make_table(version_table(schema))
    names = ", ".join(f'"{name}"' for name in connection.stored_columns(schema))
    connection.executemany(
        f'INSERT INTO "{history_table(schema)}" ({names}, mirror_until)'
        f' SELECT {names}, CAST(? AS BIGINT) FROM "{schema.table}" WHERE rowid = ?',
        [(until, rowid) for rowid in rowids],
    )


def prune(connection: Session, schema: ResourceSchema, until: int, most: int) -> int:
    """Drop versions that were replaced until a revision; in the caller's transaction.

    :param most: drop at most so many.
    :returns: how many were dropped.
    """
    if not is_kept(connection, schema):
        return 0
    table = history_table(schema)
    found = connection.execute(
        f'DELETE FROM "{table}" WHERE rowid IN (SELECT rowid FROM "{table}" WHERE mirror_until <= ? LIMIT ?)', (until, most)
    )
    return found.rowcount


# ---------------------------------------------------------------- reading


def versions(connection: Executor, schema: ResourceSchema, key: Key) -> list[Row]:
    """Return every version of a record, the oldest first, the present row last. Reads the disk."""
    where = " AND ".join(f'"{schema.columns[name].column_name}" = ?' for name in schema.key)
    present = connection.execute(f'SELECT {columns(schema)} FROM "{schema.table}" WHERE {where}', key).fetchall()
    if not is_kept(connection, schema):
        return present
    earlier = f'SELECT {columns(schema)} FROM "{history_table(schema)}" WHERE {where} ORDER BY mirror_until'
    return connection.execute(earlier, key).fetchall() + present


def changes(connection: Executor, schema: ResourceSchema, after: Position, high: int) -> list[tuple[Position, Change]]:
    """Return a chunk of the changes after a position, until a revision, in order. Reads the disk.

    The position of the last one is that after which the next chunk begins.
    """
    has_history = is_kept(connection, schema)
    changed = _changed_records(connection, schema, after, high) if has_history else []
    return list(heapq.merge(_new_records(connection, schema, after, high, has_history), changed, key=lambda one: one[0]))[:CHUNK]


def behind(revision: int) -> Position:
    """Return the position after all changes until a revision. Pure."""
    return revision, 1, sys.maxsize


def _changed_records(connection: Executor, schema: ResourceSchema, after: Position, high: int) -> list[tuple[Position, Change]]:
    """Versions that were replaced, each with its successor."""
    olds = connection.execute(
        f'SELECT rowid, mirror_until, {columns(schema)} FROM "{history_table(schema)}"'
        " WHERE mirror_until >= ? AND mirror_until <= ? AND (mirror_until, rowid) > (?, ?) ORDER BY mirror_until, rowid LIMIT ?",
        (after[0], high, after[0], after[2] if after[1] else 0, CHUNK),
    ).fetchall()
    at = schema.codec.revision_slot
    news = {
        (schema.codec.identity(row), row[at]): row
        for row in _all_of(connection, schema, {schema.codec.identity(row[2:]) for row in olds})
    }
    found: list[tuple[Position, Change]] = []
    for rowid, until, *old in olds:
        new = news.get((schema.codec.identity(tuple(old)), until))
        if new is not None:
            found.append(((until, 1, rowid), (until, tuple(old), new)))
    return found


def _new_records(
    connection: Executor, schema: ResourceSchema, after: Position, high: int, has_history: bool
) -> list[tuple[Position, Change]]:
    """New records. New rows have greater numbers than older ones, so the first of them is found by bisection."""
    start = first_above(connection, schema, after[0] - 1)
    found: list[tuple[Position, Change]] = []
    at = schema.codec.revision_slot
    while start is not None and len(found) < CHUNK:
        rows = connection.execute(
            f'SELECT rowid, {columns(schema)} FROM "{schema.table}" WHERE rowid >= ? ORDER BY rowid LIMIT ?', (start, CHUNK)
        ).fetchall()
        firsts = _firsts(connection, schema, [schema.codec.identity(row[1:]) for row in rows]) if has_history else {}
        for rowid, *row in rows:
            version = firsts.get(schema.codec.identity(tuple(row)), tuple(row))
            if version[at] > high:
                return found
            position = (version[at], 0, rowid)
            if position > after:
                found.append((position, (version[at], None, version)))
        start = rows[-1][0] + 1 if len(rows) == CHUNK else None
    return found


def _firsts(connection: Executor, schema: ResourceSchema, keys: list[Key]) -> dict[Key, Row]:
    """The oldest versions of those records that have earlier ones."""
    firsts: dict[Key, Row] = {}
    for where, values in keyed(schema, keys):
        rows = connection.execute(
            f'SELECT {columns(schema)} FROM "{history_table(schema)}" WHERE {where} ORDER BY mirror_until DESC', values
        )
        firsts.update((schema.codec.identity(row), row) for row in rows)
    return firsts


def _all_of(connection: Executor, schema: ResourceSchema, keys: Iterable[Key]) -> Iterator[Row]:
    """Every version of these records."""
    for where, values in keyed(schema, list(keys)):
        for table in (schema.table, history_table(schema)):
            yield from connection.execute(f'SELECT {columns(schema)} FROM "{table}" WHERE {where}', values)


def first_above(connection: Executor, schema: ResourceSchema, revision: int) -> int | None:
    """Return the number of the first row whose record was not there yet at a revision; rows are in that order. Reads the disk."""
    has_history = is_kept(connection, schema)
    names = ", ".join(f'"{schema.columns[name].column_name}"' for name in schema.key)
    where = " AND ".join(f'"{schema.columns[name].column_name}" = ?' for name in schema.key)
    low, high = connection.execute(f'SELECT min(rowid), max(rowid) + 1 FROM "{schema.table}"').fetchone()
    if low is None:
        return None
    end = high
    while low < high:
        middle = (low + high) // 2
        rowid, current, *key = connection.execute(
            f'SELECT rowid, mirror_revision, {names} FROM "{schema.table}" WHERE rowid >= ? ORDER BY rowid LIMIT 1', (middle,)
        ).fetchone()
        if has_history and current > revision:
            earlier = f'SELECT mirror_revision FROM "{history_table(schema)}" WHERE {where} ORDER BY mirror_until LIMIT 1'
            current = (connection.execute(earlier, key).fetchone() or (current,))[0]
        low, high = (low, middle) if current > revision else (rowid + 1, high)
    return low if low < end else None
