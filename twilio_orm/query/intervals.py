"""Spans of time as values: what of a span several others cover together, since when, and what they leave open. Pure.

A span is half-open and of sortable text; an end that is None is open.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from .constraints import Span

BEFORE, AFTER = "", "\U0010ffff"  # below and above every time and day
EVER: Span = (None, None)

Closed = tuple[str, str]


def closed(span: Span) -> Closed:
    """A span whose open ends are texts that sort before and after everything."""
    return span[0] or BEFORE, AFTER if span[1] is None else span[1]


def opened(span: Closed) -> Span:
    """The way back from :func:`closed`."""
    return span[0] or None, None if span[1] == AFTER else span[1]


def subtract(spans: Iterable[Closed], taken: Closed) -> list[Closed]:
    """What is left of some spans without ``taken``."""
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


def missing(wanted: Span, heard: Iterable[tuple[Span, datetime]]) -> tuple[datetime | None, list[Span]]:
    """What of ``wanted`` was not heard, and since when the rest is known: the earliest of the latest hearings it takes.

    :param heard: spans and when each began to be heard, the latest first.
    """
    low, high = closed(wanted)
    gaps = [(low, high)] if low < high else []
    since: datetime | None = None
    for span, at in heard:
        left = subtract(gaps, closed(span))
        if left != gaps:
            gaps, since = left, at
        if not gaps:
            break
    return since, [opened(gap) for gap in gaps]


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same in as few spans as there are, in order."""
    out: list[Closed] = []
    for low, high in sorted(closed(span) for span in spans):
        if out and low <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return [opened(span) for span in out]


def within(inner: Span, outer: Span) -> bool:
    """Whether ``outer`` holds all of ``inner``."""
    (low, high), (first, last) = closed(inner), closed(outer)
    return first <= low and high <= last


def holds(span: Span, value: Any) -> bool:
    """Whether a span holds an instant; a null lies nowhere."""
    low, high = closed(span)
    return value is not None and low <= value < high
