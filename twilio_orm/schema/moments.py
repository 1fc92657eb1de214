"""Moments as people say them: a datetime, a date, ISO text, or how long ago. It asks nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from ..errors import BadValue
from .time_fields import Time
from .times import TICK, instant

When = datetime | date | timedelta | str


def moment(when: When, now: Callable[[], datetime], word: str = "when", *, included: bool = False) -> datetime:
    """The instant that is meant: a naive datetime is UTC, a day stands for its first instant.

    :param now: gives the present, for a timedelta. :param word: what the parameter is called.
    :param included: it is the end of a span that includes it: a day stands for its last instant.
    :raises BadValue: it is none of these, or a negative timedelta.
    """
    if isinstance(when, timedelta):
        if when < timedelta(0):
            raise BadValue(f"{word} takes how long ago as a positive timedelta")
        return now() - when
    column = Time()
    column.name = word
    lookup, end = column.terms("lte" if included else "gte", when)
    return instant(end) - TICK if lookup == "lt" else instant(end)
