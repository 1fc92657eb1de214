"""The calls of a benchmark's account on a line of time, the latest first, and what its lists answer to a question.

Knows nothing of ``twilio_orm``: filters are read as Twilio's page on calls documents them, ``StartTime>=D`` from the
day's midnight in UTC, ``StartTime<D`` before it, ``StartTime=D`` that day.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlencode

from .bodies import EXTRA, bodies
from .calls import EPOCH, ROOT, STATUS, call, noise, own_sid, sid, spelled, when
from .calls import mutable as before

MIDNIGHT = (date(2026, 5, 1) - EPOCH).days * 86400
NOON = MIDNIGHT + 43200
DAY = 86400
PAGING = ("PageSize", "Page", "PageToken")
PRICE = "-0.99900"
"""What a call that has changed costs since; no other call costs that."""
FILTERS = ("StartTime", "StartTime>", "StartTime<", "Status")


class Unknown(Exception):
    """A question that these lists do not understand."""


@dataclass(frozen=True)
class Book:
    """An account's calls, numbered from the newest.

    :param rows: how many in all; ``step`` the seconds from one to the next.
    :param fresh: so many of them began in the ten minutes after midnight, one a second, the rest before it; with none the
        newest began at noon.
    :param early: 0, or the account as it was half a minute after midnight, before the fresh calls, and only every so many-th
        call of it.
    :param extra: 1 where one more call has come since, so that every page is shifted by it.
    :param changed: 0, or a day later, when every so many-th call has another price.
    :param newest: 0, or how many of the newest calls there are.
    """

    rows: int
    step: float = 30.0
    fresh: int = 0
    early: int = 0
    extra: int = 0
    changed: int = 0
    newest: int = 0

    @property
    def now(self) -> int:
        """The time of the story: seconds since 1970."""
        later = (DAY if self.changed else 0) + int(self.extra * self.step)
        if not self.fresh:
            return NOON + 60 + later
        return MIDNIGHT + (30 if self.early else 600) + later

    @cached_property
    def numbers(self) -> range:
        """The numbers of the calls that there are, the newest first."""
        if self.early:
            return range(self.fresh, self.fresh + self.newest if self.newest else self.rows, self.early)
        return range(-self.extra, self.newest or self.rows)

    def begun(self, number: int) -> int:
        """When a call began: the later its number, the earlier."""
        if number < self.fresh:
            return MIDNIGHT + 60 + self.fresh - number
        back = number - self.fresh
        return (MIDNIGHT - 1 if self.fresh else NOON) - int(self.step * back) - noise(own_sid(number)) % int(self.step)

    def spelled_call(self, number: int) -> str:
        """The call of that number as JSON, as its own address gives it."""
        return spelled(number, self.begun(number), **self.other(number))

    def call(self, number: int) -> dict[str, Any]:
        """The call of that number."""
        return call(number, self.begun(number), **self.other(number))

    def other(self, number: int) -> dict[str, object]:
        """What a call says since it has changed."""
        return {"price": PRICE} if self.changed and not number % self.changed else {}

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
            if asked["Status"] not in STATUS:
                return []
            return [number for number in found if self.status(number) == asked["Status"]]
        return found

    def text(self) -> str:
        """The book as text, for another process."""
        return json.dumps(asdict(self))


def midnight(text: str) -> int:
    """The midnight that opens a day, in UTC. Raises Unknown where the text is none."""
    try:
        return (date.fromisoformat(text) - EPOCH).days * DAY
    except ValueError:
        raise Unknown(f"a day spelled {text}") from None


class Pages:
    """The pages of a book's lists: bytes that were rendered before, put together."""

    def __init__(self, book: Book) -> None:
        self.whole = book
        self.bodies = bodies(book)
        self.turn(book)

    def turn(self, book: Book, mutable: Iterable[int] = ()) -> None:
        """Go on with the account at another time.

        :param mutable: calls that are shown as they were when they could still change.
        """
        self.book = book
        changed = (number for number in book.numbers if book.other(number)) if book.changed else ()
        other = {number: book.spelled_call(number).encode() for number in changed}
        other |= {number: before(number, book.begun(number)).encode() for number in mutable}
        self._other, self._sorted = other, sorted(other)
        self._found = lru_cache(maxsize=256)(lambda asked: book.listed(dict(asked)))

    def record(self, own: str) -> bytes | None:
        """The call of a SID, or None."""
        number = self._numbers.get(own)
        if number is None or number not in self.book.numbers:
            return None
        return self._other.get(number) or bytes(self.bodies.one(number))

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {own_sid(number): number for number in range(-EXTRA, self.whole.rows)}

    def page(self, pairs: Sequence[tuple[str, str]]) -> list[bytes | memoryview]:
        """The page of the list that a query's pairs ask for, in pieces to be sent. Raises Unknown."""
        asked = dict(pairs)
        size, page = min(int(asked.get("PageSize", 50)), 1000), int(asked.get("Page", 0))
        filters = tuple((name, value) for name, value in pairs if name not in PAGING)
        found = self._found(filters)
        start = page * size
        numbers = found[start : start + size]
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
        pieces: list[bytes | memoryview] = [head[:-1], b',"calls":[']
        for piece in self._pieces(numbers):
            pieces += (piece, b",")
        return [*(pieces[:-1] if numbers else pieces), b"]}"]

    def _pieces(self, numbers: Sequence[int]) -> Iterator[bytes | memoryview]:
        """The bodies of these calls, those that stand beside each other in one piece."""
        if not isinstance(numbers, range) or numbers.step != 1:
            for number in numbers:
                yield self._other.get(number) or self.bodies.one(number)
            return
        first, end = numbers.start, numbers.stop
        for number in self._sorted[bisect_left(self._sorted, first) : bisect_left(self._sorted, end)]:
            yield from self.bodies.between(first, number)
            yield self._other[number]
            first = number + 1
        yield from self.bodies.between(first, end)


def link(filters: Sequence[tuple[str, str]], page: int, size: int) -> str:
    """The address of a page with every filter kept; Twilio's links carry a token beside the number."""
    token = [("PageToken", f"P{sid('AC', 'page', page)}")] if page else []
    return f"{ROOT}/Calls.json?{urlencode([*filters, ('PageSize', str(size)), ('Page', str(page)), *token])}"


def http_date(at: int) -> str:
    """An instant as HTTP's headers spell it."""
    return when(at).replace("+0000", "GMT")


def chosen(book: Book, low: int, high: int, count: int) -> Iterator[int]:
    """``count`` answered calls that began from ``low`` and before ``high``, evenly spread."""
    able = [number for number in book.between(low, high) if number >= book.fresh and book.status(number) == "completed"]
    return (able[at * len(able) // count] for at in range(count))
