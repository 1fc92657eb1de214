"""Half-open spans of times or days: intersect, subtract and join them, and find what of a span several others cover. Pure.

An end is a text that sorts in time order; an end that is None is open.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from ..schema.times import ONE_DAY

Span = tuple[Any, Any]
"""The first instant or day within the span, and the first one after it; None for an open end."""
Closed = tuple[str, str]
"""A span whose open ends are replaced by texts that sort before and after everything."""

BEFORE, AFTER = "", "\U0010ffff"
EVER: Span = (None, None)


def closed(span: Span) -> Closed:
    """Replace the open ends of a span by texts that sort before and after everything."""
    return span[0] or BEFORE, AFTER if span[1] is None else span[1]


def opened(span: Closed) -> Span:
    """Reverse :func:`closed`."""
    return span[0] or None, None if span[1] == AFTER else span[1]


def intersection(one: Span, other: Span) -> Span:
    """Return what lies within both spans."""
    (low, high), (first, last) = closed(one), closed(other)
    return opened((max(low, first), min(high, last)))


def hull(one: Span, other: Span) -> Span:
    """Return the smallest span that contains both."""
    (low, high), (first, last) = closed(one), closed(other)
    return opened((min(low, first), max(high, last)))


def within(inner: Span, outer: Span) -> bool:
    """Tell whether ``outer`` contains all of ``inner``."""
    (low, high), (first, last) = closed(inner), closed(outer)
    return first <= low and high <= last


def holds(span: Span, value: Any) -> bool:
    """Tell whether a span contains a time or a day; no span contains a null."""
    low, high = closed(span)
    return value is not None and low <= value < high


def subtract(spans: Iterable[Closed], taken: Closed) -> list[Closed]:
    """Return what remains of some spans without ``taken``."""
    if taken[0] >= taken[1]:
        return list(spans)
    left: list[Closed] = []
    for low, high in spans:
        if taken[1] <= low or taken[0] >= high:
            left.append((low, high))
            continue
        if low < taken[0]:
            left.append((low, taken[0]))
        if taken[1] < high:
            left.append((taken[1], high))
    return left


def missing(wanted: Span, covered: Iterable[tuple[Span, datetime]]) -> tuple[datetime | None, list[Span]]:
    """Return since when spans together cover ``wanted``, and the gaps that they leave.

    :param wanted: the span to cover.
    :param covered: spans and when each was covered, the latest first.
    :returns: the earliest of the moments that are needed, None if no span covers any of it; and the gaps.
    """
    low, high = closed(wanted)
    gaps = [(low, high)] if low < high else []
    since: datetime | None = None
    for span, at in covered:
        left = subtract(gaps, closed(span))
        if left != gaps:
            gaps, since = left, at
        if not gaps:
            break
    return since, [opened(gap) for gap in gaps]


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return the union of some spans as the fewest spans, in order."""
    out: list[Closed] = []
    for low, high in sorted(closed(span) for span in spans):
        if out and low <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return [opened(span) for span in out]


def next_day(day: str) -> str:
    """Return the day after a day, as text; after the last day of the calendar a text that sorts after it."""
    try:
        return (date.fromisoformat(day) + ONE_DAY).isoformat()
    except OverflowError:
        return "9999-12-32"


def day_before(day: str) -> str:
    """Reverse :func:`next_day`; the first day of the calendar has none before it and is returned itself."""
    if day > "9999-12-31":
        return "9999-12-31"
    try:
        return (date.fromisoformat(day) - ONE_DAY).isoformat()
    except OverflowError:
        return day
