"""Groups and aggregates as SQL: GROUP BY over the mirror's tables, with :mod:`twilio_orm.query.aggregate_functions`.

Where SQL cannot compute a condition exactly, the rows are read and grouped here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..query import bound_aggregates, sql
from ..query.aggregate_functions import AGGREGATE_FUNCTIONS
from ..query.ast import named_fields
from ..query.bound_aggregates import BoundAggregate, Group
from ..query.dialect import BY_UNIT, EXACT, NO_LIMIT, Inexact
from . import residual
from .order import order_by

if TYPE_CHECKING:
    from ..query.ast import Node, Query, Term
    from ..query.dialect import Dialect
    from ..query.sql import Where
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .engine import TableReader
    from .select import MirrorReader

MOST_KEYS = 3
"""How many conditions may be keys: each doubles the number of groups at most."""


def fields_read(terms: Sequence[Term], aggregates: Sequence[BoundAggregate]) -> list[str]:
    """Return the fields that groups and aggregates are made of, those of units and conditions included. Pure."""
    names = [name for one in aggregates if one.term for name in (one.term.field, one.unit) if name]
    conditions = [name for one in aggregates for name in named_fields(one.condition)]
    return [*(one.field for one in terms), *names, *conditions]


def group_rows(
    mirror: MirrorReader,
    query: Query,
    terms: Sequence[Term],
    aggregates: Sequence[BoundAggregate],
    *,
    with_deleted: bool = False,
) -> list[Group]:
    """Return the groups of the rows that answer a query, with the states of these aggregates. Reads the disk.

    Numbers are summed by the engine where its sum can be shown to be exact, else from each number.
    """
    decimals = [one.term for one in aggregates if one.function.startswith("decimal")]
    texts = any(one is not None and one.field in query.schema.expressions for one in decimals)
    functions = frozenset(one.function for one in aggregates)
    methods = mirror.dialect.aggregate_methods(functions, in_parts=_can_be_merged(aggregates), of_texts=texts)
    with mirror.reading() as connection:
        where = mirror.where(query, with_deleted, fields_read(terms, aggregates))
        if where.residual or _has_inexact_condition(mirror.dialect, aggregates):
            return bound_aggregates.group_rows(_rows(mirror, connection, query, where), query.schema, terms, aggregates)
        source, values = _source(mirror, connection, query, where)
        while True:
            grouping = _Grouping(mirror.dialect, query.schema, terms, aggregates, methods[0])
            try:
                rows = connection.execute(grouping.statement(source), (*grouping.values, *values)).fetchall()
                return grouping.groups(rows)
            except Inexact as inexact:
                methods = methods[1 if inexact.units else -1 :]
            except Exception as error:
                if not mirror.dialect.is_overflow(error) or methods[0] == EXACT:
                    raise
                methods = (EXACT,)


class _Grouping:
    """One SELECT, and how its rows are read. ``values`` are the parameters of what it shows.

    :param dialect: spells its SQL.
    :param method: how numbers are summed.
    """

    def __init__(
        self,
        dialect: Dialect,
        schema: ResourceSchema,
        terms: Sequence[Term],
        aggregates: Sequence[BoundAggregate],
        method: str,
    ) -> None:
        self._dialect, self._schema, self._terms, self._aggregates, self._method = dialect, schema, terms, aggregates, method
        units = [one.unit for one in aggregates if one.unit and dialect.needs_unit(one.function)]
        self._units = list(dict.fromkeys(units)) if method == BY_UNIT else []
        texts = [self._sql(one) for one in aggregates]
        self._tests = self._slow_conditions(texts)
        self.values: list[Any] = []
        keys = [sql.where(dialect, schema, one) for one in self._tests]
        self._keys = [f"({where}) IS TRUE AS test_{at}" for at, (where, *_) in enumerate(keys)]
        for _, values, _ in keys:
            self.values += values
        self._parts = [self._filtered(part, one) for part, one in zip(texts, aggregates, strict=True)]

    def _slow_conditions(self, texts: list[list[str]]) -> list[tuple[Node, ...]]:
        """The slow conditions that several SQL expressions would evaluate for each row: each is one more key."""
        if not _can_be_merged(self._aggregates):
            return []
        uses: dict[tuple[Node, ...], int] = {}
        for aggregate, part in zip(self._aggregates, texts, strict=True):
            if aggregate.condition:
                uses[aggregate.condition] = uses.get(aggregate.condition, 0) + len(part)
        dialect = self._dialect
        slow = [one for one, count in uses.items() if count > 2 and dialect.is_slow(sql.where(dialect, self._schema, one).text)]
        return slow[:MOST_KEYS]

    def _filtered(self, texts: list[str], aggregate: BoundAggregate) -> list[str]:
        """The SQL expressions of an aggregate, of those rows alone that fit its condition."""
        if aggregate.condition and aggregate.condition not in self._tests:
            where, values, _ = sql.where(self._dialect, self._schema, aggregate.condition)
            self.values += values * len(texts)
            texts = [f"{text} FILTER (WHERE {where})" for text in texts]
        return [self._dialect.selected(aggregate.function, text) for text in texts]

    def _sql(self, aggregate: BoundAggregate) -> list[str]:
        function, dialect = aggregate.function, self._dialect
        if aggregate.term is None:
            return dialect.aggregate(function, "", "")
        value = sql.term_sql(dialect, self._schema, aggregate.term)
        unit = sql.value_sql(dialect, self._schema, aggregate.unit) if aggregate.unit else ""
        number = sql.column_sql(self._schema, aggregate.term.field) if aggregate.term.field in self._schema.columns else ""
        return dialect.aggregate(function, value, unit, self._method, number)

    def statement(self, source: str) -> str:
        """Return the SELECT."""
        units = [sql.value_sql(self._dialect, self._schema, one) for one in self._units]
        terms = [sql.term_sql(self._dialect, self._schema, one) for one in self._terms]
        shown = [*self._keys, *terms, *units, *(text for part in self._parts for text in part)]
        keys = ", ".join([*(f"test_{at}" for at in range(len(self._keys))), *terms, *units])
        return f"SELECT {', '.join(shown) or '1'} FROM {source}" + (f" GROUP BY {keys}" if keys else "")

    def groups(self, rows: list[tuple[Any, ...]]) -> list[Group]:
        """Return the groups that the rows stand for.

        :raises Inexact: a sum may be inexact.
        """
        size, found = len(self._terms), dict[tuple[Any, ...], Group]()
        if not size and not rows:
            return [((), [AGGREGATE_FUNCTIONS[one.function].start() for one in self._aggregates])]
        for shown in rows:
            tests, row = shown[: len(self._tests)], shown[len(self._tests) :]
            states = self._states(row)
            for at, aggregate in enumerate(self._aggregates):
                if aggregate.condition in self._tests and not tests[self._tests.index(aggregate.condition)]:
                    states[at] = AGGREGATE_FUNCTIONS[aggregate.function].start()
            values = row[:size]
            key = tuple([one.compared(self._schema, value) for one, value in zip(self._terms, values, strict=True)])
            there = found.get(key)
            if there is None:
                found[key] = (values, states)
                continue
            for aggregate, state, more in zip(self._aggregates, there[1], states, strict=True):
                AGGREGATE_FUNCTIONS[aggregate.function].merge(state, more)  # type: ignore[misc]
        return list(found.values())

    def _states(self, row: tuple[Any, ...]) -> list[list[Any]]:
        at, states = len(self._terms) + len(self._units), []
        units = dict(zip(self._units, row[len(self._terms) : at], strict=True))
        for aggregate, part in zip(self._aggregates, self._parts, strict=True):
            results = row[at : at + len(part)]
            unit = (units[aggregate.unit],) if aggregate.unit in units and self._dialect.needs_unit(aggregate.function) else ()
            state = self._dialect.state(aggregate.function, results, self._method, unit)
            states.append(state)
            at += len(part)
        return states


def _can_be_merged(aggregates: Sequence[BoundAggregate]) -> bool:
    """Whether the rows of a group may come in several parts."""
    return all(AGGREGATE_FUNCTIONS[one.function].merge for one in aggregates)


def _has_inexact_condition(dialect: Dialect, aggregates: Sequence[BoundAggregate]) -> bool:
    """Whether the condition of an aggregate is one that SQL cannot compute exactly."""
    return any(one.condition and sql.where(dialect, one.schema, one.condition).residual for one in aggregates)


def _rows(mirror: MirrorReader, connection: TableReader, query: Query, where: Where) -> Iterator[Row]:
    """The rows of a query, tested here where the WHERE is inexact."""
    is_part = query.low or query.high is not None
    order = order_by(mirror.dialect, query) if is_part else ""
    rows = residual.matching(connection, mirror.dialect, query.schema, where, None, order, query.high)
    return islice(rows, query.low, None)


def _source(mirror: MirrorReader, connection: TableReader, query: Query, found: Where) -> tuple[str, list[Any]]:
    """The rows of a query: a table with its WHERE, or a subquery for a slice."""
    where, values, _ = found
    if not query.low and query.high is None:
        return f"{mirror.source(query, found)} WHERE {where}", values
    limit = NO_LIMIT if query.high is None else max(query.high - query.low, 0)
    order = order_by(mirror.dialect, query)
    table, part = connection.source(query.schema.table), sql.table_sql(query.schema)
    return f"(SELECT * FROM {table} WHERE {where} ORDER BY {order} LIMIT {limit} OFFSET {query.low}) AS {part}", values
