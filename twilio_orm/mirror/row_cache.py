"""Keeps rows of records that never change again in memory for a while. Each reader makes a record of its own from a row."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cachetools import FIFOCache

from .. import _forks

if TYPE_CHECKING:
    from ..schema.row_layout import Row

ROOM = 16384
"""Rows kept; beyond that the oldest row is removed."""


class RowCache:
    """Rows by account, table and key, each with the time at which it was last confirmed. Threads may share it.

    :param clock: returns seconds. If it is put back, it is unknown how old the rows are, and none is kept.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._rows: FIFOCache[tuple[Any, ...], tuple[Row, float]] = FIFOCache(ROOM)
        self._newest = float("-inf")
        self._lock = _forks.lock()

    def finder(self, place: tuple[str, str], max_age: float) -> Callable[[Any], Row | None]:
        """Return a function from a key to its row, if that was confirmed in the last ``max_age`` seconds, else to None.

        Hot path: the function looks up no attributes.

        :param place: the account and the table.
        :param max_age: seconds.
        """
        rows, lock, clock, (account, table) = self._rows, self._lock, self.clock, place

        def find(key: Any) -> Row | None:
            try:
                with lock:
                    row, at = rows[account, table, key]
            except (KeyError, TypeError):
                return None
            passed = clock() - at
            if passed < 0:  # the clock was put back, and will come to that moment again
                with lock:
                    rows.pop((account, table, key), None)
                return None
            return row if passed <= max_age else None

        return find

    def keep(self, key: tuple[Any, ...], row: Row, age: float = 0.0) -> None:
        """Keep a row.

        :param age: how many seconds ago it was read.
        """
        with self._lock:
            now = self.clock()
            if now < self._newest:
                self._rows.clear()
            self._newest = now
            self._rows[key] = (row, now - max(age, 0.0))

    def drop(self, key: tuple[Any, ...]) -> None:
        """Drop a row: it was changed."""
        with self._lock:
            self._rows.pop(key, None)

    def clear(self) -> None:
        """Drop every row."""
        with self._lock:
            self._rows.clear()
