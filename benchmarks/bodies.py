"""The calls of a book as JSON, side by side as in a page: rendered once, in one piece of memory, or as they are requested."""

from __future__ import annotations

import mmap
import os
import sys
from array import array
from collections.abc import Iterator
from multiprocessing import get_context
from typing import Protocol

EXTRA = 1
"""Calls newer than the newest that are rendered, too: number -1."""
ROOM = 2560  # bytes that a call may take; what is not used is never touched
CHUNK = 20_000  # calls that one process renders at a time
STORED = 2_000_000  # the calls of longer books do not fit the memory: they are rendered as they are requested


class Rendered(Protocol):
    """What renders a call."""

    @property
    def rows(self) -> int: ...

    def spelled_call(self, number: int) -> str: ...


class Bodies:
    """The bodies of a book's calls from number -1 on. Long books are rendered by every core at once."""

    def __init__(self, book: Rendered) -> None:
        count = book.rows + EXTRA
        self.memory = mmap.mmap(-1, count * ROOM)  # shared with the processes that are forked here
        starts = range(0, count, CHUNK)
        self._book, self._count = book, count
        if len(starts) > 2 and sys.platform != "win32":
            global _working
            _working = self
            with get_context("fork").Pool(os.cpu_count()) as pool:
                told = pool.map(_render, starts, chunksize=1)
        else:
            told = [self.render(start) for start in starts]
        self.starts, self.ends = array("Q"), array("Q")
        for starts_bytes, ends_bytes in told:
            self.starts.frombytes(starts_bytes)
            self.ends.frombytes(ends_bytes)
        self.view = memoryview(self.memory)

    def render(self, first: int) -> tuple[bytes, bytes]:
        """Put a chunk of calls into the memory. Returns where each begins and ends."""
        texts = [self._book.spelled_call(at - EXTRA).encode() for at in range(first, min(first + CHUNK, self._count))]
        starts, ends, at = array("Q"), array("Q"), first * ROOM
        for text in texts:
            starts.append(at)
            ends.append(at + len(text))
            at += len(text) + 1
        joined = b",".join(texts)
        self.memory[first * ROOM : first * ROOM + len(joined)] = joined
        return starts.tobytes(), ends.tobytes()

    def one(self, number: int) -> memoryview:
        """One call."""
        at = number + EXTRA
        return self.view[self.starts[at] : self.ends[at]]

    def between(self, first: int, end: int) -> Iterator[memoryview]:
        """The calls from ``first`` on and before ``end``, with commas between them, in as few pieces as they lie in."""
        at, last = first + EXTRA, end + EXTRA
        while at < last:
            stop = min(last, (at // CHUNK + 1) * CHUNK)
            yield self.view[self.starts[at] : self.ends[stop - 1]]
            at = stop


class LongBodies:
    """The bodies of a book that is too long to be rendered before: each is rendered as it is requested."""

    def __init__(self, book: Rendered) -> None:
        self._book = book

    def one(self, number: int) -> memoryview:
        """One call."""
        return memoryview(self._book.spelled_call(number).encode())

    def between(self, first: int, end: int) -> Iterator[memoryview]:
        """The calls from ``first`` on and before ``end``, with commas between them."""
        if first < end:
            yield memoryview(",".join(map(self._book.spelled_call, range(first, end))).encode())


def bodies(book: Rendered) -> Bodies | LongBodies:
    """The bodies of a book's calls."""
    return LongBodies(book) if book.rows > STORED else Bodies(book)


_working: Bodies


def _render(first: int) -> tuple[bytes, bytes]:
    return _working.render(first)
