"""Aggregates of a field over records: counts, sums, means, percentiles, least and greatest values. Pure.

Numbers are exact. Money of different units is never added up: an aggregate of a money field is an :class:`Amounts`.
"""

from __future__ import annotations

import dataclasses
import decimal
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from .._frozen import Value, lazy_dataclass
from ..errors import QueryError
from ..schema import decimals
from ..schema.exact_json import EXACT_CONTEXT
from ..schema.number_fields import Number, Whole
from ..schema.text_fields import Json
from ..schema.time_fields import Day, Duration, Time
from ..schema.timezones import PART_RANGES
from .ast import Node, Term, related_nodes
from .bound_aggregates import BoundAggregate
from .keywords import parse_term
from .parser import Bind, parse
from .q import Expression, F, Q

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema

MEAN = decimal.Context(28, decimal.ROUND_HALF_EVEN, Emin=-999999, Emax=999999, capitals=1, clamp=0, flags=[], traps=[])
"""Means are rounded to 28 digits, independently of the caller's decimal context."""
ROOT = decimal.Context(100, decimal.ROUND_HALF_EVEN, Emin=-999999, Emax=999999, capitals=1, clamp=0, flags=[], traps=[])
"""A root is taken with so many digits before it is rounded to 28."""


# ---------------------------------------------------------------- as a caller writes them


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Aggregate(Value):
    """An aggregate of a field, a part of it (``start_time__hour``) or an expression (``F("duration") / 60``), over many records.

    :param field: the field's name, or the expression.
    :param distinct: whether equal values count once; only :class:`Count` takes it.
    :param filter: a ``Q``: only the records that match it are aggregated.
    :param default: the result where there is no value, instead of None.
    """

    field: Any = ""
    distinct: bool = False
    filter: Q | None = dataclasses.field(default=None, kw_only=True)
    default: Any = dataclasses.field(default=None, kw_only=True)
    option: Any = dataclasses.field(default=None, init=False)
    """What distinguishes two of one class besides, such as the percent of a percentile."""
    functions: ClassVar[tuple[str, str, str]]
    """The functions for fields that are whole numbers, decimals, and others; "" where the field has no such aggregate."""
    wanted: ClassVar[str] = "a number"
    """The fields that it takes, for an error."""
    rounded: ClassVar[bool] = False
    """Whether its decimals have as many digits as they need, up to 28, and not the places of the field."""
    whole: ClassVar[bool] = False
    """Whether its results of whole numbers are whole."""

    def __post_init__(self) -> None:
        name = type(self).__name__
        if isinstance(self.field, F):
            object.__setattr__(self, "field", self.field.name)
        if not isinstance(self.field, (str, Expression)):
            raise QueryError(f"{name}() takes the name of a field or an expression, not a {type(self.field).__name__}")
        if not isinstance(self, Count) and isinstance(self.field, str) and not self.field:
            raise QueryError(f"{name}() takes the name of a field, or an expression")
        if self.distinct and (self.counts_records or not isinstance(self, Count)):
            raise QueryError("distinct=True goes with Count() of a field")
        if self.filter is not None and not isinstance(self.filter, Q):
            raise QueryError(f"{name}(filter=) takes a Q, such as Q(status='completed'), not a {type(self.filter).__name__}")
        if isinstance(self, Count) and self.default is not None:
            raise QueryError("Count() takes no default=: it is 0 where there is nothing to count")

    def _set(self, field: Any, filter: Q | None, default: Any, option: Any) -> None:
        """Set the fields, for a subclass that takes others."""
        given = {"field": field, "distinct": False, "filter": filter, "default": default, "option": option}
        for name, value in given.items():
            object.__setattr__(self, name, value)
        self.__post_init__()

    @property
    def counts_records(self) -> bool:
        """Whether it counts records, whatever their fields."""
        return isinstance(self.field, str) and self.field in ("", "*")

    def default_name(self) -> str:
        """Return the name of the result if the caller gives none.

        :raises QueryError: it is of an expression.
        """
        return "__".join(filter(None, (self._field_name().replace("*", ""), type(self).__name__.lower())))

    def _field_name(self) -> str:
        if isinstance(self.field, str):
            return self.field
        raise QueryError(f"{type(self).__name__}() of an expression needs a name, such as total={type(self).__name__}(…)")

    def bound(self, schema: ResourceSchema, zone: str = "") -> BoundAggregate:
        """Return this aggregate for the records of a resource.

        :param zone: the time zone in which parts of times are read, "" for UTC.
        :raises UnknownField: the resource has no such field.
        :raises UnknownLookup: the field has no such part.
        :raises QueryError: the field has no such aggregate, or ``filter`` or ``default`` does not fit.
        """
        fields: list[Any] = []

        def bind(schema: ResourceSchema, expression: Expression, zone: str) -> Any:
            from .expressions import expression_field  # most aggregates are of fields

            fields.append(expression_field(schema, expression, zone))
            return fields[-1]

        schema, condition = _condition(schema, self.filter, zone, bind)
        term = None
        if not self.counts_records:
            if isinstance(self.field, str) and self.field.partition("__")[0] in schema.links:
                schema = self._with_related(schema)
            term = parse_term(schema, self.field, zone) if isinstance(self.field, str) else None
            term = term or Term(bind(schema, self.field, zone).name)
        if fields:
            from .extension import extended

            schema = extended(schema, fields)
        if term is None:
            return BoundAggregate(schema, self, None, "count_rows", condition)
        column = schema.column(term.field)
        is_int = isinstance(column, (Whole, Duration)) if not term.part else term.part in PART_RANGES
        function = "count_distinct" if self.distinct else self.functions[0 if is_int else 1 if isinstance(column, Number) else 2]
        if not function or not self.fits(column):
            raise QueryError(f"{type(self).__name__}() takes {self.wanted}: {schema.name}.{term.name} is {column.description}")
        if schema.related:
            from .related_fields import check_unit

            check_unit(schema, term.field, function)
        bound = BoundAggregate(schema, self, term, function, condition)
        if self.default is not None:
            bound.default()  # raises where the result cannot be that value
        return bound

    def _with_related(self, schema: ResourceSchema) -> ResourceSchema:
        """Return the schema with the field of a related record that is aggregated.

        :raises QueryError: it is of several related records of each record.
        """
        from .related_fields import is_of_many, with_related  # most aggregates are of the record's own fields

        if is_of_many(schema, self):
            given = f"{type(self).__name__}({self.field!r})"
            raise QueryError(
                f"{given} is a value of each {schema.name}: {schema.name}.annotate(n={given}) computes it, and then"
                " values(…).annotate(total=Sum('n')) or aggregate(total=Sum('n')) sums it up"
            )
        return with_related(schema, self.field)

    def fits(self, column: Any) -> bool:
        """Return whether a field whose function is known can be aggregated so."""
        return not isinstance(column, Json)

    def number(self, part: Any) -> Any:
        """Return the result for what a state holds of numbers of one unit; None if there are none."""
        raise NotImplementedError

    def nearest(self, part: Any) -> Any:
        """Return the result for counted values that are no numbers; None if there are none."""
        raise NotImplementedError


def _condition(schema: ResourceSchema, q: Q | None, zone: str, bind: Bind) -> tuple[ResourceSchema, tuple[Node, ...]]:
    """Return the conjunction that ``filter=`` stands for, and the schema that has its fields.

    :raises QueryError: a keyword or a value is wrong, or about several related records.
    """
    if not q:
        return schema, ()
    nodes, _ = parse(schema, {"tz": zone} if zone else {}, (q,), bind)
    if any(True for _ in related_nodes(nodes)):
        from .related_fields import own_conditions  # few aggregates have conditions on related records

        schema, nodes = own_conditions(schema, nodes)
    for related in related_nodes(nodes):
        raise QueryError(
            f"filter= of an aggregate takes conditions on {schema.name}'s own fields and on single related records, not on"
            f" {related.name}: put those into filter()"
        )
    return schema, nodes


class Count(Aggregate):
    """The number of records, or of the values of a field that are not null.

    :param field: the field's name; without it, or with ``"*"``, records are counted.
    :param distinct: whether equal values count once.
    :param filter: a ``Q``: only records that match it count.
    """

    functions = ("count_values", "count_values", "count_values")

    def fits(self, column: Any) -> bool:  # noqa: ARG002
        """Return True: the values of any field can be counted."""
        return True


class Sum(Aggregate):
    """The exact sum of a number's values, None where there are none; of money, one for each unit (:class:`Amounts`)."""

    whole = True
    functions = ("int_sum", "decimal_sum", "")

    def number(self, part: Any) -> Any:
        """Return the sum."""
        return part[0] if part[1] else None


class Avg(Aggregate):
    """The mean of a number's values as a Decimal of 28 digits, None where there are none; of money, one for each unit."""

    rounded = True
    functions = ("int_sum", "decimal_sum", "")

    def number(self, part: Any) -> Any:
        """Return the mean."""
        return MEAN.divide(Decimal(part[0]), Decimal(part[1])) if part[1] else None


class Min(Aggregate):
    """The least value, None where there is none; of money, one for each unit."""

    whole = True
    functions = ("min", "decimal_min", "min")
    wanted = "a field that has an order"

    def number(self, part: Any) -> Any:
        """Return the value."""
        return part


class Max(Aggregate):
    """The greatest value, None where there is none; of money, one for each unit."""

    whole = True
    functions = ("max", "decimal_max", "max")
    wanted = "a field that has an order"

    def number(self, part: Any) -> Any:
        """Return the value."""
        return part


class Variance(Aggregate):
    """The variance of a number's values as a Decimal of 28 digits; of money, one for each unit. None where there are too few.

    :param field: the field's name.
    :param sample: whether the values are a sample: divides by one less than their number. By default they are the population.
    :param filter: a ``Q``: only the records that match it are aggregated.
    :param default: the result where there are no values, instead of None.
    """

    rounded = True
    functions = ("int_moments", "decimal_moments", "")

    def __init__(self, field: Any, sample: bool = False, *, filter: Q | None = None, default: Any = None) -> None:
        if not isinstance(sample, bool):
            raise QueryError(f"{type(self).__name__}(sample=) takes True or False, not a {type(sample).__name__}")
        self._set(field, filter, default, sample)

    def fits(self, column: Any) -> bool:
        """Return whether a field has numbers, or durations whose deviation is one."""
        return not isinstance(column, Duration) or isinstance(self, StdDev)

    def fraction(self, part: Any) -> tuple[Decimal, Decimal] | None:
        """Return the exact variance as a dividend and a divisor."""
        (count, total, squares), less = part, int(self.option)
        if count <= less:
            return None
        multiply, total = EXACT_CONTEXT.multiply, Decimal(total)
        dividend = EXACT_CONTEXT.subtract(multiply(Decimal(count), Decimal(squares)), multiply(total, total))
        return dividend, Decimal(count * (count - less))

    def number(self, part: Any) -> Any:
        """Return the variance."""
        found = self.fraction(part)
        return None if found is None else _usual(MEAN.divide(*found))


class StdDev(Variance):
    """The standard deviation of a number's values as a Decimal of 28 digits; of money, one for each unit.

    :param field: the field's name.
    :param sample: whether the values are a sample, see :class:`Variance`.
    :param filter: a ``Q``: only the records that match it are aggregated.
    :param default: the result where there are no values, instead of None.
    """

    def number(self, part: Any) -> Any:
        """Return the root of the variance."""
        found = self.fraction(part)
        return None if found is None else _usual(MEAN.plus(ROOT.sqrt(ROOT.divide(*found))))


class Percentile(Aggregate):
    """The value below which so many percent of a field's values lie, None where there are none; of money, one for each unit.

    Of numbers it is exact, a Decimal: between the two closest ranks it is interpolated linearly, as by ``percentile_cont`` of
    PostgreSQL. Of times and days it is one of the values, that of the nearest rank, as by ``percentile_disc``.

    :param field: the field's name, or a part of it.
    :param percent: a number from 0 to 100.
    :param filter: a ``Q``: only the records that match it are aggregated.
    :param default: the result where there are no values, instead of None.
    """

    functions = ("int_values", "decimal_values", "values")
    wanted = "a number or a time"

    def __init__(self, field: Any, percent: Any, *, filter: Q | None = None, default: Any = None) -> None:
        found = decimals.parse(percent)
        if found is None or not 0 <= found <= 100:
            raise QueryError(f"{type(self).__name__}() takes a number from 0 to 100 after the field, not {percent!r}")
        self._set(field, filter, default, _usual(found))

    def default_name(self) -> str:
        """Return the name of the result if the caller gives none."""
        return f"{self._field_name()}__percentile_{self.option}".replace(".", "_")

    def fits(self, column: Any) -> bool:
        """Return whether a field has numbers or times."""
        return isinstance(column, (Whole, Number, Time, Day, Duration))

    def number(self, part: Any) -> Any:
        """Return the interpolated value of counted numbers."""
        size = sum(part.values())
        if not size:
            return None
        rank = EXACT_CONTEXT.multiply(Decimal(size - 1), EXACT_CONTEXT.scaleb(self.option, -2))
        at, rest = int(rank), EXACT_CONTEXT.subtract(rank, int(rank))
        low = _ranked(part, at)
        if not rest:
            return Decimal(low)
        distance = EXACT_CONTEXT.subtract(Decimal(_ranked(part, at + 1)), Decimal(low))
        return _usual(EXACT_CONTEXT.add(Decimal(low), EXACT_CONTEXT.multiply(rest, distance)))

    def nearest(self, part: Any) -> Any:
        """Return the value of the nearest rank of counted values that cannot be interpolated."""
        size = sum(part.values())
        rank = EXACT_CONTEXT.multiply(Decimal(size), EXACT_CONTEXT.scaleb(self.option, -2)).to_integral_value(
            decimal.ROUND_CEILING, EXACT_CONTEXT
        )
        return _ranked(part, max(int(rank) - 1, 0)) if size else None


def _usual(number: Decimal) -> Decimal:
    """Return a number without zeros at its end, so that equal results are spelled alike however their values were."""
    return Decimal(decimals.plain_text(number))


def _ranked(counts: Mapping[Any, int], at: int) -> Any:
    """Return the value at a place, from 0, among counted values in order."""
    for value in sorted(counts):
        at -= counts[value]
        if at < 0:
            return value
    raise IndexError(at)


class Median(Percentile):
    """The middle value, that of ``Percentile(field, 50)``: of an even number of numbers the mean of the two in the middle.

    :param field: the field's name, or a part of it.
    :param filter: a ``Q``: only the records that match it are aggregated.
    :param default: the result where there are no values, instead of None.
    """

    def __init__(self, field: Any, *, filter: Q | None = None, default: Any = None) -> None:
        super().__init__(field, 50, filter=filter, default=default)

    def default_name(self) -> str:
        """Return the name of the result if the caller gives none."""
        return f"{self._field_name()}__median"
