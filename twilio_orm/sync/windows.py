"""Splits time into windows, and chooses whether records are read again one by one or by window. Pure.

Twilio's lists are requested by whole UTC days, so windows begin and end at midnight; the newest window has no end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

from .._frozen import Value, lazy_dataclass
from ..schema.times import ONE_DAY, UTC, instant, instant_text, midnight

if TYPE_CHECKING:
    from ..query.intervals import Span

PAGES = 8
"""Pages of the windows into which a dense one is split, or up to twice as many; a window of twice as many is not split."""
DENSER = 3
"""A part of a window is split again where it has more than so many times ``PAGES``: each split costs requests."""
EARLIEST = datetime(2005, 1, 1, tzinfo=UTC)
"""Twilio has no older records: nothing before it is split."""
MOST = 48
"""The most windows into which one is split."""


def day_start(text: str) -> str:
    """Return the first instant of the day of an instant."""
    return text[:10] + " 00:00:00"


def day_end(text: str) -> str:
    """Return the first midnight at or after an instant."""
    return text if text == day_start(text) else instant_text(midnight(instant(text).date()) + ONE_DAY)


def whole_days(span: Span) -> Span:
    """Return the span of the whole days that a span touches: a request for it lists these days anyway."""
    low, high = span
    return None if low is None else day_start(low), None if high is None else day_end(high)


# ---------------------------------------------------------------- dense windows


def cut(span: Span, times: Sequence[str], page: int, depth: int = 0, readers: int = 1) -> list[Span]:
    """Return a window in parts of ``PAGES`` pages or more, the newest first; an empty list where it is not worth splitting.

    Where there are as many parts as readers, or more, each reader gets as many, so that none is idle while another has a whole
    part left. The length of a window without a beginning is not known: a few parts are split off, more each time, before a rest.

    :param times: the times of the records read so far, by which its density is estimated.
    :param page: records a page.
    :param depth: how often the window was split already.
    :param readers: how many parts are read at the same time.
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
    if (top - bottom).total_seconds() * rate <= (DENSER if depth else 2) * PAGES * page or top - bottom <= ONE_DAY:
        return []
    step = timedelta(days=max(days, ceil((top - bottom).days / MOST)))
    count = ceil((top - bottom) / step)
    if count > readers and count % readers:
        step = timedelta(days=ceil((top - bottom) / (count - count % readers) / ONE_DAY))
        count = ceil((top - bottom) / step)
    return _backwards(top, step, count, bottom, span[1])


def _backwards(top: datetime, step: timedelta, count: int, bottom: datetime | None, high: str | None) -> list[Span]:
    """Windows going back from ``top``, and the rest before them."""
    out: list[Span] = []
    for _ in range(count):
        low = top - step if bottom is None else max(top - step, bottom)
        out.append((instant_text(low), high))
        top, high = low, instant_text(low)
        if low == bottom:
            return out
    return [*out, (None if bottom is None else instant_text(bottom), high)]


# ---------------------------------------------------------------- one by one, or by window


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Part(Value):
    """A window that might be read again.

    :param low: its beginning.
    :param high: its end; None where it has none.
    :param rows: how many records of it the mirror holds.
    :param sids: the SIDs of those that have to be read again.
    :param must: whether the window itself has to be listed, whatever it costs.
    """

    low: str
    high: str | None
    rows: int
    sids: tuple[str, ...] = ()
    must: bool = False


def choose(parts: Iterable[Part], page: int, lists: int = 1) -> tuple[list[Span], list[str]]:
    """Return the windows to list and the records to request one by one, so that the fewest requests are sent.

    :param page: records a page.
    :param lists: how many lists a window takes.
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
