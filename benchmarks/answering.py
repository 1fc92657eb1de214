"""Answers from a mirror and from memory, and plans, timed in one process by turns with what they are compared with.

``python -m benchmarks.answering cached BASE_URL FILE BOOK ROUNDS`` · ``python -m benchmarks.answering planning ROUNDS``.
"""

from __future__ import annotations

import gc
import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

from cachetools import TTLCache

import twilio_orm
from twilio_orm import Call
from twilio_orm.query.planner import plan

from .book import DAY, MIDNIGHT, Book
from .calls import ACCOUNT, EPOCH, TOKEN

BACK = 10  # days: the day that is asked about
AGE = timedelta(days=1)
TIMES = 20  # a look-up is measured over so many passes through the SIDs
THREADS = 8
PLANS = 200  # questions a round

Pair = tuple[Callable[[], object], Callable[[], object]]


def by_turns(sides: Sequence[Callable[[], object]], rounds: int, each: int = 1, *, warm: bool = False) -> list[tuple[float, ...]]:
    """Seconds of the sides, a round each, by turns, divided by ``each``.

    A first round does not count, unless the sides are ``warm``: they have just run, so that their answers could be compared.
    """
    out = []
    for number in range(0 if warm else -1, rounds):
        took = [0.0] * len(sides)
        for at in range(len(sides)):
            side = (at + number) % len(sides)
            gc.collect()
            gc.disable()
            began = time.perf_counter()
            sides[side]()
            took[side] = (time.perf_counter() - began) / each
            gc.enable()
        if number >= 0:
            out.append(tuple(took))
    return out


def cached(base_url: str, path: str, book: Book, rounds: int) -> dict[str, Any]:
    """A day's answered calls, and one call after another, with no request left to send."""
    now = datetime.fromtimestamp(book.now, timezone.utc)
    connection = twilio_orm.connect(ACCOUNT, TOKEN, base_url=base_url, mirror=path, clock=lambda: now)
    with connection, twilio_orm.budget(requests=0):
        questions = day_of(book)
        ours, theirs = ({call.sid for call in one()} for one in questions)
        records = by_turns(questions, rounds)
        sids = sorted(ours)
        connection.memory.clock = time.monotonic  # as of a connection that was given no clock of the story's
        memory = by_turns(looked_up(sids), rounds, each=len(sids) * TIMES)
        faults = crowd(connection, sids)
    connection.close()
    return {"same": ours == theirs, "rows": len(ours), "records": records, "memory": memory, "faults": faults}


def crowd(connection: twilio_orm.Connection, sids: list[str]) -> list[str]:
    """What went wrong when eight threads looked up every record at once, each in another order."""
    faults: list[str] = []
    together = threading.Barrier(THREADS)

    def look(start: int) -> None:
        try:
            with connection:
                records = Call.cached(AGE)
                together.wait()
                for sid in (sids[start:] + sids[:start]) * TIMES:
                    if records.get(sid).sid != sid:
                        faults.append(f"{sid} is another record")
        except Exception as error:
            faults.append(repr(error))

    threads = [threading.Thread(target=look, args=(len(sids) * number // THREADS,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [f"{THREADS} threads at once: {fault}" for fault in faults[:3]]


def day_of(book: Book) -> tuple[Callable[[], list[Any]], Callable[[], list[Any]]]:
    """The question as we are asked it, and as peewee is."""
    low = datetime.fromtimestamp((book.now // DAY - BACK) * DAY, timezone.utc)
    start, field = low.replace(tzinfo=None), Call.start_time

    def ours() -> list[Any]:
        return list(Call.cached(AGE).filter(start_time=low.date(), status="completed"))

    def theirs() -> list[Any]:
        within = (field >= start) & (field < start + timedelta(days=1)) & (Call.account_sid == ACCOUNT)
        return list(Call.select().where(within & (Call.status == "completed")))

    return ours, theirs


def looked_up(sids: list[str]) -> Pair:
    """Every record by its SID, from a set that is kept, and from a cache with a lock, as one would write it."""
    records = Call.cached(AGE)
    cache: TTLCache[str, Any] = TTLCache(maxsize=100_000, ttl=3600)
    lock = threading.Lock()

    def look(sid: str) -> Any:
        with lock:
            return cache[sid]

    for sid in sids:
        cache[sid] = records.get(sid)

    def through(get: Callable[[str], Any]) -> Callable[[], None]:
        def work() -> None:
            for _ in range(TIMES):
                for sid in sids:
                    get(sid)

        return work

    return through(records.get), through(look)


def planning(rounds: int) -> dict[str, Any]:
    """Plans of questions of three conditions, no two the same, and bodies of calls parsed."""
    book = Book(PLANS)
    bodies = [json.dumps(book.call(number)) for number in range(PLANS)]
    first = EPOCH + timedelta(days=MIDNIGHT // DAY)
    numbers = iter(range(10**9))
    connection = twilio_orm.connect(ACCOUNT, TOKEN, mirror=":memory:")
    with connection:
        queries = [[question(first, next(numbers)) for _ in range(PLANS)] for _ in range(rounds + 1)]
    connection.close()
    asked = iter(queries)
    pair = (lambda: [plan(one, ACCOUNT) for one in next(asked)], lambda: [json.loads(body) for body in bodies])
    return {"plans": by_turns(pair, rounds, each=PLANS)}


def question(first: date, number: int) -> Any:
    """One of a kind: a status, a span of days, and a condition that Twilio knows no filter for."""
    return Call.filter(status="completed", start_time__gte=first - timedelta(days=number), duration__gt=60).query


def main(work: str, *words: str) -> None:
    """Do it, and print what it took."""
    if work == "planning":
        done = planning(int(words[0]))
    else:
        base_url, path, book, rounds = words
        done = cached(base_url, path, Book(**json.loads(book)), int(rounds))
    print(json.dumps(done))


if __name__ == "__main__":
    main(*sys.argv[1:])
