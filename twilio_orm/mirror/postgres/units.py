"""A unit of PostgreSQL's: the transaction that holds the clock row, and what is stored in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import psycopg

from ...schema.times import UTC, instant_text
from ..differences import compare
from ..revisions import StoredRows, Unit
from ..table_layout import FINGERPRINT, columns
from .dialect import POSTGRES
from .texts import stored_columns, stored_values

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema
    from ...schema.row_layout import Row
    from ..engine import Session
    from .sessions import PostgresSession


class PostgresUnit(Unit):
    """The transaction of a session, which holds the clock row: nobody else writes the mirror until its end.

    :param last: the number of the last revision.
    :param rows: the greatest number of a row.
    :param at: the date of the last revision.
    """

    refusals = (*Unit.refusals, psycopg.IntegrityError, psycopg.DataError)

    def __init__(self, session: PostgresSession, last: int, rows: int, at: str) -> None:
        super().__init__(session)
        self._last, self.rows, self.at = last, rows, at
        self.stamped = False

    @property
    def revision(self) -> int:
        """The number of the revision that this transaction makes, if it is stamped. Pure."""
        return self._last + 1

    def stamp(self, now: datetime | None, kind: str | None = None) -> None:
        """Store the revision with its date. See :meth:`twilio_orm.mirror.revisions.Unit.stamp`."""
        self.at, self.stamped = max(instant_text(now or datetime.now(UTC)), self.at), True
        self.connection.execute("INSERT INTO mirror_revisions (id, at, kind) VALUES (?, ?, ?)", (self.revision, self.at, kind))

    def limit_dates(self, latest: str, beyond: str) -> None:
        """Limit the dates of revisions, and that of the last one. See :meth:`twilio_orm.mirror.revisions.Unit.limit_dates`."""
        super().limit_dates(latest, beyond)
        self.at = latest if self.at > beyond else self.at

    def put_rows(self, schema: ResourceSchema, rows: list[Row], request_revision: int) -> StoredRows:
        """Insert rows, and update those that differ. See :meth:`twilio_orm.mirror.revisions.Unit.put_rows`.

        Nobody else writes meanwhile, so the rows that are there are read and compared here, and only what differs is sent.
        """
        if not rows:
            return StoredRows(0, range(0), [])
        found = compare(schema, _present(self.connection, schema, rows), rows, request_revision)
        first = self.rows + 1
        if found.new:
            self.rows += len(found.new)
            names = (*stored_columns(schema), FINGERPRINT, "rowid")
            self.connection.insert(
                schema.table,
                names,
                [(*stored_values(schema, row[:-1]), row[-1], first + place) for place, row in enumerate(found.new)],
            )
        if found.changed:
            self._update(schema, [row for _, row in found.changed])
        changes = len(found.new) + len(found.changed)
        return StoredRows(changes, range(first, first + len(found.new)), [old for old, _ in found.changed])

    def adopt_numbers(self) -> None:
        """Go on counting revisions and rows behind those that are stored. See :meth:`Unit.adopt_numbers`."""
        last = "SELECT id, at FROM mirror_revisions ORDER BY id DESC LIMIT 1"
        found = self.connection.execute(last).fetchone()
        if found is not None:
            self._last, self.at = found[0], max(found[1], self.at)
        for table, column, is_counted in self.connection.numbered_columns():
            number = self.connection.execute(f'SELECT coalesce(max("{column}"), 0) FROM "{table}"').fetchone()[0]
            if is_counted and number:
                name = "pg_get_serial_sequence(quote_ident(?), ?)"
                self.connection.execute(f"SELECT setval({name}, ?)", (table, column, number))
            elif not is_counted:
                self.rows = max(self.rows, number)

    def _update(self, schema: ResourceSchema, rows: Sequence[Row]) -> None:
        values = [(*stored_values(schema, row[:-1]), row[-1]) for row in rows]
        self.connection.execute(_update_sql(schema), [list(column) for column in zip(*values, strict=True)])


def _present(session: Session, schema: ResourceSchema, rows: Sequence[Row]) -> list[Row]:
    """The rows that are there with the keys of others."""
    keys = schema.codec.identities(rows)
    lists = [POSTGRES.list_parameter(column) for column in zip(*keys, strict=True)]  # psycopg's own dumper takes longer
    return session.execute(_present_sql(schema), lists).fetchall()


@lru_cache(maxsize=256)
def _present_sql(schema: ResourceSchema) -> str:
    keys = [schema.columns[name] for name in schema.key]
    if len(keys) == 1:
        return f'SELECT {columns(schema)} FROM "{schema.table}" WHERE "{keys[0].column_name}" = ANY(?)'
    arrays = ", ".join(f"?::{_TYPES[one.field_type]}[]" for one in keys)
    names = ", ".join(f'"{one.column_name}"' for one in keys)
    return f'SELECT {columns(schema)} FROM "{schema.table}" WHERE ({names}) IN (SELECT * FROM unnest({arrays}))'


@lru_cache(maxsize=256)
def _update_sql(schema: ResourceSchema) -> str:
    names = (*stored_columns(schema), FINGERPRINT)
    types = {str(one.column_name): _TYPES[one.field_type] for one in schema.columns.values()} | _OWN_TYPES
    keys = [str(schema.columns[name].column_name) for name in schema.key]
    arrays = ", ".join(f"?::{types[name]}[]" for name in names)
    sets = ", ".join(f'"{name}" = v."{name}"' for name in names if name not in keys)
    same = " AND ".join(f't."{name}" = v."{name}"' for name in keys)
    listed = ", ".join(f'"{name}"' for name in names)
    return f'UPDATE "{schema.table}" AS t SET {sets} FROM unnest({arrays}) AS v({listed}) WHERE {same}'


_TYPES = {"TEXT": "text", "INTEGER": "bigint", "NUMERIC": "numeric", "BLOB": "bytea"}
_OWN_TYPES = {
    "mirror_extras": "text", "mirror_absent": "text", "mirror_revision": "bigint", "mirror_gone": "bigint",
    "mirror_texts": "text", FINGERPRINT: "bigint",
}  # fmt: skip
