"""Parts of times in PostgreSQL: in UTC, and in time zones as Python's data say, not the server's. Pure.

The offset of a zone is a tree of comparisons with the instants at which its clocks change. Far in the future, where the rules of
a zone repeat, an instant has the offset of the same instant in another year: one that begins on the same day of the week, and is
as long.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

from ...schema.times import UTC
from ...schema.timezones import time_zone
from .naming import named, selected, text_of

PARTS = {
    "year": "extract(year FROM {})::bigint", "quarter": "extract(quarter FROM {})::bigint",
    "month": "extract(month FROM {})::bigint", "week": "extract(week FROM {})::bigint",
    "day": "extract(day FROM {})::bigint", "week_day": "(extract(dow FROM {})::bigint + 1)",
    "iso_year": "extract(isoyear FROM {})::bigint", "iso_week_day": "extract(isodow FROM {})::bigint",
    "hour": "extract(hour FROM {})::bigint", "minute": "extract(minute FROM {})::bigint",
    "second": "floor(extract(second FROM {}))::bigint",
    "date": "to_char({}, 'YYYY-MM-DD')",
    "week_start": "to_char(date_trunc('week', {}), 'YYYY-MM-DD')",
    "month_start": "to_char(date_trunc('month', {}), 'YYYY-MM-DD')",
    "quarter_start": "to_char(date_trunc('quarter', {}), 'YYYY-MM-DD')",
    "year_start": "to_char(date_trunc('year', {}), 'YYYY-MM-DD')",
}  # fmt: skip
"""The parts of a timestamp."""
UTC_PARTS = {
    "year": "left({}, 4)::bigint", "month": "substr({}, 6, 2)::bigint", "day": "substr({}, 9, 2)::bigint",
    "hour": "substr({}, 12, 2)::bigint", "minute": "substr({}, 15, 2)::bigint", "second": "substr({}, 18, 2)::bigint",
    "date": "left({}, 10)", "month_start": "(left({}, 7) || '-01')", "year_start": "(left({}, 4) || '-01-01')",
    "hour_start": "(left({}, 13) || ':00:00')",
}  # fmt: skip
"""The parts that can be read from the text of a time in UTC."""
TEXTS = frozenset({"date", "week_start", "month_start", "quarter_start", "year_start", "hour_start"})
"""The parts that are texts."""
RANGE = "BETWEEN timestamp '0001-01-01' AND timestamp '9999-12-31 23:59:59.999999'"
"""Whether an instant is one that a datetime can express."""

FIRST = datetime(1840, 1, 1, tzinfo=UTC)
"""No zone changed its clocks before."""
STEP = timedelta(days=2)
"""Clocks that were changed keep the new offset longer: of all zones for four days at least."""
CYCLE = 28
"""So many years, without a turn of a century among them that is no leap year, hold every kind of year."""
CYCLES = (2038, 2101)
"""From where on rules repeat: of most zones after 2037; a few are listed up to 2087."""


def part(value: str, name: str, zone: str) -> str:
    """Return the SQL of a part of the text of a time or a day.

    :param zone: the name of the time zone, "" for UTC.
    """
    if not zone:
        found = UTC_PARTS[name].format(value) if name in UTC_PARTS else PARTS[name].format(f"left({value}, 10)::timestamp")
    elif name == "hour_start":
        found = named(value, lambda one: _hour_start(one, zone), is_text=True)
    else:
        found = PARTS[name].format(named(value, lambda one: _local(one, zone), is_text=True))
    return text_of(found) if name in TEXTS else found


def instant_sql(at: str) -> str:
    """Return the sortable text of a timestamp."""
    return text_of(f"rtrim(rtrim(to_char({at}, 'YYYY-MM-DD HH24:MI:SS.US'), '0'), '.')")


def _local(value: str, zone: str) -> str:
    """The timestamp that the clocks of a zone show; the instant itself where that is outside of the years 1 to 9999."""
    local = f"{value}::timestamp + {_offset_sql(value, zone)} * interval '1 second' AS mirror_local"
    return selected(f"CASE WHEN mirror_local {RANGE} THEN mirror_local ELSE {value}::timestamp END", local)


def _hour_start(value: str, zone: str) -> str:
    """The instant at which the clocks of a zone showed the full hour."""
    whole = f"CASE WHEN mirror_local {RANGE} AND mirror_hour {RANGE} THEN {instant_sql('mirror_hour')}"
    return selected(
        f"{whole} ELSE left({value}, 13) || ':00:00' END",
        "mirror_local, date_trunc('hour', mirror_local) - mirror_offset AS mirror_hour",
        f"mirror_offset, left({value}, 19)::timestamp + mirror_offset AS mirror_local",
        f"{_offset_sql(value, zone)} * interval '1 second' AS mirror_offset",
    )


# ---------------------------------------------------------------- offsets

Changes = list[tuple[str, float]]
"""The texts of the instants from which on clocks have an offset in seconds, the first one "", and the offsets."""


def _offset_sql(value: str, zone: str) -> str:
    """The SQL of the offset of a zone at an instant, in seconds."""
    listed, repeated, begin = changes(zone)
    if not repeated:
        return _tree(value, listed)
    years = _years(begin)
    kinds = "'{" + ",".join(f"{years[kind]:04d}" for kind in range(14)) + "}'::text[]"
    first = f"make_date(left({value}, 4)::int, 1, 1)"
    kind = f"(extract(isodow FROM {first}) + CASE WHEN extract(doy FROM {first} + 365) = 366 THEN 7 ELSE 0 END)::int"
    same = f"({kinds})[{kind}] || substr({value}, 5) AS mirror_same"
    later = selected(_tree("mirror_same", repeated), same)
    return f"(CASE WHEN {value} < '{begin + CYCLE:04d}' THEN {_tree(value, listed)} ELSE {later} END)"


def _tree(value: str, found: Changes) -> str:
    """The offset among some, found by halves."""
    if len(found) == 1:
        return f"{found[0][1]:.6f}".rstrip("0").rstrip(".")
    middle = len(found) // 2
    at = found[middle][0].removesuffix(":00").removesuffix(":00")  # a shorter text that is less than the same ones
    return f"(CASE WHEN {value} < '{at}' THEN {_tree(value, found[:middle])} ELSE {_tree(value, found[middle:])} END)"


@lru_cache(maxsize=64)
def changes(zone: str) -> tuple[Changes, Changes, int]:
    """Return the changes of the clocks of a zone, those of the years that repeat, and the first of these years."""
    clocks = time_zone(zone)
    begin = CYCLES[0] if _repeats(clocks) else CYCLES[1]
    found, at, end = [("", _offset(FIRST, clocks))], FIRST, datetime(begin + CYCLE, 1, 1, tzinfo=UTC)
    while at < end:
        later = at + STEP
        if _offset(later, clocks) != found[-1][1]:
            later = _change(at, later, clocks)
            found.append((later.strftime("%Y-%m-%d %H:%M:%S"), _offset(later, clocks)))
        at = later
    start = f"{begin:04d}"
    behind = [one for one in found if one[0] >= start]
    before = found[len(found) - len(behind) - 1]
    return found, [("", before[1]), *behind] if behind else [], begin


def _offset(at: datetime, clocks: tzinfo) -> float:
    offset = at.astimezone(clocks).utcoffset()
    return offset.total_seconds() if offset is not None else 0.0


def _change(low: datetime, high: datetime, clocks: tzinfo) -> datetime:
    """The second in which the clocks change, after ``low`` and not after ``high``."""
    before = _offset(low, clocks)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if _offset(middle, clocks) == before else (low, middle)
    return high


def _kind(year: int) -> int:
    """What a year has in common with those of the same calendar: the day of the week that it begins on, and its length."""
    length = date(year + 1, 1, 1) - date(year, 1, 1)
    return date(year, 1, 1).weekday() + (7 if length.days == 366 else 0)


def _years(begin: int) -> dict[int, int]:
    return {_kind(year): year for year in range(begin, begin + CYCLE)}


def _repeats(clocks: tzinfo) -> bool:
    """Whether the years from the first cycle on have the offsets of those of the same kind in the second one."""
    later = _years(CYCLES[1])
    for year in range(CYCLES[0], CYCLES[1] - 1):
        first, other = datetime(year, 1, 1, 12, tzinfo=UTC), datetime(later[_kind(year)], 1, 1, 12, tzinfo=UTC)
        days = [timedelta(days=day) for day in range(0, 365, 5)]
        if any(_offset(first + day, clocks) != _offset(other + day, clocks) for day in days):
            return False
    return True
