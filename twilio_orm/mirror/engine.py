"""What the mirror needs of the database that stores it: to read, and to change it in units. Types only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol


class Rows(Protocol):
    """The rows of a statement."""

    @property
    def rowcount(self) -> int:
        """How many rows a statement changed."""

    def fetchone(self) -> Any:
        """Return the next row, or None."""

    def fetchmany(self, size: int, /) -> list[Any]:
        """Return some of the next rows."""

    def fetchall(self) -> list[Any]:
        """Return the remaining rows."""

    def __iter__(self) -> Iterator[Any]:
        """Return the remaining rows, one by one."""

    def close(self) -> None:
        """Drop the remaining rows."""


class Executor(Protocol):
    """Anything that runs statements."""

    def execute(self, statement: str, values: Any = ..., /) -> Rows:
        """Run a statement."""


class TableReader(Executor, Protocol):
    """What SELECTs run on: a connection, or one that reads the tables as they were at a revision."""

    @property
    def is_current(self) -> bool:
        """Whether it reads the tables themselves, with their indexes."""

    def source(self, table: str, /) -> str:
        """Return what to write after FROM to read a table."""


class Session(Executor, Protocol):
    """A connection while it holds the transaction of a unit."""

    def executemany(self, statement: str, rows: Iterable[Any], /) -> Rows:
        """Run a statement for each of many rows of values."""
