"""The spans of time that reports are about: a month of a time zone, or what came since a moment. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import BadValue
from ..schema.moments import moment
from ..schema.timezones import UnevenDay, start_of_day, time_zone, zone_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..schema.moments import When

_AGO = re.compile(r"(\d{1,4})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
ONE_DAY = timedelta(days=1)
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class Window(NamedTuple):
    """A half-open span of time.

    :param label: what it is, in English: ``June 2026``.
    :param start: its first instant.
    :param end: the instant at which it is over; None where it goes on.
    :param first: its first day.
    :param last: its last day.
    """

    label: str
    start: datetime
    end: datetime | None
    first: date
    last: date | None

    def lookups(self, field: str) -> dict[str, Any]:
        """Return the conditions for records of this window.

        :param field: the field of their time.
        """
        found = {f"{field}__gte": self.start}
        return found if self.end is None else {**found, f"{field}__lt": self.end}

    def title(self, zone: str) -> str:
        """Return the window for the title of a report: ``since 2026-06-08 00:00:00Z``.

        :param zone: the name of the time zone.
        """
        start = time_text(self.start, zone)
        return f"since {start}" if self.end is None else f"from {start} to {time_text(self.end, zone)}"

    def sync(self, model: str) -> str:
        """Return the call that fetches the records of this window. See :class:`twilio_orm.reports.reading.Need`.

        :param model: the name of the class.
        """
        ends = [self.start] if self.end is None else [self.start, self.end]
        return f"{model}.sync({', '.join([repr(utc_text(one)) for one in ends])}, %s)"


def zone_of(tz: Any) -> str:
    """Return the name of the time zone of a report, "" for UTC.

    :raises BadValue: there is no such zone.
    """
    return "" if tz is None else zone_name(tz)


def month_window(month: date | str, zone: str = "") -> Window:
    """Return the window of a month.

    :param month: ``"2026-10"``, or a day of the month.
    :param zone: the name of the time zone.
    :raises BadValue: it is no month, or does not begin at one instant in that zone.
    """
    first = _first_day(month)
    after = (first + 32 * ONE_DAY).replace(day=1)
    try:
        start, end = (start_of_day(day, zone) for day in (first, after))
    except UnevenDay:
        raise BadValue(
            f"the month {first.isoformat()[:7]} does not begin and end at one instant in {zone}: use another tz="
        ) from None
    return Window(f"{MONTHS[first.month - 1]} {first.year}", start, end, first, after - ONE_DAY)


def _first_day(month: Any) -> date:
    wrong = f'month takes a month such as "2026-10", or a day of it, not {month!r}'
    if isinstance(month, date) and not isinstance(month, datetime):
        first = month.replace(day=1)
    else:
        parts = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", month) if isinstance(month, str) else None
        if parts is None or parts[1] == "0000":
            raise BadValue(wrong)
        first = date(int(parts[1]), int(parts[2]), 1)
    if not 1 < first.year < 9999:
        raise BadValue(wrong)
    return first


def since_window(since: When, until: When | None, now: Callable[[], datetime], zone: str = "") -> Window:
    """Return the window from a moment to another, or to the present.

    :param since: a datetime, a day, ISO text, a timedelta ago, or a text such as ``"7d"``, ``"12h"``, ``"2w"``.
    :param until: likewise, excluded; None for what there is.
    :param now: returns the present.
    :param zone: the name of the time zone in which days begin.
    :raises BadValue: one of them is none of these, or ``until`` is not after ``since``.
    """
    start = _moment(since, now, "since", zone)
    end = None if until is None else _moment(until, now, "until", zone)
    if end is not None and end <= start:
        raise BadValue("until has to be after since")
    label = f"since {utc_text(start)}" if end is None else f"{utc_text(start)} to {utc_text(end)}"
    return Window(label, start, end, start.date(), None)


def _moment(when: Any, now: Callable[[], datetime], name: str, zone: str) -> datetime:
    ago = _AGO.fullmatch(when) if isinstance(when, str) else None
    if ago:
        when = timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    day = _day(when)
    if day is not None and zone:
        try:
            return start_of_day(day, zone)
        except UnevenDay:
            raise BadValue(f"{name}: {day} does not begin at one instant in {zone}: use a datetime") from None
    return moment(when, now, name)


def _day(when: Any) -> date | None:
    if isinstance(when, date) and not isinstance(when, datetime):
        return when
    try:
        return date.fromisoformat(when) if isinstance(when, str) and len(when) == 10 else None
    except ValueError:
        return None


def time_text(at: datetime, zone: str) -> str:
    """Return a time in a zone, to the second, with the offset from UTC unless it is UTC: ``2026-06-15 12:00:00Z``."""
    return at.astimezone(time_zone(zone)).isoformat(" ", "seconds").replace("+00:00", "Z")


def utc_text(at: datetime) -> str:
    """Return a moment in UTC: a day where it is midnight, else with its time."""
    at = at.astimezone(timezone.utc)
    if (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0):
        return at.date().isoformat()
    return at.isoformat().replace("+00:00", "Z")
