"""The result of ``values()``: a dict, a tuple or a value for each of a query set's records. Building it sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from ..errors import QueryError
from ..query.q import Expression
from .rows import WHOLE, Rows, T, bind_aggregates, formed, sliced, with_aggregates
from .value_reader import part_of, with_units

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..exports.columns import Result
    from ..query.aggregates import Aggregate
    from ..query.ast import Term
    from ..query.q import Q
    from .groups import Groups


class Values(Rows[T]):
    """The result of ``values()`` and ``values_list()``. Iterating calls Twilio.

    :param source: the query set.
    :param terms: the fields and parts of times.
    :param form: a row's form: ``DICTS``, ``TUPLES``, ``FLAT`` or ``NAMED``.
    :param zone: the time zone of the parts.
    :param unique: whether repeated rows are removed.
    :param part: the slice of distinct rows, as its start and its end.
    """

    def __init__(
        self,
        source: Any,
        terms: list[Term],
        form: str,
        zone: str = "",
        unique: bool = False,
        part: tuple[int, int | None] = WHOLE,
    ) -> None:
        self._source, self._terms, self._form, self._zone = source, terms, form, zone
        self._unique, self._part = unique, part

    @property
    def _window(self) -> str | None:  # type: ignore[override]
        return self._source.query.schema.window  # type: ignore[no-any-return]

    def _with_source(self, source: Any) -> Self:
        return type(self)(source, self._terms, self._form, self._zone, self._unique, self._part)

    def __iter__(self) -> Iterator[T]:
        rows = chain.from_iterable(self._lists())  # which makes no step in Python for a row
        return rows if self._part == WHOLE else islice(rows, *self._part)

    def _lists(self) -> Iterator[Iterable[T]]:
        names = tuple(one.name for one in self._terms)
        for rows in self._source.executor().values(self._source.query, self._terms, self._unique):
            yield formed(rows, names, self._form)

    def filter(self, *conditions: Q, **lookups: Any) -> Self:
        """The rows of the records that match every condition. Sends nothing. See :meth:`QuerySet.filter`.

        :param conditions: conditions joined as ``Q(...) | Q(...)``.
        :param lookups: values by field, part and lookup, also of fields that are not selected.
        :raises QueryError: as ``QuerySet.filter``; or the rows are sliced.
        """
        self._check_whole("filtered: call filter()")
        return self._with_source(self._source.filter(*conditions, **lookups))

    def exclude(self, *conditions: Q, **lookups: Any) -> Self:
        """The rows of the records that ``filter`` leaves over. Sends nothing. See :meth:`QuerySet.exclude`.

        :param conditions: as in ``filter``.
        :param lookups: as in ``filter``.
        """
        self._check_whole("filtered: call exclude()")
        return self._with_source(self._source.exclude(*conditions, **lookups))

    def order_by(self, *names: Any, tz: Any = None) -> Self:
        """The rows in the order of these fields of the records, selected or not. Sends nothing. See :meth:`QuerySet.order_by`.

        :param names: fields, parts of times and expressions, ``-`` before a name for descending.
        :param tz: the time zone of parts of times; by default that of the rows.
        """
        self._check_whole("sorted: call order_by()")
        return self._with_source(self._source.order_by(*names, tz=tz or self._zone or None))

    def reverse(self) -> Self:
        """The rows in the opposite order. Sends nothing. See :meth:`QuerySet.reverse`."""
        self._check_whole("reversed: call reverse()")
        return self._with_source(self._source.reverse())

    def distinct(self) -> Self:
        """The same without repeated rows: of equal rows the first; equal numbers are the same value. Sends nothing."""
        source = self._source
        if self._part != WHOLE or source.query.low or source.query.high is not None:
            raise QueryError("distinct() of a slice is not possible: call distinct() first, then slice")
        return type(self)(source, self._terms, self._form, self._zone, True)

    def values(self, *names: Any, tz: Any = None, **expressions: Any) -> Values[dict[str, Any]]:
        """The same records with other fields, as dicts. Sends nothing. See :meth:`QuerySet.values`."""
        return self._selected(self._source.values(*names, tz=tz or self._zone or None, **expressions))

    def values_list(self, *names: Any, flat: bool = False, named: bool = False, tz: Any = None) -> Values[Any]:
        """The same records with other fields, as tuples. Sends nothing. See :meth:`QuerySet.values_list`."""
        return self._selected(self._source.values_list(*names, flat=flat, named=named, tz=tz or self._zone or None))

    def _selected(self, made: Values[Any]) -> Values[Any]:
        self._check_whole("selected from: call values()")
        return made.distinct() if self._unique else made

    def annotate(self, *aggregates: Aggregate, **named: Aggregate) -> Groups[T]:
        """A row for each distinct row, with aggregates of its records: ``annotate(n=Count())``. Sends nothing.

        :param aggregates: aggregates under their default names: the result of ``Sum("price")`` is ``price__sum``.
        :param named: aggregates by the names of their results.
        :raises QueryError: a name that is not free, or an aggregate that does not fit its field; or an expression of one
            record, which ``values(minutes=…)`` takes.
        """
        from .groups import Groups, GroupsQuery  # most programs group nothing

        if self._unique or self._part != WHOLE:
            raise QueryError("annotate() groups the records of values(): call annotate() before distinct() and slices")
        for name, one in named.items():
            if isinstance(one, Expression):
                raise QueryError(f"{name} is an expression of one record: values({name}=…) takes it, annotate() takes aggregates")
        names, source = tuple(one.name for one in self._terms), self._source
        found = bind_aggregates(source.query.schema, aggregates, named, self._zone, names)
        if not found:
            raise QueryError("annotate() takes at least one aggregate, such as n=Count()")
        query = with_aggregates(source.query, found)
        source = source if query is source.query else source.with_query(query)
        return Groups(source, GroupsQuery(tuple(self._terms), found, self._zone, (*names, *found), self._form))

    def aggregate(self, *aggregates: Aggregate, tz: Any = None, **named: Aggregate) -> dict[str, Any]:
        """Aggregates of the records. Calls Twilio. See :meth:`QuerySet.aggregate`.

        :raises QueryError: as there; or repeated rows were removed.
        """
        if self._unique:
            raise QueryError(
                "aggregate() is of records, not of distinct rows: Count(field, distinct=True) counts distinct values"
            )
        return self._source.aggregate(*aggregates, tz=tz or self._zone or None, **named)  # type: ignore[no-any-return]

    def count(self) -> int:
        """The number of rows. Calls Twilio."""
        return sum(1 for _ in self) if self._unique else self._source.count()

    def last(self) -> T | None:
        """The last row in order, None where there is none. Calls Twilio.

        :raises QueryError: there is no order.
        """
        query = self._source.query
        if not query.order:
            raise QueryError("last() needs an order: call order_by() first")
        if self._unique or query.low or query.high is not None:
            return super().last()
        return self.reverse().first()

    def iterator(self, chunk_size: int | None = None) -> Iterator[T]:
        """The rows one by one, as iterating gives them, with pages of a size. Calls Twilio page by page, as it is read.

        :param chunk_size: records a page of Twilio's list; None for the largest page.
        :raises QueryError: ``chunk_size`` is not a whole number from 1.
        """
        return iter(self._with_source(self._source.with_page_size(chunk_size)))

    def export_result(self, columns: Iterable[str] | None = None, tz: Any = None) -> Result:  # noqa: ARG002
        """The columns of an export, with the unit beside each amount of money, and a function that reads them. Sends nothing.

        :param columns: names of columns; None for all.
        :param tz: unused: ``values(tz=)`` named the zone of parts.
        """
        from ..exports.columns import Result, field_column
        from ..query.result_schema import term_column

        source, schema, unique = self._source, self._source.query.schema, self._unique
        terms = self._terms if unique else with_units(schema, self._terms)

        def batches() -> Iterator[list[Any]]:
            return part_of(source.executor().stored_columns(source.query, terms, unique), *self._part)

        known = [
            field_column(one.name, term_column(schema, one), computed=not one.part and one.field in schema.expressions)
            for one in terms
        ]
        return Result(known, batches).select(columns)

    def _check_whole(self, what: str) -> None:
        """Refuse what is not possible for a slice of distinct rows. Raises QueryError."""
        if self._part != WHOLE:
            raise QueryError(f"a slice cannot be {what} first, then slice")

    def _identity(self) -> tuple[Any, ...]:
        return self._source, self._terms, self._form, self._zone, self._unique, self._part

    def _sliced(self, part: slice) -> Self:
        if not self._unique:
            return self._with_source(self._source[part])
        return type(self)(self._source, self._terms, self._form, self._zone, True, sliced(self._part, part))
