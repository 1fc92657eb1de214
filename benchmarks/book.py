"""The calls of a benchmark's account on a line of time, the latest first, and what its lists answer to a question.

Knows nothing of ``twilio_orm``: filters are read as Twilio's page on calls documents them, ``StartTime>=D`` from the
day's midnight in UTC, ``StartTime<D`` before it, ``StartTime=D`` that day.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlencode

from .calls import EPOCH, ROOT, STATUS, call, noise, own_sid, sid, when

MIDNIGHT = (date(2026, 5, 1) - EPOCH).days * 86400
NOON = MIDNIGHT + 43200
DAY = 86400
PAGING = ("PageSize", "Page", "PageToken")
FILTERS = ("StartTime", "StartTime>", "StartTime<", "Status")


class Unknown(Exception):
    """A question that these lists do not understand."""


@dataclass(frozen=True)
class Book:
    """An account's calls, numbered from the newest.

    :param rows: how many in all; ``step`` the seconds from one to the next.
    :param fresh: so many of them began in the ten minutes after midnight, one a second, the rest before it; with none the
        newest began at noon.
    :param early: 0, or the account as it was half a minute after midnight, and only every so many-th call of it.
    """

    rows: int
    step: float = 30.0
    fresh: int = 0
    early: int = 0

    def before(self, early: int) -> Book:
        """The same account before the fresh calls, thinned out."""
        return replace(self, early=early)

    @property
    def now(self) -> int:
        """The time of the story: seconds since 1970."""
        if not self.fresh:
            return NOON + 60
        return MIDNIGHT + (30 if self.early else 600)

    @cached_property
    def numbers(self) -> range:
        """The numbers of the calls that there are, the newest first."""
        return range(self.fresh, self.rows, self.early) if self.early else range(self.rows)

    def begun(self, number: int) -> int:
        """When a call began: the later its number, the earlier."""
        if number < self.fresh:
            return MIDNIGHT + 60 + self.fresh - number
        back = number - self.fresh
        return (MIDNIGHT - 1 if self.fresh else NOON) - int(self.step * back) - noise(own_sid(number)) % int(self.step)

    def call(self, number: int) -> dict[str, Any]:
        """The call of that number, as its own address gives it."""
        return call(number, self.begun(number))

    def status(self, number: int) -> str:
        """A call's status."""
        return STATUS[noise(own_sid(number)) % 20]

    def between(self, low: float, high: float) -> Sequence[int]:
        """The numbers of the calls that began from ``low`` on and before ``high``."""
        first, end = (bisect_right(self.numbers, -at, key=lambda number: -self.begun(number)) for at in (high, low))
        return self.numbers[first:end]

    def listed(self, asked: Mapping[str, str]) -> Sequence[int]:
        """The numbers that a list's filters mean. Raises Unknown for what they do not know."""
        if asked.keys() - {*FILTERS, *PAGING}:
            raise Unknown(", ".join(sorted(asked.keys() - {*FILTERS, *PAGING})))
        low, high = float("-inf"), float("inf")
        for name, text in asked.items():
            if name.startswith("StartTime"):
                at = midnight(text)
                low = max(low, at) if name != "StartTime<" else low
                high = min(high, {"StartTime": at + DAY, "StartTime<": at}.get(name, high))
        found = self.between(low, high)
        if "Status" in asked:
            return [number for number in found if self.status(number) == asked["Status"]]
        return found

    def spelled(self) -> str:
        """The book as text, for another process."""
        return json.dumps(asdict(self))


def midnight(text: str) -> int:
    """The midnight that opens a day, in UTC. Raises Unknown where the text is none."""
    try:
        return (date.fromisoformat(text) - EPOCH).days * DAY
    except ValueError:
        raise Unknown(f"a day spelled {text}") from None


class Pages:
    """A book's pages as bytes, its calls rendered once. ``warm``: how many of the newest are rendered at once."""

    def __init__(self, book: Book, warm: int) -> None:
        self.book = book
        self._ready: dict[int, bytes] = {}
        self._found = lru_cache(maxsize=256)(lambda asked: self.book.listed(dict(asked)))
        for number in book.numbers[:warm]:
            self.body(number)

    def turn(self, book: Book) -> None:
        """Go on with the account at another time; a number's call stays the same."""
        self.book = book
        self._found.cache_clear()

    def body(self, number: int) -> bytes:
        """One call."""
        found = self._ready.get(number)
        if found is None:
            found = self._ready[number] = json.dumps(self.book.call(number), separators=(",", ":")).encode()
        return found

    def record(self, own: str) -> bytes | None:
        """The call of a SID, or None."""
        number = self._numbers.get(own)
        return None if number is None or number not in self.book.numbers else self.body(number)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {own_sid(number): number for number in range(self.book.rows)}

    def page(self, pairs: Sequence[tuple[str, str]]) -> bytes:
        """The page of the list that a query's pairs ask for. Raises Unknown."""
        asked = dict(pairs)
        size, page = min(int(asked.get("PageSize", 50)), 1000), int(asked.get("Page", 0))
        filters = tuple((name, value) for name, value in pairs if name not in PAGING)
        found = self._found(filters)
        numbers = found[page * size : (page + 1) * size]
        start = page * size
        envelope = {
            "first_page_uri": link(filters, 0, size),
            "end": start + max(len(numbers) - 1, 0),
            "previous_page_uri": link(filters, page - 1, size) if page else None,
            "uri": link(filters, page, size),
            "page_size": size,
            "start": start,
            "next_page_uri": link(filters, page + 1, size) if start + size < len(found) else None,
            "page": page,
        }
        head = json.dumps(envelope, separators=(",", ":")).encode()
        return b"".join((head[:-1], b',"calls":[', b",".join(map(self.body, numbers)), b"]}"))


def link(filters: Sequence[tuple[str, str]], page: int, size: int) -> str:
    """The address of a page with every filter kept; Twilio's links carry a token beside the number."""
    token = [("PageToken", f"P{sid('AC', 'page', page)}")] if page else []
    return f"{ROOT}/Calls.json?{urlencode([*filters, ('PageSize', str(size)), ('Page', str(page)), *token])}"


def http_date(at: int) -> str:
    """An instant as HTTP's headers spell it."""
    return when(at).replace("+0000", "GMT")


def chosen(book: Book, low: int, high: int, count: int, spare: int) -> Iterator[int]:
    """``count`` answered calls that began from ``low`` and before ``high``, evenly spread.

    :param spare: a step of numbers that is left out, from the fresh ones on.
    """
    able = [
        number
        for number in book.between(low, high)
        if number >= book.fresh and (number - book.fresh) % spare and book.status(number) == "completed"
    ]
    return (able[at * len(able) // count] for at in range(count))
