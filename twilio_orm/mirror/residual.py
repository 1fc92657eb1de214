"""Tests rows that a WHERE selects but that may not satisfy it: what SQL cannot compute exactly is tested here, in Python.

A dialect that cannot compute a condition exactly selects a superset of the rows (:class:`twilio_orm.query.sql.Where`). They are
read one run after the other, in one statement, within one reading; no run is kept.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..query import sql
from ..query.ast import named_fields
from ..query.predicates import predicate
from ..schema.row_layout import BOOKKEEPING
from .order import order_by

if TYPE_CHECKING:
    from ..query.ast import Node, Query
    from ..query.dialect import Dialect
    from ..query.lookups import Sql
    from ..query.sql import Where
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .engine import TableReader
    from .readable import ReadableMirror

RUN = 500
"""Rows that are read before they are tested."""


def matching(
    connection: TableReader,
    dialect: Dialect,
    schema: ResourceSchema,
    where: Where,
    shown: Sequence[str] | None = None,
    order: str = "",
    limit: int | None = None,
) -> Iterator[Row]:
    """Yield what is shown of the rows that satisfy a WHERE. Reads the disk; read it to its end within the reading.

    :param shown: the SQL expressions to show; None for the whole rows.
    :param order: the text of an ORDER BY; "" for any order.
    :param limit: how many to yield at most.
    """
    columns = sql.row_columns(dialect, schema)
    tested, size = columns if shown is None else _tested(schema, where, columns), len(columns)
    source = f"{connection.source(schema.table)} WHERE {where.text}" + (f" ORDER BY {order}" if order else "")
    result = connection.execute(f"SELECT {', '.join((*tested, *(shown or ())))} FROM {source}", where.values)
    fits, left = predicate(schema, where.residual), limit
    try:
        while (left is None or left > 0) and (rows := result.fetchmany(RUN)):
            found = list(filter(fits, rows))[:left]
            left = None if left is None else left - len(found)
            yield from found if shown is None else [row[size:] for row in found]
    finally:
        result.close()


def _tested(schema: ResourceSchema, where: Where, columns: Sequence[str]) -> list[str]:
    """The columns of a row, with null in place of those that no residual condition reads."""
    names = {read for name in named_fields(where.residual) for read in _sources(schema, name)}
    whole = schema.index.keys() if names & schema.derived.keys() else ()  # a derived field is computed from the whole row
    wide = [*schema.index, *schema.related]
    needed = {*names, *whole, *BOOKKEEPING}
    return [one if name in needed else "NULL" for name, one in zip(wide, columns, strict=True)]


def _sources(schema: ResourceSchema, name: str) -> Iterator[str]:
    """The values of a row that a field is computed from."""
    one = schema.computed.get(name)
    for each in (name,) if one is None or one.related else one.inputs:
        yield from (each,) if each == name else _sources(schema, each)


def any_matches(connection: TableReader, dialect: Dialect, schema: ResourceSchema, where: Where) -> bool:
    """Return whether any row satisfies a WHERE. Reads the disk."""
    if where.residual:
        return any(True for _ in matching(connection, dialect, schema, where, (), limit=1))
    text = f"SELECT 1 FROM {connection.source(schema.table)} WHERE {where.text} LIMIT 1"
    return connection.execute(text, where.values).fetchone() is not None


def numbers(
    connection: TableReader,
    dialect: Dialect,
    schema: ResourceSchema,
    where: Where,
    order: str = "",
    low: int = 0,
    high: int | None = None,
) -> array[int]:
    """Return the numbers (rowids) of the rows that satisfy a WHERE, from ``low`` to ``high`` in an order. Reads the disk."""
    found = matching(connection, dialect, schema, where, ("rowid",), order, None if high is None else max(high, 0))
    return array("q", (row[0] for at, row in enumerate(found) if at >= low))


def query_numbers(
    mirror: ReadableMirror, connection: TableReader, query: Query, where: Where, *, in_order: bool = True
) -> array[int]:
    """Return the numbers of the rows that answer a query, whose WHERE is inexact. Reads the disk.

    :param in_order: whether to put them in the query's order; else only how many there are matters.
    """
    order = order_by(mirror.dialect, query) if in_order else ""
    return numbers(connection, mirror.dialect, query.schema, where, order, query.low, query.high)


def exact(connection: TableReader, dialect: Dialect, schema: ResourceSchema, where: Where) -> Sql:
    """Return the SQL of exactly the rows that satisfy a WHERE: if it is inexact, by their numbers. Reads the disk."""
    if not where.residual:
        return where.text, where.values
    found = numbers(connection, dialect, schema, where).tolist()
    return connection.dialect.listed(f'"{schema.table}".rowid'), [connection.dialect.list_parameter(found)]


def where_exactly(connection: TableReader, dialect: Dialect, schema: ResourceSchema, nodes: Sequence[Node]) -> Sql:
    """Return the exact SQL of a conjunction without conditions on related records. See :func:`exact`."""
    return exact(connection, dialect, schema, sql.where(dialect, schema, nodes))
