"""Formats and parses times as Twilio does. Pure.

Shares no code with the library, so that a mistake in one of them shows as a difference.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple

UTC = timezone.utc
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ZONES = {
    "UTC": 0,
    "GMT": 0,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
}


class TimeRange(NamedTuple):
    """The value of a date filter, in seconds since 1970: ``start <= t < end``, or one instant if both are equal."""

    start: float
    end: float


def aware(when: datetime) -> datetime:
    """Convert a time to UTC; a naive one is taken as UTC."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def rfc2822(when: datetime) -> str:
    """Format a time as payloads do: ``"Fri, 18 Oct 2019 17:00:00 +0000"``. Drops fractions of a second."""
    return f"{_date_and_clock(aware(when))} +0000"


def rfc7231(when: datetime) -> str:
    """Format a time as HTTP headers do: ``"Fri, 18 Oct 2019 17:00:00 GMT"``. Drops fractions of a second."""
    return f"{_date_and_clock(aware(when))} GMT"


def _date_and_clock(when: datetime) -> str:
    day, month = _DAYS[when.weekday()], _MONTHS[when.month - 1]
    clock = f"{when.hour:02d}:{when.minute:02d}:{when.second:02d}"  # strftime takes four times as long
    return f"{day}, {when.day:02d} {month} {when.year:04d} {clock}"


@lru_cache(maxsize=65536)
def parse_time(text: str) -> float | None:
    """Parse the time of a payload, in RFC 2822 or ISO 8601.

    :returns: seconds since 1970; None if the text is neither.
    """
    try:
        return aware(parsedate_to_datetime(text)).timestamp() if "," in text else _parse_iso(text)
    except (ValueError, TypeError, OverflowError):
        return None


def _parse_iso(text: str) -> float:
    return aware(datetime.fromisoformat(text.replace("Z", "+00:00"))).timestamp()


def seconds(value: object) -> float | None:
    """Convert the value of a payload's field to seconds since 1970; None if it is null, empty or no time."""
    return parse_time(value) if isinstance(value, str) and value else None


def parse_date_filter(text: str) -> TimeRange | None:
    """Parse the value of a date filter.

    :param text: ``2020``, ``2020-12``, ``2020-12-31``, an ISO date-time with or without an offset, RFC 2822, or
        ``06/11/2019 22:05:25 MST``. Without a zone it is UTC.
    :returns: the year, month, day or instant that it names; None if it names none.
    """
    text = text.strip()
    try:
        if match := re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", text):
            return _calendar_range(*match.groups())
        if match := re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})(?: (\d\d):(\d\d):(\d\d)(?: ([A-Z]{3}))?)?", text):
            return _parse_american(match)
        if match := re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|[+-]\d\d:?\d\d)?", text):
            day, clock, fraction, zone = match.groups()
            zone = "+00:00" if zone in (None, "Z") else zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
            at = datetime.fromisoformat(f"{day}T{clock}{zone}").timestamp() + float(fraction or 0)
            return TimeRange(at, at)
    except (ValueError, OverflowError):
        return None
    instant = parse_time(text) if "," in text else None
    return None if instant is None else TimeRange(instant, instant)


def _calendar_range(year: str, month: str | None, day: str | None) -> TimeRange:
    first = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    if day:
        last = first + timedelta(days=1)
    elif month:
        last = (first + timedelta(days=32)).replace(day=1)
    else:
        last = first.replace(year=first.year + 1)
    return TimeRange(first.timestamp(), last.timestamp())


def _parse_american(match: re.Match[str]) -> TimeRange | None:
    month, day, year, hour, minute, second, zone = match.groups()
    if hour is None:
        return _calendar_range(year, month, day)
    if zone and zone not in _ZONES:
        return None
    at = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    instant = (at - timedelta(hours=_ZONES.get(zone or "UTC", 0))).timestamp()
    return TimeRange(instant, instant)


def parse_usage_date(text: str, today: date) -> date | None:
    """Parse the date of a usage list.

    :param text: ``YYYY-MM-DD``, or an offset from today such as ``-30days`` or ``+30days``.
    :param today: the day that offsets count from.
    :returns: the date; None if the text is neither.
    """
    if match := re.fullmatch(r"([+-]\d{1,5})days?", text.strip()):
        return today + timedelta(days=int(match[1]))
    try:
        return date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        return None
