"""The columns of an export, and its rows as batches of columns. Pure.

The values in a batch are canonical, as the mirror holds them (:mod:`twilio_orm.schema.field`): times are sortable texts, days ISO
texts, JSON is text, a decimal is a table's number or a text with all its digits. A format converts a whole column at once.
:func:`from_rows` makes such batches of rows of Python values.

========  ==========================================================================
kind      canonical values
========  ==========================================================================
text      texts that anybody may have written; CSV guards those that look like formulas
address   phone numbers, ``client:anna``, ``sip:…``
int       whole numbers of 64 bits
decimal   numbers or texts; ``money`` likewise, its unit in the column ``unit``
amounts   :class:`~twilio_orm.query.amounts.Amounts`; a format writes one column for each unit
time      sortable texts in UTC
day       ISO texts
boolean   0 and 1, or False and True
json      JSON texts
duration  whole microseconds
========  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from .._frozen import Value, lazy_dataclass
from ..errors import QueryError, UnknownField, suggest
from ..query.amounts import Amounts
from ..schema.exact_json import dumps
from ..schema.times import TICK, instant_text

Batch = list[Sequence[Any]]
"""Some rows as columns of canonical values."""

KINDS = {
    "address": "address", "int": "int", "decimal": "decimal", "money": "money", "bool": "boolean", "datetime": "time",
    "date": "day", "json": "json", "texts": "json", "duration": "duration",
}  # fmt: skip
"""The kind of a result's column for each kind of field; any other field is text."""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class ResultColumn(Value):
    """One column of a result.

    :param name: its name.
    :param kind: the kind of its values: text, address, int, decimal, money, amounts, time, day, boolean, json or duration.
    :param unit: the name of the column beside it that holds the unit of an amount of money; "" for other kinds.
    :param places: the least number of decimals that a decimal is written with.
    :param computed: whether its values are computed from those of records, as quotients are, which are rounded to 28 digits.
    """

    name: str
    kind: str
    unit: str = ""
    places: int = 0
    computed: bool = False


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Result(Value):
    """The rows of a query: its columns, and a function that evaluates it.

    :param columns: the columns.
    :param batches: evaluates the query; yields its rows as batches of columns.
    :param small: whether the rows are few and are computed all at once, as groups are.
    """

    columns: list[ResultColumn]
    batches: Callable[[], Iterator[Batch]]
    small: bool = False

    def select(self, names: Iterable[str] | None) -> Result:
        """Return the result with some of its columns, in this order; all of them for None.

        :raises UnknownField: there is no such column.
        :raises QueryError: a column is named twice, or none is.
        """
        if names is None:
            return self
        wanted, known = check_names(names), {one.name: at for at, one in enumerate(self.columns)}
        for name in wanted:
            if name not in known:
                raise UnknownField(f"these rows have no column {name!r}{suggest(name, known)} Columns: {', '.join(known)}")
        at = [known[name] for name in wanted]
        columns = [self.columns[one] for one in at]
        return Result(columns, lambda: ([batch[one] for one in at] for batch in self.batches()), self.small)

    def spread(self) -> Result:
        """Return the result with a column for each unit in place of amounts: ``cost_USD``, ``cost_EUR``. Evaluates it then.

        Where records have no price, ``cost_missing`` is how many.
        """
        if not any(one.kind == "amounts" for one in self.columns):
            return self
        columns: list[ResultColumn] = []
        whole: Batch = []
        found = [*self.batches()]
        for at, column in enumerate(self.columns):
            values = [value for batch in found for value in batch[at]]
            if column.kind != "amounts":
                columns.append(column)
                whole.append(values)
                continue
            for one, some in _by_unit(column, values):
                columns.append(one)
                whole.append(some)
        names = [one.name for one in columns]
        for name in names:
            if names.count(name) > 1:
                raise QueryError(f"two columns would be called {name}: give the aggregate another name")
        return Result(columns, lambda: iter([whole] if whole and whole[0] else []), self.small)


def _by_unit(column: ResultColumn, values: list[Any]) -> Iterator[tuple[ResultColumn, list[Any]]]:
    """The columns that stand for a column of amounts, with their values."""
    units = sorted({unit for one in values if one for unit in one}) or [""]
    for unit in units:
        made = ResultColumn(f"{column.name}_{unit}".rstrip("_") if unit else column.name, "decimal", places=column.places)
        yield made, [None if not one or unit not in one else plain_decimal(one[unit]) for one in values]
    if any(one is not None and one.missing for one in values):
        yield ResultColumn(f"{column.name}_missing", "int"), [None if one is None else one.missing for one in values]


def check_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of columns that a caller wants.

    :raises QueryError: they are no list of names, or one is there twice.
    """
    if isinstance(names, str):
        raise QueryError(f"columns= takes a list of names: columns=[{names!r}]")
    wanted = tuple(names)
    if not wanted or not all(isinstance(one, str) for one in wanted) or len({*wanted}) < len(wanted):
        raise QueryError("columns= takes a list of names, each once")
    return wanted


def field_column(name: str, column: Any, *, computed: bool = False) -> ResultColumn:
    """Return the column of a result whose values are those of a field.

    :param name: its name.
    :param column: the field.
    :param computed: whether its values are computed by an expression.
    """
    kind = KINDS.get(column.kind, "text")
    return ResultColumn(name, kind, getattr(column, "unit", ""), getattr(column, "places", 0), computed)


def amounts_column(name: str) -> ResultColumn:
    """Return the column of an aggregate of money."""
    return ResultColumn(name, "amounts")


def plain_decimal(value: Decimal) -> str:
    """Return a decimal as text, with its digits and without an exponent."""
    return format(value, "f")


def canonical(value: Any) -> Any:
    """Return the canonical form of a Python value."""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return plain_decimal(value)
    if isinstance(value, timedelta):
        return value // TICK
    return dumps(value) if isinstance(value, (dict, list, tuple)) and not isinstance(value, Amounts) else value


def from_rows(columns: Sequence[ResultColumn], rows: Iterable[Sequence[Any]]) -> Iterator[Batch]:
    """Make one batch of rows of Python values, such as those of groups and reports.

    :param columns: the columns.
    :param rows: the rows; each has a value for each column.
    """
    found = [*zip(*rows, strict=True)]
    if found:
        yield [
            [None if value is None else dumps(value) if column.kind == "json" else canonical(value) for value in values]
            for column, values in zip(columns, found, strict=True)
        ]
