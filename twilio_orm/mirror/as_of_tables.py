"""The mirror's tables as they were at a revision, as SQL: rows that have not changed since, and versions that held then."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .table_layout import history_table, is_kept

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .engine import Rows, TableReader

_OWN = {
    "mirror_sweeps": "id, account_sid, resource, equal, spans, began_at, ended_at, revision",
    "mirror_missed": "resource, record, equal, others, firm, at, revision",
}
"""The tables of the mirror's own that have a history, and their columns."""


class DelegatingReader:
    """What a reader of tables gets from the connection that it reads through."""

    def __init__(self, connection: TableReader) -> None:
        self._connection, self.dialect = connection, connection.dialect

    def fetch_own(self, statement: str, values: Any = (), /) -> Sequence[Any]:
        """Return the rows of a SELECT of the mirror's own tables. Reads the disk."""
        return self._connection.fetch_own(statement, values)

    def has_table(self, name: str, /) -> bool:
        """Return whether there is a table of this name. Reads the disk."""
        return self._connection.has_table(name)

    def has_index(self, name: str, /) -> bool:
        """Return whether there is an index of this name. Reads the disk."""
        return self._connection.has_index(name)

    def take_note(self) -> bool:
        """Return whether a row was noted since this method was last called. Pure."""
        return self._connection.take_note()

    def index_names(self) -> frozenset[str]:
        """Return the names of all indexes. Reads the disk."""
        return self._connection.index_names()

    def stored_columns(self, schema: ResourceSchema, /) -> tuple[str, ...]:
        """Return the names of the columns that a row is stored in. Pure."""
        return self._connection.stored_columns(schema)

    def stored_values(self, schema: ResourceSchema, row: Row, /) -> tuple[Any, ...]:
        """Return the values of these columns for a row. Pure."""
        return self._connection.stored_values(schema, row)


class AsOfConnection(DelegatingReader):
    """A connection that reads the tables as they were at a revision.

    :param schemas: the resources by table.
    """

    is_current = False

    def __init__(self, connection: TableReader, schemas: Mapping[str, ResourceSchema], revision: int) -> None:
        super().__init__(connection)
        self._schemas, self._revision = schemas, revision
        self._sources: dict[str, str] = {}

    def execute(self, statement: str, values: Any = (), /) -> Rows:
        """Run a SELECT whose FROM was written by :meth:`source`."""
        return self._connection.execute(statement, values)

    def source(self, table: str, /) -> str:
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
        listed, parameter = self.dialect.listed, self.dialect.list_parameter(numbers)
        parts = [f"{self._parts(schema)[0]} AND {listed('rowid')}"]
        if is_kept(self._connection, schema):
            parts.append(
                f'SELECT m.rowid AS rowid, {self._columns(schema, "h.")} FROM "{schema.table}" m'
                f' CROSS JOIN "{history_table(schema)}" h WHERE {_same_key(schema, "h")} AND {listed("m.rowid")}'
                f" AND h.mirror_revision <= {self._revision} AND h.mirror_until > {self._revision}"
            )
        statement = f'SELECT {shown} FROM ({" UNION ALL ".join(parts)}) AS "{schema.table}"{order}'
        return self.execute(statement, (parameter,) * len(parts)).fetchall()

    def _columns(self, schema: ResourceSchema, of: str = "") -> str:
        return ", ".join([f'{of}"{name}"' for name in self._connection.stored_columns(schema)])

    def _parts(self, schema: ResourceSchema) -> list[str]:
        """SELECTs of the rows that held then and still do, and of the versions that held; each with the number of the row."""
        names = self._columns(schema)
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
