"""Several reading threads and one writer: jobs are read in threads, their results are handled in the calling thread, in order.

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

from ..errors import BadValue, TooManyRequests

J = TypeVar("J")
E = TypeVar("E")
V = TypeVar("V")

WORKERS = 32
"""The most workers that may be chosen."""
TRIES = 12
"""Tries of a request that Twilio answers with 429, with a longer rest after each, up to a minute."""
MOST = 8
"""Results that are handled together, where so many wait already."""
LONGEST = 3600.0
"""Seconds: a request that is told to wait longer raises instead."""
LEAVE = 5.0  # seconds that readers have to end
_INTERVAL = 0.05  # seconds between two checks whether the work was called off


def check_workers(workers: object) -> int:
    """Return a number of workers as it is. Raises BadValue unless it is a whole number from 1 to 32."""
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= WORKERS:
        raise BadValue(f"workers is a whole number from 1 to {WORKERS}, not {workers!r}")
    return workers


class Pace:
    """Limits how many requests are in flight: fewer after each 429, slowly more again.

    :param most: the most requests at a time.
    :param throttled: returns how many requests were answered with 429 so far.
    """

    def __init__(self, most: int, throttled: Callable[[], int]) -> None:
        self._most, self._throttled = most, throttled
        self._allowed, self._active, self._seen = float(most), 0, throttled()
        self._free = threading.Condition()

    @property
    def allowed(self) -> int:
        """How many requests may be in flight now."""
        return max(int(self._allowed), 1)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """In the block, count as a request in flight; wait until there may be one more."""
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
        """Do work that sends requests when one more may be in flight, and again after a 429: such a request was not processed.

        :param work: sends the requests.
        :param rest: waits for a number of seconds.
        :param hopeful: returns whether it makes sense to try again.
        :raises TooManyRequests: Twilio still answers with 429 after ``TRIES`` tries.
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


class WorkerPool(Generic[J, E]):
    """Reads jobs in threads and handles their results in the calling thread.

    :param read: yields the results of a job; it runs in a reader's thread and may wait for the network.
    :param handle: takes the results that wait, in order; it runs in the calling thread, and may :meth:`add` jobs.
    :param workers: how many readers; with 1 there is one request at a time.
    :param ahead: whether a single reader reads on while its results are handled; else it is the calling thread, by turns.
    """

    def __init__(
        self, read: Callable[[J], Iterator[E]], handle: Callable[[list[E]], None], workers: int, *, ahead: bool = False
    ) -> None:
        self._read, self._handle, self._workers, self._ahead = read, handle, workers, ahead
        self._jobs: deque[J] = deque()
        self._changed = threading.Condition()
        self._results: Queue[tuple[E | None, BaseException | None]] = Queue(maxsize=max(2 * workers, 4))
        self._threads: list[threading.Thread] = []
        self._busy = 0
        self._over = False

    def add(self, *jobs: J) -> None:
        """Append jobs."""
        with self._changed:
            self._jobs.extend(jobs)
            self._changed.notify_all()

    def run(self) -> None:
        """Do all jobs. An exception of one ends the work and is raised here, after the others were called off."""
        if self._workers == 1 and not self._ahead:
            while self._jobs:
                for result in self._read(self._jobs.popleft()):
                    self._handle([result])
            return
        try:
            self._drain()
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()
            end = time.monotonic() + LEAVE
            for thread in self._threads:  # a reader that still waits for Twilio is left behind: its result is not needed
                thread.join(timeout=max(end - time.monotonic(), 0))

    def _drain(self) -> None:
        while self._start() or not self._results.empty():
            found = self._waiting()
            problem = next((error for _, error in found if error is not None), None)
            self._handle([result for result, error in found if result is not None])
            if problem is not None:
                raise problem

    def _waiting(self) -> list[tuple[E | None, BaseException | None]]:
        """The results that wait; none where none comes within a moment."""
        found: list[tuple[E | None, BaseException | None]] = []
        with suppress(Empty):
            found.append(self._results.get(timeout=_INTERVAL))
            while len(found) < MOST:
                found.append(self._results.get_nowait())
        return found

    def _start(self) -> bool:
        """Start as many readers as there is work for. Return whether any is left to do."""
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
                for result in self._read(job):
                    if not self._put(result, None):
                        return
            except BaseException as error:  # it is raised again where run() was called
                problem = error
            self._put(None, problem)
            with self._changed:
                self._busy -= 1
            self._put(None, None)  # wakes the writer, which checks whether all is done

    def _put(self, result: E | None, problem: BaseException | None) -> bool:
        """Hand a result to the writer; False where the work was called off."""
        while not self._over:
            try:
                self._results.put((result, problem), timeout=_INTERVAL)
            except Full:  # the writer is behind
                continue
            return True
        return False


def ahead(items: Iterator[V]) -> Iterator[V]:
    """Yield the items of an iterator; the next one is made in another thread while the caller uses one."""
    from concurrent.futures import ThreadPoolExecutor  # few syncs need it

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


def throttle_counter(transport: Any) -> Callable[[], int]:
    """Return the function that counts the 429 responses of a transport; 0 where the transport does not count them."""
    return lambda: int(getattr(transport, "throttled", 0))
