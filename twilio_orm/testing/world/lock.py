"""The lock of the simulation, which tells when it is released. Knows nothing of records."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock


def _nothing() -> None:
    """Do nothing."""


class Lock:
    """A reentrant lock. Only its outermost release calls ``before_release``, still locked, and then ``after_release``."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._depth = 0  # only the thread that holds the lock changes it
        self.before_release: Callable[[], None] = _nothing
        self.after_release: Callable[[], None] = _nothing

    def __enter__(self) -> Lock:
        self._lock.acquire()
        self._depth += 1
        return self

    def __exit__(self, *_error: object) -> None:
        outermost = self._depth == 1
        try:
            if outermost:
                self.before_release()
        finally:
            self._depth -= 1
            self._lock.release()
        if outermost:
            self.after_release()
