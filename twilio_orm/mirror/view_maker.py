"""Makes the views of a mirror's file and the tables beside them, and replaces those of earlier releases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from . import descriptions, metadata
from .table_layout import DESCRIBING
from .views import constants, views

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from .engine import Session
READ = frozenset({"account", "call", "incoming_phone_number", "message", "recording"})
"""The tables of records that views read."""


def make(connection: Session, schemas: Iterable[ResourceSchema], version: int) -> None:
    """Make the views and their tables, or replace what is different; in the caller's transaction.

    None is made where somebody gave a table the name of a view.

    :param version: what is noted as the version of the views.
    """
    by_table = {schema.table: schema for schema in schemas}
    for name, (definition, options) in DESCRIBING.items():
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({definition}) {options}")
    for name, rows in constants().items():
        _fill(connection, name, rows)
    _fill(connection, "mirror_tables", descriptions.tables((*by_table.values(),)))
    there = {name: (kind, sql) for name, kind, sql in connection.execute("SELECT name, type, sql FROM sqlite_master")}
    wanted = views(by_table) if by_table.keys() >= READ else {}
    if any(there.get(name, ("view", ""))[0] != "view" for name in wanted):
        wanted = {}
    columns: list[tuple[str, tuple[str, ...]]] = []
    for name, select in wanted.items():
        statement = f"CREATE VIEW {name} AS {select}"
        if there.get(name, ("", ""))[1] != statement:
            connection.execute(f"DROP VIEW IF EXISTS {name}")
            connection.execute(statement)
        columns.append((name, tuple(one for (one,) in connection.execute(f"SELECT name FROM pragma_table_info('{name}')"))))
    _fill(connection, "mirror_fields", descriptions.fields((*by_table.values(),), (*columns,)))
    metadata.write(connection, metadata.VIEWS, str(version))


def _fill(connection: Session, table: str, rows: tuple[tuple[Any, ...], ...]) -> None:
    """Give a table these rows and no others; it is not written where it has them."""
    there = {*connection.execute(f"SELECT * FROM {table}").fetchall()}
    if there != {*rows}:
        connection.execute(f"DELETE FROM {table}")
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
