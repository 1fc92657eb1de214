"""How the fake spells and reads instants. It borrows nothing from the library, whose mistakes it must not
share.
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


class Span(NamedTuple):
    """What a date filter names, in seconds since 1970: ``start <= t < end``, or one instant where both are
    equal.
    """

    start: float
    end: float


def aware(when: datetime) -> datetime:
    """The instant in UTC; a naive one is taken as UTC."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def rfc2822(when: datetime) -> str:
    """``"Fri, 18 Oct 2019 17:00:00 +0000"``; fractions are cut."""
    when = aware(when)
    return f"{_day_and_clock(when)} +0000"


def rfc7231(when: datetime) -> str:
    """``"Fri, 18 Oct 2019 17:00:00 GMT"``, as HTTP's own headers have it; fractions are cut."""
    return f"{_day_and_clock(aware(when))} GMT"


def _day_and_clock(when: datetime) -> str:
    day, month = _DAYS[when.weekday()], _MONTHS[when.month - 1]
    clock = f"{when.hour:02d}:{when.minute:02d}:{when.second:02d}"  # strftime takes four times as long
    return f"{day}, {when.day:02d} {month} {when.year:04d} {clock}"


@lru_cache(maxsize=65536)
def epoch(text: str) -> float | None:
    """A payload's time (RFC 2822 or ISO 8601) in seconds since 1970, or None where it is neither."""
    try:
        return aware(parsedate_to_datetime(text)).timestamp() if "," in text else _iso(text)
    except (ValueError, TypeError, OverflowError):
        return None


def _iso(text: str) -> float:
    return aware(datetime.fromisoformat(text.replace("Z", "+00:00"))).timestamp()


def seconds(value: object) -> float | None:
    """The instant of a payload's value, or None for null, empty or unreadable ones."""
    return epoch(value) if isinstance(value, str) and value else None


def span(text: str) -> Span | None:
    """What a date filter's value names: a year, a month, a day or an instant; None where it names nothing.

    Read are ``2020``, ``2020-12``, ``2020-12-31``, ISO date-times with or without an offset, RFC 2822, and
    ``06/11/2019 22:05:25 MST``. Without a zone it is UTC.
    """
    text = text.strip()
    try:
        if match := re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", text):
            return _days(*match.groups())
        if match := re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})(?: (\d\d):(\d\d):(\d\d)(?: ([A-Z]{3}))?)?", text):
            return _american(match)
        if match := re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|[+-]\d\d:?\d\d)?", text):
            day, clock, fraction, zone = match.groups()
            zone = "+00:00" if zone in (None, "Z") else zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
            at = datetime.fromisoformat(f"{day}T{clock}{zone}").timestamp() + float(fraction or 0)
            return Span(at, at)
    except (ValueError, OverflowError):
        return None
    at_once = epoch(text) if "," in text else None
    return None if at_once is None else Span(at_once, at_once)


def _days(year: str, month: str | None, day: str | None) -> Span:
    first = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    if day:
        last = first + timedelta(days=1)
    elif month:
        last = (first + timedelta(days=32)).replace(day=1)
    else:
        last = first.replace(year=first.year + 1)
    return Span(first.timestamp(), last.timestamp())


def _american(match: re.Match[str]) -> Span | None:
    month, day, year, hour, minute, second, zone = match.groups()
    if hour is None:
        return _days(year, month, day)
    if zone and zone not in _ZONES:
        return None
    at = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    stamp = (at - timedelta(hours=_ZONES.get(zone or "UTC", 0))).timestamp()
    return Span(stamp, stamp)


def day_or_offset(text: str, today: date) -> date | None:
    """A usage list's date: ``YYYY-MM-DD``, or ``-30days`` and ``+30days`` from today; None where it is
    neither.
    """
    if match := re.fullmatch(r"([+-]\d{1,5})days?", text.strip()):
        return today + timedelta(days=int(match[1]))
    try:
        return date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        return None
