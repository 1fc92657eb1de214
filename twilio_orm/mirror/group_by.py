"""Groups and aggregates as SQL: GROUP BY over the mirror's tables, with :mod:`twilio_orm.query.aggregate_functions`.

Where SQL cannot compute a condition exactly, the rows are read and grouped here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from sqlite3 import OperationalError
from typing import TYPE_CHECKING, Any

from ..query import bound_aggregates, sql
from ..query.aggregate_functions import AGGREGATE_FUNCTIONS
from ..query.ast import named_fields
from ..query.bound_aggregates import BoundAggregate, Group
from . import residual
from .sqlite.aggregates import (
    has_several_units,
    native_int_sum,
    native_int_sum_sql,
    native_moments,
    native_moments_sql,
    native_sum,
    native_sum_sql,
)

if TYPE_CHECKING:
    from ..query.ast import Node, Query, Term
    from ..query.dialect import Dialect
    from ..query.sql import Where
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .engine import TableReader
    from .select import MirrorReader

NATIVE, BY_UNIT, EXACT = "native", "by unit", "exact"
"""How numbers are summed: by SQLite; by SQLite, in one group for each unit; from each number, here."""
SUMS = frozenset({"decimal_sum", "int_moments", "int_sum"})
"""The functions whose sums SQLite can make, unless they get too large to be exact."""
WHOLE_SUMS = {"int_moments": (native_moments_sql, native_moments), "int_sum": (native_int_sum_sql, native_int_sum)}
"""The SQL of those of whole numbers, and what reads its results."""
OVERFLOW = "integer overflow"
"""The error of SQLite for a sum of whole numbers that has over 64 bits."""


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

    Decimals are summed by SQLite where its sum can be shown to be exact, else from each number.
    """
    sums = {one.function for one in aggregates} & SUMS
    texts = any(one.function == "decimal_sum" and one.term and one.term.field in query.schema.expressions for one in aggregates)
    native = bool(sums) and not texts and all(AGGREGATE_FUNCTIONS[one.function].merge for one in aggregates)
    methods = [NATIVE, BY_UNIT, EXACT] if native else [EXACT]  # an account is billed in one currency
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
            except OperationalError as error:
                if str(error) != OVERFLOW or methods[0] == EXACT:
                    raise
                methods = [EXACT]


PYTHON = re.compile(r"\b(casefold|matches|has_words|part_of|decimal_\w+)\(")
"""Finds calls of Python's functions in SQL."""
MOST_KEYS = 3
"""How many conditions may be keys: each doubles the number of groups at most."""


class Inexact(Exception):
    """Sums that SQLite made may be inexact.

    :param units: whether that is because they may be of several units.
    """

    def __init__(self, units: bool) -> None:
        super().__init__(units)
        self.units = units


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
        units = [one.unit for one in aggregates if one.function == "decimal_sum" and one.unit]
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
        """The conditions that call Python, and that several SQL expressions would evaluate for each row: each is one more key."""
        if not all(AGGREGATE_FUNCTIONS[one.function].merge for one in self._aggregates):
            return []
        uses: dict[tuple[Node, ...], int] = {}
        for aggregate, part in zip(self._aggregates, texts, strict=True):
            if aggregate.condition:
                uses[aggregate.condition] = uses.get(aggregate.condition, 0) + len(part)
        slow = [
            one for one, count in uses.items() if count > 2 and PYTHON.search(sql.where(self._dialect, self._schema, one).text)
        ]
        return slow[:MOST_KEYS]

    def _filtered(self, texts: list[str], aggregate: BoundAggregate) -> list[str]:
        """The SQL expressions of an aggregate, of those rows alone that fit its condition."""
        if not aggregate.condition or aggregate.condition in self._tests:
            return texts
        where, values, _ = sql.where(self._dialect, self._schema, aggregate.condition)
        self.values += values * len(texts)
        return [f"{text} FILTER (WHERE {where})" for text in texts]

    def _sql(self, aggregate: BoundAggregate) -> list[str]:
        function, dialect = aggregate.function, self._dialect
        if aggregate.term is None:
            return dialect.aggregate(function, "", "")
        value = sql.term_sql(dialect, self._schema, aggregate.term)
        unit = sql.value_sql(dialect, self._schema, aggregate.unit) if aggregate.unit else "''"
        if aggregate.function not in SUMS or self._method == EXACT:
            return dialect.aggregate(function, value, unit)
        if aggregate.function in WHOLE_SUMS:
            return WHOLE_SUMS[aggregate.function][0](value)
        number = sql.column_sql(self._schema, aggregate.term.field)
        return native_sum_sql(number, value, unit if aggregate.unit and self._method == NATIVE else "")

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
            native = aggregate.function in SUMS and self._method != EXACT
            sums = native and aggregate.function == "decimal_sum"
            if sums and aggregate.unit in units:
                unit = units[aggregate.unit]
                results = (*results, unit, unit, results[1] if unit is None else 0)
            if sums and has_several_units(results):
                raise Inexact(units=True)
            if native:
                state = (native_sum if sums else WHOLE_SUMS[aggregate.function][1])(results)
            else:
                state = self._dialect.state(aggregate.function, results)
            if state is None:
                raise Inexact(units=False)
            states.append(state)
            at += len(part)
        return states


def _has_inexact_condition(dialect: Dialect, aggregates: Sequence[BoundAggregate]) -> bool:
    """Whether the condition of an aggregate is one that SQL cannot compute exactly."""
    return any(one.condition and sql.where(dialect, one.schema, one.condition).residual for one in aggregates)


def _rows(mirror: MirrorReader, connection: TableReader, query: Query, where: Where) -> Iterator[Row]:
    """The rows of a query, tested here where the WHERE is inexact."""
    is_part = query.low or query.high is not None
    order = sql.order_by(mirror.dialect, query.schema, query.order) if is_part else ""
    rows = residual.matching(connection, mirror.dialect, query.schema, where, None, order, query.high)
    return islice(rows, query.low, None)


def _source(mirror: MirrorReader, connection: TableReader, query: Query, found: Where) -> tuple[str, list[Any]]:
    """The rows of a query: a table with its WHERE, or a subquery for a slice."""
    where, values, _ = found
    if not query.low and query.high is None:
        return f"{mirror.source(query, found)} WHERE {where}", values
    limit = -1 if query.high is None else max(query.high - query.low, 0)
    order = sql.order_by(mirror.dialect, query.schema, query.order)
    table = connection.source(query.schema.table)
    return f"(SELECT * FROM {table} WHERE {where} ORDER BY {order} LIMIT {limit} OFFSET {query.low})", values
