"""Several readers and one writer: jobs are read in threads, what they bring is handled in the calling thread, in its order.

Where Twilio answers that there are too many requests, all readers slow down together.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Full, Queue
from typing import Any, Generic, TypeVar

from ..errors import TooManyRequests

J = TypeVar("J")
E = TypeVar("E")
V = TypeVar("V")

TRIES = 12
"""Tries of what Twilio has no time for, after each of which a longer rest is taken, up to a minute."""
MOST = 8
"""Things that wait to be handled, and are handled together if they wait already."""
LONGEST = 3600.0
"""Seconds: who is told to come back later than that is told an error."""
LEAVE = 5.0  # seconds that readers have to come to their ends
_PATIENCE = 0.05  # seconds between two looks at whether the work was called off


class Pace:
    """How many requests may be under way: fewer after each 429, slowly more again.

    :param most: at the most. :param throttled: how many 429 there were so far.
    """

    def __init__(self, most: int, throttled: Callable[[], int]) -> None:
        self._most, self._throttled = most, throttled
        self._allowed, self._active, self._seen = float(most), 0, throttled()
        self._free = threading.Condition()

    @property
    def allowed(self) -> int:
        """How many may be under way now."""
        return max(int(self._allowed), 1)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """A place among those that ask; waits for one."""
        with self._free:
            while self._active >= self.allowed:
                self._free.wait()
            self._active += 1
        try:
            yield
        finally:
            with self._free:
                self._active -= 1
                self._learn()
                self._free.notify_all()

    def patiently(self, work: Callable[[], V], rest: Callable[[float], object], hopeful: Callable[[], bool] = lambda: True) -> V:
        """Do what asks Twilio when there is a place, and again where it has no time: it has not done what it answers 429 to.

        :param rest: waits so many seconds. :param hopeful: whether it makes sense to try again.
        """
        turn = 0
        while True:
            try:
                with self.slot():
                    return work()
            except TooManyRequests as busy:
                turn += 1
                if turn == TRIES or not hopeful() or (busy.retry_after or 0.0) > LONGEST:
                    raise
                rest(max(busy.retry_after or 0.0, min(2.0**turn, 60.0)))

    def _learn(self) -> None:
        now = self._throttled()
        if now > self._seen:
            self._seen, self._allowed = now, max(self._allowed / 2, 1.0)
        else:
            self._allowed = min(self._allowed + 1 / (2 * self._allowed), float(self._most))


class Work(Generic[J, E]):
    """Jobs, and what becomes of them.

    :param read: yields what a job brings; it runs in a reader's thread and may wait for the network.
    :param handle: takes what was brought meanwhile, in order; it runs in the calling thread, and may :meth:`add` jobs.
    :param workers: how many readers; with 1 there is one request at a time.
    :param ahead: whether one reader reads on while what it brought is handled; else it is the calling thread, by turns.
    """

    def __init__(
        self, read: Callable[[J], Iterator[E]], handle: Callable[[list[E]], None], workers: int, *, ahead: bool = False
    ) -> None:
        self._read, self._handle, self._workers, self._ahead = read, handle, workers, ahead
        self._jobs: deque[J] = deque()
        self._changed = threading.Condition()
        self._brought: Queue[tuple[E | None, BaseException | None]] = Queue(maxsize=max(2 * workers, 4))
        self._threads: list[threading.Thread] = []
        self._busy = 0
        self._over = False

    def add(self, *jobs: J) -> None:
        """More to do, after what there is."""
        with self._changed:
            self._jobs.extend(jobs)
            self._changed.notify_all()

    def run(self) -> None:
        """Do all of it. What a job raises ends the work and is raised here, once the others were called off."""
        if self._workers == 1 and not self._ahead:
            while self._jobs:
                for brought in self._read(self._jobs.popleft()):
                    self._handle([brought])
            return
        try:
            self._drain()
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()
            end = time.monotonic() + LEAVE
            for thread in self._threads:  # who still waits for an answer is not waited for: nobody will take it
                thread.join(timeout=max(end - time.monotonic(), 0))

    def _drain(self) -> None:
        while self._start() or not self._brought.empty():
            found = self._waiting()
            problem = next((error for _, error in found if error is not None), None)
            self._handle([brought for brought, error in found if brought is not None])
            if problem is not None:
                raise problem

    def _waiting(self) -> list[tuple[E | None, BaseException | None]]:
        """What was brought; after a moment nothing, where nothing was."""
        found: list[tuple[E | None, BaseException | None]] = []
        with suppress(Empty):
            found.append(self._brought.get(timeout=_PATIENCE))
            while len(found) < MOST:
                found.append(self._brought.get_nowait())
        return found

    def _start(self) -> bool:
        """As many readers as there is work for. Whether any is left to do."""
        with self._changed:
            idle = len(self._threads) - self._busy
            for _ in range(min(len(self._jobs) - idle, self._workers - len(self._threads))):
                context = contextvars.copy_context()
                thread = threading.Thread(target=context.run, args=(self._reader,), daemon=True, name="twilio_orm sync")
                self._threads.append(thread)
                thread.start()
            return bool(self._jobs) or self._busy > 0

    def _reader(self) -> None:
        while True:
            with self._changed:
                while not self._jobs and not self._over:
                    self._changed.wait()
                if self._over:
                    return
                job = self._jobs.popleft()
                self._busy += 1
            problem: BaseException | None = None
            try:
                for brought in self._read(job):
                    if not self._put(brought, None):
                        return
            except BaseException as error:  # it is raised again where run() was called
                problem = error
            self._put(None, problem)
            with self._changed:
                self._busy -= 1
            self._put(None, None)  # whoever waits looks again whether all is done

    def _put(self, brought: E | None, problem: BaseException | None) -> bool:
        """Hand it over; False where the work was called off."""
        while not self._over:
            try:
                self._brought.put((brought, problem), timeout=_PATIENCE)
            except Full:  # the writer is behind
                continue
            return True
        return False


def ahead(items: Iterator[V]) -> Iterator[V]:
    """The items of an iterator; the next one is made, in another thread, while one is being used."""
    from concurrent.futures import ThreadPoolExecutor  # it is asked for once in a while

    context, over, pool = contextvars.copy_context(), object(), ThreadPoolExecutor(1, "twilio_orm sync")

    def following() -> Any:
        return context.run(lambda: next(items, over))

    try:
        coming = pool.submit(following)
        while (item := coming.result()) is not over:
            coming = pool.submit(following)
            yield item
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def throttled(transport: Any) -> Callable[[], int]:
    """How often a transport was told that there are too many requests."""
    return lambda: int(getattr(transport, "throttled", 0))
