"""Aggregates in SQLite: the SQL of each aggregate function, what reads its results, and exact sums by SQLite's own. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...schema.exact_json import EXACT_CONTEXT, loads

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


def native_sum_sql(number: str, key: str, unit: str) -> list[str]:
    """Return the SQL expressions whose results :func:`native_sum` turns into the state of an exact sum.

    :param number: the SQL of the number that the table holds.
    :param key: the SQL of the decimal's key, which equals the number if that is the decimal.
    :param unit: the SQL of the unit, "" if there is none.
    """
    size = f"{10**PLACES}.0"
    units = f"round({number} * {size})"
    inexact = f"max(({units} / {size}) IS NOT {key})"
    sums = ["count(*)", f"count({number})", f"total({units})", f"total(abs({number}))", inexact]
    return [*sums, f"min({unit})", f"max({unit})", f"count(CASE WHEN {unit} IS NULL THEN {number} END)"] if unit else sums


def native_sum(results: tuple[Any, ...]) -> State | None:
    """Return the state of an exact sum from the results of :func:`native_sum_sql`; None if SQLite's sum may be inexact.

    SQLite adds up the numbers as whole numbers of the last place. Only one decimal of at most 15 digits has a given REAL, so a
    number that results from dividing such a whole number is that decimal; and a REAL is exact for sums up to the limit.

    :param results: the number of rows and of values; their sum in units of the last place, and the sum of their absolute values;
        whether any number is not of that kind; the least and the greatest unit, and how many values have none.
    """
    rows, count, total, size, inexact, *units = results
    if not count:
        return [rows, {}]
    if inexact or size > MOST_SIZE:
        return None
    unit = units[0] if units and units[2] != count else None
    return [rows - count, {(unit or "").upper(): [EXACT_CONTEXT.scaleb(Decimal(int(total)), -PLACES), count]}]


def native_int_sum_sql(number: str) -> list[str]:
    """Return the SQL expressions of the state of ``int_sum``; SQLite raises "integer overflow" where the sum has over 64 bits."""
    return [f"sum({number})", f"count({number})"]


def native_int_sum(results: tuple[Any, ...]) -> State | None:
    """Return the state of ``int_sum`` from the results of :func:`native_int_sum_sql`; None if a number was no whole one."""
    return None if isinstance(results[0], float) else [results[0] or 0, results[1]]


def native_moments_sql(number: str) -> list[str]:
    """Return the SQL expressions whose results :func:`native_moments` turns into the state of ``int_moments``."""
    halves = (f"sum({number} >> 32)", f"sum({number} & 4294967295)")
    return [f"count({number})", *halves, f"total(CAST({number} AS REAL) * {number})"]


def native_moments(results: tuple[Any, ...]) -> State | None:
    """Return the state of ``int_moments``; None if SQLite's sum of the squares may be inexact.

    A REAL is exact for whole numbers up to 2^53, so a sum of squares that is below is the sum of exact squares.
    """
    count, high, low, squares = results
    return None if squares > MOST_SQUARES else [count, ((high or 0) << 32) + (low or 0), int(squares)]


def has_several_units(results: tuple[Any, ...]) -> bool:
    """Tell whether the results of :func:`native_sum_sql` may add up values of several units."""
    _, count, _, _, _, *units = results
    return bool(units) and bool(count) and units[2] != count and (units[2] > 0 or units[0] != units[1])
