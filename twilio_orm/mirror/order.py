"""The order in which the rows of an answer are read. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..query import sql

if TYPE_CHECKING:
    from ..query.ast import Query
    from ..query.dialect import Dialect


def order_by(dialect: Dialect, query: Query) -> str:
    """Return the text of a query's ORDER BY; without an order the rows come as they are stored, by their numbers."""
    return sql.order_by(dialect, query.schema, query.order) if query.order else "rowid"
