"""A connection of psycopg's that tells an observer of each statement, before it is sent and after it took effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from unittest import mock

import psycopg

from twilio_orm.mirror.postgres import sessions

COMMIT, ROLLBACK = "COMMIT", "ROLLBACK"
"""The texts of ``commit()`` and ``rollback()``, and of the end of ``transaction()``."""


class Observer(Protocol):
    """What a wrapped connection calls. Both methods may raise in place of the statement's own result."""

    def before(self, connection: Any, text: str) -> None:
        """A statement is to be sent.

        :param connection: the connection of psycopg's itself.
        """

    def after(self, connection: Any, text: str) -> None:
        """It took effect."""


def text_of(query: Any, connection: Any) -> str:
    """The text of a statement, however it is given."""
    if isinstance(query, bytes):
        return query.decode()
    return query if isinstance(query, str) else str(query.as_string(connection))


class _Wrapped:
    """An object with the attributes of another one, but for its own.

    :param real: the other one.
    :param outer: what belongs to the wrapper.
    """

    def __init__(self, real: Any, **outer: Any) -> None:
        self.__dict__.update(outer, real=real)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.real, name, value)


class WrappedConnection(_Wrapped):
    """A connection whose statements an observer sees.

    :param real: the connection of psycopg's.
    :param observer: who sees them.
    """

    def __init__(self, real: Any, observer: Observer) -> None:
        super().__init__(real, observer=observer)

    def __enter__(self) -> WrappedConnection:
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        """As psycopg's: commit or roll back, and close."""
        if self.real.closed:
            return
        try:
            if error is None:
                self.commit()
            else:
                self.rollback()
        finally:
            self.real.close()

    def execute(self, query: Any, params: Any = None, **options: Any) -> WrappedCursor:
        """Run a statement."""
        return self.cursor().execute(query, params, **options)

    def cursor(self, *arguments: Any, **options: Any) -> WrappedCursor:
        """A cursor whose statements are seen."""
        return WrappedCursor(self.real.cursor(*arguments, **options), self)

    def commit(self) -> None:
        """Commit, if there is anything to commit."""
        self._end(COMMIT, self.real.commit)

    def rollback(self) -> None:
        """Roll back, if there is anything to roll back."""
        self._end(ROLLBACK, self.real.rollback)

    def _end(self, text: str, work: Any) -> None:
        if self.real.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            work()
            return
        self.observer.before(self.real, text)
        work()
        self.observer.after(self.real, text)

    @contextmanager
    def transaction(self, *arguments: Any, **options: Any) -> Iterator[Any]:
        """A block in a transaction, or in a savepoint of one: the end of a savepoint is not seen."""
        outermost = self.real.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        text = COMMIT if outermost and not options.get("force_rollback") else ""
        with self.real.transaction(*arguments, **options) as entered:
            yield entered
            if text:
                self.observer.before(self.real, text)
        if text:
            self.observer.after(self.real, text)


class WrappedCursor(_Wrapped):
    """A cursor of a wrapped connection.

    :param real: the cursor of psycopg's.
    :param owner: the connection.
    """

    def __init__(self, real: Any, owner: WrappedConnection) -> None:
        super().__init__(real, owner=owner)

    def __enter__(self) -> WrappedCursor:
        self.real.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.real.__exit__(*error)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.real)

    @property
    def connection(self) -> WrappedConnection:
        """The wrapped connection."""
        return self.__dict__["owner"]

    @contextmanager
    def _seen(self, query: Any) -> Iterator[None]:
        observer, connection = self.owner.observer, self.owner.real
        text = text_of(query, connection)
        observer.before(connection, text)
        yield
        observer.after(connection, text)

    def execute(self, query: Any, params: Any = None, **options: Any) -> WrappedCursor:
        """Run a statement."""
        with self._seen(query):
            self.real.execute(query, params, **options)
        return self

    def executemany(self, query: Any, rows: Iterable[Any], **options: Any) -> None:
        """Run a statement for many rows, which is one step."""
        with self._seen(query):
            self.real.executemany(query, rows, **options)

    def stream(self, query: Any, params: Any = None, **options: Any) -> Iterator[Any]:
        """Run a SELECT, and return its rows one by one."""
        with self._seen(query):
            yield from self.real.stream(query, params, **options)

    @contextmanager
    def copy(self, statement: Any, params: Any = None, **options: Any) -> Iterator[Any]:
        """A COPY, which takes effect at the end of its block."""
        with self._seen(statement), self.real.copy(statement, params, **options) as copying:
            yield copying


@contextmanager
def everywhere(observer: Observer) -> Iterator[None]:
    """In the block, an observer sees the statements of each connection that ``psycopg.connect`` makes.

    Statements that are sent without waiting for an answer run at once.
    """
    connect = psycopg.connect

    def wrapped(*arguments: Any, **options: Any) -> Any:
        return WrappedConnection(connect(*arguments, **options), observer)

    def sent(raw: WrappedConnection, statement: str) -> None:
        raw.execute(statement)

    with mock.patch.object(psycopg, "connect", wrapped), mock.patch.object(sessions, "send", sent):
        yield
