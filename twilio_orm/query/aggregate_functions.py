"""The functions behind aggregates, each with one meaning in Python and in SQL. Pure.

A function collects values in a *state*, a list that several parts of the rows can be merged into. Numbers are exact: decimals are
added up without rounding, by their unit, because money of different units is never added up.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from .._frozen import Value, lazy_dataclass
from ..schema.decimals import exact
from ..schema.exact_json import EXACT_CONTEXT, dumps, loads

State = list[Any]
"""For ``count_*`` the count; for ``int_sum`` the sum and the count; for ``min`` and ``max`` the value; for ``int_moments`` the
count, the sum and the sum of the squares; for ``int_values`` and ``values`` a Counter of the values. For ``decimal_*`` how many
rows have no value, and by unit the same of the values that have the unit."""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class AggregateFunction(Value):
    """An aggregate function in Python and in SQL.

    :param start: returns a new state.
    :param step: adds a canonical value with its unit to a state; of decimals also how often it occurs.
    :param sql: returns the SQL expressions that compute the state, given those of the value and of the unit.
    :param from_sql: returns the state, given the results of those expressions.
    :param merge: adds another state to a state; None if two states do not say enough for that.
    """

    start: Callable[[], State]
    step: Callable[..., None]
    sql: Callable[[str, str], list[str]]
    from_sql: Callable[[tuple[Any, ...]], State]
    merge: Callable[[State, State], None] | None = None


# ---------------------------------------------------------------- steps


def _count_row(state: State, *_: Any) -> None:
    state[0] += 1


def _count_value(state: State, value: Any, _: Any) -> None:
    state[0] += value is not None


def _count_distinct(state: State, value: Any, _: Any) -> None:
    if value is not None:
        state[1].add(value)
        state[0] = len(state[1])


def _add_int(state: State, value: Any, _: Any) -> None:
    if value is not None:
        state[0] += value
        state[1] += 1


def _add_decimal(state: State, value: Any, unit: Any, times: int = 1) -> None:
    if value is None:
        state[0] += times
        return
    total = state[1].setdefault((unit or "").upper(), [Decimal(0), 0])
    number = exact(value)
    total[0] = EXACT_CONTEXT.add(total[0], number if times == 1 else EXACT_CONTEXT.multiply(number, times))
    total[1] += times


def _add_moments(state: State, value: Any, _: Any) -> None:
    if value is not None:
        state[0] += 1
        state[1] += value
        state[2] += value * value


def _add_decimal_moments(state: State, value: Any, unit: Any, times: int = 1) -> None:
    if value is None:
        state[0] += times
        return
    moments, number = state[1].setdefault((unit or "").upper(), [0, Decimal(0), Decimal(0)]), exact(value)
    moments[0] += times
    for at, power in ((1, number), (2, EXACT_CONTEXT.multiply(number, number))):
        moments[at] = EXACT_CONTEXT.add(moments[at], EXACT_CONTEXT.multiply(power, times))


def _add_value(state: State, value: Any, _: Any) -> None:
    if value is not None:
        state[0][value] += 1


def _add_decimal_value(state: State, value: Any, unit: Any, times: int = 1) -> None:
    if value is None:
        state[0] += times
    else:
        state[1].setdefault((unit or "").upper(), Counter())[exact(value)] += times


def _keep_first(precedes: Callable[[Any, Any], bool]) -> Callable[[State, Any, Any], None]:
    def step(state: State, value: Any, _: Any) -> None:
        if value is not None and (state[0] is None or precedes(value, state[0])):
            state[0] = value

    return step


def _keep_first_decimal(precedes: Callable[[Any, Any], bool]) -> Callable[..., None]:
    def step(state: State, value: Any, unit: Any, times: int = 1) -> None:
        if value is None:
            state[0] += times
            return
        number, unit = exact(value), (unit or "").upper()
        first = state[1].get(unit)
        if first is None or precedes(number, first):
            state[1][unit] = number

    return step


# ---------------------------------------------------------------- merging


def _merge_counts(state: State, other: State) -> None:
    state[:] = map(operator.add, state, other)


def _merge_decimal_sums(state: State, other: State) -> None:
    state[0] += other[0]
    for unit, (total, count) in other[1].items():
        merged = state[1].setdefault(unit, [Decimal(0), 0])
        merged[0] = EXACT_CONTEXT.add(merged[0], total)
        merged[1] += count


def _merge_decimal_moments(state: State, other: State) -> None:
    state[0] += other[0]
    for unit, (count, *sums) in other[1].items():
        merged = state[1].setdefault(unit, [0, Decimal(0), Decimal(0)])
        merged[:] = [merged[0] + count, *map(EXACT_CONTEXT.add, merged[1:], sums)]


def _merge_values(state: State, other: State) -> None:
    state[0] += other[0]


def _merge_decimal_values(state: State, other: State) -> None:
    state[0] += other[0]
    for unit, counts in other[1].items():
        state[1].setdefault(unit, Counter()).update(counts)


def _merge_first(step: Callable[..., None]) -> Callable[[State, State], None]:
    return lambda state, other: step(state, other[0], None)


def _merge_first_decimals(step: Callable[..., None]) -> Callable[[State, State], None]:
    def merge(state: State, other: State) -> None:
        state[0] += other[0]
        for unit, value in other[1].items():
            step(state, value, unit)

    return merge


# ---------------------------------------------------------------- from SQL


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


_MIN, _MAX = _keep_first(operator.lt), _keep_first(operator.gt)
_DECIMAL_MIN, _DECIMAL_MAX = _keep_first_decimal(operator.lt), _keep_first_decimal(operator.gt)

AGGREGATE_FUNCTIONS: dict[str, AggregateFunction] = {
    "count_rows": AggregateFunction(lambda: [0], _count_row, lambda *_: ["count(*)"], list, _merge_counts),
    "count_values": AggregateFunction(lambda: [0], _count_value, lambda value, _: [f"count({value})"], list, _merge_counts),
    "count_distinct": AggregateFunction(
        lambda: [0, set()],
        _count_distinct,
        lambda value, _: [f"count(DISTINCT {value})"],
        lambda results: [results[0], set()],
    ),
    "int_sum": AggregateFunction(
        lambda: [0, 0],
        _add_int,
        # SQLite's sum of 64 bit numbers may overflow; the sums of their two halves do not.
        lambda value, _: [f"sum({value} >> 32)", f"sum({value} & 4294967295)", f"count({value})"],
        lambda results: [((results[0] or 0) << 32) + (results[1] or 0), results[2]],
        _merge_counts,
    ),
    "int_moments": AggregateFunction(lambda: [0, 0, 0], _add_moments, _call("exact_moments"), _int_moments, _merge_counts),
    "int_values": AggregateFunction(
        lambda: [Counter()], _add_value, lambda value, _: [f"group_concat({value})"], _listed_values(int), _merge_values
    ),
    "values": AggregateFunction(
        lambda: [Counter()], _add_value, lambda value, _: [f"group_concat({value})"], _listed_values(str), _merge_values
    ),
    "decimal_sum": AggregateFunction(
        lambda: [0, {}], _add_decimal, _call("exact_sum"), _by_unit(lambda one: [Decimal(one[0]), one[1]]), _merge_decimal_sums
    ),
    "decimal_moments": AggregateFunction(
        lambda: [0, {}],
        _add_decimal_moments,
        _call("exact_moments"),
        _by_unit(lambda one: [one[0], Decimal(one[1]), Decimal(one[2])]),
        _merge_decimal_moments,
    ),
    "decimal_values": AggregateFunction(
        lambda: [0, {}],
        _add_decimal_value,
        _call("exact_values"),
        _by_unit(lambda one: Counter({Decimal(number): count for number, count in one})),
        _merge_decimal_values,
    ),
    "min": AggregateFunction(lambda: [None], _MIN, lambda value, _: [f"min({value})"], list, _merge_first(_MIN)),
    "max": AggregateFunction(lambda: [None], _MAX, lambda value, _: [f"max({value})"], list, _merge_first(_MAX)),
    "decimal_min": AggregateFunction(
        lambda: [0, {}], _DECIMAL_MIN, _call("exact_min"), _by_unit(Decimal), _merge_first_decimals(_DECIMAL_MIN)
    ),
    "decimal_max": AggregateFunction(
        lambda: [0, {}], _DECIMAL_MAX, _call("exact_max"), _by_unit(Decimal), _merge_first_decimals(_DECIMAL_MAX)
    ),
}


# ---------------------------------------------------------------- functions for SQLite

MOST_DISTINCT = 4096
"""How many different values are counted before they are added to the state."""


def _sqlite_class(name: str) -> type:
    """Return a class that SQLite calls as an aggregate function. Equal values are counted and added once, by their number."""

    class Aggregate:
        def __init__(self) -> None:
            self.state = AGGREGATE_FUNCTIONS[name].start()
            self.counts: dict[tuple[Any, Any], int] = {}

        def step(self, value: Any, unit: Any) -> None:
            counts, key = self.counts, (value, unit)
            counts[key] = counts.get(key, 0) + 1
            if len(counts) > MOST_DISTINCT:
                self.flush()

        def flush(self) -> None:
            """Add the counted values to the state."""
            step = AGGREGATE_FUNCTIONS[name].step
            for (value, unit), times in self.counts.items():
                step(self.state, value, unit, times)
            self.counts.clear()

        def finalize(self) -> str:
            self.flush()
            missing, units = self.state
            return dumps([missing, {unit: _as_json(part) for unit, part in units.items()}])

    return Aggregate


def _as_json(part: Any) -> Any:
    """What a state holds of one unit, in JSON; decimals are texts."""
    if isinstance(part, Counter):
        return [[str(number), count] for number, count in part.items()]
    return [_as_json(one) for one in part] if isinstance(part, list) else part if isinstance(part, int) else str(part)


SQL_AGGREGATES: dict[str, tuple[int, Any]] = {
    "exact_sum": (2, _sqlite_class("decimal_sum")),
    "exact_min": (2, _sqlite_class("decimal_min")),
    "exact_max": (2, _sqlite_class("decimal_max")),
    "exact_moments": (2, _sqlite_class("decimal_moments")),
    "exact_values": (2, _sqlite_class("decimal_values")),
}
"""The aggregate functions that every database has to register: the number of their arguments, and their class."""


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
