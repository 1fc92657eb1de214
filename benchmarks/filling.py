"""A mirror that holds a long history, made quicker than a sync of it: a sync of a thinned account, then the rest as rows.

``python -m benchmarks.filling whole BASE_URL FILE BOOK WITHOUT`` makes one of a book's calls, those of the list WITHOUT
left out; the server must show the thinned account. ``… some BASE_URL FILE BOOK UNSETTLED SETTLED`` adds calls to it, as they were
before their end or their price, and as they are. Lists are JSON, of numbers. It measures nothing.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterable
from datetime import datetime, timezone
from itertools import islice
from typing import Any

import twilio_orm
from twilio_orm import Call

from .book import Book
from .calls import ACCOUNT, TOKEN, unsettled

CHUNK = 50_000  # rows a transaction: the pages of indexes are written back seldom
CACHE = -512_000  # kilobytes of the file to be kept in memory meanwhile


def whole(base_url: str, path: str, book: Book, without: set[int]) -> dict[str, Any]:
    """Sync the account as it shows itself now, so that the mirror has heard everything; then put in what it did not show."""
    connection = twilio_orm.connect(ACCOUNT, TOKEN, base_url=base_url, mirror=path)
    report = Call.sync()
    there = book.before(1).numbers
    put(connection, book, (book.call(number) for number in there if number not in without))
    connection.close()
    return {"rows": len(there) - len(without), "shown": report.new}


def some(base_url: str, path: str, book: Book, before: list[int], after: list[int]) -> dict[str, Any]:
    """Put in calls as they were before they were settled, and as they are."""
    connection = twilio_orm.connect(ACCOUNT, TOKEN, base_url=base_url, mirror=path)
    put(connection, book, (unsettled(book.call(number)) for number in before))
    put(connection, book, map(book.call, after))
    connection.close()
    return {"rows": len(before) + len(after)}


def put(connection: twilio_orm.Connection, book: Book, bodies: Iterable[dict[str, Any]]) -> None:
    """Store bodies as pages of a list that was read just before."""
    shape = Call._shape
    at = datetime.fromtimestamp(book.before(1).now, timezone.utc)
    passing = iter(bodies)
    gc.disable()  # millions of small objects, and none in a circle
    with connection.mirror.open().reading() as file:
        file.execute(f"PRAGMA cache_size = {CACHE}")
    while rows := [shape.read(body, {}) for body in islice(passing, CHUNK)]:
        connection.mirror.absorb(shape, rows, connection.mirror.revision(), at)


if __name__ == "__main__":
    work, base_url, path, book, *lists = sys.argv[1:]
    told = Book(**json.loads(book))
    numbers = [json.loads(text) for text in lists]
    done = whole(base_url, path, told, set(numbers[0])) if work == "whole" else some(base_url, path, told, *numbers)
    print(json.dumps(done))
