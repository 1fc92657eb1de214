"""Aggregates in PostgreSQL: the SQL of each aggregate function, and what reads its results. Pure.

Sums of NUMERIC and of BIGINT are exact; they are read as texts. Amounts are grouped by their unit, or listed with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...query.aggregate_functions import AGGREGATE_FUNCTIONS
from ...query.dialect import BY_UNIT, EXACT, AggregateDialect
from ...schema.exact_json import loads
from .calculations import GREATEST, LEAST

if TYPE_CHECKING:
    from ...query.aggregate_functions import State

Results = tuple[Any, ...]


def _number(value: str) -> str:
    return f"({value})::numeric"


def _squares(value: str) -> str:
    return f"sum({_number(value)} * {_number(value)})"


def _listed(value: str, unit: str) -> list[str]:
    """All decimals with their units."""
    return [f"json_agg(json_build_array({_number(value)}::text, ({unit or 'NULL'})::text))"]


def _of_list(function: str) -> Callable[[Results], State]:
    """Return the function that makes a state of the listed decimals."""

    def state(results: Results) -> State:
        one = AGGREGATE_FUNCTIONS[function]
        made = one.start()
        counts = Counter((number, unit) for number, unit in loads(results[0])) if results[0] is not None else Counter[Any]()
        for (number, unit), times in counts.items():
            one.step(made, number, unit, times)
        return made

    return state


def _counted(make: Callable[[str], Any]) -> Callable[[Results], State]:
    """Return the function that counts values that are joined to one text."""
    return lambda results: [Counter(map(make, results[0].split(","))) if results[0] is not None else Counter()]


AGGREGATES: dict[str, tuple[Callable[[str, str], list[str]], Callable[[Results], State]]] = {
    "count_rows": (lambda *_: ["count(*)"], list),
    "count_values": (lambda value, _: [f"count({value})"], list),
    "count_distinct": (lambda value, _: [f"count(DISTINCT {value})"], lambda results: [results[0], set()]),
    "int_sum": (
        lambda value, _: [f"sum({_number(value)})", f"count({value})"],
        lambda results: [int(results[0] or 0), int(results[1])],
    ),
    "int_moments": (
        lambda value, _: [f"count({value})", f"sum({_number(value)})", _squares(value)],
        lambda results: [int(one or 0) for one in results],
    ),
    "int_values": (lambda value, _: [f"string_agg(({value})::text, ',')"], _counted(int)),
    "values": (lambda value, _: [f"string_agg(({value})::text, ',')"], _counted(str)),
    "decimal_values": (_listed, _of_list("decimal_values")),
    "decimal_sum": (_listed, _of_list("decimal_sum")),
    "decimal_moments": (_listed, _of_list("decimal_moments")),
    "decimal_min": (_listed, _of_list("decimal_min")),
    "decimal_max": (_listed, _of_list("decimal_max")),
    "min": (lambda value, _: [f"min({value})"], list),
    "max": (lambda value, _: [f"max({value})"], list),
}
"""For each function what returns the SQL expressions that compute its state, given those of the value and of the unit; and what
returns the state, given their results."""

BY_UNITS: dict[str, tuple[Callable[[str], list[str]], Callable[[list[str]], Any]]] = {
    "decimal_sum": (
        lambda value: [f"sum({_number(value)})", f"count({value})"],
        lambda found: [Decimal(found[0]), int(found[1])],
    ),
    "decimal_moments": (
        lambda value: [f"count({value})", f"sum({_number(value)})", _squares(value)],
        lambda found: [int(found[0]), Decimal(found[1]), Decimal(found[2])],
    ),
    "decimal_min": (lambda value: [f"min({_number(value)})"], lambda found: Decimal(found[0])),
    "decimal_max": (lambda value: [f"max({_number(value)})"], lambda found: Decimal(found[0])),
}
"""The functions of decimals of one unit: what returns their expressions, and what makes the part of a state of the results."""

AS_THEY_ARE = frozenset({"count_rows", "count_values", "count_distinct", "min", "max"})
"""The functions whose results are read as they are; those of all others are read as texts."""


class PostgresAggregates(AggregateDialect):
    """How PostgreSQL spells aggregates. See :class:`twilio_orm.query.dialect.AggregateDialect`."""

    def aggregate_methods(self, functions: frozenset[str], *, in_parts: bool, of_texts: bool) -> tuple[str, ...]:  # noqa: ARG002
        """Return how some functions can be computed: the server's sums are exact, those of amounts in one group a unit."""
        return (BY_UNIT,) if in_parts else (EXACT,)

    def needs_unit(self, function: str) -> bool:
        """Return whether ``BY_UNIT`` computes a function in one group for each unit."""
        return function in BY_UNITS

    def aggregate(self, function: str, value: str, unit: str, method: str = EXACT, number: str = "") -> list[str]:
        """Return the expressions that compute the state of an aggregate function."""
        value = number if number and function.startswith("decimal") else value
        if method == BY_UNIT and function in BY_UNITS:
            return ["count(*)", f"count({value})", *BY_UNITS[function][0](value)]
        return AGGREGATES[function][0](value, unit)

    def selected(self, function: str, expression: str) -> str:
        """Return what to select for one of the expressions: sums as texts, with all their digits."""
        return expression if function in AS_THEY_ARE else f"({expression})::text"

    def state(self, function: str, results: tuple[Any, ...], method: str = EXACT, units: tuple[Any, ...] = ()) -> State:
        """Return the state of an aggregate function."""
        if method != BY_UNIT or function not in BY_UNITS:
            return AGGREGATES[function][1](results)
        rows, count, *found = results
        missing, unit = int(rows) - int(count), next(iter(units), None) or ""
        return [missing, {unit.upper(): BY_UNITS[function][1](found)} if missing < int(rows) else {}]

    def is_overflow(self, error: Exception) -> bool:  # noqa: ARG002
        """Return False: sums of whole numbers are NUMERIC."""
        return False

    def is_slow(self, condition: str) -> bool:  # noqa: ARG002
        """Return False: no condition leaves the server."""
        return False

    def bounded_sum(self, value: str) -> str:
        """Return the sum of whole numbers; null beyond 64 bits."""
        total = f"sum(({value})::numeric)"
        return f"(CASE WHEN {total} BETWEEN {LEAST} AND {GREATEST} THEN {total}::bigint END)"
