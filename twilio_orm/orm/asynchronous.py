"""Asynchronous methods, as Django has them: ``acount()`` is ``count()``, run in a thread. asyncio is imported when one is used.

The thread has a copy of the caller's context, so that ``with connection:``, ``budget()`` and ``count_requests()`` hold in it.
Cancelling a task does not end the thread. A single method runs to its end, and its result is dropped; an iteration reads the page
that it is reading to its end, and no further one. A cached query fetches everything that the mirror lacks in its first step.
``atail()`` waits without a thread, and its syncs end after a page, too.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Iterator
from functools import wraps
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from typing import Concatenate

    from typing_extensions import ParamSpec

    from ..changes.tail import Follower

    P = ParamSpec("P")

S = TypeVar("S")
T = TypeVar("T")
CHUNK = 1000
"""Rows that are read together, in one thread."""


def in_thread(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """The asynchronous twin of a method: it runs the method of that name in a thread.

    :param method: the method.
    """
    function: Any = getattr(method, "method", method)  # of a RecordMethod, whose twin is one, too

    @wraps(function)
    async def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        import asyncio

        return await asyncio.to_thread(getattr(self, function.__name__), *args, **kwargs)

    run.__name__ = f"a{function.__name__}"
    run.__qualname__ = function.__qualname__.replace(function.__name__, run.__name__)
    run.__doc__ = f"``{function.__name__}()``, run in a thread: ``await`` gives its result."
    kind: Any = type(method)
    return run if function is method else kind(run)  # type: ignore[return-value]  # it has the parameters of the method


class Steps:
    """The batches of an iteration, each read in a thread: one step at a time.

    :param batches: the batches.
    """

    def __init__(self, batches: Iterator[list[Any]]) -> None:
        self._batches = batches
        self._reading = threading.Lock()
        self._is_closed = False

    def read(self) -> list[Any] | None:
        """Read the next batch, in a thread; None at the end, or where ``close`` was called."""
        with self._reading:
            batch = None if self._is_closed else next(self._batches, None)
        if self._is_closed:
            self._close()
        return batch

    def close(self) -> None:
        """End the iteration. The thread that is reading a batch ends it after that batch; this does not wait for it."""
        self._is_closed = True
        self._close()

    def _close(self) -> None:
        if self._reading.acquire(blocking=False):
            try:
                self._batches.close()  # type: ignore[attr-defined]
            finally:
                self._reading.release()


async def each(batches: Iterator[list[T]]) -> AsyncIterator[T]:
    """Yield what is in some batches, each of which is read in a thread when the one before was consumed.

    :param batches: a generator of batches.
    """
    import asyncio

    steps = Steps(batches)
    try:
        while (batch := await asyncio.to_thread(steps.read)) is not None:
            for one in batch:
                yield one
    finally:
        steps.close()


def chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    """Yield rows in lists of at most a thousand.

    :param rows: the rows; iterating begins when the first list is wanted.
    """
    found = iter(rows)
    while batch := list(islice(found, CHUNK)):
        yield batch


async def each_event(follower: Follower) -> AsyncGenerator[Any, None]:
    """Yield the events of ``tail()``: sync and read in threads, and wait without one, so that cancelling ends it at once.

    :param follower: what syncs, and knows which events were yielded.
    """
    import asyncio

    is_first = follower.position is None  # then "from now on" begins with the first sync
    try:
        while True:
            high = await asyncio.to_thread(follower.step)
            if high is not None and follower.position is not None:
                if not is_first:
                    batches = each(chunks(follower.recorded(follower.position, high)))
                    try:
                        async for event in batches:
                            yield event
                    finally:
                        await batches.aclose()  # type: ignore[attr-defined]
                follower.position, is_first = high, False
            await asyncio.sleep(follower.seconds)
    finally:
        follower.stop()
