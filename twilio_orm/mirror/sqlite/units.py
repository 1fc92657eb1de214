"""A unit of SQLite's: the transaction of a connection, with the upsert that stores rows in it."""

from __future__ import annotations

import sqlite3
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from ..revisions import StoredRows, Unit
from ..table_layout import FINGERPRINT, column_names, record_table
from .statements import bulk

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema
    from ...schema.row_layout import Row


class SqliteUnit(Unit):
    """The transaction of a connection."""

    refusals = (*Unit.refusals, sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError)

    def put_rows(self, schema: ResourceSchema, rows: list[Row], request_revision: int) -> StoredRows:
        """Insert rows, and update those that differ. See :meth:`twilio_orm.mirror.revisions.Unit.put_rows`."""
        earlier, last = self.connection.earlier, _last_number(self.connection, schema)
        earlier.clear()
        unused = _unused(schema, rows)
        changes = bulk(self.connection, partial(upsert_sql, schema, unused), rows, request_revision, unused=unused)
        new = _last_number(self.connection, schema) - last if changes else 0
        updated = list(earlier)
        self._set_indexed(schema, updated, rows)
        return StoredRows(changes, range(last + 1, last + 1 + new), updated)

    def _set_indexed(self, schema: ResourceSchema, updated: list[Row], rows: list[Row]) -> None:
        """Set the fields of updated rows that have an index, where they differ: a field that is set has its index written.

        :param updated: the rows as they were.
        :param rows: all rows that are stored.
        """
        if not updated:
            return
        names, identity = indexed_columns(schema), schema.codec.identity
        stored = {identity(row): row for row in rows}
        groups: dict[tuple[str, ...], list[Row]] = {}
        for old in updated:
            key = identity(old)
            new = stored[key]
            differing = {name: new[at] for name, at in names.items() if old[at] != new[at]}
            if differing:
                groups.setdefault(tuple(differing), []).append((*key, *differing.values()))
        for columns, values in groups.items():
            bulk(self.connection, partial(set_sql, schema, columns), values)


@lru_cache(maxsize=256)
def indexed_columns(schema: ResourceSchema) -> dict[str, int]:
    """Return the columns that indexes have, but for the key's, each with its place in a row."""
    places, key = column_names(schema), {schema.columns[name].column_name for name in schema.key}
    found = {name for index in record_table(schema).indexes for name in index.columns if name not in key}
    return {name: places.index(name) for name in places if name in found}


def _unused(schema: ResourceSchema, rows: list[Row]) -> tuple[int, ...]:
    """The positions of the mirror's own values that are null in all rows, as they mostly are: Python binds no value as slowly."""
    places = [schema.codec.extras_slot, schema.codec.absent_slot, schema.codec.deleted_slot]
    return tuple([at for at in places if {row[at] for row in rows} == {None}])


@lru_cache(maxsize=256)
def upsert_sql(schema: ResourceSchema, unused: tuple[int, ...], rows: int) -> str:
    """Return the statement that inserts rows or updates those that differ, but for the columns that have an index.

    Rows that do not differ, and rows that changed after the page was requested, stay untouched. ``earlier()`` comes last in the
    condition, so it is called for exactly the rows that are updated.

    :param unused: the positions of a row's columns that are null in all rows, and no parameters.
    """
    names = [str(column.column_name) for column in schema.columns.values()] + ["mirror_extras", "mirror_absent"]
    keys = ", ".join(f'"{schema.columns[name].column_name}"' for name in schema.key)
    stored = (*names, "mirror_revision", "mirror_gone", FINGERPRINT)
    given = [name for at, name in enumerate(stored) if at not in unused]
    columns = ", ".join(f'"{name}"' for name in given)
    rest = [name for name in (*names, "mirror_gone") if name not in schema.key]
    plain = [name for name in rest if name not in indexed_columns(schema)]
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in (*plain, "mirror_revision", FINGERPRINT))
    differs = " OR ".join(f'"{schema.table}"."{name}" IS NOT excluded."{name}"' for name in rest)
    old = ", ".join(f'"{schema.table}"."{name}"' for name in (*names, "mirror_revision", "mirror_gone"))
    one = f"({', '.join('?' * len(given))})"
    return (
        f'INSERT INTO "{schema.table}" ({columns}) VALUES {", ".join([one] * rows)}'
        f" ON CONFLICT ({keys}) DO UPDATE SET {sets}"
        f' WHERE "{schema.table}".mirror_revision <= ? AND ({differs}) AND earlier({old})'
    )


@lru_cache(maxsize=256)
def set_sql(schema: ResourceSchema, columns: tuple[str, ...], rows: int) -> str:
    """Return the statement that sets some columns of rows that are there. A row of values is the key, and theirs."""
    keys = ", ".join([f'"{schema.columns[name].column_name}"' for name in schema.key])
    names = ", ".join([f'"{name}"' for name in columns])
    sets = ", ".join([f'"{name}" = excluded."{name}"' for name in columns])
    one = f"({', '.join('?' * (len(schema.key) + len(columns)))})"
    return (
        f'INSERT INTO "{schema.table}" ({keys}, {names}) VALUES {", ".join([one] * rows)}'
        f" ON CONFLICT ({keys}) DO UPDATE SET {sets}"
    )


def _last_number(connection: sqlite3.Connection, schema: ResourceSchema) -> int:
    """The greatest rowid. A new row gets the next one: rows are never deleted within such a transaction."""
    return int(connection.execute(f'SELECT coalesce(max(rowid), 0) FROM "{schema.table}"').fetchone()[0])
