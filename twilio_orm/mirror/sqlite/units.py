"""A unit of SQLite's: the transaction of a connection, with the upsert that stores rows in it."""

from __future__ import annotations

import sqlite3
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from ..revisions import StoredRows, Unit
from ..table_layout import FINGERPRINT
from .statements import bulk

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema
    from ...schema.row_layout import Row


class SqliteUnit(Unit):
    """The transaction of a connection."""

    def put_rows(self, schema: ResourceSchema, rows: list[Row], request_revision: int) -> StoredRows:
        """Insert rows, and update those that differ. See :meth:`twilio_orm.mirror.revisions.Unit.put_rows`."""
        earlier, last = self.connection.earlier, _last_number(self.connection, schema)
        earlier.clear()
        changes = bulk(self.connection, partial(upsert_sql, schema), rows, request_revision)
        new = _last_number(self.connection, schema) - last if changes else 0
        return StoredRows(changes, range(last + 1, last + 1 + new), list(earlier))


@lru_cache(maxsize=256)
def upsert_sql(schema: ResourceSchema, rows: int) -> str:
    """Return the statement that inserts rows or updates those that differ.

    Rows that do not differ, and rows that changed after the page was requested, stay untouched. ``earlier()`` comes last in the
    condition, so it is called for exactly the rows that are updated.
    """
    names = [str(column.column_name) for column in schema.columns.values()] + ["mirror_extras", "mirror_absent"]
    keys = ", ".join(f'"{schema.columns[name].column_name}"' for name in schema.key)
    stored = (*names, "mirror_revision", "mirror_gone", FINGERPRINT)
    columns = ", ".join(f'"{name}"' for name in stored)
    rest = [name for name in (*names, "mirror_gone") if name not in schema.key]
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in (*rest, "mirror_revision", FINGERPRINT))
    differs = " OR ".join(f'"{schema.table}"."{name}" IS NOT excluded."{name}"' for name in rest)
    old = ", ".join(f'"{schema.table}"."{name}"' for name in (*names, "mirror_revision", "mirror_gone"))
    one = f"({', '.join('?' * len(stored))})"
    return (
        f'INSERT INTO "{schema.table}" ({columns}) VALUES {", ".join([one] * rows)}'
        f" ON CONFLICT ({keys}) DO UPDATE SET {sets}"
        f' WHERE "{schema.table}".mirror_revision <= ? AND ({differs}) AND earlier({old})'
    )


def _last_number(connection: sqlite3.Connection, schema: ResourceSchema) -> int:
    """The greatest rowid. A new row gets the next one: rows are never deleted within such a transaction."""
    return int(connection.execute(f'SELECT coalesce(max(rowid), 0) FROM "{schema.table}"').fetchone()[0])
