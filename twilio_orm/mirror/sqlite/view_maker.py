"""Makes the views of a mirror's file and the tables beside them, and replaces those of earlier releases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .. import describing
from ..own_tables import DESCRIBING
from ..views import views

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema
    from ..engine import Session

READ = frozenset({"account", "call", "incoming_phone_number", "message", "recording"})
"""The tables of records that views read."""


def make(connection: Session, schemas: Iterable[ResourceSchema], version: int) -> None:
    """Make the views and their tables, or replace what is different; in the caller's transaction.

    None is made where somebody gave a table the name of a view.

    :param version: what is noted as the version of the views.
    """
    by_table = {schema.table: schema for schema in schemas}
    for table in DESCRIBING.values():
        connection.make_table(table)
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
    describing.fill(connection, by_table.values(), (*columns,), version)
