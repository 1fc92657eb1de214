"""How a sync cuts time into windows, and whether records are read again one by one or by window. Pure.

Twilio's lists are asked for by whole UTC days, so windows begin and end at midnight; the newest has no end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from .._frozen import Value
from ..query.intervals import Span
from ..schema.times import ONE_DAY, UTC, instant, instant_text, midnight

PAGES = 8
"""A window is cut to about this many pages; twice as many are left as they are."""
EARLIEST = datetime(2005, 1, 1, tzinfo=UTC)
"""Before Twilio was: what lies before it is not cut."""
MOST = 48
"""Windows made at one time."""


def day_start(text: str) -> str:
    """The first instant of the day that holds an instant."""
    return text[:10] + " 00:00:00"


def day_end(text: str) -> str:
    """The first midnight at or after an instant."""
    return text if text == day_start(text) else instant_text(midnight(instant(text).date()) + ONE_DAY)


def whole_days(span: Span) -> Span:
    """The days that a span touches: what asking for it brings anyway."""
    low, high = span
    return None if low is None else day_start(low), None if high is None else day_end(high)


# ---------------------------------------------------------------- dense windows


def cut(span: Span, times: Sequence[str], page: int, depth: int = 0) -> list[Span]:
    """A window in parts of about ``PAGES`` pages, the newest first; [] where it is not worth cutting.

    Of a window without a beginning nobody knows how long it is: a few parts are cut off, more each time.

    :param times: those of its first page, which tell how dense it is; ``page`` how many records that page may hold.
    :param depth: how often what lies before was cut already.
    """
    if len(times) < 2:
        return []
    newest, oldest = instant(max(times)), instant(min(times))
    rate = len(times) / max((newest - oldest).total_seconds(), 1.0)  # records a second
    days = max(int(PAGES * page / rate / 86400), 1)
    top = midnight(newest.date()) + ONE_DAY if span[1] is None else instant(day_end(span[1]))
    if span[0] is None:
        days = min(days, max((top - EARLIEST).days // 2, 1))
        count = min(2 << depth, 16, (top - EARLIEST).days // days)
        return _backwards(top, timedelta(days=days), count, None, span[1]) if count > 0 else []
    bottom = instant(day_start(span[0]))
    if (top - bottom).total_seconds() * rate <= 2 * PAGES * page or top - bottom <= ONE_DAY:
        return []
    step = timedelta(days=max(days, ceil((top - bottom).days / MOST)))
    return _backwards(top, step, ceil((top - bottom) / step), bottom, span[1])


def _backwards(top: datetime, step: timedelta, count: int, bottom: datetime | None, high: str | None) -> list[Span]:
    """Windows going back from ``top``, and what lies before them."""
    out: list[Span] = []
    for _ in range(count):
        low = top - step if bottom is None else max(top - step, bottom)
        out.append((instant_text(low), high))
        top, high = low, instant_text(low)
        if low == bottom:
            return out
    return [*out, (None if bottom is None else instant_text(bottom), high)]


# ---------------------------------------------------------------- one by one, or by window


@dataclass(frozen=True, eq=False, repr=False)
class Part(Value):
    """A window that might be read again.

    :param rows: how many records it is known to hold. :param sids: those of them to be read again.
    :param must: whether it has to be read, whatever it costs.
    """

    low: str
    high: str | None
    rows: int
    sids: tuple[str, ...] = ()
    must: bool = False


def choose(parts: Iterable[Part], page: int, lists: int = 1) -> tuple[list[Span], list[str]]:
    """The windows to read and the records to ask for one by one: the fewest requests there are.

    :param page: records a page. :param lists: how many lists a window takes.
    """
    line = sorted(parts, key=lambda part: part.low)
    best: list[tuple[int, list[Span], list[str]]] = [(0, [], [])]
    for end in range(1, len(line) + 1):
        options = []
        if not line[end - 1].must:
            cost, spans, sids = best[end - 1]
            options.append((cost + len(line[end - 1].sids), spans, [*sids, *line[end - 1].sids]))
        rows = 0
        for start in range(end - 1, max(end - 32, 0) - 1, -1):
            if start < end - 1 and line[start].high != line[start + 1].low:
                break
            rows += line[start].rows
            cost, spans, sids = best[start]
            price = lists - 1 + max(ceil(rows / page), 1)
            options.append((cost + price, [*spans, (line[start].low, line[end - 1].high)], sids))
        best.append(min(options, key=lambda option: option[0]))
    return best[-1][1], best[-1][2]
