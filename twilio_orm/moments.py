"""Moments as people say them: a datetime, a date, ISO text, or how long ago. It asks nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from .errors import BadValue
from .fields import Time
from .wire import instant

When = datetime | date | timedelta | str


def moment(when: When, now: Callable[[], datetime], word: str = "when") -> datetime:
    """The instant that is meant: a naive datetime is UTC, a date the first instant of its day.

    :param now: gives the present, for a timedelta. :param word: what the parameter is called.
    :raises BadValue: it is none of these, or a negative timedelta.
    """
    if isinstance(when, timedelta):
        if when < timedelta(0):
            raise BadValue(f"{word} takes how long ago as a positive timedelta")
        return now() - when
    column = Time()
    column.name = word
    return instant(column.canonical(when))
