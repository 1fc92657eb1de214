"""Groups and sums as SQL: GROUP BY over the mirror's tables, with the aggregates of :mod:`twilio_orm.aggregates`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..query import sql
from ..query.aggregate_functions import AGGREGATE_FUNCTIONS, has_several_units, native_sum, native_sum_sql
from ..query.aggregates import BoundAggregate, Group
from ..query.ast import Query, Term
from ..schema.resource_schema import ResourceSchema
from .connections import TableReader
from .select import MirrorReader


def fields_read(terms: Sequence[Term], tallies: Sequence[BoundAggregate]) -> list[str]:
    """The fields that groups and aggregates are made of, units included."""
    return [*(one.field for one in terms), *(name for one in tallies if one.term for name in (one.term.field, one.unit) if name)]


def group_rows(
    mirror: MirrorReader, query: Query, terms: Sequence[Term], tallies: Sequence[BoundAggregate], *, with_deleted: bool = False
) -> list[Group]:
    """The groups of the rows that answer a question, with the states of these aggregates. Reads the disk.

    Exact sums are SQLite's own where they can be shown to be exact, else made of each number.
    """
    quick = any(one.function == "decimal_sum" for one in tallies) and all(
        AGGREGATE_FUNCTIONS[one.function].merge for one in tallies
    )
    parent_paths = [ROUNDED, APART, EXACTLY][len(terms) > 0 :] if quick else [EXACTLY]  # groups cost no more for one more key
    with mirror.reading() as connection:
        source, values = _source(mirror, connection, query, with_deleted, fields_read(terms, tallies))
        while True:
            asked = _Asked(query.schema, terms, tallies, parent_paths[0])
            try:
                return asked.groups(connection.execute(asked.statement(source), values).fetchall())
            except Doubtful as doubt:
                parent_paths = parent_paths[1 if doubt.units else -1 :]


ROUNDED, APART, EXACTLY = "rounded", "apart", "exactly"
"""How exact sums are made: by SQLite; by SQLite, one for each unit; of each number."""


class Doubtful(Exception):
    """Sums that SQLite made are not certain; ``units``: because they may be of several."""

    def __init__(self, units: bool) -> None:
        super().__init__(units)
        self.units = units


class _Asked:
    """What is asked of SQL, and how its rows are read."""

    def __init__(
        self, schema: ResourceSchema, terms: Sequence[Term], tallies: Sequence[BoundAggregate], parent_path: str
    ) -> None:
        self.schema, self.terms, self.tallies, self.parent_path = schema, terms, tallies, parent_path
        self.units = (
            list(dict.fromkeys(one.unit for one in tallies if one.function == "decimal_sum" and one.unit))
            if parent_path == APART
            else []
        )
        self.parts = [self._sql(one) for one in tallies]

    def _sql(self, tally: BoundAggregate) -> list[str]:
        if tally.term is None:
            return AGGREGATE_FUNCTIONS[tally.function].sql("", "")
        value = sql.term_sql(self.schema, tally.term)
        unit = sql.value_sql(self.schema, tally.unit) if tally.unit else "''"
        if tally.function != "decimal_sum" or self.parent_path == EXACTLY:
            return AGGREGATE_FUNCTIONS[tally.function].sql(value, unit)
        number = sql.column_sql(self.schema, tally.term.field)
        return native_sum_sql(number, value, unit if tally.unit and self.parent_path == ROUNDED else "")

    def statement(self, source: str) -> str:
        """The SELECT."""
        units = [sql.value_sql(self.schema, one) for one in self.units]
        terms = [sql.term_sql(self.schema, one) for one in self.terms]
        shown = [*terms, *units, *(text for part in self.parts for text in part)]
        keys = ", ".join([*terms, *units])
        return f"SELECT {', '.join(shown) or '1'} FROM {source}" + (f" GROUP BY {keys}" if keys else "")

    def groups(self, rows: list[tuple[Any, ...]]) -> list[Group]:
        """The groups that the rows stand for. Raises Doubtful."""
        size, found = len(self.terms), dict[tuple[Any, ...], Group]()
        if not size and not rows:
            return [((), [AGGREGATE_FUNCTIONS[one.function].start() for one in self.tallies])]
        for row in rows:
            states = self._states(row)
            values = row[:size]
            key = tuple([one.compared(self.schema, value) for one, value in zip(self.terms, values, strict=True)])
            there = found.get(key)
            if there is None:
                found[key] = (values, states)
                continue
            for tally, state, more in zip(self.tallies, there[1], states, strict=True):
                AGGREGATE_FUNCTIONS[tally.function].merge(state, more)  # type: ignore[misc]
        return list(found.values())

    def _states(self, row: tuple[Any, ...]) -> list[list[Any]]:
        at, states = len(self.terms) + len(self.units), []
        units = dict(zip(self.units, row[len(self.terms) : at], strict=True))
        for tally, part in zip(self.tallies, self.parts, strict=True):
            results = row[at : at + len(part)]
            exact = tally.function == "decimal_sum" and self.parent_path != EXACTLY
            if exact and tally.unit in units:
                unit = units[tally.unit]
                results = (*results, unit, unit, results[1] if unit is None else 0)
            if exact and has_several_units(results):
                raise Doubtful(units=True)
            state = native_sum(results) if exact else AGGREGATE_FUNCTIONS[tally.function].from_sql(results)
            if state is None:
                raise Doubtful(units=False)
            states.append(state)
            at += len(part)
        return states


def _source(
    mirror: MirrorReader, connection: TableReader, query: Query, with_deleted: bool, names: list[str]
) -> tuple[str, list[object]]:
    """The rows of the question: a table and its WHERE, or of a slice those rows by themselves."""
    where, values = mirror.where(query, with_deleted, names)
    if not query.low and query.high is None:
        return f"{mirror.source(query, (where, values))} WHERE {where}", values
    limit = -1 if query.high is None else max(query.high - query.low, 0)
    order = sql.order_by(query.schema, query.order)
    table = connection.source(query.schema.table)
    return f"(SELECT * FROM {table} WHERE {where} ORDER BY {order} LIMIT {limit} OFFSET {query.low})", values
