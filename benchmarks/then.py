"""A mirror whose calls have changed since, asked about before and now, by turns.

``python -m benchmarks.then FILE CALLS EVERY ROUNDS``: each EVERY-th call has changed.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import twilio_orm
from twilio_orm import Call, Sum

from .answering import by_turns
from .book import Book
from .calls import ACCOUNT, TOKEN
from .filling import put

DAYS = 365


def main(path: str, calls: int, every: int, rounds: int) -> dict[str, Any]:
    """Fill, change, ask."""
    book = Book(calls, DAYS * 86400 / calls)
    now = datetime.fromtimestamp(book.now, timezone.utc)
    connection = twilio_orm.connect(ACCOUNT, TOKEN, mirror=path, clock=lambda: now)
    put(connection, book, map(book.call, book.numbers))
    later = now + timedelta(days=1)
    for page in pages(book, every):
        connection.mirror.absorb(Call._shape, page, connection.mirror.revision(), later)
    before = now + timedelta(hours=1)
    faults = []
    with connection:
        pairs = [of(before, by_day), of(before, newest)]
        changed = sum(1 for _ in Call.changes(since=before))
        if changed != -(-calls // every):
            faults.append(f"{changed} changes were kept, not {-(-calls // every)}")
        if Call.as_of(before, partial=True).filter(price="-99").exists():
            faults.append("the past knows what came later")
        days, records = (by_turns(pair, rounds) for pair in pairs)
    connection.close()
    return {"days": days, "newest": records, "faults": faults, "bytes": os.path.getsize(path)}


def pages(book: Book, every: int) -> Iterator[list[Any]]:
    """The calls that have another price since, a hundred at a time."""
    numbers = book.numbers[::every]
    for start in range(0, len(numbers), 100):
        yield [Call._shape.read({**book.call(number), "price": "-99"}, {}) for number in numbers[start : start + 100]]


def of(before: datetime, ask: Callable[[Any], object]) -> tuple[Callable[[], object], Callable[[], object]]:
    """The question about then, and about now."""
    return lambda: ask(Call.as_of(before, partial=True)), lambda: ask(Call.offline(partial=True))


def by_day(calls: Any) -> list[Any]:
    return list(calls.values("start_time__date", "direction").annotate(cost=Sum("price")))


def newest(calls: Any) -> list[Any]:
    return list(calls.order_by("-start_time")[:100])


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], *map(int, sys.argv[2:]))))
