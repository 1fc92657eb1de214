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

from .amounts import Amounts
from .errors import QueryError
from .faces import reader
from .fields import Json, Money, Number, Whole
from .jsontext import dumps, loads
from .query import Term
from .shape import Row, Shape
from .values import Value
from .words import term

EXACT = decimal.Context(prec=decimal.MAX_PREC, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
"""Sums need no rounding, however long they get."""
MEAN = decimal.Context(prec=28)


# ---------------------------------------------------------------- the table


@dataclass(frozen=True, eq=False, repr=False)
class Face(Value):
    """One row of the table.

    ``start()`` makes a state, ``step(state, value, unit)`` takes in a canonical value; ``sql(value, compared, unit)`` are SQL
    expressions of which ``back(results)`` makes the same state. ``merge(state, other)`` takes in what another part of the rows
    came to, where two parts say enough of the whole.
    """

    start: Callable[[], list[Any]]
    step: Callable[..., None]
    sql: Callable[[str, str, str], list[str]]
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
    number = Decimal(value)
    there[0] = EXACT.add(there[0], number if times == 1 else EXACT.multiply(number, times))
    there[1] += times


def _end(first: Callable[[Any, Any], bool]) -> Callable[[list[Any], Any, Any], None]:
    def step(state: list[Any], value: Any, _: Any) -> None:
        if value is not None and (state[0] is None or first(value, state[0])):
            state[0] = value

    return step


def _end_exactly(first: Callable[[Any, Any], bool]) -> Callable[[list[Any], Any, Any], None]:
    """By unit the first of the numbers, of equal ones the text that sorts first."""

    def step(state: list[Any], value: Any, unit: Any, times: int = 1) -> None:
        if value is None:
            state[0] += times
            return
        unit = (unit or "").upper()
        there = state[1].get(unit)
        if there is not None:
            one, other = Decimal(value), Decimal(there)
            if not (first(one, other) or (one == other and value < there)):
                return
        state[1][unit] = value

    return step


def _summed(name: str) -> Callable[[str, str, str], list[str]]:
    return lambda value, _, unit: [f"{name}({value}, {unit})"]


def _sums_back(results: tuple[Any, ...]) -> list[Any]:
    missing, units = loads(results[0]) if results[0] is not None else (0, {})
    return [missing, {unit: [Decimal(total), count] for unit, (total, count) in units.items()}]


def _ends_back(results: tuple[Any, ...]) -> list[Any]:
    return list(loads(results[0])) if results[0] is not None else [0, {}]


def _sum(state: list[Any], other: list[Any]) -> None:
    state[:] = map(operator.add, state, other)


def _sum_exactly(state: list[Any], other: list[Any]) -> None:
    state[0] += other[0]
    for unit, (total, count) in other[1].items():
        there = state[1].setdefault(unit, [Decimal(0), 0])
        there[0] = EXACT.add(there[0], total)
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
        lambda: [0, set()], _tell_apart, lambda _, compared, __: [f"count(DISTINCT {compared})"], lambda got: [got[0], set()]
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
            plain = {unit: [str(got[0]), got[1]] if isinstance(got, list) else got for unit, got in units.items()}
            return dumps([missing, plain])

    return Summing


SUMMED: dict[str, tuple[int, Any]] = {
    "exact_sum": (2, _registered("exact")),
    "exact_min": (2, _registered("lowest")),
    "exact_max": (2, _registered("highest")),
}
"""The aggregate functions that every database has to have: the number of their arguments, and their class."""


# ---------------------------------------------------------------- sums that SQLite adds up


def rounded_sql(value: str, unit: str) -> list[str]:
    """SQL expressions of which :func:`rounded` makes the state of an exact sum, where they say enough."""
    places = f"max(length({value}) - nullif(instr({value}, '.'), 0))"
    sums = ["count(*)", f"count({value})", f"total({value})", f"total(abs({value}))", places]
    return [*sums, f"min({unit})", f"max({unit})", f"count(CASE WHEN {unit} IS NULL THEN {value} END)"] if unit else sums


def rounded(results: tuple[Any, ...]) -> list[Any] | None:
    """The state of an exact sum of numbers, of what their sum as floating point numbers came to; None where that leaves doubt.

    Each addition is off by half a unit in the last place of 53 bits at most, each reading of a text by a few. Where all of that
    together is less than half of the numbers' last decimal, only one number with as many decimals is near enough: the exact sum.

    :param results: how many rows, and values; their sum, the sum of their absolute values; the most decimals of one; the first
        and the last of their units, and how many have none.
    """
    rows, count, total, size, places, *units = results
    if not count:
        return [rows, {}]
    places = places or 0
    off = (count + 64) * 2.0**-53 * 1.01 * size
    if not off < 0.45 * 10.0**-places:
        return None
    found = EXACT.quantize(Decimal(total), Decimal((0, (1,), -places)))
    unit = units[0] if units and units[2] != count else None
    return [rows - count, {(unit or "").upper(): [found if found else found.copy_abs(), count]}]


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

    def bound(self, shape: Shape, zone: str = "") -> Tally:
        """This, for the fields of a resource. Raises UnknownField, UnknownLookup and, of what has no sum, QueryError."""
        if not self.field:
            return Tally(shape, self, None, "rows")
        found = term(shape, self.field, zone)
        column = shape.column(found.field)
        whole = isinstance(column, Whole) if not found.part else found.part != "date"
        face = self.faces[0 if whole else 1 if isinstance(column, Number) else 2]
        if not face or (isinstance(column, Json) and not isinstance(self, Count)):
            known = "numbers" if not self.faces[2] else "what has an order"
            raise QueryError(f"{type(self).__name__}() is of {known}: {shape.name}.{self.field} is {column.english}")
        return Tally(shape, self, found, "different" if self.distinct else face)


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

    shape: Shape
    aggregate: Aggregate
    term: Term | None
    face: str

    @property
    def unit(self) -> str:
        """The field that names the unit of a money field, or nothing."""
        column = self.shape.column(self.term.field) if self.term else None
        return column.unit if isinstance(column, Money) else ""

    def done(self, state: list[Any]) -> Any:
        """The result that a state stands for."""
        if self.term is None or isinstance(self.aggregate, Count):
            return state[0]
        if self.face == "whole":
            return None if not state[1] else self._of(state[0], state[1])
        if self.face in ("least", "greatest"):
            return self.term.value(self.shape, state[0])
        found = {unit: self._of(*got) if isinstance(got, list) else Decimal(got) for unit, got in state[1].items()}
        return Amounts(found, state[0]) if self.unit else found.get("")

    def _of(self, total: Any, count: int) -> Any:
        return MEAN.divide(Decimal(total), Decimal(count)) if isinstance(self.aggregate, Avg) else total


# ---------------------------------------------------------------- over rows


Group = tuple[tuple[Any, ...], list[list[Any]]]
"""The canonical values that a group has in common, and the states of its aggregates."""


def over(rows: Iterable[Row], shape: Shape, terms: Iterable[Term], tallies: Iterable[Tally]) -> list[Group]:
    """The groups of rows by what these terms read, with the states of these aggregates. Without terms there is one."""
    terms, tallies = list(terms), list(tallies)
    readers = [reader(shape, one) for one in terms]
    steps = [(FACES[one.face].step, *_readers(shape, one)) for one in tallies]
    groups: dict[tuple[Any, ...], Group] = {}
    if not terms:
        groups[()] = ((), [FACES[one.face].start() for one in tallies])
    for row in rows:
        values = tuple(read(row) for read in readers)
        key = tuple(one.compared(shape, value) for one, value in zip(terms, values, strict=True))
        there = groups.get(key)
        if there is None:
            there = (values, [FACES[one.face].start() for one in tallies])
        elif there[0] != values:  # equal as numbers: the text that sorts first stands for both
            there = (tuple(map(min, there[0], values)), there[1]) if None not in values else lower(there, values)
        groups[key] = there
        for (step, read, unit), state in zip(steps, there[1], strict=True):
            step(state, read(row), unit(row))
    return list(groups.values())


def lower(there: Group, values: tuple[Any, ...]) -> Group:
    """The group with whichever values sort first: they are equal as numbers."""
    return tuple(old if old is None else min(old, new) for old, new in zip(there[0], values, strict=True)), there[1]


def _readers(shape: Shape, tally: Tally) -> tuple[Callable[[Row], Any], Callable[[Row], Any]]:
    """What reads a tally's value of a row, and its unit."""
    unit = tally.unit
    units = (lambda row: shape.stored(row, unit)) if unit else (lambda _: "")
    if tally.term is None:
        return (lambda _: None), units
    read, found = reader(shape, tally.term), tally.term
    if tally.face == "different":
        return (lambda row: found.compared(shape, read(row))), units
    return read, units
