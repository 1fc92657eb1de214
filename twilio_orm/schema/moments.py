"""Instants as users write them: a datetime, a date, ISO text, or a timedelta ago. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from ..errors import BadValue
from .time_fields import Time
from .times import TICK, instant

When = datetime | date | timedelta | str


def moment(when: When, now: Callable[[], datetime], name: str = "when", *, included: bool = False) -> datetime:
    """Return the instant that a user's value means. A naive datetime is in UTC; a day means its first instant.

    :param now: returns the present, which a timedelta is subtracted from.
    :param name: the name of the parameter, for errors.
    :param included: whether the value is the end of a span that includes it: a day then means its last instant.
    :raises BadValue: it is none of these, or a negative timedelta.
    """
    if isinstance(when, timedelta):
        if when < timedelta(0):
            raise BadValue(f"{name} takes a positive timedelta: how long ago it is")
        return now() - when
    column = Time()
    column.name = name
    lookup, end = column.terms("lte" if included else "gte", when)
    return instant(end) - TICK if lookup == "lt" else instant(end)
