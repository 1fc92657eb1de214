"""Time zones: their names, the instants at which days begin there, and the parts of a stored time there. Pure.

The name of a zone is a text: ``""`` is UTC, ``"America/New_York"`` a name of the IANA database, ``"UTC+05:30"`` a fixed offset.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any

from ..errors import BadValue, ConfigurationError, suggest
from .times import ONE_DAY, UTC, instant, instant_text, midnight

PART_RANGES = {
    "year": (1, 9999), "quarter": (1, 4), "month": (1, 12), "week": (1, 53), "day": (1, 31), "week_day": (1, 7),
    "iso_year": (1, 9999), "iso_week_day": (1, 7), "hour": (0, 23), "minute": (0, 59), "second": (0, 59),
}  # fmt: skip
"""The parts of a time that are whole numbers, with the least and the greatest value of each.

Of ``week_day``, Sunday is 1; of ``iso_week_day``, Monday is. ``week`` and ``iso_year`` are those of ISO 8601.
"""
DAY_PARTS = ("date", "week_start", "month_start", "quarter_start", "year_start")
"""The parts that are days: the day itself, and the first day of the week (a Monday), month, quarter or year around it."""
TIME_PARTS = ("hour_start",)
"""The parts that are instants."""
CLOCK_PARTS = frozenset({"hour", "minute", "second", "hour_start"})
"""The parts that a day does not have."""
PARTS = (*PART_RANGES, *DAY_PARTS[1:], *TIME_PARTS)
"""All parts but ``date``, which is a lookup, too."""

_FIXED = r"UTC([+-])(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{6}))?)?"
_HOUR = timedelta(hours=1)


class UnevenDay(Exception):
    """A day that does not begin exactly once in a zone: clocks were turned back over its midnight, or it was skipped."""


def zone_name(zone: Any) -> str:
    """Return the name of a zone that a caller gives: an IANA name, a ``ZoneInfo`` or a ``datetime.timezone``.

    :raises BadValue: there is no such zone.
    :raises ConfigurationError: this system has no time zone data.
    """
    if isinstance(zone, timezone):
        return "" if zone == UTC else str(timezone(zone.utcoffset(None)))
    from zoneinfo import ZoneInfo  # most queries use UTC

    name = zone.key if isinstance(zone, ZoneInfo) else zone
    if not isinstance(name, str) or not name:
        raise BadValue(
            f"tz takes the name of a time zone such as 'Europe/Berlin', a ZoneInfo of that name or a datetime.timezone,"
            f" not a {type(zone).__name__} without one"
        )
    if name == "UTC":
        return ""
    time_zone(name)
    return name


@lru_cache(maxsize=256)
def time_zone(name: str) -> tzinfo:
    """Return the zone of a name.

    :raises BadValue: there is no such zone.
    :raises ConfigurationError: this system has no time zone data.
    """
    fixed = re.fullmatch(_FIXED, name)
    if not name:
        return UTC
    if fixed:
        hours, minutes, seconds, micros = (int(part or 0) for part in fixed.groups()[1:])
        offset = timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=micros)
        return timezone(-offset if fixed[1] == "-" else offset)
    from zoneinfo import ZoneInfo, available_timezones

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a folder of the database is an OSError, "../x" a ValueError
        known = available_timezones()
    if not known:
        raise ConfigurationError("this system has no time zone data: pip install 'twilio_orm[tz]' brings it")
    raise BadValue(f"tz takes the name of a time zone such as 'Europe/Berlin': {name!r} is none{suggest(name, known)}")


# ---------------------------------------------------------------- days


def whole_day(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return the half-open span of instants of a day in a zone, usually 23 to 25 hours.

    :raises UnevenDay: they are not one span.
    :raises OverflowError: a part of it is outside the years 1 to 9999.
    """
    if not zone:
        return midnight(day), midnight(day) + ONE_DAY
    low, high = start_of_day(day, zone), start_of_day(day + ONE_DAY, zone)
    if low == high:
        raise UnevenDay
    return low, high


@lru_cache(maxsize=4096)
def start_of_day(day: date, zone: str) -> datetime:
    """Return the instant before which the clocks of a zone always show an earlier day, and never after.

    :raises UnevenDay: there is no such instant.
    """
    if not zone:
        return midnight(day)
    clocks, utc_start = time_zone(zone), midnight(day)
    at, end = utc_start - 30 * _HOUR, utc_start + 30 * _HOUR
    begun: list[datetime] = []
    while at < end:
        offset = _offset(at, clocks)
        change = _change(at, end, clocks)
        first = max(at, utc_start - offset)
        if first < change:
            begun.append(first)
        elif begun:  # it had begun, and after this change the clocks show an earlier day again
            raise UnevenDay
        at = change
    joined = begun[:1] + [later for later in begun[1:] if _shows_earlier(later, day, clocks)]
    if len(joined) != 1:
        raise UnevenDay
    return joined[0]


def _shows_earlier(at: datetime, day: date, clocks: tzinfo) -> bool:
    """Whether the clocks showed an earlier day one second before."""
    return (at - timedelta(seconds=1)).astimezone(clocks).date() < day


def _offset(at: datetime, clocks: tzinfo) -> timedelta:
    found = at.astimezone(clocks).utcoffset()
    return found if found is not None else timedelta(0)


def _change(at: datetime, end: datetime, clocks: tzinfo) -> datetime:
    """The next instant after ``at`` at which the clocks change, to the second, or ``end``. No zone changes twice in an hour."""
    before = _offset(at, clocks)
    low = at
    while low < end and _offset(low, clocks) == before:
        low += _HOUR
    if low >= end and _offset(end, clocks) == before:
        return end
    low, high = low - _HOUR, low
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if _offset(middle, clocks) == before else (low, middle)
    return min(high, end)


@lru_cache(maxsize=64)
def clock_changes(zone: str, first: datetime, end: datetime) -> tuple[tuple[datetime, timedelta], ...]:
    """Return the moments at which the clocks of a zone change, each with their offset from UTC from then on.

    The first of them is ``first``. Clocks are read once a day: they do not change twice within a day.

    :param first: the first moment.
    :param end: changes from this moment on are not wanted.
    :raises BadValue: there is no such zone.
    """
    clocks, at = time_zone(zone), first
    found = [(first, _offset(first, clocks))]
    while at < end:
        after = min(at + ONE_DAY, end)
        if _offset(after, clocks) != found[-1][1]:
            while (change := _change(at, after, clocks)) < after:
                found.append((change, _offset(change, clocks)))
                at = change
            if _offset(after, clocks) != found[-1][1] and after < end:
                found.append((after, _offset(after, clocks)))
        at = after
    return tuple(found)


# ---------------------------------------------------------------- parts


@lru_cache(maxsize=16384)
def part_of(text: str, part: str, zone: str = "") -> Any:
    """Return a part of a stored time or day: a whole number, the text of a day, or for ``hour_start`` that of an instant.

    ``hour_start`` is the instant at which the clocks, at the offset from UTC that they have now, showed the full hour.
    """
    if part == "hour_start":
        return _hour_start(text, zone)
    if zone:
        try:
            at = instant(text).astimezone(time_zone(zone))
        except OverflowError:  # the first or the last day that a datetime can express
            at = instant(text)
        text = at.replace(tzinfo=None).isoformat(" ")
    if part == "date":
        return text[:10]
    start = _PLACES.get(part)
    if start is not None:
        return int(text[start : start + (4 if part == "year" else 2)])
    return _CALENDAR[part](date(int(text[:4]), int(text[5:7]), int(text[8:10])))


def _hour_start(text: str, zone: str) -> str:
    offset = timedelta(0)
    try:
        offset = _offset(instant(text), time_zone(zone)) if zone else offset
        local = instant(text[:19]) + offset
        return instant_text(local.replace(minute=0, second=0, microsecond=0) - offset)
    except OverflowError:
        return text[:13] + ":00:00"


_PLACES = {"year": 0, "month": 5, "day": 8, "hour": 11, "minute": 14, "second": 17}
"""Where the parts that are shown begin in the text of a time."""
_CALENDAR: dict[str, Callable[[date], Any]] = {
    "quarter": lambda day: (day.month + 2) // 3,
    "week": lambda day: day.isocalendar()[1],
    "week_day": lambda day: day.isoweekday() % 7 + 1,
    "iso_year": lambda day: day.isocalendar()[0],
    "iso_week_day": lambda day: day.isoweekday(),
    "week_start": lambda day: (day - timedelta(days=day.weekday())).isoformat(),
    "month_start": lambda day: day.replace(day=1).isoformat(),
    "quarter_start": lambda day: day.replace(month=day.month - (day.month - 1) % 3, day=1).isoformat(),
    "year_start": lambda day: day.replace(month=1, day=1).isoformat(),
}
