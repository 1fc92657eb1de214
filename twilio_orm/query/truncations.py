"""Truncations: the beginning of the year, quarter, month, week, day or hour around a time. They know no resource. Pure."""

from __future__ import annotations

from typing import Any, ClassVar

from .._frozen import Value, lazy_dataclass
from ..schema.timezones import zone_name
from .q import Expression


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Truncation(Expression, Value):
    """The beginning of the span of a calendar around a time, as the part ``start_time__month_start`` is. See the subclasses.

    :param field: the field's name.
    :param zone: the name of the time zone, "" for UTC; None for that of the call.
    """

    field: str
    zone: str | None = None
    part: ClassVar[str] = ""

    def __init__(self, field: str, tz: Any = None) -> None:
        object.__setattr__(self, "field", field)
        object.__setattr__(self, "zone", None if tz is None else zone_name(tz))


class TruncYear(Truncation):
    """The first day of the year around a time, as a date.

    :param field: the field's name.
    :param tz: the time zone; None for that of the call around it, which is UTC by default.
    """

    part = "year_start"


class TruncQuarter(Truncation):
    """The first day of the quarter around a time, as a date. See :class:`TruncYear`."""

    part = "quarter_start"


class TruncMonth(Truncation):
    """The first day of the month around a time, as a date. See :class:`TruncYear`."""

    part = "month_start"


class TruncWeek(Truncation):
    """The Monday of the week around a time, as a date. See :class:`TruncYear`."""

    part = "week_start"


class TruncDay(Truncation):
    """The day of a time, as a date. See :class:`TruncYear`."""

    part = "date"


class TruncHour(Truncation):
    """The instant at which the hour around a time began on the clocks of the zone, as a datetime in UTC.

    It is the instant at which the clocks, at the offset from UTC that they have at that time, showed the full hour. Where they
    are turned back, the hour that they show twice is two hours. See :class:`TruncYear`.
    """

    part = "hour_start"
