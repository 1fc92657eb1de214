"""The results of ``dates()`` and ``datetimes()``: the distinct days, months, hours and so on of a field, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import QueryError, suggest
from ..query.ast import Term
from ..query.keywords import parse_term
from ..schema.time_fields import Time
from ..schema.times import UTC
from ..schema.timezones import start_of_day, time_zone, zone_name
from .rows import WHOLE, Rows, T, sliced

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Self

    from ..exports.columns import Result
    from ..query.q import Q

OF_DAYS: dict[str, Callable[[date], date]] = {
    "year": lambda day: day.replace(month=1, day=1),
    "month": lambda day: day.replace(day=1),
    "week": lambda day: day - timedelta(days=day.weekday()),
    "day": lambda day: day,
}
"""The first day of the year, month, week or day that a day is in."""
OF_TIMES: dict[str, dict[str, int]] = {
    "hour": {"minute": 0, "second": 0, "microsecond": 0},
    "minute": {"second": 0, "microsecond": 0},
    "second": {"microsecond": 0},
}
"""The parts of a time that are set to 0 where the hour, minute or second begins."""


class Dates(Rows[T]):
    """The distinct dates or moments of a query set's records, in order. Iterating calls Twilio.

    :param source: the query set, whose records all have the field.
    :param method: ``dates`` or ``datetimes``.
    :param term: the field, or its local date.
    :param kind: ``year``, ``month`` and so on.
    :param zone: the name of the time zone.
    :param descending: whether the latest come first.
    :param part: the slice, as its start and its end.
    """

    def __init__(
        self,
        source: Any,
        method: str,
        term: Term,
        kind: str,
        zone: str,
        descending: bool = False,
        part: tuple[int, int | None] = WHOLE,
    ) -> None:
        self._source, self._method, self._term, self._kind = source, method, term, kind
        self._zone, self._descending, self._part = zone, descending, part

    @classmethod
    def of(cls, source: Any, method: str, field: str, kind: str, order: str, tz: Any) -> Self:
        """The dates or moments of a field of some records. Raises QueryError. See :meth:`QuerySet.dates`.

        :param source: the query set.
        :param method: ``dates`` or ``datetimes``.
        :param field: the field.
        :param kind: ``year``, ``month`` and so on.
        :param order: ``ASC`` or ``DESC``.
        :param tz: the time zone.
        """
        known = [*OF_DAYS, *OF_TIMES] if method == "datetimes" else [*OF_DAYS]
        if kind not in known:
            raise QueryError(f"{method}() takes a kind of {', '.join(known)}, not {kind!r}{suggest(str(kind), known)}")
        if order not in ("ASC", "DESC"):
            raise QueryError(f"{method}() takes the order 'ASC' or 'DESC', not {order!r}")
        schema, zone = source.query.schema, "" if tz is None else zone_name(tz)
        day = parse_term(schema, f"{field}__date", zone)
        if method == "datetimes" and not isinstance(schema.column(day.field), Time):
            raise QueryError(f"{schema.name}.{day.field} is a day, not a time: use dates()")
        term = day if kind in OF_DAYS else Term(day.field)
        return cls(source.filter(**{f"{day.field}__isnull": False}).order_by(), method, term, kind, zone, order == "DESC")

    def __iter__(self) -> Iterator[T]:
        values = (value for rows in self._source.executor().values(self._source.query, [self._term], True) for (value,) in rows)
        found = {self._begin(value) for value in values if value is not None}
        low, high = self._part
        return iter([self._shown(one) for one in sorted(found, reverse=self._descending)[low:high]])

    def _begin(self, value: Any) -> Any:
        """The first day, or the moment in UTC, of what a value is in."""
        if self._kind in OF_DAYS:
            first = OF_DAYS[self._kind](value)
            return first if self._method == "dates" else start_of_day(first, self._zone).astimezone(UTC)
        return value.astimezone(time_zone(self._zone)).replace(**OF_TIMES[self._kind]).astimezone(UTC)

    def _shown(self, begin: Any) -> Any:
        return begin.astimezone(time_zone(self._zone)) if isinstance(begin, datetime) else begin

    def filter(self, *conditions: Q, **lookups: Any) -> Self:
        """The dates of the records that match every condition. Sends nothing. See :meth:`QuerySet.filter`.

        :param conditions: as there.
        :param lookups: as there.
        :raises QueryError: as there; or there is a slice.
        """
        self._check_whole()
        return self._with_source(self._source.filter(*conditions, **lookups))

    def exclude(self, *conditions: Q, **lookups: Any) -> Self:
        """The dates of the records that ``filter`` leaves over. Sends nothing. See :meth:`QuerySet.exclude`.

        :param conditions: as there.
        :param lookups: as there.
        """
        self._check_whole()
        return self._with_source(self._source.exclude(*conditions, **lookups))

    def reverse(self) -> Self:
        """The dates in the opposite order. Sends nothing."""
        self._check_whole()
        return type(self)(self._source, self._method, self._term, self._kind, self._zone, not self._descending)

    def order_by(self, *names: str) -> NoReturn:  # noqa: ARG002
        """Refused: the dates have an order.

        :raises QueryError: always; it says what to call.
        """
        raise QueryError(f"{self._method}() is in order already: reverse(), or {self._method}(…, order='DESC')")

    def distinct(self) -> Self:
        """The same: no date comes twice. Sends nothing."""
        return self.all()

    def export_result(self, columns: Iterable[str] | None = None, tz: Any = None) -> Result:  # noqa: ARG002
        """The column of an export, and a function that reads it. Sends nothing.

        :param columns: the field's name, or None.
        :param tz: unused: ``dates(tz=)`` named the zone.
        """
        from ..exports.columns import Result, ResultColumn, from_rows

        column = ResultColumn(self._term.field, "day" if self._method == "dates" else "time")
        return Result([column], lambda: from_rows([column], ((one,) for one in self)), small=True).select(columns)

    def _check_whole(self) -> None:
        if self._part != WHOLE:
            raise QueryError("a slice cannot be filtered or reversed: do that first, then slice")

    def _with_source(self, source: Any) -> Self:
        return type(self)(source, self._method, self._term, self._kind, self._zone, self._descending, self._part)

    def _sliced(self, part: slice) -> Self:
        return type(self)(
            self._source, self._method, self._term, self._kind, self._zone, self._descending, sliced(self._part, part)
        )

    def _identity(self) -> tuple[Any, ...]:
        return self._source, self._method, self._term, self._kind, self._zone, self._descending, self._part
