"""Connections to a mirror's file: one for each thread, used by one at a time, closed before a fork."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ... import _forks
from ...errors import ConfigurationError, MirrorError, TwilioOrmError
from ..table_layout import column_names
from . import fork_guard, limits, statements
from .dialect import SQLITE
from .errors import DATABASE_ERRORS, UNREADABLE, cause_of, corruption, damaged, translate, unusable
from .file_safety import Admit, file_state, refuse_fragment

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema
    from ...schema.row_layout import Row
    from ..engine import TextTable
    from ..table_definition import Index, Table
    from ..table_loads import TableLoads

MEMORY = ":memory:"


class MirrorConnection(sqlite3.Connection):
    """A connection, with the lock of the thread that uses it, closes it or forks.

    ``pool`` lists the open connections of its database. ``file`` is its real path; None for a database in memory. ``state`` is
    what the file looked like if SQLite takes no locks on it; the outermost of its open ``uses`` checks that. ``earlier`` takes in
    the old values of rows that a statement changes. ``noted`` is not empty once a statement has noted a row.
    """

    is_current = True
    dialect = SQLITE

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.lock = _forks.lock()
        self.usable = True
        self.file: str | None = None
        self.state: tuple[Any, ...] | None = None
        self.uses = 0
        self.pool: list[MirrorConnection] = []
        self.answers: weakref.WeakSet[BufferedRows] = weakref.WeakSet()
        self.earlier: list[tuple[Any, ...]] = []
        self.noted: list[int] = []
        self.writes = False
        self.checkpoint_pages = limits.CHECKPOINT_PAGES
        fork_guard.register_connection(self)

    def source(self, table: str, /) -> str:
        """Return what to write after FROM to read a table: its name."""
        return f'"{table}"'

    def take_note(self) -> bool:
        """Return whether a statement has called ``noted`` since this method was last called. Pure."""
        found = bool(self.noted)
        self.noted.clear()
        return found

    def fetch_own(self, statement: str, values: Any = (), /) -> Sequence[Any]:
        """Return the rows of a SELECT of the mirror's own tables. Reads the disk."""
        return self.execute(statement, values).fetchall()

    def has_table(self, name: str, /) -> bool:
        """Return whether the file has a table of this name. Reads the disk."""
        return self._has("table", name)

    def has_index(self, name: str, /) -> bool:
        """Return whether the file has an index of this name. Reads the disk."""
        return self._has("index", name)

    def index_names(self) -> frozenset[str]:
        """Return the names of all indexes. Reads the disk."""
        return frozenset([name for (name,) in self.execute("SELECT name FROM sqlite_master WHERE type = 'index'")])

    def _has(self, kind: str, name: str) -> bool:
        found = self.execute(f"SELECT 1 FROM sqlite_master WHERE type = '{kind}' AND name = ?", (name,))
        return found.fetchone() is not None

    def make_table(self, table: Table, /) -> None:
        """Make a table with its indexes, unless it is there; in the caller's transaction."""
        for statement in statements.table_statements(table):
            self.execute(statement)

    def make_index(self, table: str, index: Index, /) -> None:
        """Make an index, unless it is there; in the caller's transaction."""
        if self.has_index(index.name):
            return
        self.execute(f"PRAGMA cache_size = {-limits.SORTING_CACHE}")  # so much is sorted in memory at a time, besides the cache
        try:
            self.execute(statements.index_statement(table, index))
        finally:
            self.execute(f"PRAGMA cache_size = {-limits.WRITING_CACHE}")
        if self.has_table("sqlite_stat1") and self.execute("SELECT 1 FROM sqlite_stat1 WHERE idx = ?", (index.name,)).fetchone():
            self.execute("ANALYZE sqlite_master")  # reads the statistics that drop_index() kept

    def space_checkpoints(self, *, loading: bool) -> None:
        """Let the WAL grow with the file while a table is loaded: pages of its key's index change at random, all over the index.

        The larger the index, the more often each of them would be written back otherwise.

        :param loading: whether a table is loaded.
        """
        pages = limits.CHECKPOINT_PAGES
        if loading:
            pages = max(pages, self.execute("PRAGMA page_count").fetchone()[0] // 2)
        if pages != self.checkpoint_pages:
            self.execute(f"PRAGMA wal_autocheckpoint = {pages}")
            self.checkpoint_pages = pages

    def drop_index(self, index: Index, /) -> None:
        """Drop an index, if it is there, and keep its statistics for when it is made again; in the caller's transaction."""
        kept = self.execute("SELECT tbl, idx, stat FROM sqlite_stat1 WHERE idx = ?", (index.name,)).fetchall()
        self.execute(f'DROP INDEX IF EXISTS "{index.name}"')
        self.executemany("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", kept)

    def stored_columns(self, schema: ResourceSchema, /) -> tuple[str, ...]:
        """Return the names of the columns that a row is stored in: those of a row in Python. Pure."""
        return column_names(schema)

    def stored_values(self, schema: ResourceSchema, row: Row, /) -> tuple[Any, ...]:  # noqa: ARG002
        """Return the row itself. Pure."""
        return row

    def insert(self, table: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], /) -> int:
        """Insert many rows, and return how many they are. Writes the disk."""
        return statements.bulk(self, partial(statements.insert_sql, table, columns), rows)

    def text_tables(self) -> list[TextTable]:
        """Return all tables with their columns that can hold text. Reads the disk.

        What an index of words has follows the rows that it is of.
        """
        return statements.text_tables(self)

    def close(self) -> None:
        """Close it, once no thread uses it. Closing it twice does nothing."""
        with self.lock:
            super().close()
            self.usable = False
        with contextlib.suppress(ValueError):
            self.pool.remove(self)

    def close_for_fork(self) -> None:
        """Close the file, unless a transaction is open. Raises nothing: what cannot be closed stays usable."""
        with contextlib.suppress(sqlite3.Error):
            if self.usable and self.file and not self.in_transaction:
                self.read_answers()
                self.close()

    def read_answers(self) -> None:
        """Read the rest of all open answers: an open cursor would see part of what is written, and block the writer."""
        for answer in list(self.answers):
            answer.read_rest()


class BufferedRows:
    """The rows of one of peewee's own queries.

    Those that were not read yet are read when the connection has to be closed for a fork, or is about to write.
    """

    def __init__(self, connection: MirrorConnection, cursor: sqlite3.Cursor) -> None:
        self.description, self.lastrowid, self.rowcount = cursor.description, cursor.lastrowid, cursor.rowcount
        self._connection, self._cursor = connection, cursor
        self._rest: deque[Any] | None = None
        self._problem: sqlite3.Error | None = None
        connection.answers.add(self)

    def read_rest(self) -> None:
        """Read the remaining rows. An error of SQLite's is raised when the next row is fetched."""
        if self._rest is None:
            try:
                self._rest = deque(self._cursor.fetchall())
            except sqlite3.Error as error:
                self._rest, self._problem = deque(), error

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        if self._rest is None:
            with self._connection.lock:
                if self._rest is None:
                    fork_guard.refuse_inherited(self._connection)
                    try:
                        return self._cursor.fetchone()
                    except sqlite3.DatabaseError as error:
                        self._problem = error
        if self._problem is not None:
            raise corruption(self._problem, self._connection.file or MEMORY) or self._problem from None
        return self._rest.popleft() if self._rest else None

    def fetchall(self) -> list[Any]:
        """Return the remaining rows."""
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.fetchone, None)

    def close(self) -> None:
        """Drop the remaining rows."""
        with self._connection.lock:
            if self._rest is None and self._connection.usable:
                self._cursor.close()
            self._rest = deque()


class ThreadConnection:
    """Closes a thread's connection when the thread ends: only the thread's own storage holds it."""

    def __init__(self, connection: MirrorConnection) -> None:
        self.connection, self.pid = connection, os.getpid()

    def __del__(self, getpid: Callable[[], int] = os.getpid) -> None:  # at the interpreter's end modules are empty
        if self.pid == getpid():
            self.connection.close()


# ---------------------------------------------------------------- using one


class ConnectionSource(Protocol):
    """A database, as far as using a connection needs it."""

    path: str
    opening: object
    loads: TableLoads

    def connection(self) -> MirrorConnection:
        """Return this thread's connection."""

    def drop_connection(self, connection: MirrorConnection) -> None:
        """Let this thread open another one in place of a closed connection."""


class ConnectionUse:
    """Holds a thread's connection for a while. Hot path: a class is cheaper here than ``@contextmanager``.

    :param path: the path that translated errors name; ``""`` lets SQLite's errors pass as they are.
    """

    __slots__ = ("_database", "_path", "connection")

    def __init__(self, database: ConnectionSource, path: str = "") -> None:
        self._database, self._path = database, path

    def __enter__(self) -> MirrorConnection:
        try:
            while True:
                connection = self._database.connection()
                connection.lock.acquire()
                unchecked = connection.state if connection.usable and not connection.uses else None
                if unchecked is not None and unchecked != file_state(connection.file):
                    self._database.opening = object()
                    connection.close()
                if connection.usable:
                    self.connection = connection
                    connection.uses += 1
                    return connection
                connection.lock.release()
                self._database.drop_connection(connection)
        except DATABASE_ERRORS as error:
            self._translate(error)
            raise
        except UnicodeDecodeError as error:  # SQLite's message repeats a damaged name of the schema
            raise damaged(self._database.path, "a name in its schema is no UTF-8") from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        self.connection.uses -= 1
        state, file = None if self.connection.uses else self.connection.state, self.connection.file
        self.connection.lock.release()
        if isinstance(error, DATABASE_ERRORS):
            self._translate(error)
        if self._path and isinstance(error, UNREADABLE) and not isinstance(error, TwilioOrmError):
            raise damaged(self._path, f"a value in it cannot be read ({type(error).__name__})") from error
        if state is not None and error is None and state != file_state(file):
            raise MirrorError(f"{self._database.path} was changed by another process while it was read: repeat the query")

    def _translate(self, error: Exception) -> None:
        if self._path:
            raise translate(error, self._path) from cause_of(error)


class Snapshot(ConnectionUse):
    """Holds a thread's connection in one reading transaction: all that is read meanwhile is of one moment.

    ``begun`` says whether it began the transaction; else it is within another one, and reads that one's moment.
    """

    __slots__ = ("_since", "begun")

    def __enter__(self) -> MirrorConnection:
        connection = super().__enter__()
        self.begun = not connection.in_transaction
        self._since = time.monotonic()
        try:
            if self.begun:
                connection.execute("BEGIN")
            return connection
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if self.begun and self.connection.in_transaction:
                self.connection.execute("COMMIT")
                if time.monotonic() - self._since > limits.LONG and not self._database.loads.unindexed:
                    self._database.loads.wanted = True  # another process may have dropped an index
        except sqlite3.Error as failure:
            with contextlib.suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK")
            if error is None:
                kind, error = type(failure), failure
        super().__exit__(kind, error, trace)


# ---------------------------------------------------------------- opening one


def open_connection(path: str, *, uri: bool = False) -> MirrorConnection:
    """Open a connection that begins no transaction by itself."""
    return sqlite3.connect(
        path,
        timeout=limits.BUSY,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        factory=MirrorConnection,
        uri=uri,
    )


def open_read_only(path: str, admit: Admit | None) -> MirrorConnection:
    """Open a file that is there, and write nothing, neither to it nor beside it.

    Even to read a file that has a WAL, SQLite makes files beside it and leaves them there. If no journal holds anything, nobody
    is writing: then the file is read without them and without locks, and each use checks whether the file is still the same.

    :raises ConfigurationError: there is no such file, or it must not be used.
    """
    state = file_state(path)
    if state[0] is None:
        raise ConfigurationError(f"there is no mirror at {path}: a sync with credentials makes it, or name another path")
    if not os.path.isfile(path):
        raise unusable(path, "it is no file")
    refuse_fragment(path)
    journaled = any(one is not None and one[1] for one in state[1:])
    mode = "?mode=ro" if journaled else "?mode=ro&immutable=1"
    connection = open_connection(Path(path).absolute().as_uri() + mode, uri=True)
    try:
        connection.execute(f"PRAGMA busy_timeout = {int(limits.BUSY * 1000)}")
        connection.execute(f"PRAGMA cache_size = {-limits.READING_CACHE}")
        if admit is not None:
            admit(connection, path)
    except sqlite3.OperationalError as error:
        connection.close()
        if journaled and ("unable to open" in str(error) or "readonly" in str(error)):
            raise MirrorError(
                f"{path} has a journal with changes, which cannot be read without writing beside the file: let a process that"
                " may write there open it once, or copy the file and its journal to another folder"
            ) from error
        raise
    except BaseException:
        connection.close()
        raise
    connection.state = None if journaled else state
    return connection


def configure(connection: sqlite3.Connection, memory: bool) -> None:
    """Set how a connection journals and waits. Turning a new file to WAL ignores the busy timeout, so it is tried until it works.

    :param memory: whether the database is in memory.
    """
    connection.execute(f"PRAGMA busy_timeout = {int(limits.BUSY * 1000)}")
    connection.execute("PRAGMA page_size = 8192")  # of a new file; rows are wide
    give_up = time.monotonic() + limits.BUSY
    while not memory:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(random.uniform(0.002, 0.02))
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA cache_size = {-limits.READING_CACHE}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {limits.CHECKPOINT_PAGES}")
    connection.execute("PRAGMA secure_delete = FAST")  # redacted and deleted text does not stay in free pages
