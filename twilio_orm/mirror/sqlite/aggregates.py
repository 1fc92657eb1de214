"""Aggregates in SQLite: the SQL of each aggregate function, what reads its results, and exact sums by SQLite's own. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...query.dialect import BY_UNIT, EXACT, NATIVE, AggregateDialect, Inexact
from ...schema.decimals import exact
from ...schema.exact_json import EXACT_CONTEXT, loads
from .time_parts import presence

if TYPE_CHECKING:
    from ...query.aggregate_functions import State

# ---------------------------------------------------------------- the SQL of each, and what reads its results


def _call(name: str) -> Callable[[str, str], list[str]]:
    return lambda value, unit: [f"{name}({value}, {unit})"]


def _by_unit(part: Callable[[Any], Any]) -> Callable[[tuple[Any, ...]], State]:
    """Return the function that makes a state of what a function of SQLite returned.

    :param part: makes the state of one unit's values.
    """

    def state(results: tuple[Any, ...]) -> State:
        missing, units = loads(results[0]) if results[0] is not None else (0, {})
        return [missing, {unit: part(one) for unit, one in units.items()}]

    return state


def _int_moments(results: tuple[Any, ...]) -> State:
    """Numbers without a unit are those of the unit ""."""
    count, total, squares = loads(results[0])[1].get("", (0, "0", "0")) if results[0] is not None else (0, "0", "0")
    return [count, int(Decimal(total)), int(Decimal(squares))]


def _listed_values(make: Callable[[str], Any]) -> Callable[[tuple[Any, ...]], State]:
    """Return the function that counts values that SQLite joined to one text.

    :param make: returns the value of a text.
    """

    def state(results: tuple[Any, ...]) -> State:
        found = Counter(results[0].split(",") if isinstance(results[0], str) else ())
        return [Counter({make(text): count for text, count in found.items()})]

    return state


AGGREGATES: dict[str, tuple[Callable[[str, str], list[str]], Callable[[tuple[Any, ...]], State]]] = {
    "count_rows": (lambda *_: ["count(*)"], list),
    "count_values": (lambda value, _: [f"count({value})"], list),
    "count_distinct": (lambda value, _: [f"count(DISTINCT {value})"], lambda results: [results[0], set()]),
    "int_sum": (
        # SQLite's sum of 64 bit numbers may overflow; the sums of their two halves do not.
        lambda value, _: [f"sum({value} >> 32)", f"sum({value} & 4294967295)", f"count({value})"],
        lambda results: [((results[0] or 0) << 32) + (results[1] or 0), results[2]],
    ),
    "int_moments": (_call("exact_moments"), _int_moments),
    "int_values": (lambda value, _: [f"group_concat({value})"], _listed_values(int)),
    "values": (lambda value, _: [f"group_concat({value})"], _listed_values(str)),
    "decimal_sum": (_call("exact_sum"), _by_unit(lambda one: [Decimal(one[0]), one[1]])),
    "decimal_moments": (_call("exact_moments"), _by_unit(lambda one: [one[0], Decimal(one[1]), Decimal(one[2])])),
    "decimal_values": (
        _call("exact_values"),
        _by_unit(lambda one: Counter({Decimal(number): count for number, count in one})),
    ),
    "min": (lambda value, _: [f"min({value})"], list),
    "max": (lambda value, _: [f"max({value})"], list),
    "decimal_min": (_call("exact_min"), _by_unit(Decimal)),
    "decimal_max": (_call("exact_max"), _by_unit(Decimal)),
}
"""For each function what returns the SQL expressions that compute its state, given those of the value and of the unit; and what
returns the state, given their results."""


# ---------------------------------------------------------------- exact sums by SQLite's own sum

PLACES = 5
"""Decimals of up to so many places are added up by SQLite; Twilio's prices have no more."""
MOST_SIZE = 10**10
"""How large a sum may get: 10**15 units of the last place. SQLite's REAL is exact for whole numbers up to 9 * 10**15, so the sum
that is compared with this limit need not be exact itself."""
MOST_SQUARES = 2**53 - 1
"""How large a sum of squares may get in a REAL."""


def _units(number: str) -> str:
    """The SQL of a number as a whole number of the last place."""
    return f"round({number} * {10**PLACES}.0)"


def _sum(count: int, total: float, size: float) -> list[Any] | None:
    return None if size > MOST_SIZE else [EXACT_CONTEXT.scaleb(Decimal(int(total)), -PLACES), count]


def _moments(count: int, total: float, squares: float) -> list[Any] | None:
    if squares > MOST_SQUARES:
        return None
    scaled = [EXACT_CONTEXT.scaleb(Decimal(int(one)), places) for one, places in ((total, -PLACES), (squares, -2 * PLACES))]
    return [count, *scaled]


NATIVE_DECIMALS: dict[str, tuple[Callable[[str], list[str]], Callable[..., Any]]] = {
    "decimal_sum": (lambda number: [f"total({_units(number)})", f"total(abs({number}))"], _sum),
    "decimal_moments": (lambda number: [f"total({_units(number)})", f"total({_units(number)} * {_units(number)})"], _moments),
    "decimal_min": (lambda number: [f"min({number})"], lambda _, number: exact(number)),
    "decimal_max": (lambda number: [f"max({number})"], lambda _, number: exact(number)),
}
"""The functions of decimals that SQLite's own compute: what returns the SQL expressions, and what makes the part of a state of
the number of values and of the results; it returns None if these may be inexact."""


def native_decimal_sql(function: str, number: str, key: str, unit: str) -> list[str]:
    """Return the SQL expressions whose results :func:`native_decimal` turns into the state of a function of decimals.

    :param number: the SQL of the number that the table holds.
    :param key: the SQL of the decimal's key, which equals the number if that is the decimal.
    :param unit: the SQL of the unit, "" if there is none.
    """
    found = number if function in ("decimal_min", "decimal_max") else f"({_units(number)} / {10**PLACES}.0)"
    sums = ["count(*)", f"count({number})", f"max({found} IS NOT {key})", *NATIVE_DECIMALS[function][0](number)]
    return [f"min({unit})", f"max({unit})", f"count(CASE WHEN {unit} IS NULL THEN {number} END)", *sums] if unit else sums


def native_decimal(function: str, units: tuple[Any, ...], results: tuple[Any, ...]) -> State | None:
    """Return the state of a function of decimals from the results of :func:`native_decimal_sql`; None if it may be inexact.

    SQLite adds up the numbers as whole numbers of the last place. Only one decimal of at most 15 digits has a given REAL, so a
    number that results from dividing such a whole number is that decimal; and a REAL is exact for sums up to the limit. The least
    and the greatest decimal are those of the least and the greatest number, if every number is its decimal.

    :param units: the least and the greatest unit, and how many values have none; nothing where there are no units.
    :param results: the number of rows and of values; whether any number is not of that kind; what the function has computed.
    """
    rows, count, inexact, *found = results
    if not count:
        return [rows, {}]
    part = None if inexact else NATIVE_DECIMALS[function][1](count, *found)
    if part is None:
        return None
    unit = units[0] if units and units[2] != count else None
    return [rows - count, {(unit or "").upper(): part}]


def native_int_sum_sql(number: str) -> list[str]:
    """Return the SQL expressions of the state of ``int_sum``; SQLite raises "integer overflow" where the sum has over 64 bits."""
    return [f"sum({number})", f"count({presence(number)})"]


def native_int_sum(results: tuple[Any, ...]) -> State | None:
    """Return the state of ``int_sum`` from the results of :func:`native_int_sum_sql`; None if a number was no whole one."""
    return None if isinstance(results[0], float) else [results[0] or 0, results[1]]


def native_moments_sql(number: str) -> list[str]:
    """Return the SQL expressions whose results :func:`native_moments` turns into the state of ``int_moments``."""
    halves = (f"sum({number} >> 32)", f"sum({number} & 4294967295)")
    return [f"count({presence(number)})", *halves, f"total(CAST({number} AS REAL) * {number})"]


def native_moments(results: tuple[Any, ...]) -> State | None:
    """Return the state of ``int_moments``; None if SQLite's sum of the squares may be inexact.

    A REAL is exact for whole numbers up to 2^53, so a sum of squares that is below is the sum of exact squares.
    """
    count, high, low, squares = results
    return None if squares > MOST_SQUARES else [count, ((high or 0) << 32) + (low or 0), int(squares)]


def has_several_units(units: tuple[Any, ...], count: int) -> bool:
    """Tell whether so many values, whose units are those of :func:`native_decimal`, may have several."""
    return bool(units) and bool(count) and units[2] != count and (units[2] > 0 or units[0] != units[1])


WHOLE_SUMS: dict[str, tuple[Callable[[str], list[str]], Callable[[tuple[Any, ...]], State | None]]] = {
    "int_moments": (native_moments_sql, native_moments), "int_sum": (native_int_sum_sql, native_int_sum),
}  # fmt: skip
"""Those of whole numbers: what returns the SQL expressions, and what reads their results."""


NATIVES = frozenset({*NATIVE_DECIMALS, *WHOLE_SUMS})
"""The functions that SQLite's own can compute, unless numbers get too large to be exact or have too many digits."""
PYTHON = re.compile(r"\b(casefold|matches|has_words|part_of|decimal_\w+)\(")
"""Finds calls of Python's functions in SQL."""
LOW = 2**32 - 1


class SqliteAggregates(AggregateDialect):
    """How SQLite spells aggregates. See :class:`twilio_orm.query.dialect.AggregateDialect`."""

    def aggregate_methods(self, functions: frozenset[str], *, in_parts: bool, of_texts: bool) -> tuple[str, ...]:
        """Return how some functions can be computed: an account is billed in one currency, so units are looked at afterwards."""
        native = bool(functions & NATIVES) and not of_texts and in_parts
        return (NATIVE, BY_UNIT, EXACT) if native else (EXACT,)

    def needs_unit(self, function: str) -> bool:
        """Return whether ``BY_UNIT`` computes a function in one group for each unit."""
        return function in NATIVE_DECIMALS

    def aggregate(self, function: str, value: str, unit: str, method: str = EXACT, number: str = "") -> list[str]:
        """Return the expressions that compute the state of an aggregate function."""
        if function not in NATIVES or method == EXACT:
            return AGGREGATES[function][0](value, unit or "''")
        if function in WHOLE_SUMS:
            return WHOLE_SUMS[function][0](value)
        return native_decimal_sql(function, number, value, unit if method == NATIVE else "")

    def selected(self, function: str, expression: str) -> str:  # noqa: ARG002
        """Return what to select for one of the expressions: itself."""
        return expression

    def state(self, function: str, results: tuple[Any, ...], method: str = EXACT, units: tuple[Any, ...] = ()) -> State:
        """Return the state of an aggregate function."""
        if function not in NATIVES or method == EXACT:
            return AGGREGATES[function][1](results)
        if function in WHOLE_SUMS:
            found = WHOLE_SUMS[function][1](results)
        else:
            size = 3 + len(NATIVE_DECIMALS[function][0](""))
            own, results = results[:-size], results[-size:]
            if units:
                own = (units[0], units[0], results[1] if units[0] is None else 0)
            if has_several_units(own, results[1]):
                raise Inexact(units=True)
            found = native_decimal(function, own, results)
        if found is None:
            raise Inexact(units=False)
        return found

    def is_overflow(self, error: Exception) -> bool:
        """Return whether an error says that a sum of whole numbers has over 64 bits."""
        return str(error) == "integer overflow"

    def is_slow(self, condition: str) -> bool:
        """Return whether a condition calls a function of Python."""
        return PYTHON.search(condition) is not None

    def bounded_sum(self, value: str) -> str:
        """Return the sum of whole numbers, of their two halves: SQLite's sum of 64 bit numbers may overflow."""
        high, low = f"(sum({value} >> 32) + (sum({value} & {LOW}) >> 32))", f"(sum({value} & {LOW}) & {LOW})"
        return f"(CASE WHEN {high} BETWEEN -2147483648 AND 2147483647 THEN ({high} << 32) | {low} END)"
