"""A mirror in a PostgreSQL database, which several machines may use at once.

Every change is a unit: a transaction whose first statement changes the one row of ``mirror_clock``. So units follow one another,
in the order of their commits, and nobody else writes while one reads what is there and compares. A unit that failed for a reason
that passes runs again. It carries a token, so that a COMMIT whose outcome is unknown is looked up, under the clock row, before
anything is done twice.
"""

from __future__ import annotations

import contextlib
import random
import time
import uuid
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import peewee
import psycopg

from ... import _forks
from ...errors import MirrorError
from ..table_loads import TableLoads
from . import errors, statements
from .dialect import POSTGRES
from .sessions import Pool, PostgresSession
from .units import PostgresUnit
from .url import PostgresUrl

if TYPE_CHECKING:
    from ..revisions import Unit

Result = TypeVar("Result")

TRIES = 8
"""How often a unit is tried in all."""
DELAY = 0.02
"""Seconds of the longest first pause between two tries; each further pause may be twice as long."""
KEPT_TOKENS = 10_000
"""Units whose tokens are kept: a client that lost its connection looks for its own within moments."""
BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED;UPDATE mirror_clock SET units = units + 1 RETURNING units, revision, row_count, at"
"""Begins a unit: it waits for the clock row, and reads it."""
END = psycopg.sql.SQL(
    "{}INSERT INTO mirror_units (number, token) VALUES ({}, {});"
    "UPDATE mirror_clock SET revision = {}, row_count = {}, at = {};COMMIT"
)
"""Ends a unit: it stores the token, and what the clock row says from now on."""
WAIT, GO_ON = (psycopg.sql.SQL(f"SET LOCAL synchronous_commit = {word};") for word in ("on", "off"))
"""Whether the server waits for its disk before it confirms a unit. With neither, its own setting says so."""

_databases: weakref.WeakSet[PostgresDatabase] = weakref.WeakSet()


class PostgresDatabase(peewee.PostgresqlDatabase):
    """A mirror's schema in a PostgreSQL database. Nothing is opened before the first use.

    :param url: the URL, see :class:`PostgresUrl`.
    :param readonly: whether nothing is ever written.
    """

    memory = False
    shared = True
    dialect = POSTGRES
    guard = None
    words = None
    _made = False

    def __init__(self, url: str | PostgresUrl, *, readonly: bool = False) -> None:
        self.url = PostgresUrl.of(url)
        self.path, self.readonly, self.opening = self.url.shown, readonly, object()
        self._pool = Pool(self.url, readonly=readonly)
        super().__init__(None, prefer_psycopg3=True)
        self._made = True
        self.loads = TableLoads(possible=False)
        _databases.add(self)
        weakref.finalize(self, Pool.close, self._pool)

    # -- using

    def reading(self) -> _Reading:
        """Hold a session to read from; each statement reads the present. Do not hold it across a request or a yield.

        :raises MirrorError: the server cannot be read.
        """
        return _Reading(self)

    def snapshot(self) -> Snapshot:
        """Hold a session to read from; all that is read is of one moment.

        :raises MirrorError: the server cannot be read.
        """
        return Snapshot(self)

    @contextlib.contextmanager
    def use(self) -> Iterator[PostgresSession]:
        """Hold a session, and raise our errors in place of the server's."""
        try:
            with self._pool.use() as session:
                yield session
        except psycopg.Error as error:
            raise errors.translate(error, self.path) from errors.cause_of(error)

    def unit(self, work: Callable[[Unit], Result], *, durably: bool = False) -> Result:
        """Run work in one transaction that holds the clock row, and return what it returns. Writes the database.

        :param work: runs statements, and nothing else: it may run again after its transaction was rolled back.
        :param durably: whether to wait until the server has written it, whatever its settings are.
        :raises MirrorError: it cannot be written; then nothing is stored, unless the connection was lost in the COMMIT of the
            last try, whose outcome is then not known.
        """
        if self.readonly:
            raise MirrorError(
                f"{self.path} was opened for reading only (offline=True): connect(offline=True, writable=True) changes it"
                " without the network"
            )
        attempt = _Attempt(work, durably)

        def once() -> Result:
            with self._pool.use() as session:
                result: Result = attempt.run(session)
                return result

        return self.repeated(once, lambda error: errors.is_repeatable(error) and self._pool.current() is None)

    def repeated(self, work: Callable[[], Result], may_repeat: Callable[[BaseException], bool]) -> Result:
        """Run work until it does not fail any more, at most ``TRIES`` times."""
        for number in range(TRIES):
            try:
                return work()
            except psycopg.Error as error:
                if number == TRIES - 1 or not may_repeat(error):
                    raise errors.translate(error, self.path) from errors.cause_of(error)
            time.sleep(random.uniform(0, DELAY * 2**number))
        raise AssertionError("the last try ends it")

    # -- the mirror as a whole

    def session(self) -> PostgresSession | None:
        """Return the session that this thread holds."""
        return self._pool.current()

    def note_names(self, names: frozenset[str]) -> None:
        """Note the names of all tables and indexes, which sessions tell of."""
        self._pool.names = names

    def close_all(self) -> None:
        """Close the connections that are not in use. The next use opens again."""
        self._pool.close()
        self.opening = object()

    def drop_inherited(self) -> None:
        """Drop the connections of the parent, in a forked child."""
        self._pool.drop_inherited()
        self.opening = object()

    def select_only(self, sql: str, parameters: tuple[Any, ...] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the column names and rows of one SELECT, in a transaction that only reads and is rolled back.

        :raises QueryError: it is no SELECT, or the server does not understand it.
        :raises MirrorError: the server cannot be read.
        """
        text, values = sql, None
        if parameters:
            text, values = statements.translated(sql), [statements.bound(one) for one in parameters]
        with self.use() as session:
            try:
                session.read("BEGIN READ ONLY")
                # A statement that is prepared is one statement, and a cursor is of a SELECT.
                session.raw.execute(f"DECLARE mirror_select CURSOR FOR {text}", values, prepare=True)
                rows = session.raw.execute("FETCH ALL FROM mirror_select")
                return [one.name for one in rows.description or ()], rows.fetchall()
            except psycopg.Error as error:
                raise errors.translate_statement(error, self.path) from None
            finally:
                with contextlib.suppress(psycopg.Error):
                    session.raw.execute("ROLLBACK")

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """Run one of peewee's own queries. Its rows are read at once."""
        with self._pool.use() as session:
            try:
                run = session.read if sql.lstrip()[:6].upper() == "SELECT" else session.raw.execute
                return run(sql, [statements.bound(one) for one in params or ()] or None)
            except psycopg.Error as error:
                if errors.is_lost(error):
                    raise errors.translate(error, self.path) from errors.cause_of(error)
                raise _peewee_error(error) from error

    def get_context_options(self) -> dict[str, Any]:
        """Return peewee's options of a statement, with the dialect of computed fields."""
        return {**super().get_context_options(), "dialect": POSTGRES}

    def connect(self, reuse_if_open: bool = False) -> bool:  # noqa: ARG002
        """Do nothing: a connection is borrowed for each statement."""
        return False

    def close(self) -> bool:
        """Close the connections that are not in use, as peewee's word does for one thread; the next use opens one."""
        self._pool.close()
        return True

    def is_closed(self) -> bool:
        """Return False, but while peewee makes this object: a connection is opened when it is needed."""
        return not self._made


class _Attempt:
    """A unit, which may be tried several times.

    ``unclear`` holds what the work returned in a try whose COMMIT has an unknown outcome.
    """

    def __init__(self, work: Callable[[Unit], Any], durably: bool) -> None:
        self._work, self._durably = work, durably
        self._token = uuid.uuid4().hex
        self._unclear: list[Any] = []

    def run(self, session: PostgresSession) -> Any:
        """Run the work in a transaction, unless an earlier try has stored it."""
        if session.in_transaction:
            raise MirrorError("a transaction is open in this thread already: a unit cannot begin within it")
        begun = session.read(BEGIN, prepare=False)  # several statements are one message, and cannot be prepared
        session.in_transaction = True
        try:
            begun.nextset()
            number, last, rows, at = begun.fetchall()[0]
            session.changed = 0
            if self._unclear and session.execute("SELECT 1 FROM mirror_units WHERE token = ?", (self._token,)).fetchone():
                session.execute("ROLLBACK")
                return self._unclear[-1]
            unit = PostgresUnit(session, last, rows, at)
            result = self._work(unit)
            if unit.discarded or not session.changed:
                session.execute("ROLLBACK")
                return result
            if not number % 256:
                session.execute("DELETE FROM mirror_units WHERE number < ?", (number - KEPT_TOKENS,))
        except BaseException:
            _roll_back(session)
            raise
        finally:
            session.in_transaction = False
        waits = WAIT if self._durably else GO_ON if unit.may_be_lost else psycopg.sql.SQL("")
        revision = unit.revision if unit.stamped else unit.revision - 1
        return self._commit(session, result, END.format(waits, number, self._token, revision, unit.rows, unit.at))

    def _commit(self, session: PostgresSession, result: Any, end: psycopg.sql.Composed) -> Any:
        try:
            session.raw.execute(end, prepare=False)
        except BaseException as error:
            if errors.is_repeatable(error):
                self._unclear.append(result)
            _roll_back(session)
            raise
        return result


def _roll_back(session: PostgresSession) -> None:
    """Roll back, or close the connection, at which the server rolls back."""
    try:
        if session.raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            session.raw.execute("ROLLBACK")
    except psycopg.Error:
        session.raw.close()


class _Reading:
    """Holds a session for a while."""

    __slots__ = ("_database", "_use", "connection")

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database

    def __enter__(self) -> PostgresSession:
        self._use = self._database.use()
        self.connection = self._use.__enter__()
        return self.connection

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._use.__exit__(kind, error, trace)


class Snapshot(_Reading):
    """Holds a session in one transaction that reads: all that is read meanwhile is of one moment.

    ``begun`` says whether it began the transaction; else it is within another one, and reads that one's moment.
    """

    __slots__ = ("_is_outermost", "begun")

    def __enter__(self) -> PostgresSession:
        held = self._database.session()
        if held is not None and held.in_transaction:
            self.begun, self.connection = False, held
            return held
        self._is_outermost = held is None
        session = super().__enter__()
        self.begun = True
        try:
            session.begin_snapshot()
            return session
        except BaseException as error:
            super().__exit__(type(error), error, None)
            raise

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if not self.begun:
            return
        self.connection.end_snapshot()
        if not self._is_outermost:
            self.connection.read_end()
        super().__exit__(kind, error, trace)


def _peewee_error(error: psycopg.Error) -> peewee.PeeweeException:
    """The error that peewee raises for one of the driver's."""
    names = [one.__name__ for one in type(error).__mro__]
    known: type[peewee.PeeweeException] = next(
        (getattr(peewee, one) for one in names if hasattr(peewee, one)), peewee.DatabaseError
    )
    return known(errors.first_line(error))


def _in_child() -> None:
    for database in list(_databases):
        database.drop_inherited()


_forks.around(lambda: None, _in_child)
