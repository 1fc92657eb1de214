"""Parts of times and days as SQLite's own SQL, so that no function of Python is called for each row. Pure.

A part in a time zone needs the offsets of the zone from UTC. They are written into the SQL for the years in which Twilio has had
records: a tree of comparisons with the moments at which the clocks change. Of other years ``part_of`` computes the part.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

from ...schema.times import ONE_DAY, UTC
from ...schema.timezones import CLOCK_PARTS, clock_changes

FIRST, END = datetime(2007, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
"""The offsets of zones are written into the SQL from the first of these moments to the second."""

_THURSDAY = "substr({}, 1, 10), '-3 days', 'weekday 4'"
"""The Thursday of the same week, whose year is that of the week."""
UTC_PARTS = {
    "year": "CAST(substr({}, 1, 4) AS INTEGER)",
    "month": "CAST(substr({}, 6, 2) AS INTEGER)",
    "day": "CAST(substr({}, 9, 2) AS INTEGER)",
    "hour": "CAST(substr({}, 12, 2) AS INTEGER)",
    "minute": "CAST(substr({}, 15, 2) AS INTEGER)",
    "second": "CAST(substr({}, 18, 2) AS INTEGER)",
    "quarter": "((CAST(substr({}, 6, 2) AS INTEGER) + 2) / 3)",
    "week": f"((strftime('%j', {_THURSDAY}) + 6) / 7)",
    "week_day": "(CAST(strftime('%w', substr({}, 1, 10)) AS INTEGER) + 1)",
    "iso_year": f"CAST(strftime('%Y', {_THURSDAY}) AS INTEGER)",
    "iso_week_day": "((strftime('%w', substr({}, 1, 10)) + 6) % 7 + 1)",
    "date": "substr({}, 1, 10)",
    "week_start": "date(substr({}, 1, 10), '-6 days', 'weekday 1')",
    "month_start": "(substr({}, 1, 7) || '-01')",
    "quarter_start": "date(substr({0}, 1, 7) || '-01', '-' || ((substr({0}, 6, 2) + 2) % 3) || ' months')",
    "year_start": "(substr({}, 1, 4) || '-01-01')",
    "hour_start": "(substr({}, 1, 13) || ':00:00')",
}
"""The parts of the text of a time or a day, in UTC."""
_SECONDS = "unixepoch({0})" if sqlite3.sqlite_version_info >= (3, 38) else "strftime('%s', {0})"
MICROSECONDS = (
    f"(CASE WHEN length({{0}}) > 19 THEN {_SECONDS.format('substr({0}, 1, 19)')} * 1000000"
    f" + substr(substr({{0}}, 21) || '000000', 1, 6) ELSE {_SECONDS} * 1000000 END)"
)
"""The microseconds from the beginning of 1970 to a time or to the beginning of a day. Most times have no fraction of a second."""
_COLUMN = re.compile(r'(?:"\w+"\.)?"\w+"')
_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)


def is_column(value: str) -> bool:
    """Return whether the SQL of a value is the name of a column, which may stand in a statement several times. Pure."""
    return _COLUMN.fullmatch(value) is not None


def presence(value: str) -> str:
    """Return SQL that is null where a value is, and is quicker than the difference of two columns' times. Pure."""
    found = _DIFFERENCE.fullmatch(value)
    return f"CASE WHEN {found['since']} IS NOT NULL THEN {found['until']} END" if found else value


def _column_time(name: str) -> str:
    """The pattern of :data:`MICROSECONDS` of a column, which is the group of this name."""
    text = re.escape(MICROSECONDS.format("COLUMN"))
    return text.replace("COLUMN", f"(?P<{name}>{_COLUMN.pattern})", 1).replace("COLUMN", f"(?P={name})")


_DIFFERENCE = re.compile(rf"\({_column_time('until')} - {_column_time('since')}\)")


@lru_cache(maxsize=256)
def part_in_zone(value: str, part: str, zone: str) -> str:
    """Return the SQL of a part of a time in a zone that is not UTC.

    :param value: the SQL of the time.
    :param part: the name of the part.
    :param zone: the name of the zone.
    """
    if not is_column(value):
        return _by_python(value, part, zone)
    if part not in CLOCK_PARTS:
        return UTC_PARTS[part].format(_by_offset(value, "date", zone, _day))
    return _by_offset(value, part, zone, _CLOCKS[part])


def _by_python(value: str, part: str, zone: str) -> str:
    return f"part_of({value}, '{part}', '{zone.replace(chr(39), chr(39) * 2)}')"


def _by_offset(value: str, part: str, zone: str, leaf: Callable[[str, timedelta], str]) -> str:
    """The SQL of a part for each offset of a zone, and of years without offsets that of the function of Python.

    :param leaf: returns the SQL for an offset; "" where only Python computes it.
    """
    otherwise = _by_python(value, part, zone)
    spans = [("", otherwise)]
    changes = [*clock_changes(zone, FIRST, END), (END, None)]
    for moment, offset in changes:
        text = leaf(value, offset) if offset is not None and not offset.microseconds else ""
        if (text or otherwise) != spans[-1][1]:
            spans.append((f"{moment:%Y-%m-%d %H:%M:%S}", text or otherwise))
    return _tree(value, spans)


def _tree(value: str, spans: list[tuple[str, str]]) -> str:
    """The expression of the span in which a value lies; that of the last one for null.

    :param spans: the first value of each span, and its expression.
    """
    if len(spans) == 1:
        return spans[0][1]
    middle = len(spans) // 2
    return f"CASE WHEN {value} < '{spans[middle][0]}' THEN {_tree(value, spans[:middle])} ELSE {_tree(value, spans[middle:])} END"


def _day(value: str, offset: timedelta) -> str:
    """The day: that in UTC, or the one beside it where the clocks show another."""
    day = f"substr({value}, 1, 10)"
    if not offset:
        return day
    sign, edge = (">=", -offset) if offset < timedelta(0) else ("<", ONE_DAY - offset)
    beside = "-1 day" if offset < timedelta(0) else "+1 day"
    clock = f"{datetime.min + edge:%H:%M:%S}"
    return f"CASE WHEN substr({value}, 12, 8) {sign} '{clock}' THEN {day} ELSE date({day}, '{beside}') END"


def _hour(value: str, offset: timedelta) -> str:
    if offset % _HOUR:
        return _shifted(value, "%H", offset)
    hours = offset // _HOUR % 24
    return f"(substr({value}, 12, 2) + {hours}) % 24" if hours else UTC_PARTS["hour"].format(value)


def _minute(value: str, offset: timedelta) -> str:
    return UTC_PARTS["minute"].format(value) if not offset % _HOUR else _shifted(value, "%M", offset)


def _second(value: str, offset: timedelta) -> str:
    return UTC_PARTS["second"].format(value) if not offset % _MINUTE else _shifted(value, "%S", offset)


def _hour_start(value: str, offset: timedelta) -> str:
    return "" if offset % _HOUR else UTC_PARTS["hour_start"].format(value)


def _shifted(value: str, form: str, offset: timedelta) -> str:
    """A part of the clocks that SQLite computes; its functions would round the fraction of a second."""
    seconds = int(offset.total_seconds())
    return f"CAST(strftime('{form}', substr({value}, 1, 19), '{seconds} seconds') AS INTEGER)"


_CLOCKS: dict[str, Callable[[str, timedelta], str]] = {
    "hour": _hour, "minute": _minute, "second": _second, "hour_start": _hour_start,
}  # fmt: skip
