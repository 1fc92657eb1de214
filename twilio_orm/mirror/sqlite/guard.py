"""Guards a file that is read on behalf of others: hidden columns read as null, statements stop in time, results are bounded."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple, Protocol

from ...errors import BadValue, MirrorError, QueryError, TwilioOrmError
from . import functions, statements
from .errors import translate_statement

STEPS = 5_000
"""SQLite instructions, well below a millisecond of them, between two looks at the clock."""
LENGTH = 0
"""SQLite's number for the limit of lengths: the module names it from Python 3.11 on, as it does ``setlimit``."""
LONGEST_VALUE = 2**20
"""Bytes of the longest text, blob or row that a guarded SELECT may compute."""


class GuardedDatabase(Protocol):
    """A database, as far as a guard reads it."""

    @property
    def path(self) -> str:
        """Where it is."""

    def reading(self) -> contextlib.AbstractContextManager[Any]:
        """Hold a connection of SQLite's to read from."""


class Selection(NamedTuple):
    """The result of a guarded SELECT.

    ``truncated`` says whether there are more rows. ``tables`` are the tables and views that it reads, those within views
    included, and ``hidden`` the columns that it names itself and that read as null, as ``message.body``.
    """

    columns: list[str]
    rows: list[tuple[Any, ...]]
    truncated: bool
    tables: frozenset[str]
    hidden: frozenset[str]


class Guard:
    """What the connections of a database may read, and for how long.

    :param hides: tells of a table and a column, both in lower case, whether the column reads as null; None for no column.
    :param views: the views of the file, in lower case: the columns that they read are not those of a statement that reads them.
    :param refused: the tables, in lower case, that no statement may read.
    """

    def __init__(
        self, hides: Callable[[str, str], bool] | None, views: Collection[str] = (), refused: Collection[str] = ()
    ) -> None:
        self._hides, self._views, self._refused = hides or _nothing, views, refused
        self._seconds = 0.0
        self._deadline: float | None = None

    def protect(self, connection: sqlite3.Connection) -> None:
        """Let a connection read only what this guard allows. It replaces the connection's authorizer and progress handler."""
        connection.set_authorizer(self._authorize)
        connection.set_progress_handler(self._is_overdue, STEPS)

    @contextlib.contextmanager
    def time_limit(self, seconds: float) -> Iterator[None]:
        """Stop the statements of the block so many seconds after its beginning. One block at a time.

        :param seconds: how long they may take together; 0 stops the first one that takes long.
        :raises QueryError: they took longer.
        """
        self._seconds, self._deadline = seconds, time.monotonic() + seconds
        try:
            yield
        except (TwilioOrmError, KeyboardInterrupt) as error:
            interrupted = isinstance(error, KeyboardInterrupt) or (isinstance(error, MirrorError) and "interrupted" in str(error))
            if interrupted and self._is_overdue():
                raise self._overdue() from None
            raise
        finally:
            self._deadline = None

    def select(self, database: GuardedDatabase, sql: str, most: int, most_bytes: int) -> Selection:
        """Return the first rows of one SELECT. Anything that would write is refused. Reads the disk.

        Functions of this library are not available: some of them run as long as their arguments are complicated.

        :param database: the engine that this guard protects, or its copy in memory.
        :param sql: the SELECT, without parameters.
        :param most: the most rows.
        :param most_bytes: about so many bytes in all; the first row may have more.
        :raises QueryError: it is no SELECT, it takes too long, or SQLite does not understand it.
        :raises MirrorError: the file cannot be read.
        """
        if "\0" in sql or any("\ud800" <= one <= "\udfff" for one in sql):
            raise BadValue("the SQL has a character that is no text: NUL or a lone surrogate")
        reads = _Reads(self._hides, self._views, self._refused)
        with database.reading() as connection, _short_values(connection):
            statements.load_virtual_tables(connection)
            connection.set_authorizer(reads.authorize)
            try:
                with contextlib.closing(connection.execute(sql)) as found:
                    rows, truncated = _first(found, most, most_bytes)
                    names = [column[0] for column in found.description or ()]
                return Selection(names, rows, truncated, frozenset(reads.tables), frozenset(reads.hidden))
            except (sqlite3.DatabaseError, sqlite3.Warning) as error:
                failure = self._failure(error, database.path, reads)
            finally:
                self.protect(connection)
        raise failure

    def _failure(self, error: Exception, path: str, reads: _Reads) -> BaseException:
        if str(error) == "interrupted" and self._is_overdue():
            return self._overdue()
        if reads.function:
            return QueryError(f"the function {reads.function} is not available here: use SQLite's own functions")
        if reads.table:
            return QueryError(f"{reads.table} cannot be read here: it says what is in columns that are hidden")
        return translate_statement(error, path)

    def _overdue(self) -> QueryError:
        return QueryError(f"this took longer than {self._seconds:g} seconds and was stopped: narrow it down, or aggregate less")

    def _is_overdue(self) -> bool:
        """Called by SQLite every few steps; true stops the statement."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def _authorize(self, action: int, first: str | None, second: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_READ and first is not None:
            if first.lower() in self._refused:
                return sqlite3.SQLITE_DENY
            if self._hides(first.lower(), (second or "").lower()):
                return sqlite3.SQLITE_IGNORE
        return sqlite3.SQLITE_OK


def _nothing(table: str, column: str) -> bool:  # noqa: ARG001
    """Hide no column."""
    return False


class _Reads:
    """The authorizer of one SELECT: it allows nothing but reading, and notes what is read.

    ``tables`` are the tables and views, ``hidden`` the columns that the statement itself names and that read as null, and
    ``function`` and ``table`` are the function and the table that were refused.
    """

    def __init__(self, hides: Callable[[str, str], bool], views: Collection[str], refused: Collection[str]) -> None:
        self._hides, self._views, self._refused = hides, views, refused
        self.tables: set[str] = set()
        self.hidden: set[str] = set()
        self.function = self.table = ""

    def authorize(self, action: int, first: str | None, second: str | None, _: str | None, within: str | None) -> int:
        """Allow or refuse an action, or let a column read as null.

        :param within: the view or the common table expression that the action is part of.
        """
        if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in functions.NAMES:
            self.function = str(second)
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_READ and first is not None:
            table, column = first.lower(), (second or "").lower()
            self.tables.add(table)
            if table in self._refused:
                self.table = table
                return sqlite3.SQLITE_DENY
            if self._hides(table, column):
                if (within or "").lower() not in self._views:
                    self.hidden.add(f"{table}.{column}")
                return sqlite3.SQLITE_IGNORE
        return statements.only_reads(action, first, second)


def _first(found: sqlite3.Cursor, most: int, most_bytes: int) -> tuple[list[tuple[Any, ...]], bool]:
    """The first rows, and whether there are more."""
    rows: list[tuple[Any, ...]] = []
    size = 0
    for row in found:
        size += sum(len(one) if isinstance(one, (str, bytes)) else 8 for one in row)
        if len(rows) == most or (rows and size > most_bytes):
            return rows, True
        rows.append(row)
    return rows, False


@contextlib.contextmanager
def _short_values(connection: sqlite3.Connection) -> Iterator[None]:
    """Limit the length of values in the block: a few words of SQL can make gigabytes. Python 3.10 cannot."""
    if not hasattr(connection, "setlimit"):
        yield
        return
    before = connection.setlimit(LENGTH, LONGEST_VALUE)
    try:
        yield
    finally:
        connection.setlimit(LENGTH, before)
