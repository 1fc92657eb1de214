"""Fills the tables that describe a mirror, which every engine has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from . import descriptions, metadata
from .own_tables import DESCRIBING
from .views import constants

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from .engine import Session


def fill(
    connection: Session, schemas: Iterable[ResourceSchema], views: tuple[tuple[str, tuple[str, ...]], ...], version: int
) -> None:
    """Give the tables the rows of this release, where they have others; in the caller's transaction.

    :param views: the columns of each view that there is.
    :param version: what is noted as the version of the views.
    """
    held = (*schemas,)
    rows = {**constants(), "mirror_tables": descriptions.tables(held), "mirror_fields": descriptions.fields(held, views)}
    for name, wanted in rows.items():
        _fill(connection, name, wanted)
    metadata.write(connection, metadata.VIEWS, str(version))


def _fill(connection: Session, table: str, rows: tuple[tuple[Any, ...], ...]) -> None:
    """Give a table these rows and no others; it is not written where it has them."""
    names = tuple(column.name for column in DESCRIBING[table].columns)
    there = {*connection.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall()}
    if there != {*rows}:
        connection.execute(f"DELETE FROM {table}")
        connection.insert(table, names, rows)
