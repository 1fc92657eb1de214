"""A path -> a database, opened safely: one connection a thread, private files, short transactions, clear errors.

It knows nothing of resources. Reads never block writes (WAL). Writers of one process queue here; those of several processes try
in turn, up to ``BUSY`` seconds. SQLite keeps notes in memory on the files a process has open, and a forked child inherits
the notes but not the locks they speak of, so that it could lose what it writes: before a fork every file is closed here, by
nobody's leave but whoever is using it at that moment, and opened again by whoever uses it next, in the parent and in the child.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import sqlite3
import stat
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import peewee

from .. import _forks
from ..errors import ConfigurationError, MirrorCorrupt, MirrorError, MirrorFull, MirrorLocked, QueryError, TwilioOrmError
from ..query.aggregate_functions import SQL_AGGREGATES
from ..query.lookups import matches
from ..schema.decimals import FUNCTIONS, nearest
from ..schema.times import instant_text
from ..schema.timezones import part_of

BUSY = 30.0
LEAST_SQLITE = (3, 31, 0)
READING, WRITING = 2048, 16384
"""Kilobytes of the file that a connection keeps in memory, before it writes and from then on."""
MEMORY = ":memory:"
_ENDS = ("", "-wal", "-shm", "-journal")
"""What the names of a file and of its journals end with."""
STEPS = 100_000
"""Instructions of SQLite, some milliseconds of them, after which Python can handle a signal."""

Admit = Callable[[sqlite3.Connection, str], None]


class MirrorConnection(sqlite3.Connection):
    """A connection, and the lock of whoever uses it, closes it or forks.

    It stays in ``pool`` for as long as it is open, so that whoever looks for open files finds it.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.lock = _forks.lock()
        self.usable = True
        self.file: str | None = None
        self.seen: tuple[Any, ...] | None = None  # what the files looked like, where SQLite takes no locks on them
        self.pool: list[MirrorConnection] = []
        self.answers: weakref.WeakSet[Answer] = weakref.WeakSet()
        self.earlier: list[tuple[Any, ...]] = []
        self.writes = False
        self.shown: Any = None
        _connections.add(self)

    def close(self) -> None:
        """Close it, once nobody uses it. Closing it twice does nothing."""
        with self.lock:
            super().close()
            self.usable = False
        with contextlib.suppress(ValueError):
            self.pool.remove(self)

    def close_for_fork(self) -> None:
        """Close the file, unless a transaction is open. Raises nothing: what cannot be closed is usable still."""
        with contextlib.suppress(sqlite3.Error):
            if self.usable and self.file and not self.in_transaction:
                for answer in list(self.answers):
                    answer.keep()
                self.close()


class _Leaving:
    """Closes a thread's connection when the thread ends: only the thread's own storage holds it."""

    def __init__(self, connection: MirrorConnection) -> None:
        self.connection, self.pid = connection, os.getpid()

    def __del__(self, getpid: Callable[[], int] = os.getpid) -> None:  # at the interpreter's end modules are empty
        if self.pid == getpid():
            self.connection.close()


class _Using:
    """Holds a thread's connection for a while. It is a question's daily bread, and so no generator.

    :param path: what SQLite's errors speak of; with nothing they pass as they are.
    """

    __slots__ = ("_connection", "_database", "_path")

    def __init__(self, database: MirrorDatabase, path: str = "") -> None:
        self._database, self._path = database, path

    def __enter__(self) -> MirrorConnection:
        try:
            while True:
                connection = self._database.connection()
                connection.lock.acquire()
                if connection.seen is not None and connection.usable and connection.seen != _look_of(connection.file):
                    self._database.opening = object()
                    connection.close()
                if connection.usable:
                    self._connection = connection
                    return connection
                connection.lock.release()
                if self._database._state.conn is connection:
                    self._database._state.reset()
        except (sqlite3.Error, peewee.DatabaseError) as error:
            self._judge(error)
            raise
        except UnicodeDecodeError as error:  # SQLite's message repeats a damaged name of the schema
            raise damaged(self._database.path, "a name in its schema is no UTF-8") from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        seen, file = self._connection.seen, self._connection.file
        self._connection.lock.release()
        if isinstance(error, (sqlite3.Error, peewee.DatabaseError)):
            self._judge(error)
        if self._path and isinstance(error, _UNREADABLE) and not isinstance(error, TwilioOrmError):
            raise damaged(self._path, f"a value in it cannot be read ({type(error).__name__})") from error
        if seen is not None and error is None and seen != _look_of(file):
            raise MirrorError(f"{self._database.path} was changed by another process while it was read: ask again")

    def _judge(self, error: Exception) -> None:
        if self._path:
            raise _judge(error, self._path) from _cause(error)


class Snapshot(_Using):
    """Holds a thread's connection in one reading transaction: whatever is read of it meanwhile is of one moment."""

    __slots__ = ("begun",)

    def __enter__(self) -> MirrorConnection:
        connection = super().__enter__()
        self.begun = not connection.in_transaction  # else within another, whose moment it is
        try:
            if self.begun:
                connection.execute("BEGIN")
            return connection
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if self.begun and self._connection.in_transaction:
                self._connection.execute("COMMIT")
        except sqlite3.Error as failure:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            if error is None:
                kind, error = type(failure), failure
        super().__exit__(kind, error, trace)


class Answer:
    """The rows of one of peewee's own questions.

    Those not yet read are read when the connection has to be closed for a fork, or is about to write.
    """

    def __init__(self, connection: MirrorConnection, cursor: sqlite3.Cursor) -> None:
        self.description, self.lastrowid, self.rowcount = cursor.description, cursor.lastrowid, cursor.rowcount
        self._connection, self._cursor = connection, cursor
        self._rest: deque[Any] | None = None
        self._problem: sqlite3.Error | None = None
        connection.answers.add(self)

    def keep(self) -> None:
        """Read what is left. What SQLite raises is raised where the next row is asked for."""
        if self._rest is None:
            try:
                self._rest = deque(self._cursor.fetchall())
            except sqlite3.Error as error:
                self._rest, self._problem = deque(), error

    def fetchone(self) -> Any:
        """The next row, or None."""
        if self._rest is None:
            with self._connection.lock:
                if self._rest is None:
                    if self._connection in _inherited:
                        raise sqlite3.OperationalError(SEVERED)
                    try:
                        return self._cursor.fetchone()
                    except sqlite3.DatabaseError as error:
                        self._problem = error
        if self._problem is not None:
            raise _corruption(self._problem, self._connection) or self._problem from None
        return self._rest.popleft() if self._rest else None

    def fetchall(self) -> list[Any]:
        """The rows that are left."""
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.fetchone, None)

    def close(self) -> None:
        """Forget what is left."""
        with self._connection.lock:
            if self._rest is None and self._connection.usable:
                self._cursor.close()
            self._rest = deque()


def _bound(value: Any) -> Any:
    """A parameter of a user's SQL as the tables hold such values."""
    if isinstance(value, Decimal) and value.is_finite():
        return nearest(value)
    if isinstance(value, date):
        return instant_text(value) if isinstance(value, datetime) else value.isoformat()
    return value


class MirrorDatabase(peewee.SqliteDatabase):
    """A SQLite database that threads and forks can share.

    :param path: a file's path, or ``":memory:"`` for one connection shared by all threads behind a lock.
    :param admit: looks at a file that is there, before anything of it is changed, and raises where it is not to be used.
    :param readonly: whether nothing is ever written, neither to the file nor beside it. A file that may not be written is
        opened in the same way.

    Nothing is opened before the first use. A forked child opens the file anew; of a memory database it gets an empty one.
    """

    def __init__(self, path: str, admit: Admit | None = None, *, readonly: bool = False) -> None:
        if sqlite3.sqlite_version_info < LEAST_SQLITE:
            least = ".".join(map(str, LEAST_SQLITE))
            raise ConfigurationError(f"SQLite {least} or later is needed, this Python has {sqlite3.sqlite_version}")
        self.path = path
        self.memory = path == MEMORY
        self.readonly = readonly
        self.opening = object()
        self._admit = admit
        self._admitted: object = None
        self._pool: list[MirrorConnection] = []
        self._open_lock = _forks.lock()
        self._new_line()
        self._state: Any
        self._lock: Any
        super().__init__(path, thread_safe=not self.memory, timeout=BUSY)
        with self._open_lock:
            _open.add(self)
        weakref.finalize(self, _close_all, self._pool)

    def _new_line(self) -> None:
        self._write_lock = threading.RLock()
        self._line: list[None] = []

    # -- opening

    def connection(self) -> MirrorConnection:
        """This thread's connection (a memory database has one for all), opened if need be."""
        while True:
            state = self._state
            if state.closed:
                with self._open_lock:
                    self.connect(reuse_if_open=True)
                continue
            found: MirrorConnection | None = state.conn
            if found is not None:
                return found

    def _connect(self) -> MirrorConnection:
        with _translated(self.path):
            real = MEMORY if self.memory else os.path.realpath(self.path)  # beside which SQLite's journals lie
            if not self.memory:
                _refuse_severed(real)
            reading = not self.memory and (self.readonly or _is_locked_up(real))
            if reading:
                connection = _open_to_read(real, self._admit)
            else:
                if not self.memory:
                    self._prepare(real)
                connection = _connected(real)
            try:
                if not reading:
                    _settle(connection, self.memory)
                super()._add_conn_hooks(connection)  # type: ignore[misc]
                connection.create_function("casefold", 1, _casefold, deterministic=True)
                connection.create_function("matches", 3, _matches, deterministic=True)
                connection.create_function("part_of", 3, _part_of, deterministic=True)
                connection.create_function("earlier", -1, _keeper(connection.earlier))
                for name, (size, function) in FUNCTIONS.items():
                    connection.create_function(name, size, function, deterministic=True)
                for name, (arguments, kind) in SQL_AGGREGATES.items():
                    connection.create_aggregate(name, arguments, kind)
                connection.create_collation("decimal", _compare_decimals)
            except BaseException:
                connection.close()
                raise
        connection.pool = self._pool
        self._pool.append(connection)
        if not self.memory:
            connection.file = real
            self._state.leaving = _Leaving(connection)
        return connection

    def _prepare(self, real: str) -> None:
        """Make the file before SQLite opens it; look whose it is before anything of it is changed, and make it private."""
        _make_file(self.path, real)
        if self._admitted is not self.opening:
            with contextlib.suppress(FileNotFoundError):  # somebody else tidied up meanwhile
                _look(real, self._admit)
            _make_private(real)
            self._admitted = self.opening

    def copy(self) -> MirrorDatabase:
        """What the file holds now, in memory, to be changed there and not here. Reads the disk, all of the file."""
        made = MirrorDatabase(MEMORY)
        with self.reading() as source, made.reading() as target:
            source.backup(target)
        made.path = self.path
        return made

    def close_all(self) -> None:
        """Close every thread's connection. The next use opens anew."""
        with self._open_lock:
            state, pool = self._forget(), list(self._pool)
        del state  # no sooner: it waits for whoever uses a connection, who may wait for the lock
        _close_all(pool)

    def _forget(self) -> Any:
        """Let every thread open anew; returns what they had, which closes their connections when it is let go."""
        state, self._state = self._state, type(self._state)()
        self.opening = object()
        return state

    def _open_anew(self, *, child: bool = False) -> None:
        """Let what was closed for a fork be opened anew, in the child everything."""
        if child:
            self._pool.clear()
            self._new_line()
            self._lock = self._lock if self.memory else threading.Lock()
        if not self._pool:
            self._forget()

    # -- using

    def _using(self) -> _Using:
        """This thread's connection, neither closed nor forked meanwhile."""
        return _Using(self)

    def reading(self) -> _Using:
        """A connection to read from. Reads the disk; raises MirrorError. Not to be held across a request or a yield."""
        return _Using(self, self.path)

    def snapshot(self) -> Snapshot:
        """The same, and all that is read of it is of one moment."""
        return Snapshot(self, self.path)

    @contextlib.contextmanager
    def writing(self) -> Iterator[MirrorConnection]:
        """One transaction, begun at once: committed at the end, rolled back by any exception. Raises MirrorError."""
        self._refuse_to_write()
        with _translated(self.path), self._in_line(), self._begun() as connection:
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def alone(self) -> Iterator[MirrorConnection]:
        """A connection while no other thread of this process writes; no transaction is begun. Raises MirrorError."""
        self._refuse_to_write()
        with _translated(self.path), self._in_line(), self._using() as connection:
            yield connection

    def _refuse_to_write(self) -> None:
        if self.readonly:
            raise MirrorError(
                f"{self.path} was opened for reading only (offline=True): connect() without it to change the mirror"
            )

    @contextlib.contextmanager
    def _in_line(self) -> Iterator[None]:
        """One writer of this process at a time; a memory database has one connection, whose lock does as well."""
        if self.memory:
            yield
            return
        line = self._line
        line.append(None)
        try:
            with self._write_lock:
                yield
        finally:
            line.pop()

    @contextlib.contextmanager
    def _begun(self) -> Iterator[MirrorConnection]:
        """The connection, its transaction begun. Between two tries it is let go, so that a fork need not wait.

        SQLite's own waiting sleeps longer and longer, so that whoever has waited longest comes last. Here all tries are equal,
        and a process tries the more often the more of its threads stand in line.
        """
        began = time.monotonic()
        while True:
            with self._using() as connection:
                for answer in list(connection.answers):  # an open cursor would see part of what is written, and keep us waiting
                    answer.keep()
                if _begin(connection):
                    if not connection.writes:  # pages of records touch many pages of their indexes: room to gather them
                        connection.execute(f"PRAGMA cache_size = {-WRITING}")
                        connection.writes = True
                    yield connection
                    return
            waited = time.monotonic() - began
            if waited > BUSY:
                raise sqlite3.OperationalError("database is locked")
            time.sleep(random.uniform(0.00005, 0.0004) / max(len(self._line), 1) if waited < 1 else 0.005)

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """Peewee's own door: raw questions. Of a memory database they are read whole at once, since all threads share it."""
        with self._using() as connection:
            bound = [_bound(one) for one in params] if params else params
            try:
                cursor = super().execute_sql(sql, bound)  # type: ignore[no-untyped-call]
            except peewee.DatabaseError as error:
                raise _corruption(error, connection) or error from None
            if cursor.description is None:
                return cursor
            answer = Answer(connection, cursor)
            if self.memory or connection.seen is not None:
                answer.keep()
            return answer

    def select_only(self, sql: str, parameters: tuple[Any, ...] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The names and rows of one reading statement; anything that would write is refused. Reads the disk.

        A signal, such as Ctrl-C, is handled while SQLite computes.

        :raises QueryError: for what is no SELECT, and for SQL that SQLite does not understand.
        :raises MirrorError: the file cannot be read.
        """
        with self.reading() as connection:
            connection.set_authorizer(_only_reads)
            connection.set_progress_handler(_go_on, STEPS)
            try:
                cursor = connection.execute(sql, tuple([_bound(one) for one in parameters]))
                return [column[0] for column in cursor.description or ()], cursor.fetchall()
            except (sqlite3.DatabaseError, sqlite3.Warning) as error:
                failure: BaseException = _of_statement(error, self.path)
            finally:
                connection.set_progress_handler(None, 0)
                connection.set_authorizer(_anything)  # None does not unset it before Python 3.11
        raise failure


# ---------------------------------------------------------------- forks

_connections: weakref.WeakSet[MirrorConnection] = weakref.WeakSet()
_open: weakref.WeakSet[MirrorDatabase] = weakref.WeakSet()
_inherited: list[MirrorConnection] = []  # what could not be closed before a fork: never used, never closed in the child
_severed: set[str] = set()  # their files
_making = threading.Lock()  # within a database's open lock, and so never held when a fork happens
SEVERED = (
    "a connection to it was in use when this process was forked, and SQLite would take its locks for those of this process:"
    " end transactions before a fork, or start this process by spawn"
)


def _before_fork() -> None:
    for connection in list(_connections):
        connection.close_for_fork()
    for database in list(_open):
        database._open_anew()


def _after_fork_in_child() -> None:
    for connection in list(_connections):
        if connection.usable:
            connection.usable = False
            _inherited.append(connection)
            if connection.file:
                _severed.add(connection.file)
    for database in list(_open):
        database._open_anew(child=True)


_forks.around(_before_fork, _after_fork_in_child)


def _refuse_severed(path: str) -> None:
    if path in _severed:
        raise sqlite3.OperationalError(SEVERED)


def _close_all(pool: list[MirrorConnection]) -> None:
    for connection in list(pool):
        connection.close()


# ---------------------------------------------------------------- statements

_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


def _only_reads(action: int, _: str | None, second: str | None, *__: object) -> int:
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() == "load_extension":
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY


def _anything(*_: object) -> int:
    return sqlite3.SQLITE_OK


def _begin(connection: sqlite3.Connection) -> bool:
    """Try once to begin a writing transaction. The timeout is set while preparing, so it takes an uncached statement."""
    patient = f"PRAGMA busy_timeout = {int(BUSY * 1000)};"
    try:
        connection.executescript(f"PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; {patient}")
        return True
    except sqlite3.OperationalError as error:
        connection.executescript(patient)
        if "locked" not in str(error):
            raise
        return False


ROWS = 1000
"""The most rows of one statement."""
VARIABLES = 32_766 if sqlite3.sqlite_version_info >= (3, 32) else 999
"""The most parameters of one statement that every SQLite takes."""


def bulk(connection: sqlite3.Connection, statement: Callable[[int], str], rows: list[tuple[Any, ...]], *last: Any) -> None:
    """Run a statement over rows, as many at a time as there may be: while one runs other threads do, which then have to yield.

    :param statement: its text for a number of rows, of which there are few different ones. :param last: parameters after theirs.
    """
    most = min(ROWS, (VARIABLES - len(last)) // len(rows[0])) if rows else ROWS
    start = 0
    while (left := len(rows) - start) > 0:
        size = most if left >= most else 1 << left.bit_length() - 1
        connection.execute(statement(size), (*chain.from_iterable(rows[start : start + size]), *last))
        start += size


# ---------------------------------------------------------------- files


def _make_file(path: str, real: str) -> None:
    """Make the file, where there is none, and the folders that it lies in, for their owner alone.

    Closing any descriptor of a file drops every lock that this process has on it, so a file that is there is left to SQLite,
    and nobody here opens a new one before it was closed again.

    :param real: the path without symbolic links: a link that leads nowhere would be made by SQLite, for all to read.
    :raises ConfigurationError: it cannot be made, or others could take it away or read it.
    """
    try:
        _make_folders(os.path.dirname(real))
        if os.name != "nt":
            _refuse_others(path, real)
        with _making, contextlib.suppress(FileExistsError):
            os.close(os.open(real, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            os.chmod(real, 0o600)  # a umask may take the owner's bits
    except OSError as error:
        raise _unusable(path, error.strerror) from error


def _make_folders(folder: str) -> None:
    if not os.path.isdir(folder):
        _make_folders(os.path.dirname(folder))
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
            os.chmod(folder, 0o700)


def _refuse_others(path: str, real: str) -> None:
    """Refuse a folder in which anybody may replace the file, and a file or a link that somebody else has put there.

    A group that may write in a folder is trusted: many systems give each user a group of their own. Root may work on a user's
    file, but not on one that lies where anybody could have put it.
    """
    me, folder = os.geteuid(), os.path.dirname(real)
    mode = os.stat(folder).st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise ConfigurationError(
            f"every user may write in {folder}, and so replace or read the mirror: name a path in a folder below it, which is"
            f' then made for you alone, or take that right away (chmod o-w), or name mirror=":memory:"'
        )
    owned = [(real + end, {me}) for end in _ENDS] + ([(path, {me, 0})] if os.path.islink(path) else [])
    for place, owners in owned if me or mode & stat.S_IWOTH else ():
        with contextlib.suppress(FileNotFoundError):
            owner = os.lstat(place).st_uid
            if owner not in owners:
                raise ConfigurationError(
                    f"{place} belongs to another user (number {owner}), who could read it: name another path"
                )


def _make_private(real: str) -> None:
    """Take away what others may do with the file and its journals. Opens none of them.

    :raises ConfigurationError: that cannot be done here.
    """
    for place in (real + end for end in _ENDS) if os.name != "nt" else ():
        with contextlib.suppress(FileNotFoundError):
            mode = os.stat(place).st_mode
            if not stat.S_ISREG(mode) or not mode & 0o077:
                continue
            with contextlib.suppress(PermissionError):
                os.chmod(place, mode & 0o700)
            if os.stat(place).st_mode & 0o077:
                raise ConfigurationError(f"others may read {place}, and that cannot be changed here: name another path")


def _unusable(path: str, why: str | None) -> ConfigurationError:
    return ConfigurationError(f'the mirror {path} cannot be opened ({why}): name another path, or mirror=":memory:"')


def _look(path: str, admit: Admit | None) -> None:
    """Look at a file that is there without changing anything of it, and through SQLite alone, which minds its locks."""
    _refuse_fragment(path)
    if admit is None:
        return
    # Whoever closes last tidies the journal up: nothing to tidy leaves nothing behind, and what there is stays another's.
    left = os.path.exists(path + "-wal") and os.path.getsize(path + "-wal")
    for way in ("?mode=ro", "") if left else ("",):
        connection = sqlite3.connect(Path(path).absolute().as_uri() + way, timeout=BUSY, uri=True)
        try:
            admit(connection, path)
            return
        except sqlite3.OperationalError:
            if not way:
                raise
        finally:
            connection.close()


def _refuse_fragment(path: str) -> None:
    if 0 < os.path.getsize(path) < 512:  # SQLite would take it for an empty file
        raise sqlite3.DatabaseError("file is not a database")


def _is_locked_up(path: str) -> bool:
    """Whether there is a file, and this process may not write it or beside it, where SQLite's journal has to lie."""
    places = (path, os.path.dirname(path) or ".")
    return os.path.exists(path) and not all(os.access(one, os.W_OK) for one in places)


def _look_of(path: str | None) -> tuple[Any, ...]:
    """What a file and its journals look like from outside: it changes with whatever is written to them."""
    out: list[Any] = []
    for end in ("", "-wal", "-journal"):
        try:
            found = os.stat(f"{path}{end}")
        except OSError:
            out.append(None)
        else:
            out.append((found.st_ino, found.st_size, found.st_mtime_ns))
    return tuple(out)


def _open_to_read(path: str, admit: Admit | None) -> MirrorConnection:
    """Open a file that is there, and write nothing.

    Even to read, SQLite makes files beside one that has a WAL, and leaves them there. Where no journal holds anything, nobody
    is writing, and the file is read without them and without locks: whether it is still the same is looked at each time.
    """
    seen = _look_of(path)
    if seen[0] is None:
        raise ConfigurationError(f"there is no mirror at {path}: a sync with credentials makes it, or name another path")
    if not os.path.isfile(path):
        raise _unusable(path, "it is no file")
    _refuse_fragment(path)
    journaled = any(one is not None and one[1] for one in seen[1:])
    way = "?mode=ro" if journaled else "?mode=ro&immutable=1"
    connection = _connected(Path(path).absolute().as_uri() + way, uri=True)
    try:
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY * 1000)}")
        connection.execute(f"PRAGMA cache_size = {-READING}")
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
    connection.seen = None if journaled else seen
    return connection


def _connected(path: str, *, uri: bool = False) -> MirrorConnection:
    return sqlite3.connect(
        path,
        timeout=BUSY,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        factory=MirrorConnection,
        uri=uri,
    )


def _settle(connection: sqlite3.Connection, memory: bool) -> None:
    """Journal and waiting. Turning a new file to WAL ignores the busy timeout, so it is tried until it holds."""
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY * 1000)}")
    connection.execute("PRAGMA page_size = 8192")  # of a new file; rows are wide
    give_up = time.monotonic() + BUSY
    while not memory:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(random.uniform(0.002, 0.02))
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA cache_size = {-READING}")
    connection.execute("PRAGMA wal_autocheckpoint = 8000")  # pages of records touch many pages: they are written back seldom
    # Redacted and deleted text does not linger in free pages.
    connection.execute("PRAGMA secure_delete = FAST")


# ---------------------------------------------------------------- errors


@contextlib.contextmanager
def _translated(path: str) -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except (sqlite3.Error, peewee.DatabaseError) as error:
        raise _judge(error, path) from _cause(error)
    except (json.JSONDecodeError, RecursionError) as error:  # what is stored is JSON, and what is to be was made of it
        raise damaged(path, f"a value in it cannot be read ({type(error).__name__})") from error


_DAMAGES = {
    "not a database": "file is not a database",
    "image is malformed": "database disk image is malformed",
    "malformed database schema": "malformed database schema",
    "unsupported file format": "unsupported file format",
    "Could not decode to UTF-8": "a text in it is no UTF-8",
}
"""Words of SQLite's, and what is said of them: theirs may repeat what is stored."""
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""What making something of a damaged value raises."""
_interrupted: dict[int, bool] = {}
"""The threads in which one of our functions was interrupted; SQLite does not say why a function failed."""


def damaged(path: str, why: str) -> MirrorCorrupt:
    """The error of a file that is damaged, with what to do."""
    return MirrorCorrupt(
        f"{path} is damaged or no SQLite database: {why}. Move it away, or name another path, and sync anew;"
        " `sqlite3 FILE .recover` may save what it holds"
    )


def _judge(error: Exception, path: str) -> BaseException:
    words = str(error)
    if words.startswith("database") and ("is locked" in words or "is busy" in words):
        return MirrorLocked(f"{path} was locked by another process for {BUSY:.0f} seconds")
    if "is full" in words or "readonly database" in words or "disk I/O error" in words:
        return MirrorFull(f"{path} cannot be written: {words}")
    damage = next((told for told, of in _DAMAGES.items() if told in words), None)
    if damage is not None:
        return damaged(path, _DAMAGES[damage])
    if "user-defined function" in words:
        return KeyboardInterrupt() if _interrupted.pop(threading.get_ident(), False) else damaged(path, "a value cannot be read")
    if "unable to open" in words:
        return _unusable(path, words)
    return MirrorError(f"{path}: {words}")


def _cause(error: Exception) -> Exception | None:
    """The error as a cause, unless it repeats what is stored."""
    return None if "decode to UTF-8" in str(error) else error


def _corruption(error: Exception, connection: MirrorConnection) -> MirrorCorrupt | None:
    """What peewee's own questions raise besides peewee's errors: that the file is damaged."""
    judged = _judge(error, connection.file or MEMORY)
    return judged if isinstance(judged, MirrorCorrupt) else None


def _of_statement(error: Exception, path: str) -> BaseException:
    """What a user's own statement failed of: of itself, unless the file is at fault."""
    words = str(error)
    if words == "interrupted":  # by a signal's handler: sqlite3 drops the exception that one raises
        return KeyboardInterrupt()
    judged = _judge(error, path)
    if type(judged) is not MirrorError:
        return judged
    return QueryError("only SELECT is allowed here" if "not authorized" in words else words)


def _go_on() -> int:
    """What SQLite calls every few steps, so that Python can handle signals."""
    return 0


def _keeper(kept: list[tuple[Any, ...]]) -> Callable[..., int]:
    """A function that keeps what a row was, where an UPDATE's condition asks last whether it may. It holds no connection."""

    def keep(*row: Any) -> int:
        kept.append(row)
        return 1

    return keep


def _casefold(text: Any) -> Any:
    return text.casefold() if isinstance(text, str) else text


def _matches(text: bytes | None, pattern: bytes, folded: int) -> int | None:
    try:
        return None if text is None else matches(text.decode(), pattern.decode(), bool(folded))
    except KeyboardInterrupt:
        _interrupted[threading.get_ident()] = True
        raise


def _part_of(text: str | None, part: str, zone: str) -> Any:
    try:
        return None if text is None else part_of(text, part, zone)
    except KeyboardInterrupt:
        _interrupted[threading.get_ident()] = True
        raise


def _compare_decimals(one: str, other: str) -> int:
    left, right = Decimal(one), Decimal(other)
    return (left > right) - (left < right)
