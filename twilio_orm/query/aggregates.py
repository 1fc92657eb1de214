"""Counts, sums, means and ends of a field, over records in Python or in SQL, with one meaning: a table of faces. Pure.

Numbers are exact. Money of different units is never added up: an aggregate of a money field is an ``Amounts``.
"""

from __future__ import annotations

import decimal
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from .._frozen import Value
from ..errors import QueryError
from ..schema.decimals import exact
from ..schema.exact_json import EXACT_CONTEXT, dumps, loads
from ..schema.number_fields import Money, Number, Whole
from ..schema.resource_schema import ResourceSchema
from ..schema.row_codec import Row
from ..schema.text_fields import Json
from .amounts import Amounts
from .ast import Term
from .parser import term
from .predicates import term_reader

MEAN = decimal.Context(28, decimal.ROUND_HALF_EVEN, Emin=-999999, Emax=999999, capitals=1, clamp=0, flags=[], traps=[])
"""Means are rounded to 28 digits, whatever the caller's context says."""


# ---------------------------------------------------------------- the table


@dataclass(frozen=True, eq=False, repr=False)
class Face(Value):
    """One row of the table.

    ``start()`` makes a state, ``step(state, value, unit)`` takes in a canonical value; ``sql(value, unit)`` are SQL
    expressions of which ``back(results)`` makes the same state. ``merge(state, other)`` takes in what another part of the rows
    came to, where two parts say enough of the whole.
    """

    start: Callable[[], list[Any]]
    step: Callable[..., None]
    sql: Callable[[str, str], list[str]]
    back: Callable[[tuple[Any, ...]], list[Any]]
    merge: Callable[[list[Any], list[Any]], None] | None = None


def _count(state: list[Any], value: Any, _: Any) -> None:
    state[0] += value is not None


def _row(state: list[Any], *_: Any) -> None:
    state[0] += 1


def _tell_apart(state: list[Any], value: Any, _: Any) -> None:
    if value is not None:
        state[1].add(value)
        state[0] = len(state[1])


def _add(state: list[Any], value: Any, _: Any) -> None:
    if value is not None:
        state[0] += value
        state[1] += 1


def _add_exactly(state: list[Any], value: Any, unit: Any, times: int = 1) -> None:
    """``state`` is how many had no value, and by unit the sum and the number of the others."""
    if value is None:
        state[0] += times
        return
    there = state[1].setdefault((unit or "").upper(), [Decimal(0), 0])
    number = exact(value)
    there[0] = EXACT_CONTEXT.add(there[0], number if times == 1 else EXACT_CONTEXT.multiply(number, times))
    there[1] += times


def _end(first: Callable[[Any, Any], bool]) -> Callable[[list[Any], Any, Any], None]:
    def step(state: list[Any], value: Any, _: Any) -> None:
        if value is not None and (state[0] is None or first(value, state[0])):
            state[0] = value

    return step


def _end_exactly(first: Callable[[Any, Any], bool]) -> Callable[[list[Any], Any, Any], None]:
    """By unit the first of the numbers."""

    def step(state: list[Any], value: Any, unit: Any, times: int = 1) -> None:
        if value is None:
            state[0] += times
            return
        number, unit = exact(value), (unit or "").upper()
        there = state[1].get(unit)
        if there is None or first(number, there):
            state[1][unit] = number

    return step


def _summed(name: str) -> Callable[[str, str], list[str]]:
    return lambda value, unit: [f"{name}({value}, {unit})"]


def _sums_back(results: tuple[Any, ...]) -> list[Any]:
    missing, units = loads(results[0]) if results[0] is not None else (0, {})
    return [missing, {unit: [Decimal(total), count] for unit, (total, count) in units.items()}]


def _ends_back(results: tuple[Any, ...]) -> list[Any]:
    missing, units = loads(results[0]) if results[0] is not None else (0, {})
    return [missing, {unit: Decimal(found) for unit, found in units.items()}]


def _sum(state: list[Any], other: list[Any]) -> None:
    state[:] = map(operator.add, state, other)


def _sum_exactly(state: list[Any], other: list[Any]) -> None:
    state[0] += other[0]
    for unit, (total, count) in other[1].items():
        there = state[1].setdefault(unit, [Decimal(0), 0])
        there[0] = EXACT_CONTEXT.add(there[0], total)
        there[1] += count


def _ended(step: Callable[..., None]) -> Callable[[list[Any], list[Any]], None]:
    return lambda state, other: step(state, other[0], None)


def _ended_exactly(step: Callable[..., None]) -> Callable[[list[Any], list[Any]], None]:
    def merge(state: list[Any], other: list[Any]) -> None:
        state[0] += other[0]
        for unit, value in other[1].items():
            step(state, value, unit)

    return merge


_LEAST, _GREATEST = _end(lambda a, b: a < b), _end(lambda a, b: a > b)
_LOWEST, _HIGHEST = _end_exactly(lambda a, b: a < b), _end_exactly(lambda a, b: a > b)

FACES: dict[str, Face] = {
    "rows": Face(lambda: [0], _row, lambda *_: ["count(*)"], list, _sum),
    "values": Face(lambda: [0], _count, lambda value, *_: [f"count({value})"], list, _sum),
    "different": Face(
        lambda: [0, set()], _tell_apart, lambda value, _: [f"count(DISTINCT {value})"], lambda got: [got[0], set()]
    ),
    "whole": Face(
        lambda: [0, 0],
        _add,
        # Each half of a 64 bit number fits the sum of very many; the whole sum would overflow.
        lambda value, *_: [f"sum({value} >> 32)", f"sum({value} & 4294967295)", f"count({value})"],
        lambda got: [((got[0] or 0) << 32) + (got[1] or 0), got[2]],
        _sum,
    ),
    "exact": Face(lambda: [0, {}], _add_exactly, _summed("exact_sum"), _sums_back, _sum_exactly),
    "least": Face(lambda: [None], _LEAST, lambda value, *_: [f"min({value})"], list, _ended(_LEAST)),
    "greatest": Face(lambda: [None], _GREATEST, lambda value, *_: [f"max({value})"], list, _ended(_GREATEST)),
    "lowest": Face(lambda: [0, {}], _LOWEST, _summed("exact_min"), _ends_back, _ended_exactly(_LOWEST)),
    "highest": Face(lambda: [0, {}], _HIGHEST, _summed("exact_max"), _ends_back, _ended_exactly(_HIGHEST)),
}


MANY = 4096
"""Different values that are kept before they are reckoned."""


def _registered(name: str) -> type:
    """A face as a class of the kind that SQLite takes for an aggregate function. Equal values are reckoned once."""

    class Summing:
        def __init__(self) -> None:
            self.state = FACES[name].start()
            self.seen: dict[tuple[Any, Any], int] = {}

        def step(self, value: Any, unit: Any) -> None:
            seen, one = self.seen, (value, unit)
            seen[one] = seen.get(one, 0) + 1
            if len(seen) > MANY:
                self.reckon()

        def reckon(self) -> None:
            """Take in what was seen."""
            step = FACES[name].step
            for (value, unit), times in self.seen.items():
                step(self.state, value, unit, times)
            self.seen.clear()

        def finalize(self) -> str:
            self.reckon()
            missing, units = self.state
            told = {unit: [str(got[0]), got[1]] if isinstance(got, list) else str(got) for unit, got in units.items()}
            return dumps([missing, told])

    return Summing


SUMMED: dict[str, tuple[int, Any]] = {
    "exact_sum": (2, _registered("exact")),
    "exact_min": (2, _registered("lowest")),
    "exact_max": (2, _registered("highest")),
}
"""The aggregate functions that every database has to have: the number of their arguments, and their class."""


# ---------------------------------------------------------------- sums that SQLite adds up

PLACES = 5
"""The decimals of numbers whose sum SQLite can make exactly: those of Twilio's prices."""
MOST = 10**15
"""How large a sum of such numbers may get, in units of the last decimal. REAL is exact up to 9 * 10**15."""


def rounded_sql(number: str, key: str, unit: str) -> list[str]:
    """SQL expressions of which :func:`rounded` makes the state of an exact sum, where they say enough.

    :param number: the table's number; ``key`` what tells the decimal apart. :param unit: its unit, or nothing.
    """
    size = f"{10**PLACES}.0"
    units = f"round({number} * {size})"
    odd = f"max(({units} / {size}) IS NOT {key})"
    sums = ["count(*)", f"count({number})", f"total({units})", f"total(abs({units}))", odd]
    return [*sums, f"min({unit})", f"max({unit})", f"count(CASE WHEN {unit} IS NULL THEN {number} END)"] if unit else sums


def rounded(results: tuple[Any, ...]) -> list[Any] | None:
    """The state of an exact sum of numbers with few decimals, which were added up as whole numbers; None where that leaves doubt.

    A decimal of at most 15 digits is the only one of so many digits with its REAL, so that a number which a whole number of the
    last decimal gives by division is that decimal. A REAL holds each sum of whole numbers until it gets too large.

    :param results: how many rows, and values; their sum and the sum of their absolute values, in units of the last decimal;
        whether any is no such number; the first and the last of their units, and how many have none.
    """
    rows, count, total, size, odd, *units = results
    if not count:
        return [rows, {}]
    if odd or size > MOST:
        return None
    unit = units[0] if units and units[2] != count else None
    return [rows - count, {(unit or "").upper(): [EXACT_CONTEXT.scaleb(Decimal(int(total)), -PLACES), count]}]


def mixed(results: tuple[Any, ...]) -> bool:
    """Whether those may be sums of several units."""
    _, count, _, _, _, *units = results
    return bool(units) and bool(count) and units[2] != count and (units[2] > 0 or units[0] != units[1])


# ---------------------------------------------------------------- what a caller writes


@dataclass(frozen=True, eq=False, repr=False)
class Aggregate(Value):
    """What is reckoned of a field, or of a part of it (``start_time__hour``), over many records.

    :param field: the field's name.
    """

    field: str = ""
    distinct: bool = False
    faces: ClassVar[tuple[str, str, str]]
    """Of fields that are whole numbers, decimal numbers, and others; nothing where it has none."""

    def __post_init__(self) -> None:
        if not isinstance(self.field, str):
            raise QueryError(f"{type(self).__name__}() takes the name of a field, not a {type(self.field).__name__}")
        if not self.field and not isinstance(self, Count):
            raise QueryError(f"{type(self).__name__}() takes the name of a field")
        if self.distinct and not (isinstance(self, Count) and self.field):
            raise QueryError("distinct=True goes with Count() of a field")

    def default(self) -> str:
        """The name of its result where none is given."""
        return "__".join(filter(None, (self.field, type(self).__name__.lower())))

    def bound(self, schema: ResourceSchema, zone: str = "") -> Tally:
        """This, for the fields of a resource. Raises UnknownField, UnknownLookup and, of what has no sum, QueryError."""
        if not self.field:
            return Tally(schema, self, None, "rows")
        found = term(schema, self.field, zone)
        column = schema.column(found.field)
        whole = isinstance(column, Whole) if not found.part else found.part != "date"
        face = self.faces[0 if whole else 1 if isinstance(column, Number) else 2]
        if not face or (isinstance(column, Json) and not isinstance(self, Count)):
            known = "numbers" if not self.faces[2] else "what has an order"
            raise QueryError(f"{type(self).__name__}() is of {known}: {schema.name}.{self.field} is {column.description}")
        return Tally(schema, self, found, "different" if self.distinct else face)


class Count(Aggregate):
    """How many records there are, or how many values of a field that are not null.

    :param field: nothing for the records. :param distinct: count equal values once.
    """

    faces = ("values", "values", "values")


class Sum(Aggregate):
    """The exact sum of a number's values, None where there are none; of money, one for each unit (:class:`Amounts`)."""

    faces = ("whole", "exact", "")


class Avg(Aggregate):
    """The mean of a number's values as a Decimal of 28 digits, None where there are none; of money, one for each unit."""

    faces = ("whole", "exact", "")


class Min(Aggregate):
    """The least value, None where there is none; of money, one for each unit."""

    faces = ("least", "lowest", "least")


class Max(Aggregate):
    """The greatest value, None where there is none; of money, one for each unit."""

    faces = ("greatest", "highest", "greatest")


@dataclass(frozen=True, eq=False, repr=False)
class Tally(Value):
    """An aggregate of a resource's field: ``term`` is what is read, ``face`` the row of the table."""

    schema: ResourceSchema
    aggregate: Aggregate
    term: Term | None
    face: str

    @property
    def unit(self) -> str:
        """The field that names the unit of a money field, or nothing."""
        column = self.schema.column(self.term.field) if self.term else None
        return column.unit if isinstance(column, Money) else ""

    def done(self, state: list[Any]) -> Any:
        """The result that a state stands for."""
        if self.term is None or isinstance(self.aggregate, Count):
            return state[0]
        if self.face == "whole":
            return None if not state[1] else self._of(state[0], state[1])
        if self.face in ("least", "greatest"):
            return self.term.value(self.schema, state[0])
        found = {unit: self._of(*got) if isinstance(got, list) else self._usual(got) for unit, got in state[1].items()}
        return Amounts(found, state[0]) if self.unit else found.get("")

    def _usual(self, number: Decimal) -> Decimal:
        """A number with as many decimals as such numbers have."""
        column = self.schema.column(self.term.field) if self.term else None
        return column.decimal(number) if isinstance(column, Number) else number

    def _of(self, total: Any, count: int) -> Any:
        total = self._usual(total) if isinstance(total, Decimal) else total
        return MEAN.divide(Decimal(total), Decimal(count)) if isinstance(self.aggregate, Avg) else total


# ---------------------------------------------------------------- over rows


Group = tuple[tuple[Any, ...], list[list[Any]]]
"""The canonical values that a group has in common, and the states of its aggregates."""


def over(rows: Iterable[Row], schema: ResourceSchema, terms: Iterable[Term], tallies: Iterable[Tally]) -> list[Group]:
    """The groups of rows by what these terms read, with the states of these aggregates. Without terms there is one."""
    terms, tallies = list(terms), list(tallies)
    readers = [term_reader(schema, one) for one in terms]
    normal = [schema.column(one.field).normalized for one in terms]
    steps = [(FACES[one.face].step, *_readers(schema, one)) for one in tallies]
    groups: dict[tuple[Any, ...], Group] = {}
    if not terms:
        groups[()] = ((), [FACES[one.face].start() for one in tallies])
    for row in rows:
        values = tuple([read(row) for read in readers])
        key = tuple([one.compared(schema, value) for one, value in zip(terms, values, strict=True)])
        there = groups.get(key)
        if there is None:
            same = tuple([one(value) for one, value in zip(normal, values, strict=True)])
            there = groups[key] = (same, [FACES[one.face].start() for one in tallies])
        for (step, read, unit), state in zip(steps, there[1], strict=True):
            step(state, read(row), unit(row))
    return list(groups.values())


def _readers(schema: ResourceSchema, tally: Tally) -> tuple[Callable[[Row], Any], Callable[[Row], Any]]:
    """What reads a tally's value of a row, and its unit."""
    unit = tally.unit
    units = (lambda row: schema.codec.stored(row, unit)) if unit else (lambda _: "")
    if tally.term is None:
        return (lambda _: None), units
    read, found = term_reader(schema, tally.term), tally.term
    if tally.face == "different":
        return (lambda row: found.compared(schema, read(row))), units
    return read, units
