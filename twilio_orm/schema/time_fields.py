"""Fields of times: instants and calendar days. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from ..errors import BadValue
from .field import TEXT_LOOKUPS, Canonical, Column, many, pair
from .formats import parameter_text
from .times import TICK, UTC, day_or_instant, instant, instant_text, parse_iso, rfc2822, time_text
from .timezones import time_zone, whole_day


class Time(Column[datetime]):
    """An instant, an aware datetime in UTC. A day in a query means the whole day, in UTC unless the query names a time zone.

    :param iso: whether Twilio sends ISO 8601 rather than RFC 2822.
    """

    private = False
    field_type = "TEXT"
    kind = "datetime"
    description = "a datetime, a date or ISO text such as '2026-06-01' or '2026-06-01T12:00:00Z'"

    def __init__(self, *, iso: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.iso = iso

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        if type(raw) is not str:
            return None, raw is None
        stored, faithful = time_text(raw)
        if self.iso and stored is not None:
            faithful = self.wire(stored) == raw
        return stored, faithful

    def wire(self, stored: Canonical) -> Any:
        if stored is None:
            return None
        return stored.replace(" ", "T") + "+00:00" if self.iso else rfc2822(stored)

    def python_value(self, value: Any) -> Any:
        try:
            return None if value is None else instant(value)
        except (TypeError, ValueError):  # an SQL expression can return any value, such as the default of a COALESCE
            return value

    def canonical(self, value: Any) -> Canonical:
        return instant_text(self._span(value)[0])

    def parameter(self, value: Any) -> str:
        return parameter_text(self._span(value)[0])

    def _span(self, value: Any, zone: str = "") -> tuple[datetime, datetime]:
        """The half-open span of instants that a value means: a whole day, or one tick.

        :raises BadValue: it is no day and no instant.
        :raises UnevenDay: the day is not one span there.
        """
        found = day_or_instant(value)
        try:
            if isinstance(found, datetime):
                at = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
                return at, at + TICK
            if found is not None:
                return whole_day(found, zone)
        except OverflowError:
            raise self.error(value, "it is outside the years 1 to 9999") from None
        raise self.error(value)

    def day(self, value: Any, zone: str = "") -> date:
        """Return the day of a caller's value in a time zone; a date is returned as it is.

        :raises BadValue: it is no day and no instant.
        """
        found = day_or_instant(value)
        if found is not None and not isinstance(found, datetime):
            return found
        try:
            return self._span(value)[0].astimezone(time_zone(zone)).date()
        except OverflowError:
            raise self.error(value, "it is outside the years 1 to 9999") from None

    def terms(self, lookup: str, value: Any, zone: str = "") -> tuple[str, Any]:
        if lookup in TEXT_LOOKUPS:
            return lookup, self.text_operand(lookup, value)
        if lookup == "in":
            spans = [self._span(one, zone) for one in many(self, lookup, value)]
            return "spans", tuple(dict.fromkeys((instant_text(low), instant_text(high)) for low, high in spans))
        if lookup == "range":
            low, high = pair(self, value)
            first, last = self._span(low, zone)[0], self._span(high, zone)[1]
            if first >= last:
                raise self.error(value, "the range is reversed")
            return "span", (instant_text(first), instant_text(last))
        low_end, high_end = (instant_text(end) for end in self._span(value, zone))
        return {
            "exact": ("span", (low_end, high_end)),
            "gte": ("gte", low_end),
            "gt": ("gte", high_end),
            "lt": ("lt", low_end),
            "lte": ("lt", high_end),
        }[lookup]


class Duration(Column[timedelta]):
    """A length of time, such as the difference of two instants. Its canonical value is a whole number of microseconds."""

    private = False
    field_type = "INTEGER"
    kind = "duration"
    description = "a duration, which is a timedelta"

    def python_value(self, value: Any) -> Any:
        return timedelta(microseconds=value) if isinstance(value, int) else value

    def canonical(self, value: Any) -> Canonical:
        if not isinstance(value, timedelta):
            raise self.error(value)
        found = value // TICK
        if not -(2**63) <= found < 2**63:
            raise self.error(value, "it does not fit 64 bits of microseconds")
        return found

    def text_operand(self, lookup: str, value: Any) -> str:  # noqa: ARG002
        """Refuse a text lookup.

        :raises BadValue: always.
        """
        raise BadValue(f"{self.name}__{lookup} is for text: {self.name} is {self.description}")


class Day(Column[date]):
    """A calendar day."""

    private = False
    field_type = "TEXT"
    kind = "date"
    description = "a date or ISO text such as '2026-06-01'"

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        if type(raw) is not str:
            return None, raw is None
        day = parse_iso(raw)
        if day is None or isinstance(day, datetime):
            return None, False
        return day.isoformat(), day.isoformat() == raw

    def python_value(self, value: Any) -> Any:
        try:
            return None if value is None else date.fromisoformat(value)
        except (TypeError, ValueError):  # an SQL expression can return any value
            return value

    def canonical(self, value: Any) -> Canonical:
        day = day_or_instant(value)
        if day is None or isinstance(day, datetime):
            raise self.error(value)
        return day.isoformat()

    def day(self, value: Any, zone: str = "") -> date:  # noqa: ARG002
        """Return the day of a caller's value, whatever the zone.

        :raises BadValue: it is no day.
        """
        return date.fromisoformat(self.canonical(value))
