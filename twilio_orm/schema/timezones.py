"""Time zones: the name of one, the days and hours of its clocks, and the parts that a stored time has there. Pure.

A zone is named by text: ``""`` is UTC, ``"America/New_York"`` as the world's database has it, ``"UTC+05:30"`` a fixed offset.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any

from ..errors import BadValue, ConfigurationError, suggest
from .times import ONE_DAY, UTC, instant, midnight

PARTS = ("year", "month", "day", "week_day", "hour")
"""What can be read of a time; of a day, all but the hour. A week begins on Sunday, which is 1."""

RANGES = {"year": (1, 9999), "month": (1, 12), "day": (1, 31), "week_day": (1, 7), "hour": (0, 23)}
"""The least and the greatest value of each part."""

_FIXED = r"UTC([+-])(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{6}))?)?"
_HOUR = timedelta(hours=1)


class Uneven(Exception):
    """A day that does not begin just once there: clocks were turned back over its midnight, or it was left out."""


def named(zone: Any) -> str:
    """The name of a zone that a caller gives: an IANA name, a ``ZoneInfo`` or a ``datetime.timezone``.

    :raises BadValue: there is no such zone. :raises ConfigurationError: this system knows no zones at all.
    """
    if isinstance(zone, timezone):
        return "" if zone == UTC else str(timezone(zone.utcoffset(None)))
    from zoneinfo import ZoneInfo  # most questions are asked in UTC

    name = zone.key if isinstance(zone, ZoneInfo) else zone
    if not isinstance(name, str) or not name:
        raise BadValue(
            f"tz takes the name of a time zone such as 'Europe/Berlin', a ZoneInfo of that name or a datetime.timezone,"
            f" not a {type(zone).__name__} without one"
        )
    if name == "UTC":
        return ""
    clock(name)
    return name


@lru_cache(maxsize=256)
def clock(name: str) -> tzinfo:
    """The zone of a name. Raises BadValue, ConfigurationError."""
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
    """The instants of a day on the clocks of a zone: from the first to before the end, 23 to 25 hours later as a rule.

    :raises Uneven: they are not one span. :raises OverflowError: the day lies too far from today.
    """
    if not zone:
        return midnight(day), midnight(day) + ONE_DAY
    low, high = begins(day, zone), begins(day + ONE_DAY, zone)
    if low == high:
        raise Uneven
    return low, high


@lru_cache(maxsize=4096)
def begins(day: date, zone: str) -> datetime:
    """The instant before which no clock of a zone shows this day or a later one, and from which on all do.

    :raises Uneven: there is none such.
    """
    if not zone:
        return midnight(day)
    clocks, noon = clock(zone), midnight(day)
    at, end = noon - 30 * _HOUR, noon + 30 * _HOUR
    begun: list[datetime] = []
    while at < end:
        offset = _offset(at, clocks)
        change = _change(at, end, clocks)
        first = max(at, noon - offset)
        if first < change:
            begun.append(first)
        elif begun:  # it had begun, and these clocks do not show it any more
            raise Uneven
        at = change
    joined = begun[:1] + [later for later in begun[1:] if _shows_earlier(later, day, clocks)]
    if len(joined) != 1:
        raise Uneven
    return joined[0]


def _shows_earlier(at: datetime, day: date, clocks: tzinfo) -> bool:
    """Whether the clocks showed an earlier day just before."""
    return (at - timedelta(seconds=1)).astimezone(clocks).date() < day


def _offset(at: datetime, clocks: tzinfo) -> timedelta:
    found = at.astimezone(clocks).utcoffset()
    return found if found is not None else timedelta(0)


def _change(at: datetime, end: datetime, clocks: tzinfo) -> datetime:
    """When the clocks are next turned after ``at``, to the second, or ``end``. They are never turned twice in an hour."""
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


# ---------------------------------------------------------------- parts


@lru_cache(maxsize=16384)
def part_of(text: str, part: str, zone: str = "") -> Any:
    """A part of a stored time or day: a whole number, or of ``date`` the day's own text."""
    if zone:
        try:
            at = instant(text).astimezone(clock(zone))
        except OverflowError:  # the first and the last day there are
            at = instant(text)
        text = at.replace(tzinfo=None).isoformat(" ")
    if part == "date":
        return text[:10]
    if part == "week_day":
        return date(int(text[:4]), int(text[5:7]), int(text[8:10])).isoweekday() % 7 + 1
    start = {"year": 0, "month": 5, "day": 8, "hour": 11}[part]
    return int(text[start : start + (4 if part == "year" else 2)])
