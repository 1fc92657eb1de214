"""The functions behind aggregates, in Python; a dialect computes the same states in SQL. Pure.

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
from ..schema.exact_json import EXACT_CONTEXT

State = list[Any]
"""For ``count_*`` the count; for ``int_sum`` the sum and the count; for ``min`` and ``max`` the value; for ``int_moments`` the
count, the sum and the sum of the squares; for ``int_values`` and ``values`` a Counter of the values. For ``decimal_*`` how many
rows have no value, and by unit the same of the values that have the unit."""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class AggregateFunction(Value):
    """An aggregate function.

    :param start: returns a new state.
    :param step: adds a canonical value with its unit to a state; of decimals also how often it occurs.
    :param merge: adds another state to a state; None if two states do not say enough for that.
    """

    start: Callable[[], State]
    step: Callable[..., None]
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


# ---------------------------------------------------------------- the table

_MIN, _MAX = _keep_first(operator.lt), _keep_first(operator.gt)
_DECIMAL_MIN, _DECIMAL_MAX = _keep_first_decimal(operator.lt), _keep_first_decimal(operator.gt)

AGGREGATE_FUNCTIONS: dict[str, AggregateFunction] = {
    "count_rows": AggregateFunction(lambda: [0], _count_row, _merge_counts),
    "count_values": AggregateFunction(lambda: [0], _count_value, _merge_counts),
    "count_distinct": AggregateFunction(lambda: [0, set()], _count_distinct),
    "int_sum": AggregateFunction(lambda: [0, 0], _add_int, _merge_counts),
    "int_moments": AggregateFunction(lambda: [0, 0, 0], _add_moments, _merge_counts),
    "int_values": AggregateFunction(lambda: [Counter()], _add_value, _merge_values),
    "values": AggregateFunction(lambda: [Counter()], _add_value, _merge_values),
    "decimal_sum": AggregateFunction(lambda: [0, {}], _add_decimal, _merge_decimal_sums),
    "decimal_moments": AggregateFunction(lambda: [0, {}], _add_decimal_moments, _merge_decimal_moments),
    "decimal_values": AggregateFunction(lambda: [0, {}], _add_decimal_value, _merge_decimal_values),
    "min": AggregateFunction(lambda: [None], _MIN, _merge_first(_MIN)),
    "max": AggregateFunction(lambda: [None], _MAX, _merge_first(_MAX)),
    "decimal_min": AggregateFunction(lambda: [0, {}], _DECIMAL_MIN, _merge_first_decimals(_DECIMAL_MIN)),
    "decimal_max": AggregateFunction(lambda: [0, {}], _DECIMAL_MAX, _merge_first_decimals(_DECIMAL_MAX)),
}
