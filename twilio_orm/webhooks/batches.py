"""Writes callbacks in batches: those that arrive while a batch is written wait, and are written together. It opens nothing."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from .. import _forks
from ..errors import MirrorError

if TYPE_CHECKING:
    from .bodies import Callback

MOST = 500
"""The most callbacks in one transaction."""
GATHER = 0.0005
"""The seconds for which a writer waits for further callbacks, if several were in the batch before."""


class _Entry:
    """A callback that waits, then its outcome or its error."""

    def __init__(self, callback: Callback) -> None:
        self.callback = callback
        self.woken: SimpleQueue[None] = SimpleQueue()
        self.done = False
        self.outcome: Any = None
        self.error: BaseException | None = None


class Batches:
    """A group commit: one thread writes, in one transaction, the callbacks of all threads that wait.

    A thread that finds no other one writing writes. After its batch it wakes the threads whose callbacks were in it, and one of
    those that came meanwhile, which writes the next batch. While callbacks come from several threads, a writer waits for a moment
    before it writes: a transaction costs as much as four callbacks do.

    :param write: writes callbacks in one transaction, and returns an outcome for each.
    """

    def __init__(self, write: Callable[[Sequence[Callback]], Sequence[Any]]) -> None:
        self._write = write
        self._waiting: deque[_Entry] = deque()
        self._writer = _forks.lock()
        self._several = False  # whether several callbacks were in the last batch

    def write(self, callback: Callback) -> Any:
        """Return a callback's outcome after its transaction has been committed. Writes the disk.

        :raises MirrorError: the mirror cannot be written.
        """
        return self.write_all([callback])[0]

    def write_all(self, callbacks: Sequence[Callback]) -> list[Any]:
        """Return the outcomes of several callbacks after all of them have been committed. Writes the disk.

        :raises MirrorError: the mirror cannot be written; some of them may be stored.
        """
        entries = [_Entry(one) for one in callbacks]
        self._waiting.extend(entries)
        for entry in entries:
            self._wait(entry)
        failed = next((one.error for one in entries if one.error is not None), None)
        if failed is not None:
            raise failed
        return [one.outcome for one in entries]

    def _wait(self, entry: _Entry) -> None:
        """Return after a callback has been written, or could not be. Writes those that wait if no other thread does."""
        while not entry.done:
            if not self._writer.acquire(blocking=False):
                entry.woken.get()
                continue
            try:
                if not entry.done:
                    if self._several:
                        time.sleep(GATHER)
                    batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
                    self._several = len(batch) > 1
                    self._write_batch(batch)
            finally:
                self._writer.release()
                self._wake_next()  # after the release, so that whoever has failed to acquire the lock is seen

    def _wake_next(self) -> None:
        with suppress(IndexError):  # nobody waits, or another thread writes it already
            self._waiting[0].woken.put(None)

    def _write_batch(self, batch: list[_Entry]) -> None:
        try:
            outcomes = self._write([one.callback for one in batch])
            for one, outcome in zip(batch, outcomes, strict=True):
                one.outcome = outcome
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, MirrorError):
                for one in batch:  # the transaction is undone: one bad callback must not keep others out
                    self._write_batch([one])
                return
            for one in batch:
                one.error = error
        except BaseException:  # this thread ends: another one writes what waits
            self._waiting.extendleft(reversed(batch))
            raise
        for one in batch:
            one.done = True
            one.woken.put(None)
