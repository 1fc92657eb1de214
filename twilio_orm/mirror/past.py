"""The mirror as it was: the same questions, put to its tables as they were at a revision. It writes nothing.

A statement is read with each table that it names replaced by one of the same name: the rows that have not changed since then,
and the earlier versions that held at that moment. Which questions had been heard, and which records were in doubt, likewise.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from .. import faces as questions
from ..lookups import Sql
from ..query import Query
from ..shape import Row, Shape
from . import history
from .answers import Answers
from .database import MirrorDatabase
from .schema import history_table

_OWN = {
    "mirror_sweeps": "id, account_sid, resource, equal, spans, began_at, ended_at, revision",
    "mirror_missed": "resource, record, equal, others, firm, at, revision",
}


class Past(Answers):
    """A mirror at a revision: ``at`` is the moment that was asked for, ``revision`` the last one until then."""

    _number = "mirror_place"
    _tables = False

    def __init__(self, mirror: Answers, revision: int, at: datetime) -> None:
        self.path, self.database, self._shapes = mirror.path, mirror.database, mirror._shapes
        self.left_out = mirror.left_out
        self._mirror, self.revision, self.at = mirror, revision, at

    def open(self) -> MirrorDatabase:
        """The database. Touches the disk."""
        return self._mirror.open()

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A connection whose tables are as they were. Reads the disk."""
        with self._mirror.reading() as connection:
            yield _Then(connection, self._shapes, self.revision)

    def _ids(self, query: Query, where: Sql) -> array[int]:
        """The numbers of the rows that answer. Where few are wanted, each part of the past gives as many, in its own order."""
        if query.high is None:
            return super()._ids(query, where)
        shape = query.shape
        order = questions.sql_order(shape, query.order)
        few = f" WHERE {where[0]} ORDER BY {order} LIMIT {max(query.high, 0)}"
        with self.reading() as then:
            found = [
                row[0]
                for source in then.sources(shape)
                for row in then.execute(f'SELECT mirror_place FROM ({source}) AS "{shape.table}"{few}', where[1])
            ]
            first = then.among(shape, found, "mirror_place", f" ORDER BY {order}")
        return array("q", (row[0] for row in first[query.low : query.high]))

    def _numbered(self, shape: Shape, shown: Sequence[str], ids: list[int], where: Sql) -> list[Row]:  # noqa: ARG002
        """The rows of these numbers: what was does not change between two looks."""
        with self.reading() as then:
            return list(then.among(shape, ids, f"mirror_place, {', '.join(shown)}"))

    def record(self, shape: Shape, account: str, key: str) -> Row | None:  # noqa: ARG002
        """Nothing: what was takes a closer look."""
        return None


class _Then:
    """A connection that reads the tables as they were at a revision."""

    def __init__(self, connection: sqlite3.Connection, shapes: dict[str, Shape], revision: int) -> None:
        self._connection, self._shapes, self._revision = connection, shapes, revision

    def execute(self, statement: str, values: Any = ()) -> sqlite3.Cursor:
        """Run a SELECT."""
        tables = [f'"{table}" AS ({" UNION ALL ".join(self.sources(shape))})' for table, shape in self._shapes.items()
                  if f'"{table}"' in statement]  # fmt: skip
        tables += [f"{table} AS ({self._own(table)})" for table in _OWN if table in statement]
        return self._connection.execute(f"WITH {', '.join(tables)} {statement}" if tables else statement, values)

    def among(self, shape: Shape, ids: list[int], shown: str, order: str = "") -> list[Row]:
        """These expressions of those records of a table that have these numbers."""
        there, *earlier = self.sources(shape)
        parts = [f"{there} AND rowid IN (SELECT value FROM json_each(?1))"]
        parts += [f'{one} AND "{history_table(shape)}".rowid IN (SELECT -value FROM json_each(?1))' for one in earlier]
        statement = f'SELECT {shown} FROM ({" UNION ALL ".join(parts)}) AS "{shape.table}"{order}'
        return self._connection.execute(statement, (json.dumps(ids),)).fetchall()

    def sources(self, shape: Shape) -> list[str]:
        """The rows of a table that were what they are, and the versions that held.

        ``mirror_place`` tells them apart: the number of a row, or below 0 that of a version. ``rowid`` is the row's in both.
        """
        names = history.columns(shape)
        then = f"mirror_revision <= {self._revision}"
        found = [f'SELECT rowid AS rowid, rowid AS mirror_place, {names} FROM main."{shape.table}" WHERE {then}']
        if history.is_kept(self._connection, shape):
            table = history_table(shape)
            key = [shape.columns[name].column_name for name in shape.key]
            same = " AND ".join(f'm."{name}" = "{table}"."{name}"' for name in key)
            number = f'(SELECT m.rowid FROM main."{shape.table}" m WHERE {same}) AS rowid, -"{table}".rowid AS mirror_place'
            held = f"{then} AND mirror_until > {self._revision}"
            found.append(f'SELECT {number}, {names} FROM main."{table}" WHERE {held}')
        return found

    def _own(self, table: str) -> str:
        columns, then = _OWN[table], f"revision <= {self._revision}"
        return (
            f"SELECT {columns} FROM main.{table} WHERE {then} UNION ALL"
            f" SELECT {columns} FROM main.{table}_history WHERE {then} AND until > {self._revision}"
        )
