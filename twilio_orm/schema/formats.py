"""What travels: Request and Response, and how names, times, flags and money are spelled on the wire.

Knows no model, opens no socket. Sources: parameters are CamelCase and form-encoded, arrays are repeated keys,
flags are the texts ``true``/``false``, payload times are RFC 2822 (Twilio's 2010-04-01 OpenAPI document).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation, Overflow
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

UTC = timezone.utc
EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, capitals=1, clamp=0, traps=[InvalidOperation, Overflow, Inexact])
"""Reading and adding up need no rounding, however long numbers get, whatever context the caller has set."""
A_YEAR = 366 * 86400.0  # seconds: what an operating system can be asked to wait
NO_JSON = (ValueError, RecursionError, ArithmeticError)
"""What reading JSON raises: it is cut, no JSON or no UTF-8, is nested too deeply, or a number is too long."""


def parse(text: bytes | str, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """JSON from outside as Python; numbers with a point are Decimal, NaN and infinities are no JSON. Raises ``NO_JSON``.

    :param pairs: makes an object of its members.
    """
    return json.loads(text, parse_float=EXACT.create_decimal, parse_constant=_no_number, object_pairs_hook=pairs)


def parse_once(text: bytes) -> Any:
    """The same of an envelope; one that has a name twice is no JSON either: it would say two things. Raises ``NO_JSON``."""
    twice = False

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice  # the outermost object is made last
        made = dict(members)
        twice = len(made) != len(members)
        return made

    found = parse(text, pairs)
    if twice and type(found) is dict:
        raise ValueError("an object has a name twice")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


# ---------------------------------------------------------------- names


@lru_cache(maxsize=4096)
def camel(name: str) -> str:
    """``start_time`` -> ``StartTime``; right for every parameter of the 2010-04-01 document."""
    return "".join(part[:1].upper() + part[1:] for part in name.rstrip("_").split("_"))


def segment(value: object) -> str:
    """A value as one path segment."""
    return quote(str(value), safe="")


def target(path: str, pairs: Iterable[tuple[str, str]] = ()) -> str:
    """A path and its query, encoded; ``+`` becomes ``%2B``."""
    query = urlencode(list(pairs))
    return f"{path}?{query}" if query else path


# ---------------------------------------------------------------- values


def spell(value: object) -> str:
    """A Python value as the text of a parameter."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _aware(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):  # an exponent of nine digits would be a gigabyte of zeros
        return format(value, "f") if abs(value.adjusted()) < 1000 else EXACT.to_sci_string(value)
    return str(value)


def pairs(values: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """snake_case names and Python values -> CamelCase pairs; lists repeat their key, None is left out."""
    out: list[tuple[str, str]] = []
    for name, value in values.items():
        if value is None:
            continue
        many = value if isinstance(value, (list, tuple, set, frozenset)) else (value,)
        out.extend((camel(name), spell(one)) for one in many)
    return tuple(out)


# ---------------------------------------------------------------- times
#
# One sortable text of an instant, in UTC: "2019-10-18 17:00:00", with ".ffffff" where the instant has a fraction. It is
# what SQLite's own datetime() prints, so the two compare.

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _aware(value: datetime) -> datetime:
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def instant_text(value: datetime) -> str:
    """An instant as its sortable text; a naive one is UTC."""
    text = _aware(value).astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return text.rstrip("0") if "." in text else text


def instant(text: str) -> datetime:
    """The sortable text as an aware datetime in UTC. Raises TypeError, ValueError for what is none."""
    if len(text) == 19:
        return datetime.fromisoformat(text + "+00:00")
    if text[19:20] != ".":
        raise ValueError("an instant's text is a day and a time, such as 2026-06-01 12:00:00")
    return instant(text[:19]).replace(microsecond=int(text[20:].ljust(6, "0")[:6]))


def _rfc_day(text: str) -> str | None:
    """``"Fri, 18 Oct 2019"`` -> ``"2019-10-18"``, or None unless it is spelled to the letter."""
    try:
        day = date(int(text[12:16]), _MONTHS.index(text[8:11]) + 1, int(text[5:7]))
    except ValueError:
        return None
    return day.isoformat() if rfc_day(day) == text else None


def rfc_day(day: date) -> str:
    """``"Fri, 18 Oct 2019"``."""
    return f"{_DAYS[day.weekday()]}, {day.day:02d} {_MONTHS[day.month - 1]} {day.year:04d}"


class _Known(dict[str, str]):
    """What is read of a text, worked out when it is first met; KeyError for a text that is not spelled to the letter."""

    def __init__(self, read: Callable[[str], str | None], most: int) -> None:
        self._read, self._most = read, most

    def __missing__(self, text: str) -> str:
        found = self._read(text)
        if found is None:
            raise KeyError(text)
        if len(self) < self._most:
            self[text] = found
        return found


_CLOCK = re.compile(r" (?:[01][0-9]|2[0-3]):[0-5][0-9]")
_REST = re.compile(r"(:[0-5][0-9]) \+0000")
_DATES = _Known(_rfc_day, 16384)
_CLOCKS = _Known(lambda text: text if _CLOCK.fullmatch(text) else None, 1440)
_SECONDS = _Known(lambda text: found[1] if (found := _REST.fullmatch(text)) else None, 60)


def time_text(value: str) -> tuple[str | None, bool]:
    """A payload's time -> (its sortable text or None, whether RFC 2822 in UTC gives it back to the letter).

    RFC 2822 with any offset and ISO 8601 are read; what is neither gives None.
    """
    try:  # most times have been met in parts
        return _DATES[value[:16]] + _CLOCKS[value[16:22]] + _SECONDS[value[22:]], True
    except KeyError:  # from Python 3.12 on also of an object in its place
        at = parse_time(value) if isinstance(value, str) else None
    return (None, False) if at is None else (instant_text(at), False)


def time_texts(values: Sequence[str | None]) -> list[str | None] | None:
    """The sortable texts of a payload's times, of null null; None unless RFC 2822 in UTC gives each back to the letter."""
    days, clocks, seconds = _DATES, _CLOCKS, _SECONDS
    try:
        return [None if one is None else days[one[:16]] + clocks[one[16:22]] + seconds[one[22:]] for one in values]
    except KeyError:
        return None


def parse_time(value: str) -> datetime | None:
    """RFC 2822 or ISO 8601 text as an aware datetime in UTC; no zone means UTC; None where it is neither. Never raises."""
    found = read_time(value)
    try:
        if found is None:
            return _aware(_mail_time(value.strip())).astimezone(UTC)
        return _aware(found).astimezone(UTC) if isinstance(found, datetime) else midnight(found)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _mail_time(text: str) -> datetime:
    """RFC 2822 text, however it is spelled. Raises ValueError, TypeError, IndexError, OverflowError."""
    from email.utils import parsedate_to_datetime  # a third of what this module would cost, for what is seldom sent

    return parsedate_to_datetime(text)


# Not datetime.fromisoformat: each version of Python reads other texts, and any sign passes for the T of a time, so that a day
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


def read_time(text: str) -> date | datetime | None:
    """The day or the instant that a text names, alike on every version of Python; None where it names neither.

    A day is ``2026-06-01``, ``20260601``, ``2026-W23-1`` or, year first, ``2026/6/1``; an instant is a day, ``T`` or spaces, a
    time of day, and a zone or none: ``Z``, ``UTC``, ``GMT``, ``+02``, ``+0200``, ``+02:00``. Blanks around it do not count. What
    is finer than a microsecond is cut off.
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
    """The zone that a text names, or None. Raises ValueError where there is none such."""
    if not found["east"]:
        return UTC if found["zone"] else None
    hours, minutes, seconds = (int(found[name] or 0) for name in ("hours", "minutes", "seconds"))
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return timezone(-offset if found["east"] == "-" else offset)


def day_or_instant(value: object) -> date | datetime | None:
    """The day or the instant that a caller's value means, as a plain ``date`` or ``datetime``; None where it means neither.

    :param value: a datetime, also one of a class that extends it (pandas' Timestamp), a date, or text as ``read_time`` reads it.
    """
    if isinstance(value, str):
        return read_time(value)
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
    """The sortable text as Twilio spells it: ``"Fri, 18 Oct 2019 17:00:00 +0000"``."""
    return f"{_rfc_from(text[:10])}{text[10:19]} +0000"


@lru_cache(maxsize=16384)
def _rfc_from(day: str) -> str:
    return rfc_day(date.fromisoformat(day))


def midnight(day: date) -> datetime:
    """The first instant of a day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


ONE_DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
EVER_SINCE = datetime.min.replace(tzinfo=UTC)
"""The earliest moment there is."""
