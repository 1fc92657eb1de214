"""Pages: which rows come next, and how the envelope names its neighbours. It knows nothing of filters.

A page is relative to the row before it, so an insert repeats nothing and a removal hides nothing. The token
holds that row's key and place, and is opaque to clients.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ..definitions.error_responses import Refusal
from ..world.state import Order, Row, Shelf

DEFAULT_SIZE = 50
MAX_SIZE = 1000
EVER = (float("-inf"), float("inf"))
BAD_TOKEN = Refusal(400, 21481, "Invalid PageToken")
PAGING = ("Page", "PageSize", "PageToken")


@dataclass
class Page:
    """Rows of one page, and the tokens of the pages beside it."""

    rows: list[Row]
    after: str | None = None
    before: str | None = None


def token(kind: str, row: Row) -> str:
    """``PA`` (after) or ``PB`` (before), the row's key, and its place."""
    return f"{kind}{row.key}{max(0, int(row.order[0])):09x}"


def place(shelf: Shelf, text: str) -> Order:
    """The place that a token names. Raises 400/21481 where it was not one of this list's."""
    key = text[2:-9]
    known = text[:2] in ("PA", "PB") and (key in shelf.rows or key in shelf.gone)
    if not known or not re.fullmatch("[0-9a-f]{9}", text[-9:]):
        raise BAD_TOKEN
    return float(int(text[-9:], 16)), key


def count(index: int) -> str:
    """A token of a usage list, whose rows have no key: a number, in disguise."""
    return f"AP{base64.b64encode(str(index).encode()).decode()}"


def counted(text: str) -> int:
    """The number that :func:`count` hid. Raises 400/21481."""
    try:
        return max(0, int(base64.b64decode(text[2:], validate=True)))
    except ValueError:
        raise BAD_TOKEN from None


def turn(
    shelf: Shelf,
    size: int,
    text: str | None,
    wanted: Callable[[Row], bool],
    between: tuple[float, float] = EVER,
    hides: bool = False,
) -> Page:
    """The page of ``size`` rows that a token names, or the first.

    ``between`` spares reading rows placed elsewhere (both ends in seconds since 1970, inclusive); ``hides``
    makes a removed anchor swallow one more row, as reported of Twilio.
    """
    here = None if text is None else place(shelf, text)
    if text is not None and text.startswith("PB") and here is not None:
        rows = _take(shelf.oldest_first(here), size + 1, wanted)
        more, rows = len(rows) > size, rows[:size][::-1]
        return Page(rows, after=token("PA", rows[-1]) if rows else None, before=token("PB", rows[0]) if more else None)
    rows = _take(shelf.newest_first(here, *between), size + 2, wanted)
    if hides and here is not None and here[1] not in shelf.rows:
        rows = rows[1:]
    more, rows = len(rows) > size, rows[:size]
    return Page(
        rows,
        after=token("PA", rows[-1]) if more else None,
        before=token("PB", rows[0]) if here is not None and rows else None,
    )


def _take(rows: Any, count: int, wanted: Callable[[Row], bool]) -> list[Row]:
    found: list[Row] = []
    for row in rows:
        if wanted(row):
            found.append(row)
            if len(found) == count:
                break
    return found


def envelope(
    path: str,
    query: Sequence[tuple[str, str]],
    key: str,
    items: list[dict[str, Any]],
    size: int,
    number: int,
    after: str | None,
    before: str | None,
) -> dict[str, Any]:
    """The answer of a list: the array under ``key``, and the addresses of its neighbours with every filter
    kept.
    """
    kept = [(name, value) for name, value in query if name not in PAGING]

    def address(index: int, mark: str | None) -> str:
        pairs = [*kept, ("PageSize", str(size)), ("Page", str(index))]
        return f"{path}?{urlencode([*pairs, ('PageToken', mark)] if mark else pairs)}"

    start = number * size
    return {
        key: items,
        "page": number,
        "page_size": size,
        "start": start,
        "end": start + max(0, len(items) - 1),
        "uri": address(number, dict(query).get("PageToken")),
        "first_page_uri": address(0, None),
        "next_page_uri": address(number + 1, after) if after else None,
        "previous_page_uri": address(max(0, number - 1), before) if before else None,
    }
