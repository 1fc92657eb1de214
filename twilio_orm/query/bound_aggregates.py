"""Aggregates that are bound to the records of a resource, and the groups of rows that they are computed of. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..errors import BadValue
from ..schema import decimals
from ..schema.exact_json import EXACT_CONTEXT
from ..schema.number_fields import Money, Number
from ..schema.time_fields import Duration
from ..schema.timezones import PART_RANGES
from .aggregate_functions import AGGREGATE_FUNCTIONS, State
from .amounts import Amounts
from .keywords import part_column
from .predicates import predicate, term_reader

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .ast import Node, Term


@lazy_dataclass(frozen=True, eq=False, repr=False)
class BoundAggregate(Value):
    """An aggregate for the records of a resource.

    :param schema: the schema of the records.
    :param aggregate: the aggregate as the caller wrote it.
    :param term: the field or part that it reads, None to count records.
    :param function: the name of its function in ``AGGREGATE_FUNCTIONS``.
    :param condition: the conjunction that the aggregated records satisfy.
    """

    schema: ResourceSchema
    aggregate: Any
    term: Term | None
    function: str
    condition: tuple[Node, ...] = ()

    @property
    def unit(self) -> str:
        """The field that holds the unit of a money field, "" for other fields."""
        column = self.schema.column(self.term.field) if self.term else None
        return column.unit if isinstance(column, Money) else ""

    @property
    def amounts(self) -> bool:
        """Whether the result is an :class:`Amounts`."""
        return bool(self.unit) and self.function.startswith("decimal")

    def result(self, state: State) -> Any:
        """Return the result that a state stands for."""
        function, aggregate = self.function, self.aggregate
        if function.startswith("count"):
            return state[0]
        if function.startswith("decimal"):
            numbers = {unit: self._number(part) for unit, part in state[1].items()}
            amounts = {unit: number for unit, number in numbers.items() if number is not None}
            found: Any = Amounts(amounts, state[0]) if self.unit else amounts.get("")
        elif function in ("min", "max", "values"):
            stored = aggregate.nearest(state[0]) if function == "values" else state[0]
            found = self.term.value(self.schema, stored) if self.term else None
        else:
            found = self._duration(aggregate.number(state[0] if function == "int_values" else state))
        if aggregate.default is None or (len(found) if isinstance(found, Amounts) else found is not None):
            return found
        return self.default(state[0] if isinstance(found, Amounts) else 0)

    def _duration(self, number: Any) -> Any:
        """Return a result of whole numbers; of durations it is one, rounded to the microsecond."""
        column = self.schema.column(self.term.field) if self.term and not self.term.part else None
        if not isinstance(column, Duration) or number is None:
            return number
        return column.python_value(int(Decimal(number).to_integral_value(ROUND_HALF_EVEN, EXACT_CONTEXT)))

    def _number(self, part: Any) -> Any:
        """Return the result for the decimals of one unit."""
        if self.function == "decimal_sum":
            part = [self._usual_places(part[0]), part[1]]
        number = self.aggregate.number(part)
        return number if number is None or self.aggregate.rounded else self._usual_places(number)

    def _usual_places(self, number: Decimal) -> Decimal:
        """Give a number as many decimal places as Twilio gives the field's values."""
        column = self.schema.column(self.term.field) if self.term else None
        return column.decimal(number) if isinstance(column, Number) else number

    def default(self, missing: int = 0) -> Any:
        """Return the result where there is no value.

        :param missing: how many records have no price.
        :raises BadValue: the result cannot be this value.
        """
        given, name = self.aggregate.default, f"{type(self.aggregate).__name__}(default=)"
        if self.amounts:
            if not isinstance(given, Mapping) or any(decimals.parse(one) is None for one in given.values()):
                raise BadValue(
                    f"{name} of money takes amounts, such as Amounts({{'USD': Decimal(0)}});"
                    " without it the result is empty, not None"
                )
            return Amounts({unit: self._usual_places(Decimal(one)) for unit, one in given.items()}, missing)
        whole = self.function in ("int_sum", "min", "max") and self.aggregate.whole
        own = self.term is not None and not self.term.part and isinstance(self.schema.column(self.term.field), Duration)
        if (own or self.function in ("min", "max", "values")) and self.term is not None and self.term.part not in PART_RANGES:
            column: Any = part_column(self.term.part) if self.term.part else self.schema.column(self.term.field)
            column.name = getattr(column, "name", self.term.name)
            return column.python_value(column.canonical(given))
        number = None if isinstance(given, (str, float)) else decimals.parse(given)
        if number is None or (whole and number != number.to_integral_value()):
            raise BadValue(f"{name} takes a {'whole number' if whole else 'whole number or a Decimal'}, not {given!r}")
        return int(number) if whole else number if self.aggregate.rounded else self._usual_places(number)


Group = tuple[tuple[Any, ...], list[State]]
"""The canonical values that the records of a group have in common, and the states of its aggregates."""


def group_rows(
    rows: Iterable[Row], schema: ResourceSchema, terms: Iterable[Term], aggregates: Iterable[BoundAggregate]
) -> list[Group]:
    """Group rows by some terms, and compute aggregates of each group. Without terms all rows are one group."""
    terms, aggregates = list(terms), list(aggregates)
    readers = [term_reader(schema, one) for one in terms]
    normalize = [schema.column(one.field).normalized for one in terms]
    steps = [_step(schema, one) for one in aggregates]
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
        for step, state in zip(steps, group[1], strict=True):
            step(state, row)
    return list(groups.values())


def value_reader(schema: ResourceSchema, aggregate: BoundAggregate) -> Callable[[Row], Any]:
    """Return the function that reads from a row what an aggregate adds to its state."""
    term = aggregate.term
    if term is None:
        return lambda _: None
    read = term_reader(schema, term)
    return (lambda row: term.compared(schema, read(row))) if aggregate.function == "count_distinct" else read


def _step(schema: ResourceSchema, aggregate: BoundAggregate) -> Callable[[State, Row], None]:
    """Return the function that adds a row to a state of an aggregate."""
    add, unit, read = AGGREGATE_FUNCTIONS[aggregate.function].step, aggregate.unit, value_reader(schema, aggregate)
    read_unit = (lambda row: schema.codec.stored(row, unit)) if unit else (lambda _: "")
    if not aggregate.condition:
        return lambda state, row: add(state, read(row), read_unit(row))
    matches = predicate(schema, aggregate.condition)

    def step(state: State, row: Row) -> None:
        if matches(row):
            add(state, read(row), read_unit(row))

    return step
