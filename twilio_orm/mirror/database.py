"""A path -> a database, opened safely: one connection a thread, private files, short transactions, clear errors.

It knows nothing of resources. Reads never block writes (WAL); writers of one process queue here, those of other processes wait
for each other up to ``BUSY`` seconds.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import peewee

from ..errors import ConfigurationError, MirrorCorrupt, MirrorError, MirrorFull, MirrorLocked

BUSY = 30.0
LEAST_SQLITE = (3, 31, 0)
MEMORY = ":memory:"

_open: weakref.WeakSet[MirrorDatabase] = weakref.WeakSet()
_inherited: list[object] = []  # a parent's connections: never used, never closed in a child


class MirrorDatabase(peewee.SqliteDatabase):
    """A SQLite database that threads and forks can share.

    :param path: a file's path, or ``":memory:"`` for one connection shared by all threads behind a lock.

    Nothing is opened before the first use. A forked child opens the file anew; of a memory database it gets an empty one.
    """

    def __init__(self, path: str) -> None:
        if sqlite3.sqlite_version_info < LEAST_SQLITE:
            least = ".".join(map(str, LEAST_SQLITE))
            raise ConfigurationError(f"SQLite {least} or later is needed, this Python has {sqlite3.sqlite_version}")
        self.path = path
        self.memory = path == MEMORY
        self._pool: list[tuple[weakref.ref[threading.Thread], sqlite3.Connection]] = []
        self._write_lock = threading.RLock()
        self._pool_lock = threading.Lock()
        self._state: Any
        self._lock: Any
        super().__init__(path, thread_safe=not self.memory, timeout=BUSY)
        _open.add(self)
        weakref.finalize(self, _close_all, self._pool)

    # -- opening

    def _connect(self) -> sqlite3.Connection:
        with _translated(self.path):
            if not self.memory:
                _prepare_file(self.path)
            connection = sqlite3.connect(
                self.path, timeout=BUSY, isolation_level=None, check_same_thread=False, cached_statements=256
            )
            try:
                _settle(connection, self.memory)
                super()._add_conn_hooks(connection)  # type: ignore[misc]
            except BaseException:
                connection.close()
                raise
        connection.create_function("casefold", 1, _casefold, deterministic=True)
        connection.create_collation("decimal", _compare_decimals)
        with self._pool_lock:
            self._pool.append((weakref.ref(threading.current_thread()), connection))
            self._drop_the_dead()
        return connection

    def _drop_the_dead(self) -> None:
        """Close the connections of threads that have ended."""
        if self.memory:
            return
        for entry in list(self._pool):
            thread = entry[0]()
            if thread is None or not thread.is_alive():
                self._pool.remove(entry)
                entry[1].close()

    def close_all(self) -> None:
        """Close every thread's connection. The next use opens anew."""
        with self._pool_lock:
            _close_all(self._pool)
        self._forget()

    def _forget(self) -> None:
        self._state = type(self._state)()

    def _after_fork(self) -> None:
        _inherited.append((self._state, list(self._pool)))
        self._pool.clear()
        self._write_lock = threading.RLock()
        self._pool_lock = threading.Lock()
        self._lock = type(self._lock)()
        self._forget()

    # -- using

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read from. Reads the disk; raises MirrorError. Not to be held across a request or a yield."""
        with self._write_lock if self.memory else contextlib.nullcontext(), _translated(self.path):
            yield self.connection()  # type: ignore[no-untyped-call]

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, begun at once: committed at the end, rolled back by any exception. Raises MirrorError."""
        with self._write_lock, _translated(self.path):
            connection: sqlite3.Connection = self.connection()  # type: ignore[no-untyped-call]
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def select_only(self, sql: str, parameters: tuple[Any, ...] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The names and rows of one reading statement; anything that would write is refused. Reads the disk.

        :raises MirrorError: for what is no SELECT, and for SQL that SQLite does not understand.
        """
        with self.reading() as connection:
            connection.set_authorizer(_only_reads)
            try:
                cursor = connection.execute(sql, parameters)
                return [column[0] for column in cursor.description or ()], cursor.fetchall()
            except (sqlite3.DatabaseError, sqlite3.Warning) as error:
                words = "only SELECT is allowed here" if "not authorized" in str(error) else str(error)
            finally:
                connection.set_authorizer(None)
        raise MirrorError(words)


def _close_all(pool: list[tuple[weakref.ref[threading.Thread], sqlite3.Connection]]) -> None:
    while pool:
        pool.pop()[1].close()


def _children_open_their_own() -> None:
    for database in list(_open):
        database._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_children_open_their_own)


_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


def _only_reads(action: int, _: str | None, second: str | None, *__: object) -> int:
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() == "load_extension":
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY


def _prepare_file(path: str) -> None:
    """Make the file and its folder private before SQLite opens them."""
    folder = Path(path).parent
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _settle(connection: sqlite3.Connection, memory: bool) -> None:
    """Journal and waiting. Turning a new file to WAL ignores the busy timeout, so it is tried until it holds."""
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY * 1000)}")
    give_up = time.monotonic() + BUSY
    while not memory:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
    connection.execute("PRAGMA synchronous = NORMAL")
    # Redacted and deleted text does not linger in free pages.
    connection.execute("PRAGMA secure_delete = FAST")


@contextlib.contextmanager
def _translated(path: str) -> Iterator[None]:
    """SQLite's and the system's errors as ours."""
    try:
        yield
    except (sqlite3.Error, peewee.DatabaseError) as error:
        raise _judge(error, path) from error
    except OSError as error:
        if isinstance(error, ConnectionError):
            raise
        raise ConfigurationError(
            f"the mirror {path} cannot be opened ({error.strerror}): name another path, or mirror=\":memory:\""
        ) from error


def _judge(error: Exception, path: str) -> Exception:
    words = str(error)
    if "locked" in words or "busy" in words:
        return MirrorLocked(f"{path} was locked by another process for {BUSY:.0f} seconds")
    if "full" in words or "readonly" in words or "disk I/O" in words:
        return MirrorFull(f"{path} cannot be written: {words}")
    if "not a database" in words or "malformed" in words:
        return MirrorCorrupt(f"{path} is damaged or no SQLite database: {words}. Move it away, or name another path")
    if "unable to open" in words:
        return ConfigurationError(f"the mirror {path} cannot be opened: name another path, or mirror=\":memory:\"")
    return MirrorError(f"{path}: {words}")


def _casefold(text: Any) -> Any:
    return text.casefold() if isinstance(text, str) else text


def _compare_decimals(one: str, other: str) -> int:
    left, right = Decimal(one), Decimal(other)
    return (left > right) - (left < right)
