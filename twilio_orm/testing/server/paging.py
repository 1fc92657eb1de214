"""Pages of lists: which records a page shows, its tokens, and the envelope around it. Knows no filters.

A page is relative to the record before it, so that an inserted record repeats none and a removed one hides none. The token
contains the key and the time of that record and means nothing to clients.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ..definitions.error_responses import ErrorResponse, refused, undocumented

if TYPE_CHECKING:
    from ..world.table import Position, Row, Table
    from .http_messages import Request

DEFAULT_SIZE = 50
MAX_SIZE = 1000
ALL_TIME = (float("-inf"), float("inf"))
PAGING_PARAMETERS = ("Page", "PageSize", "PageToken")


@dataclass(frozen=True)
class PageRequest:
    """Which page a request wants.

    :param size: the number of records.
    :param number: the number of the page, from 0.
    :param token: the token of the page; None for the first one.
    """

    size: int
    number: int
    token: str | None


@dataclass
class Page:
    """The rows of one page, and the tokens of the pages after and before it; None if there is none."""

    rows: list[Row]
    after: str | None = None
    before: str | None = None


def parse_page_request(query: Iterable[tuple[str, str]]) -> PageRequest:
    """Parse the paging parameters of a query string.

    :raises ErrorResponse: 400/20001 for a wrong page or size.
    """
    given = {name: text for name, text in query if name in PAGING_PARAMETERS}
    size, number = given.get("PageSize", str(DEFAULT_SIZE)), given.get("Page", "0")
    if not re.fullmatch(r"\d{1,9}", size) or not 1 <= int(size) <= MAX_SIZE:
        raise undocumented(f"PageSize={size} is not between 1 and {MAX_SIZE}")
    if not re.fullmatch(r"\d{1,9}", number):
        raise undocumented(f"Page={number} is not a page number")
    if int(number) and "PageToken" not in given:
        raise undocumented("Page number out of range: Page needs a PageToken")
    return PageRequest(int(size), int(number), given.get("PageToken"))


def read_page(
    table: Table,
    wanted: PageRequest,
    matches: Callable[[Row], bool],
    between: tuple[float, float] = ALL_TIME,
    deletion_hides: bool = False,
) -> Page:
    """Read a page of a table.

    :param table: the table.
    :param wanted: the size and the token of the page.
    :param matches: whether the list shows a row.
    :param between: the first and the last time of the rows that can match, in seconds since 1970; saves reading the others.
    :param deletion_hides: whether the page omits one more row if the row of its token was removed, as reported of Twilio.
    :raises ErrorResponse: 400/21481 for a token that is not one of this list.
    """
    size, token = wanted.size, wanted.token
    anchor = None if token is None else _parse_token(table, token)
    if token is not None and token.startswith("PB") and anchor is not None:
        rows = list(islice(filter(matches, table.oldest_first(anchor)), size + 1))
        more, rows = len(rows) > size, rows[:size][::-1]
        after = _token("PA", rows[-1]) if rows else None
        return Page(rows, after, _token("PB", rows[0]) if more else None)
    rows = list(islice(filter(matches, table.newest_first(anchor, *between)), size + 2))
    if deletion_hides and anchor is not None and anchor[1] not in table.rows:
        rows = rows[1:]
    more, rows = len(rows) > size, rows[:size]
    before = _token("PB", rows[0]) if anchor is not None and rows else None
    return Page(rows, _token("PA", rows[-1]) if more else None, before)


def slice_page(items: list[dict[str, Any]], wanted: PageRequest) -> tuple[list[dict[str, Any]], str | None, str | None]:
    """Cut a page from a computed list, whose records have no keys; its tokens contain a number.

    :returns: the items of the page, and the tokens of the pages after and before it.
    :raises ErrorResponse: 400/21481 for a token that is not one of such a list.
    """
    first = 0 if wanted.token is None else _parse_number_token(wanted.token)
    after = _number_token(first + wanted.size) if len(items) > first + wanted.size else None
    before = _number_token(max(0, first - wanted.size)) if first else None
    return items[first : first + wanted.size], after, before


def envelope(
    request: Request, list_key: str, items: list[dict[str, Any]], wanted: PageRequest, after: str | None, before: str | None
) -> dict[str, Any]:
    """Build the response of a list: the items under ``list_key``, and the URIs of other pages with all filters.

    :param after: the token of the next page; None for none.
    :param before: the token of the previous page; None for none.
    """
    filters = [(name, value) for name, value in request.query if name not in PAGING_PARAMETERS]

    def uri(number: int, token: str | None) -> str:
        pairs = [*filters, ("PageSize", str(wanted.size)), ("Page", str(number))]
        return f"{request.path}?{urlencode([*pairs, ('PageToken', token)] if token else pairs)}"

    start = wanted.number * wanted.size
    return {
        list_key: items,
        "page": wanted.number,
        "page_size": wanted.size,
        "start": start,
        "end": start + max(0, len(items) - 1),
        "uri": uri(wanted.number, wanted.token),
        "first_page_uri": uri(0, None),
        "next_page_uri": uri(wanted.number + 1, after) if after else None,
        "previous_page_uri": uri(max(0, wanted.number - 1), before) if before else None,
    }


def _token(kind: str, row: Row) -> str:
    """Build the token of the page after (``PA``) or before (``PB``) a row: its key and its time."""
    return f"{kind}{row.key}{max(0, int(row.position[0])):09x}"


def _parse_token(table: Table, token: str) -> Position:
    key = token[2:-9]
    known = token[:2] in ("PA", "PB") and (key in table.rows or key in table.removed_keys)
    if not known or not re.fullmatch("[0-9a-f]{9}", token[-9:]):
        raise _invalid_token()
    return float(int(token[-9:], 16)), key


def _number_token(index: int) -> str:
    return f"AP{base64.b64encode(str(index).encode()).decode()}"


def _parse_number_token(token: str) -> int:
    try:
        return max(0, int(base64.b64decode(token[2:], validate=True)))
    except ValueError:
        raise _invalid_token() from None


def _invalid_token() -> ErrorResponse:
    return refused(21481)
