"""Sessions of a PostgreSQL server: what statements run on, and the pool that threads borrow them from."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from ...errors import MirrorLocked
from ..engine import TextTable
from . import errors, statements
from .dialect import POSTGRES
from .texts import stored_columns, stored_values

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema
    from ...schema.row_layout import Row
    from ..table_definition import Index, Table
    from .url import PostgresUrl

MOST = 8
"""Connections that a process has to one mirror at most."""
PATIENCE = 30.0
"""Seconds that a thread waits for a connection, and a statement for a lock."""
ABANDONED = 60
"""Seconds after which the server ends a session that holds a transaction and does nothing: others wait for it."""
COPIED = 8
"""From so many rows on they are sent by COPY, which costs two more messages than an INSERT."""

KEPT = 200
"""So many results of SELECTs of the mirror's own tables are kept, and so many rows of each."""
SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;SELECT token FROM mirror_units ORDER BY number DESC LIMIT 1"
"""Begins a transaction in which all that is read is of one moment, and reads the token of the last unit before it."""
KnownRows = dict[tuple[str, tuple[Any, ...]], list[Any]]
"""Rows by the SELECT that they answer, with its parameters."""

TEXTS = frozenset({"text", "bytea", "character varying", "character", "json", "jsonb"})
"""The types of columns that can hold text."""


class PostgresSession:
    """A connection to the server, used by one thread at a time.

    ``shown`` is the mirror that reads an earlier moment through it, with its tables. ``in_transaction`` says whether one is open.
    ``known`` are the rows of SELECTs of the mirror's own tables that it may use in a transaction that only reads. ``changed``
    counts the rows that statements have changed since its transaction began. ``is_ending`` says whether the answer to a COMMIT
    was not read yet.
    """

    is_current = True
    dialect = POSTGRES

    def __init__(self, raw: psycopg.Connection[Any], pool: Pool) -> None:
        self.raw, self._pool, self.pid = raw, pool, os.getpid()
        self.shown: Any = None
        self.in_transaction = False
        self.known: KnownRows | None = None
        self.changed = 0
        self.is_ending = False

    def source(self, table: str, /) -> str:
        """Return what to write after FROM to read a table: its name."""
        return f'"{table}"'

    def take_note(self) -> bool:
        """Return False: no statement notes rows. Pure."""
        return False

    def execute(self, statement: str, values: Any = (), /) -> psycopg.Cursor[Any]:
        """Run a statement. Outside of a transaction it only reads, or begins one: see :meth:`read`."""
        text = statements.translated(statement)
        result = self.raw.execute(text, values) if self.in_transaction else self.read(text, values)
        if not _has_columns(result):
            self.changed += max(result.rowcount, 0)
        return result

    def read(self, text: str, values: Any = None, *, prepare: bool | None = None) -> psycopg.Cursor[Any]:
        """Run a statement that changes nothing, as psycopg spells it, outside of a transaction.

        If it fails for a reason that passes, it runs once more on a new connection: an idle connection is dead after the server
        was restarted, and only the next use shows it.
        """
        try:
            return self.raw.execute(text, values, prepare=prepare)
        except psycopg.Error as error:
            if not errors.is_repeatable(error):
                raise
        self.raw.close()
        self.raw = self._pool.connect()
        return self.raw.execute(text, values, prepare=prepare)

    def begin_snapshot(self) -> None:
        """Begin a transaction that only reads, and look what was stored last: all in one message."""
        result = self.read(SNAPSHOT, prepare=False)  # several statements cannot be prepared
        result.nextset()
        self.known = self._pool.known(result.fetchall())
        self.in_transaction = True

    def end_snapshot(self) -> None:
        """End the transaction of :meth:`begin_snapshot`, without waiting for the answer, which :meth:`read_end` reads."""
        self.in_transaction, self.known = False, None
        try:
            send(self.raw, "COMMIT")
            self.is_ending = True
        except psycopg.Error:  # what was read is of one moment all the same
            self.raw.close()

    def read_end(self) -> None:
        """Read the answer to the COMMIT of the last snapshot, before anything else is sent. The connection may be lost."""
        if self.is_ending:
            self.is_ending = False
            while self.raw.pgconn.get_result() is not None:
                pass

    def fetch_own(self, statement: str, values: Any = (), /) -> Sequence[Any]:
        """Return the rows of a SELECT of the mirror's own tables; in a snapshot those that are known since the last unit."""
        if self.known is None:
            return self.execute(statement, values).fetchall()
        key = (statement, tuple(values))
        found = self.known.get(key)
        if found is None:
            found = self.execute(statement, values).fetchall()
            if len(found) <= KEPT and len(self.known) < KEPT:
                self.known[key] = found
        return found

    def executemany(self, statement: str, rows: Iterable[Any], /) -> psycopg.Cursor[Any]:
        """Run a statement for each of many rows of values; they are sent together."""
        result, several = psycopg.Cursor(self.raw), list(rows)
        if several:  # else psycopg still waits for an answer
            result.executemany(statements.translated(statement), several)
        self.changed += max(result.rowcount, 0)
        return result

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
        """Insert many rows, none of which is there yet."""
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        result = psycopg.Cursor(self.raw)
        if len(rows) < COPIED:
            marks = sql.SQL(", ").join([sql.Placeholder()] * len(columns))
            text = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(table), names, marks)
            for row in rows:
                result.execute(text, row)
        else:
            with result.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)) as copy:
                for row in rows:
                    copy.write_row(row)
        self.changed += len(rows)
        return len(rows)

    def stored_columns(self, schema: ResourceSchema) -> tuple[str, ...]:
        """Return the names of the columns that a row is stored in."""
        return stored_columns(schema)

    def stored_values(self, schema: ResourceSchema, row: Row) -> tuple[Any, ...]:
        """Return a row as it is stored."""
        return stored_values(schema, row)

    def has_table(self, name: str) -> bool:
        """Return whether the mirror has a table of this name. All of them are made at its first opening."""
        return name in self._pool.names

    def has_index(self, name: str) -> bool:
        """Return whether the mirror has an index of this name. All of them are made at its first opening."""
        return name in self._pool.names

    def index_names(self) -> frozenset[str]:
        """Return the names of all indexes, and of all tables. All of them are made at the mirror's first opening."""
        return self._pool.names

    def make_table(self, table: Table, /) -> None:
        """Do nothing: all tables are made at the mirror's first opening."""

    def make_index(self, table: str, index: Index, /) -> None:
        """Do nothing: all indexes are made at the mirror's first opening."""

    def drop_index(self, index: Index, /) -> None:
        """Do nothing: the server keeps all indexes."""

    def text_tables(self) -> list[TextTable]:
        """Return every table of the mirror, with those of its columns that can hold text. Reads the server."""
        found = []
        for table, columns in groupby(self.execute(_COLUMNS).fetchall(), itemgetter(0)):
            several = list(columns)
            texts = tuple([name for _, name, kind, _ in several if kind in TEXTS])
            keys = [(place, name) for _, name, _, place in several if place is not None]
            found.append(TextTable(table, tuple([name for _, name in sorted(keys)]) or ("ctid",), texts))
        return found

    def numbered_columns(self) -> list[tuple[str, str, bool]]:
        """Return the columns with the numbers of rows: table, column, and whether the server counts them. Reads the server."""
        return self.execute(_NUMBERED).fetchall()


_NUMBERED = (
    "SELECT c.relname::text, a.attname::text, a.attidentity <> '' FROM pg_class c"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')"
    " AND (a.attname = 'rowid' OR a.attidentity <> '')"
)
_COLUMNS = (
    "SELECT c.relname, a.attname, format_type(a.atttypid, NULL), array_position(i.indkey::smallint[], a.attnum)"
    " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary"
    " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname, a.attnum"
)


def send(raw: psycopg.Connection[Any], statement: str) -> None:
    """Send a statement without waiting for its answer, which has to be read before anything else is sent."""
    raw.pgconn.send_query(statement.encode())
    while raw.pgconn.flush():
        pass


def _has_columns(result: psycopg.Cursor[Any]) -> bool:
    """Whether a statement returns rows. Hot path: ``description`` makes an object for each column."""
    return result.pgresult is not None and result.pgresult.nfields > 0


class Pool:
    """The connections of a process to one mirror. A thread has the same one within nested uses.

    A forked child drops its parent's connections without closing them, which would end them for the parent.
    """

    def __init__(self, url: PostgresUrl, *, readonly: bool) -> None:
        self._url, self._readonly = url, readonly
        self.names: frozenset[str] = frozenset()
        self._begin()

    def _begin(self) -> None:
        self._idle: list[PostgresSession] = []
        self._used = 0
        self._known: tuple[Any, KnownRows] = None, {}
        self._free = threading.Condition(threading.Lock())
        self._own = threading.local()

    def known(self, unit: Any) -> KnownRows:
        """Return the rows of the mirror's own tables that are known since a unit, to add to.

        :param unit: what names the last unit that was stored.
        """
        last, rows = self._known
        if last != unit:
            rows = {}
            self._known = unit, rows
        return rows

    def current(self) -> PostgresSession | None:
        """Return the session that this thread uses now."""
        return getattr(self._own, "session", None)

    @contextlib.contextmanager
    def use(self) -> Iterator[PostgresSession]:
        """Hold a session; within another use of the same thread it is the same one.

        :raises MirrorLocked: all connections are in use for too long.
        """
        found = self.current()
        if found is not None:
            yield found
            return
        session = self._take()
        self._own.session = session
        try:
            yield session
        finally:
            self._own.session = None
            self._give_back(session)

    def _take(self) -> PostgresSession:
        until = time.monotonic() + PATIENCE
        with self._free:
            while not self._idle and self._used >= MOST:
                if not self._free.wait(until - time.monotonic()):
                    raise MirrorLocked(f"{self._url.shown}: all {MOST} connections of this process are in use")
            self._used += 1
            session = self._idle.pop() if self._idle else None
        try:
            if session is not None:
                session.read_end()
                session = None if session.raw.closed else session
            return session or PostgresSession(self.connect(), self)
        except BaseException:
            with self._free:
                self._used -= 1
                self._free.notify()
            raise

    def connect(self) -> psycopg.Connection[Any]:
        """Open a connection, which the pool does not know yet."""
        return connect(self._url, readonly=self._readonly)

    def _give_back(self, session: PostgresSession) -> None:
        if session.pid != os.getpid():  # a child that was forked meanwhile does not own it
            _inherited.append(session)
            return
        raw = session.raw
        usable = not raw.closed and (session.is_ending or raw.info.transaction_status == psycopg.pq.TransactionStatus.IDLE)
        if not usable:
            with contextlib.suppress(psycopg.Error):
                raw.close()
        session.shown, session.in_transaction, session.known = None, False, None
        with self._free:
            self._used -= 1
            if usable and len(self._idle) < MOST:
                self._idle.append(session)
            self._free.notify()

    def close(self) -> None:
        """Close the connections that are not in use."""
        with self._free:
            idle, self._idle = self._idle, []
        for session in idle:
            session.raw.close()

    def drop_inherited(self) -> None:
        """Drop all connections without closing them, in a forked child."""
        _inherited.extend(self._idle)
        self._begin()


_inherited: list[PostgresSession] = []


def connect(url: PostgresUrl, *, readonly: bool = False) -> psycopg.Connection[Any]:
    """Open a connection in autocommit, with the mirror's schema first in its search path. Opens a socket.

    A connection that is lost before it can be used is opened once more.
    """
    raw = _opened(url)
    try:
        _prepare(raw, url, readonly=readonly)
    except psycopg.Error as error:
        if not errors.is_repeatable(error):
            raise
        raw = _opened(url)
        _prepare(raw, url, readonly=readonly)
    return raw


def _opened(url: PostgresUrl) -> psycopg.Connection[Any]:
    return psycopg.connect(
        url.target.reveal(),
        autocommit=True,
        fallback_application_name="twilio_orm",
        connect_timeout=10,
        keepalives_idle=30,
        keepalives_interval=10,
        keepalives_count=3,
        tcp_user_timeout=30_000,
    )


def _prepare(raw: psycopg.Connection[Any], url: PostgresUrl, *, readonly: bool) -> None:
    """Make the settings of a new connection, or close it."""
    try:
        statements.register(raw.adapters)
        settings = {
            "search_path": url.schema,
            "TimeZone": "UTC",
            "DateStyle": "ISO",
            "lock_timeout": f"{int(PATIENCE)}s",
            "idle_in_transaction_session_timeout": f"{ABANDONED}s",
            "client_min_messages": "error",
            "random_page_cost": "1.1",  # the usual setting for solid-state disks and memory: keys are looked up by the index
            **({"default_transaction_read_only": "on"} if readonly else {}),
        }
        marks = ", ".join(["set_config(%s, %s, false)"] * len(settings))
        raw.execute(f"SELECT {marks}", [one for pair in settings.items() for one in pair])
    except BaseException:
        raw.close()
        raise
