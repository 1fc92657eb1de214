"""Opens a mirror's file safely: one connection a thread, private files, short transactions, clear errors.

It knows nothing of resources. Readers never block writers, nor writers readers (WAL). The writers of one process queue here;
those of several processes try in turn, for up to ``limits.BUSY`` seconds.
"""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import peewee

from ... import _forks
from ...errors import ConfigurationError, MirrorError
from ..table_loads import TableLoads
from . import fork_guard, functions, limits, statements
from .connections import (
    MEMORY,
    BufferedRows,
    ConnectionUse,
    MirrorConnection,
    Snapshot,
    ThreadConnection,
    configure,
    open_connection,
    open_read_only,
)
from .dialect import SQLITE
from .errors import corruption, translate_statement, translated
from .file_safety import Admit, check_file, is_write_protected, make_file, make_private
from .units import SqliteUnit

if TYPE_CHECKING:
    from ..revisions import Unit
    from .guard import Guard

Result = TypeVar("Result")


class MirrorDatabase(peewee.SqliteDatabase):
    """A SQLite database that threads and forks can share.

    Nothing is opened before the first use. A forked child opens the file again; of a database in memory it gets an empty one.

    :param path: a file's path, or ``":memory:"`` for one connection shared by all threads behind a lock.
    :param admit: checks a file that is there before anything of it is changed, and raises if it must not be used.
    :param readonly: whether nothing is ever written, neither to the file nor beside it. A file that this process may not write
        is opened in the same way.
    ``guard`` limits what each connection reads, and for how long; None for no limits. It is set before the first use.
    """

    dialect = SQLITE
    shared = False
    """Whether several machines use it: then the number of a process names nobody."""

    def __init__(self, path: str, admit: Admit | None = None, *, readonly: bool = False) -> None:
        least = limits.LEAST_SQLITE
        if sqlite3.sqlite_version_info < least:
            wanted = ".".join(map(str, least))
            raise ConfigurationError(f"SQLite {wanted} or later is needed, this Python has {sqlite3.sqlite_version}")
        self.path = path
        self.memory = path == MEMORY
        self.readonly = readonly
        self.opening = object()
        self.loads = TableLoads(possible=not self.memory)
        self.guard: Guard | None = None
        self._admit = admit
        self._admitted: object = None
        self._pool: list[MirrorConnection] = []
        self._open_lock = _forks.lock()
        self._new_queue()
        self._state: Any
        self._lock: Any
        super().__init__(path, thread_safe=not self.memory, timeout=limits.BUSY)
        with self._open_lock:
            fork_guard.register_database(self)
        weakref.finalize(self, _close_all, self._pool)

    def _new_queue(self) -> None:
        self._write_lock = threading.RLock()
        self._queue: list[None] = []

    # -- opening

    def connection(self) -> MirrorConnection:
        """Return this thread's connection (a database in memory has one for all), opened if need be."""
        while True:
            state = self._state
            if state.closed:
                with self._open_lock:
                    self.connect(reuse_if_open=True)
                continue
            found: MirrorConnection | None = state.conn
            if found is not None:
                return found

    def drop_connection(self, connection: MirrorConnection) -> None:
        """Let this thread open another one in place of a closed connection."""
        if self._state.conn is connection:
            self._state.reset()

    def _connect(self) -> MirrorConnection:
        with translated(self.path):
            real = MEMORY if self.memory else os.path.realpath(self.path)  # SQLite's journals lie beside the real file
            if not self.memory:
                fork_guard.refuse_severed(real)
            reading = not self.memory and (self.readonly or is_write_protected(real))
            if reading:
                connection = open_read_only(real, self._admit)
            else:
                if not self.memory:
                    self._prepare(real)
                connection = open_connection(real)
            try:
                if not reading:
                    configure(connection, self.memory)
                super()._add_conn_hooks(connection)  # type: ignore[misc]
                functions.register(connection, connection.earlier, connection.noted)
                if self.guard is not None:
                    self.guard.protect(connection)
            except BaseException:
                connection.close()
                raise
        connection.pool = self._pool
        self._pool.append(connection)
        if not self.memory:
            connection.file = real
            self._state.leaving = ThreadConnection(connection)
        return connection

    def _prepare(self, real: str) -> None:
        """Make the file before SQLite opens it; check it before anything of it is changed, and make it private."""
        make_file(self.path, real)
        if self._admitted is not self.opening:
            with contextlib.suppress(FileNotFoundError):  # another process removed a journal meanwhile
                check_file(real, self._admit)
            make_private(real)
            self._admitted = self.opening

    def close_all(self) -> None:
        """Close every thread's connection. The next use opens again."""
        with self._open_lock:
            state, pool = self._drop_state(), list(self._pool)
        del state  # after the lock is released: it waits for the threads that use a connection, which may wait for the lock
        _close_all(pool)

    def _drop_state(self) -> Any:
        """Let every thread open again. Return what the threads had: dropping it closes their connections."""
        state, self._state = self._state, type(self._state)()
        self.opening = object()
        return state

    def open_anew(self, *, child: bool = False) -> None:
        """Let connections that were closed for a fork be opened again.

        :param child: whether this is the child, where none of the parent's connections is used.
        """
        if child:
            self._pool.clear()
            self._new_queue()
            self._lock = self._lock if self.memory else threading.Lock()
        if not self._pool:
            self._drop_state()

    # -- using

    def reading(self) -> ConnectionUse:
        """Hold a connection to read from. Reads the disk. Do not hold it across a request or a yield.

        :raises MirrorError: the file cannot be read.
        """
        return ConnectionUse(self, self.path)

    def snapshot(self) -> Snapshot:
        """Hold a connection to read from; all that is read is of one moment. Reads the disk.

        :raises MirrorError: the file cannot be read.
        """
        return Snapshot(self, self.path)

    @contextlib.contextmanager
    def writing(self) -> Iterator[MirrorConnection]:
        """Hold one transaction, begun at once: committed at the end, rolled back by any exception. Writes the disk.

        :raises MirrorError: the file cannot be written.
        """
        self._refuse_to_write()
        with translated(self.path), self._queued(), self._begun() as connection:
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def unit(self, work: Callable[[Unit], Result], *, durably: bool = False) -> Result:
        """Run work in one transaction, begun at once, and return what it returns. Writes the disk.

        :param work: runs statements, and nothing else: it may run again after its transaction was rolled back.
        :param durably: whether to wait until it is on the disk: then it survives a crash of the machine, not only of the process.
        :raises MirrorError: the file cannot be written; then nothing is stored.
        """
        if durably:
            with self.reading() as connection:
                connection.execute("PRAGMA synchronous = FULL")
        try:
            with self.writing() as connection:
                unit = SqliteUnit(connection)
                result = work(unit)
                connection.space_checkpoints(loading=bool(self.loads.unindexed))
                if unit.discarded:
                    raise _Discarded
        except _Discarded:
            pass
        finally:
            if durably:
                with self.reading() as connection:
                    connection.execute("PRAGMA synchronous = NORMAL")
        return result

    @contextlib.contextmanager
    def alone(self) -> Iterator[MirrorConnection]:
        """Hold a connection while no other thread of this process writes; no transaction is begun.

        :raises MirrorError: the file cannot be used.
        """
        self._refuse_to_write()
        with translated(self.path), self._queued(), ConnectionUse(self) as connection:
            yield connection

    def _refuse_to_write(self) -> None:
        if self.readonly:
            raise MirrorError(
                f"{self.path} was opened for reading only (offline=True): connect(offline=True, writable=True) changes it"
                " without the network"
            )

    @contextlib.contextmanager
    def _queued(self) -> Iterator[None]:
        """Let one writer of this process in at a time; a database in memory has one connection, whose lock is enough."""
        if self.memory:
            yield
            return
        queue = self._queue
        queue.append(None)
        try:
            with self._write_lock:
                yield
        finally:
            queue.pop()

    @contextlib.contextmanager
    def _begun(self) -> Iterator[MirrorConnection]:
        """Hold the connection with its transaction begun. Between two tries it is released, so that a fork need not wait.

        SQLite's own waiting sleeps longer and longer, so that the thread that has waited longest comes last. Here all tries are
        equal, and the more threads of a process wait, the more often it tries.
        """
        began = time.monotonic()
        while True:
            with ConnectionUse(self) as connection:
                connection.read_answers()
                if statements.begin(connection):
                    if not connection.writes:  # a page of records touches many pages of the indexes: memory to gather them
                        connection.execute(f"PRAGMA cache_size = {-limits.WRITING_CACHE}")
                        connection.writes = True
                    yield connection
                    return
            waited = time.monotonic() - began
            if waited > limits.BUSY:
                raise sqlite3.OperationalError("database is locked")
            time.sleep(random.uniform(0.00005, 0.0004) / max(len(self._queue), 1) if waited < 1 else 0.005)

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """Run one of peewee's own queries. In memory its rows are read at once, since all threads share the connection."""
        with ConnectionUse(self) as connection:
            parameters = [statements.bound(one) for one in params] if params else params
            try:
                cursor = super().execute_sql(sql, parameters)  # type: ignore[no-untyped-call]
            except peewee.DatabaseError as error:
                raise corruption(error, connection.file or MEMORY) or error from None
            if cursor.description is None:
                return cursor
            answer = BufferedRows(connection, cursor)
            if self.memory or connection.state is not None:
                answer.read_rest()
            return answer

    def select_only(self, sql: str, parameters: tuple[Any, ...] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the column names and rows of one SELECT. Anything that would write is refused. Reads the disk.

        A signal such as Ctrl-C is handled while SQLite computes.

        :raises QueryError: it is no SELECT, or SQLite does not understand it.
        :raises MirrorError: the file cannot be read, or it is guarded: then :func:`twilio_orm.mirror.sqlite.guard.select` reads.
        """
        if self.guard is not None:
            raise MirrorError(f"{self.path} is guarded here: SQL of users runs with limits")
        with self.reading() as connection:
            statements.load_virtual_tables(connection)
            connection.set_authorizer(statements.only_reads)
            connection.set_progress_handler(_go_on, limits.STEPS)
            try:
                cursor = connection.execute(sql, tuple([statements.bound(one) for one in parameters]))
                return [column[0] for column in cursor.description or ()], cursor.fetchall()
            except (sqlite3.DatabaseError, sqlite3.Warning) as error:
                failure: BaseException = translate_statement(error, self.path)
            finally:
                connection.set_progress_handler(None, 0)
                connection.set_authorizer(statements.anything)
        raise failure


class _Discarded(Exception):
    """Rolls a transaction back."""


def _close_all(pool: list[MirrorConnection]) -> None:
    for connection in list(pool):
        connection.close()


def _go_on() -> int:
    """Called by SQLite every few steps, so that Python can handle signals; 0 lets it go on."""
    return 0
