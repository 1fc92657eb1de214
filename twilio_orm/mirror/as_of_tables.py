"""The mirror's tables as they were at a revision, as SQL: rows that have not changed since, and versions that held then."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .table_layout import columns, history_table, is_kept

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .sqlite.connections import MirrorConnection

_OWN = {
    "mirror_sweeps": "id, account_sid, resource, equal, spans, began_at, ended_at, revision",
    "mirror_missed": "resource, record, equal, others, firm, at, revision",
}
"""The tables of the mirror's own that have a history, and their columns."""


class AsOfConnection:
    """A connection that reads the tables as they were at a revision.

    :param schemas: the resources by table.
    """

    is_current = False

    def __init__(self, connection: MirrorConnection, schemas: Mapping[str, ResourceSchema], revision: int) -> None:
        self._connection, self._schemas, self._revision = connection, schemas, revision
        self._sources: dict[str, str] = {}

    def execute(self, statement: str, values: Any = (), /) -> sqlite3.Cursor:
        """Run a SELECT whose FROM was written by :meth:`source`."""
        return self._connection.execute(statement, values)

    def source(self, table: str) -> str:
        """Return what to write after FROM to read a table as it was."""
        found = self._sources.get(table)
        if found is None:
            parts = self._own(table) if table in _OWN else self._parts(self._schemas[table])
            found = self._sources[table] = f'({" UNION ALL ".join(parts)}) AS "{table}"'
        return found

    def first_numbers(
        self, schema: ResourceSchema, where: str, values: Sequence[Any], order: str, low: int, high: int
    ) -> array[int]:
        """Read the numbers of the rows from ``low`` to ``high`` in an order.

        SQLite does not push ORDER BY and LIMIT into the parts of a UNION, so each part gives its first rows by itself.
        """
        end = f" WHERE {where} ORDER BY {order} LIMIT {max(high, 0)}"
        found = [
            row[0]
            for part in self._parts(schema)
            for row in self.execute(f'SELECT rowid FROM ({part}) AS "{schema.table}"{end}', values)
        ]
        first = self.numbered(schema, found, "rowid", f" ORDER BY {order}")
        return array("q", (row[0] for row in first[low:high]))

    def numbered(self, schema: ResourceSchema, numbers: list[int], shown: str, order: str = "") -> list[Row]:
        """Read these expressions of the records whose rows have these numbers, from the row or from the version that held."""
        parts = [f"{self._parts(schema)[0]} AND rowid IN (SELECT value FROM json_each(?))"]
        if is_kept(self._connection, schema):
            names = ", ".join(f"h.{name}" for name in columns(schema).split(", "))
            parts.append(
                f'SELECT m.rowid AS rowid, {names} FROM "{schema.table}" m CROSS JOIN "{history_table(schema)}" h'
                f" ON {_same_key(schema, 'h')} WHERE m.rowid IN (SELECT value FROM json_each(?))"
                f" AND h.mirror_revision <= {self._revision} AND h.mirror_until > {self._revision}"
            )
        statement = f'SELECT {shown} FROM ({" UNION ALL ".join(parts)}) AS "{schema.table}"{order}'
        return self.execute(statement, (json.dumps(numbers),) * len(parts)).fetchall()

    def _parts(self, schema: ResourceSchema) -> list[str]:
        """SELECTs of the rows that held then and still do, and of the versions that held; each with the number of the row."""
        names = columns(schema)
        then = f"mirror_revision <= {self._revision}"
        found = [f'SELECT rowid AS rowid, {names} FROM "{schema.table}" WHERE {then}']
        if is_kept(self._connection, schema):
            table = f'"{history_table(schema)}"'
            number = f'(SELECT m.rowid FROM "{schema.table}" m WHERE {_same_key(schema, table)}) AS rowid'
            found.append(f"SELECT {number}, {names} FROM {table} WHERE {then} AND mirror_until > {self._revision}")
        return found

    def _own(self, table: str) -> list[str]:
        names, then = _OWN[table], f"revision <= {self._revision}"
        return [
            f"SELECT {names} FROM {table} WHERE {then}",
            f"SELECT {names} FROM {table}_history WHERE {then} AND until > {self._revision}",
        ]


def _same_key(schema: ResourceSchema, table: str) -> str:
    """The SQL that tells whether a version is of the row ``m``."""
    key = [schema.columns[name].column_name for name in schema.key]
    return " AND ".join(f'm."{name}" = {table}."{name}"' for name in key)
