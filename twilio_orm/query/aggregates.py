"""Aggregates of a field over records: counts, sums, means, least and greatest values. Pure.

Numbers are exact. Money of different units is never added up: an aggregate of a money field is an :class:`Amounts`.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from .._frozen import Value, lazy_dataclass
from ..errors import QueryError
from ..schema.number_fields import Money, Number, Whole
from ..schema.text_fields import Json
from .aggregate_functions import AGGREGATE_FUNCTIONS, State
from .amounts import Amounts
from .parser import parse_term
from .predicates import term_reader

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .ast import Term

MEAN = decimal.Context(28, decimal.ROUND_HALF_EVEN, Emin=-999999, Emax=999999, capitals=1, clamp=0, flags=[], traps=[])
"""Means are rounded to 28 digits, independently of the caller's decimal context."""


# ---------------------------------------------------------------- as a caller writes them


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Aggregate(Value):
    """An aggregate of a field, or of a part of it (``start_time__hour``), over many records.

    :param field: the field's name.
    """

    field: str = ""
    distinct: bool = False
    functions: ClassVar[tuple[str, str, str]]
    """The functions for fields that are whole numbers, decimals, and others; "" where the field has no such aggregate."""

    def __post_init__(self) -> None:
        if not isinstance(self.field, str):
            raise QueryError(f"{type(self).__name__}() takes the name of a field, not a {type(self.field).__name__}")
        if not self.field and not isinstance(self, Count):
            raise QueryError(f"{type(self).__name__}() takes the name of a field")
        if self.distinct and not (isinstance(self, Count) and self.field):
            raise QueryError("distinct=True goes with Count() of a field")

    def default(self) -> str:
        """Return the name of the result if the caller gives none."""
        return "__".join(filter(None, (self.field, type(self).__name__.lower())))

    def bound(self, schema: ResourceSchema, zone: str = "") -> BoundAggregate:
        """Return this aggregate for the records of a resource.

        :param zone: the time zone in which parts of times are read, "" for UTC.
        :raises UnknownField: the resource has no such field.
        :raises UnknownLookup: the field has no such part.
        :raises QueryError: the field has no such aggregate.
        """
        if not self.field:
            return BoundAggregate(schema, self, None, "count_rows")
        term = parse_term(schema, self.field, zone)
        column = schema.column(term.field)
        is_int = isinstance(column, Whole) if not term.part else term.part != "date"
        function = self.functions[0 if is_int else 1 if isinstance(column, Number) else 2]
        if not function or (isinstance(column, Json) and not isinstance(self, Count)):
            wanted = "a number" if not self.functions[2] else "a field that has an order"
            raise QueryError(f"{type(self).__name__}() takes {wanted}: {schema.name}.{self.field} is {column.description}")
        return BoundAggregate(schema, self, term, "count_distinct" if self.distinct else function)


class Count(Aggregate):
    """The number of records, or of the values of a field that are not null.

    :param field: the field's name; without it, records are counted.
    :param distinct: whether equal values count once.
    """

    functions = ("count_values", "count_values", "count_values")


class Sum(Aggregate):
    """The exact sum of a number's values, None where there are none; of money, one for each unit (:class:`Amounts`)."""

    functions = ("int_sum", "decimal_sum", "")


class Avg(Aggregate):
    """The mean of a number's values as a Decimal of 28 digits, None where there are none; of money, one for each unit."""

    functions = ("int_sum", "decimal_sum", "")


class Min(Aggregate):
    """The least value, None where there is none; of money, one for each unit."""

    functions = ("min", "decimal_min", "min")


class Max(Aggregate):
    """The greatest value, None where there is none; of money, one for each unit."""

    functions = ("max", "decimal_max", "max")


# ---------------------------------------------------------------- for the records of a resource


@lazy_dataclass(frozen=True, eq=False, repr=False)
class BoundAggregate(Value):
    """An aggregate for the records of a resource.

    :param schema: the schema of the records.
    :param aggregate: the aggregate as the caller wrote it.
    :param term: the field or part that it reads, None to count records.
    :param function: the name of its function in ``AGGREGATE_FUNCTIONS``.
    """

    schema: ResourceSchema
    aggregate: Aggregate
    term: Term | None
    function: str

    @property
    def unit(self) -> str:
        """The field that holds the unit of a money field, "" for other fields."""
        column = self.schema.column(self.term.field) if self.term else None
        return column.unit if isinstance(column, Money) else ""

    def result(self, state: State) -> Any:
        """Return the result that a state stands for."""
        if self.term is None or isinstance(self.aggregate, Count):
            return state[0]
        if self.function == "int_sum":
            return None if not state[1] else self._sum_or_mean(state[0], state[1])
        if self.function in ("min", "max"):
            return self.term.value(self.schema, state[0])
        amounts = {
            unit: self._sum_or_mean(*one) if isinstance(one, list) else self._usual_places(one) for unit, one in state[1].items()
        }
        return Amounts(amounts, state[0]) if self.unit else amounts.get("")

    def _usual_places(self, number: Decimal) -> Decimal:
        """Give a number as many decimal places as Twilio gives the field's values."""
        column = self.schema.column(self.term.field) if self.term else None
        return column.decimal(number) if isinstance(column, Number) else number

    def _sum_or_mean(self, total: Any, count: int) -> Any:
        total = self._usual_places(total) if isinstance(total, Decimal) else total
        return MEAN.divide(Decimal(total), Decimal(count)) if isinstance(self.aggregate, Avg) else total


Group = tuple[tuple[Any, ...], list[State]]
"""The canonical values that the records of a group have in common, and the states of its aggregates."""


def group_rows(
    rows: Iterable[Row], schema: ResourceSchema, terms: Iterable[Term], aggregates: Iterable[BoundAggregate]
) -> list[Group]:
    """Group rows by some terms, and compute aggregates of each group. Without terms all rows are one group."""
    terms, aggregates = list(terms), list(aggregates)
    readers = [term_reader(schema, one) for one in terms]
    normalize = [schema.column(one.field).normalized for one in terms]
    steps = [(AGGREGATE_FUNCTIONS[one.function].step, *_readers(schema, one)) for one in aggregates]
    groups: dict[tuple[Any, ...], Group] = {}
    if not terms:
        groups[()] = ((), [AGGREGATE_FUNCTIONS[one.function].start() for one in aggregates])
    for row in rows:
        values = tuple([read(row) for read in readers])
        key = tuple([one.compared(schema, value) for one, value in zip(terms, values, strict=True)])
        group = groups.get(key)
        if group is None:
            common = tuple([one(value) for one, value in zip(normalize, values, strict=True)])
            group = groups[key] = (common, [AGGREGATE_FUNCTIONS[one.function].start() for one in aggregates])
        for (step, read, read_unit), state in zip(steps, group[1], strict=True):
            step(state, read(row), read_unit(row))
    return list(groups.values())


def _readers(schema: ResourceSchema, aggregate: BoundAggregate) -> tuple[Callable[[Row], Any], Callable[[Row], Any]]:
    """Return the functions that read an aggregate's value and its unit from a row."""
    unit, term = aggregate.unit, aggregate.term
    read_unit = (lambda row: schema.codec.stored(row, unit)) if unit else (lambda _: "")
    if term is None:
        return (lambda _: None), read_unit
    read = term_reader(schema, term)
    if aggregate.function == "count_distinct":
        return (lambda row: term.compared(schema, read(row))), read_unit
    return read, read_unit
