"""Instants and days, and their texts in bodies, in the mirror and in ISO 8601. Pure.

The mirror holds an instant as one sortable text in UTC: "2019-10-18 17:00:00", with ".ffffff" where it has a fraction.
SQLite's datetime() returns the same form, so that the two compare.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

UTC = timezone.utc
ONE_DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
"""The shortest span that a datetime can express."""
EVER_SINCE = datetime.min.replace(tzinfo=UTC)
"""The earliest instant there is."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def aware(value: datetime) -> datetime:
    """Return a datetime with a time zone: UTC for one that has none."""
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def instant_text(value: datetime) -> str:
    """Return an instant as its sortable text; a naive datetime is UTC."""
    text = aware(value).astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return text.rstrip("0") if "." in text else text


def instant(text: str) -> datetime:
    """Return the datetime in UTC of a sortable text.

    :raises TypeError: it is no text.
    :raises ValueError: it is another text.
    """
    if len(text) == 19:
        return datetime.fromisoformat(text + "+00:00")
    if text[19:20] != ".":
        raise ValueError("the text of an instant is a day and a time, such as 2026-06-01 12:00:00")
    return instant(text[:19]).replace(microsecond=int(text[20:].ljust(6, "0")[:6]))


def _rfc_day(text: str) -> str | None:
    """``"Fri, 18 Oct 2019"`` -> ``"2019-10-18"``; None unless the day in RFC 2822 gives back exactly this text."""
    try:
        day = date(int(text[12:16]), _MONTHS.index(text[8:11]) + 1, int(text[5:7]))
    except ValueError:
        return None
    return day.isoformat() if _day_in_rfc(day) == text else None


def _day_in_rfc(day: date) -> str:
    """A day as RFC 2822 has it: ``"Fri, 18 Oct 2019"``."""
    return f"{_DAYS[day.weekday()]}, {day.day:02d} {_MONTHS[day.month - 1]} {day.year:04d}"


class _Cache(dict[str, str]):
    """The results of ``read`` by text, at most ``most`` of them; KeyError for a text for which it returns None."""

    def __init__(self, read: Callable[[str], str | None], most: int) -> None:
        self._read, self._most = read, most

    def __missing__(self, text: str) -> str:
        found = self._read(text)
        if found is None:
            raise KeyError(text)
        if len(self) < self._most:
            self[text] = found
        return found


_HOUR_MINUTE = re.compile(r" (?:[01][0-9]|2[0-3]):[0-5][0-9]")
_SECOND_ZONE = re.compile(r"(:[0-5][0-9]) \+0000")
_DATES = _Cache(_rfc_day, 16384)
_CLOCKS = _Cache(lambda text: text if _HOUR_MINUTE.fullmatch(text) else None, 1440)
_SECONDS = _Cache(lambda text: found[1] if (found := _SECOND_ZONE.fullmatch(text)) else None, 60)
_ISO_CLOCK = re.compile(r"T((?:[01][0-9]|2[0-3]):[0-5][0-9])")
_ISO_SECOND = re.compile(r"(:[0-5][0-9])(?:\.0+)?(?:Z|\+00:?00)")
_ISO_DATES = _Cache(lambda text: text if _iso_day(text) else None, 16384)
_ISO_CLOCKS = _Cache(lambda text: f" {found[1]}" if (found := _ISO_CLOCK.fullmatch(text)) else None, 1440)
_ISO_SECONDS = _Cache(lambda text: found[1] if (found := _ISO_SECOND.fullmatch(text)) else None, 600)


def _iso_day(text: str) -> bool:
    """Whether a text is a day, spelled ``2019-10-18``."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def time_text(value: str) -> tuple[str | None, bool]:
    """Return the sortable text of a time in a body, and whether :func:`rfc2822` gives back exactly the text of the body.

    :param value: RFC 2822 with any offset, or ISO 8601; the sortable text of anything else is None.
    """
    try:  # the parts of most times are cached
        return _DATES[value[:16]] + _CLOCKS[value[16:22]] + _SECONDS[value[22:]], True
    except KeyError:  # since Python 3.12 slicing another object in its place raises KeyError, too
        at = parse_time(value) if isinstance(value, str) else None
    return (None, False) if at is None else (instant_text(at), False)


def time_texts(values: Sequence[str | None]) -> list[str | None] | None:
    """Return the sortable texts of many times in bodies; None unless :func:`rfc2822` gives back each of them exactly."""
    days, clocks, seconds = _DATES, _CLOCKS, _SECONDS
    try:
        return [None if one is None else days[one[:16]] + clocks[one[16:22]] + seconds[one[22:]] for one in values]
    except KeyError:
        return None


def iso_texts(values: Sequence[str | None]) -> list[str | None] | None:
    """Return the sortable texts of many times such as ``2026-06-01T12:00:00Z``; None unless each is one, or null."""
    days, clocks, seconds = _ISO_DATES, _ISO_CLOCKS, _ISO_SECONDS
    try:
        return [None if one is None else days[one[:10]] + clocks[one[10:16]] + seconds[one[16:]] for one in values]
    except KeyError:
        return None


def parse_time(value: str) -> datetime | None:
    """Return the datetime in UTC of a text in RFC 2822 or ISO 8601, without a zone UTC; None where it is neither."""
    found = parse_iso(value)
    try:
        if found is None:
            return aware(_mail_time(value.strip())).astimezone(UTC)
        return aware(found).astimezone(UTC) if isinstance(found, datetime) else midnight(found)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _mail_time(text: str) -> datetime:
    """The datetime of any RFC 2822 text.

    :raises ValueError, TypeError, IndexError, OverflowError: it is none.
    """
    from email.utils import parsedate_to_datetime  # costs a third of this module's import, and is seldom needed

    return parsedate_to_datetime(text)


# Not datetime.fromisoformat: each version of Python reads other texts, and all accept any sign in place of the T, so that a day
# with a zone ("2026-06-01+02:00") would be two o'clock of that day.
_ISO = re.compile(
    r"""(?P<year>[0-9]{4})
    (?: (?P<sign>[-/]) (?P<month>[0-9]{1,2}) (?P=sign) (?P<day>[0-9]{1,2})
      | (?P<months>[0-9]{2}) (?P<days>[0-9]{2})
      | (?P<dash>-?) W (?P<week>[0-9]{2}) (?P=dash) (?P<weekday>[1-7]) )
    (?: (?:[Tt]|[ ]+) (?P<hour>[0-9]{2}|[0-9](?=:))
        (?: (?P<colon>:?) (?P<minute>[0-9]{2}) (?: (?P=colon) (?P<second>[0-9]{2}) (?: [.,] (?P<fraction>[0-9]+) )? )? )?
        (?: [ ]? (?P<zone> [Zz] | UTC | GMT | (?P<east>[+-]) (?P<hours>[0-9]{2})
                  (?: :? (?P<minutes>[0-5][0-9]) (?: :? (?P<seconds>[0-5][0-9]) )? )? ) )? )?""",
    re.VERBOSE,
)


def parse_iso(text: str) -> date | datetime | None:
    """Return the day or the instant of an ISO 8601 text, alike on every version of Python; None where it is neither.

    A day is ``2026-06-01``, ``20260601``, ``2026-W23-1`` or, year first, ``2026/6/1``; an instant is a day, ``T`` or spaces, a
    time of day, and a zone or none: ``Z``, ``UTC``, ``GMT``, ``+02``, ``+0200``, ``+02:00``. Blanks around it are ignored, digits
    beyond microseconds are cut off.
    """
    found = _ISO.fullmatch(text.strip())
    if found is None:
        return None
    try:
        if found["week"]:
            day = date.fromisocalendar(int(found["year"]), int(found["week"]), int(found["weekday"]))
        else:
            day = date(int(found["year"]), int(found["month"] or found["months"]), int(found["day"] or found["days"]))
        if not found["hour"]:
            return day
        hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
        micros = int((found["fraction"] or "")[:6].ljust(6, "0"))
        return datetime(day.year, day.month, day.day, hour, minute, second, micros, _zone(found))
    except ValueError:
        return None


def _zone(found: re.Match[str]) -> timezone | None:
    """The zone in a text, or None.

    :raises ValueError: the offset is too large.
    """
    if not found["east"]:
        return UTC if found["zone"] else None
    hours, minutes, seconds = (int(found[name] or 0) for name in ("hours", "minutes", "seconds"))
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return timezone(-offset if found["east"] == "-" else offset)


def day_or_instant(value: object) -> date | datetime | None:
    """Return the day or the instant of a caller's value, as a plain ``date`` or ``datetime``; None where it is neither.

    :param value: a datetime (or of a subclass, such as pandas' Timestamp), a date, or a text that :func:`parse_iso` reads.
    """
    if isinstance(value, str):
        return parse_iso(value)
    if not isinstance(value, date) or type(value) in (date, datetime):
        return value if isinstance(value, date) else None
    try:
        if not isinstance(value, datetime):
            return date(value.year, value.month, value.day)
        clock = (value.hour, value.minute, value.second, value.microsecond)
        return datetime(value.year, value.month, value.day, *clock, value.tzinfo, fold=value.fold)
    except (ValueError, TypeError):  # pandas' NaT, which is a datetime without a year
        return None


def rfc2822(text: str) -> str:
    """Return a sortable text as Twilio writes it: ``"Fri, 18 Oct 2019 17:00:00 +0000"``."""
    return f"{_day_text(text[:10])}{text[10:19]} +0000"


@lru_cache(maxsize=16384)
def _day_text(day: str) -> str:
    return _day_in_rfc(date.fromisoformat(day))


def midnight(day: date) -> datetime:
    """Return the first instant of a day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
