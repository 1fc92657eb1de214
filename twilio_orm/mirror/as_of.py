"""The mirror at a revision: queries read its tables as they were, or as they are when the answer begins. It writes nothing.

While nothing has changed since the revision, the tables themselves are read. Otherwise a table that a statement names stands for
the rows that have not changed since then, and the earlier versions that held at that moment. What was covered, and which records
were suspect, likewise.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..errors import MirrorError
from ..query import sql
from ..query.ast import Query
from ..query.lookups import Sql
from ..schema.resource_schema import ResourceSchema
from ..schema.row_codec import Row
from . import exclusions, history
from .database import MirrorDatabase, Snapshot
from .select import MirrorReader, row_columns
from .tables import history_table

_OWN = {
    "mirror_sweeps": "id, account_sid, resource, equal, spans, began_at, ended_at, revision",
    "mirror_missed": "resource, record, equal, others, firm, at, revision",
}
_LAST = "SELECT coalesce(max(id), 0) FROM mirror_revisions"


class AsOfMirror(MirrorReader):
    """A mirror at a ``revision``: the last one until some moment, or, where none is given, the last one when it is first read.

    ``now`` is the instant that it is by its reader's clock, or that was asked for: what is dated later counts for nothing.
    """

    def __init__(self, mirror: MirrorReader, revision: int | None = None, now: datetime | None = None) -> None:
        self.path, self.database, self._schemas = mirror.path, mirror.database, mirror._schemas
        self._mirror, self.revision, self.now = mirror, revision, now

    @property
    def excluded(self) -> exclusions.Exclusions:  # type: ignore[override]
        """What the mirror leaves out, as it says once it is open."""
        return self._mirror.excluded

    def open(self) -> MirrorDatabase:
        """The database. Touches the disk."""
        return self._mirror.open()

    def reading(self) -> _Reading:
        """A connection whose tables are as they were. Reads the disk."""
        return _Reading(self, self.open())

    def tables(self, connection: sqlite3.Connection) -> Any:
        """What to read from: a connection itself while nothing has changed, else what gives the tables as they were.

        :raises MirrorError: that is not known any more.
        """
        last = int(connection.execute(_LAST).fetchone()[0])
        if self.revision is None:
            self.revision = last
        if last == self.revision:
            return connection
        if last < self.revision:
            raise MirrorError(f"{self.path} was replaced by an earlier copy while it was being read: ask again")
        if history.since(connection) > self.revision:
            raise MirrorError(f"what {self.path} held when this answer began was pruned while it was being read: ask again")
        return _Then(connection, self._schemas, self.revision)

    def _ids(self, query: Query, where: Sql) -> array[int]:
        """The numbers of the rows that answer. Where few are wanted, each part of the past gives as many, in its own order."""
        with self.reading() as then:
            if query.high is None or not isinstance(then, _Then):
                return super()._ids(query, where)
            schema = query.schema
            order = sql.order_by(schema, query.order)
            few = f" WHERE {where[0]} ORDER BY {order} LIMIT {max(query.high, 0)}"
            found = [
                row[0]
                for source in then.sources(schema)
                for row in then.execute(f'SELECT rowid FROM ({source}) AS "{schema.table}"{few}', where[1])
            ]
            first = then.among(schema, found, "rowid", f" ORDER BY {order}")
        return array("q", (row[0] for row in first[query.low : query.high]))

    def _numbered(self, connection: Any, schema: ResourceSchema, shown: Sequence[str], ids: list[int]) -> list[Row]:
        """The rows of these numbers, each after its number."""
        if not isinstance(connection, _Then):
            return super()._numbered(connection, schema, shown, ids)
        return connection.among(schema, ids, f"rowid, {', '.join(shown)}")

    def current_row(self, schema: ResourceSchema, account: str, key: str) -> Row | None:  # noqa: ARG002
        """Nothing: what was takes a closer look."""
        return None


class _Reading(Snapshot):
    """Holds a connection whose tables are as they were at a revision. Within another of the same it is that one."""

    __slots__ = ("_past",)

    def __init__(self, past: AsOfMirror, database: MirrorDatabase) -> None:
        super().__init__(database, past.path)
        self._past = past

    def __enter__(self) -> Any:
        connection = super().__enter__()
        try:
            if self.begun or connection.shown is None or connection.shown[0] is not self._past:
                tables = self._past.tables(connection)
                if not self.begun:
                    return tables
                connection.shown = self._past, tables
            return connection.shown[1]
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if self.begun:
            self._connection.shown = None
        super().__exit__(kind, error, trace)


class _Then:
    """A connection that reads the tables as they were at a revision."""

    def __init__(self, connection: sqlite3.Connection, schemas: dict[str, ResourceSchema], revision: int) -> None:
        self._connection, self._schemas, self._revision = connection, schemas, revision

    def execute(self, statement: str, values: Any = ()) -> sqlite3.Cursor:
        """Run a SELECT."""
        tables = [f'"{table}" AS ({" UNION ALL ".join(self.sources(schema))})' for table, schema in self._schemas.items()
                  if f'"{table}"' in statement]  # fmt: skip
        tables += [f"{table} AS ({self._own(table)})" for table in _OWN if table in statement]
        return self._connection.execute(f"WITH {', '.join(tables)} {statement}" if tables else statement, values)

    def among(self, schema: ResourceSchema, ids: list[int], shown: str, order: str = "") -> list[Row]:
        """These expressions of the records whose rows have these numbers, be it the row that was so, or an earlier version."""
        parts = [f"{self.sources(schema)[0]} AND rowid IN (SELECT value FROM json_each(?1))"]
        if history.is_kept(self._connection, schema):
            names = ", ".join(f"h.{name}" for name in row_columns(schema))
            parts.append(
                f'SELECT m.rowid AS rowid, {names} FROM main."{schema.table}" m CROSS JOIN main."{history_table(schema)}" h'
                f" ON {_same(schema, 'h')} WHERE m.rowid IN (SELECT value FROM json_each(?1))"
                f" AND h.mirror_revision <= {self._revision} AND h.mirror_until > {self._revision}"
            )
        statement = f'SELECT {shown} FROM ({" UNION ALL ".join(parts)}) AS "{schema.table}"{order}'
        return self._connection.execute(statement, (json.dumps(ids),)).fetchall()

    def sources(self, schema: ResourceSchema) -> list[str]:
        """The rows of a table that were what they are, and the versions that held, each with the number of its record's row."""
        names = history.columns(schema)
        then = f"mirror_revision <= {self._revision}"
        found = [f'SELECT rowid AS rowid, {names} FROM main."{schema.table}" WHERE {then}']
        if history.is_kept(self._connection, schema):
            table = f'"{history_table(schema)}"'
            number = f'(SELECT m.rowid FROM main."{schema.table}" m WHERE {_same(schema, table)}) AS rowid'
            found.append(f"SELECT {number}, {names} FROM main.{table} WHERE {then} AND mirror_until > {self._revision}")
        return found

    def _own(self, table: str) -> str:
        columns, then = _OWN[table], f"revision <= {self._revision}"
        return (
            f"SELECT {columns} FROM main.{table} WHERE {then} UNION ALL"
            f" SELECT {columns} FROM main.{table}_history WHERE {then} AND until > {self._revision}"
        )


def _same(schema: ResourceSchema, table: str) -> str:
    """The SQL that tells whether a version is of the row ``m``."""
    key = [schema.columns[name].column_name for name in schema.key]
    return " AND ".join(f'm."{name}" = {table}."{name}"' for name in key)
