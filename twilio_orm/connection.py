"""A connection: one account, one transport, one mirror; and the choice of the current connection.

No thread can change another tenant's connection: a connection is bound to a context, the process default is set once, and as soon
as several connections are open, a thread must choose its own.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from . import _forks
from .errors import BadValue, ConfigurationError, Offline, offline_error
from .event_handlers import EventHandlers
from .mirror.row_cache import RowCache
from .schema.sids import is_sid

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from .http.credentials import Credentials
    from .http.messages import Request, Response
    from .http.transport import Exchange, Transport
    from .mirror.sizes import Sizes
    from .mirror.store import Mirror

_bound: ContextVar[tuple[Connection, ...]] = ContextVar("twilio_orm_bound", default=())
_own: ContextVar[Connection | None] = ContextVar("twilio_orm_own", default=None)
_lock = _forks.lock()
_open: weakref.WeakSet[Connection] = weakref.WeakSet()
_default: Connection | None = None


class Connection(EventHandlers):
    """One account with its transport and its mirror. Made by :func:`connect`; opens nothing until it is used.

    As a context manager it is the current connection within the block; leaving the block does not close it. ``strict``,
    ``offline`` and ``max_empty_pages`` have the values that were passed to :func:`connect`.
    """

    def __init__(
        self,
        credentials: Credentials,
        transport: Transport,
        mirror: Mirror,
        *,
        account_sid: str | None = None,
        strict: bool = False,
        memory: RowCache | None = None,
        offline: bool = False,
        max_empty_pages: int | None = 1000,
        parent: Connection | None = None,
    ) -> None:
        super().__init__(parent)
        self.credentials = credentials
        self.transport = transport
        self.mirror = mirror
        self._account = account_sid or credentials.account_sid
        self.strict = strict
        self.offline = offline
        self.max_empty_pages = max_empty_pages
        self.closed = False
        self._registered: set[str] = set()
        self.memory = memory or (RowCache(lambda: self.now().timestamp()) if transport.time.given else RowCache())

    def __repr__(self) -> str:
        host = "offline" if self.offline else f"at {self.credentials.host}"
        return f"<Connection {self._account or 'of no account'} {host}, mirror {self.mirror.path}>"

    def __reduce__(self) -> Any:
        raise TypeError("a Connection cannot be pickled: call connect() where it is needed")

    def __enter__(self) -> Self:
        _bound.set((*_bound.get(), self))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        _bound.set(_bound.get()[:-1])

    @property
    def account_sid(self) -> str:
        """The account whose records this connection reads and writes.

        :raises ConfigurationError: the connection is offline, no account was named, and its file has several or none.
        """
        if not self._account:
            accounts = ", ".join(self.mirror.accounts()) or "none yet"
            raise ConfigurationError(f"{self.mirror.path} has records of these accounts: {accounts}; name one by account_sid=")
        return self._account

    @property
    def knows_account(self) -> bool:
        """Whether ``account_sid`` is known: an offline connection to a file of several accounts may not know it."""
        return bool(self._account)

    def under(self, subaccount_sid: str) -> Connection:
        """A connection to a subaccount with this one's credentials, transport and mirror. Sends nothing.

        :param subaccount_sid: the subaccount's SID (``AC…``).
        :raises BadValue: ``subaccount_sid`` is no account SID.
        """
        sid = getattr(subaccount_sid, "sid", subaccount_sid)
        if not isinstance(sid, str) or not is_sid(sid, "AC"):
            raise BadValue("under() takes the SID of a subaccount (AC and 32 hexadecimal digits)")
        return Connection(
            self.credentials, self.transport, self.mirror, account_sid=sid, strict=self.strict, memory=self.memory,
            offline=self.offline, max_empty_pages=self.max_empty_pages, parent=self,
        )  # fmt: skip

    def now(self) -> datetime:
        """The present instant by Twilio's clock, in UTC. Sends nothing.

        Twilio's clock is known from the ``Date`` of several responses that agree. Before that, and if the two agree within two
        seconds, it is the clock of this machine. It is the clock passed to :func:`connect` if there is one.

        :raises ConfigurationError: that clock returned no aware datetime.
        """
        return self.transport.time.now()

    def earliest(self) -> datetime:
        """Internal: the earliest instant that it can be now, by this machine's clock and by Twilio's responses. Sends nothing.

        The mirror dates its sweeps by it, so that none claims to be newer than it is.
        """
        return self.transport.time.earliest()

    def timestamp(self) -> Callable[[], datetime]:
        """Internal: a function that returns the earliest instant that this moment can have been. Sends nothing.

        Call the function after the next response, which may have told more about Twilio's clock.
        """
        return self.transport.time.moment()

    def close(self) -> None:
        """Close the network pool and the mirror's file. What another open connection shares stays open."""
        global _default
        with _lock:
            self.closed = True
            _open.discard(self)
            if _default is self:
                _default = None
            shared = any(other.mirror is self.mirror for other in _open)
        if _own.get() is self:
            _own.set(None)
        if self.credentials.account_sid == self._account:
            self.transport.close()
            if not shared:
                self.mirror.close()

    def bind(self, record: Any) -> Any:
        """Give this connection to a record that has none, because it was unpickled or copied. Sends nothing.

        :param record: the record.
        :returns: the same record.
        :raises ConfigurationError: the record belongs to another account.
        """
        record.rebind(self)
        return record

    def send(self, request: Request) -> Response:
        """Send one request with this connection's credentials. Calls Twilio.

        :param request: the request.
        :raises ApiError: Twilio responded with an error.
        :raises Unreachable: no usable response came.
        :raises Offline: this connection was opened without the network.
        """
        if self.closed:
            raise ConfigurationError("this connection is closed: connect() again")
        return self.transport(request)

    def exchange(self, request: Request) -> Exchange:
        """Return the tries of one request, for a caller that parses the body itself. Sends nothing yet.

        See :meth:`Transport.exchange`.
        """
        if self.closed:
            raise ConfigurationError("this connection is closed: connect() again")
        return self.transport.exchange(request)

    def require_network(self, what: str) -> None:
        """Internal: check that this connection has the network, before an operation that needs it begins. Sends nothing.

        :param what: the operation, as the subject of a sentence.
        :raises Offline: this connection was opened without the network.
        """
        if self.offline:
            raise offline_error(what)

    def require_writable(self, what: str) -> None:
        """Internal: check that this connection may write the mirror, before an operation that does so begins. Sends nothing.

        :param what: the operation, as the subject of a sentence.
        :raises Offline: this connection was opened without the network, for reading only.
        """
        if self.offline and self.mirror.readonly:
            raise Offline(
                f"{what} writes the mirror, and this connection was opened with offline=True and only reads it: use"
                " connect(offline=True, writable=True), or a connect() with credentials"
            )

    def register_account(self) -> None:
        """Internal: record in the mirror's file, once, that it has this account's records. Writes the disk.

        :raises Offline: this connection was opened without the network.
        """
        self.require_network("storing what Twilio sends")
        if self.account_sid not in self._registered:
            self.mirror.add_account(self.account_sid, self.credentials.account_sid)
            self._registered.add(self.account_sid)

    def sql(self, text: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of one SELECT over the mirror's file, all accounts and deleted records included. Reads the disk.

        :param text: the SQL.
        :param parameters: the values of its ``?``.
        :raises QueryError: the SQL would write, or SQLite does not understand it.
        """
        return self.mirror.select_only(text, parameters)[1]

    def prune(self, older_than: timedelta) -> int:
        """Delete the versions of records that were replaced longer ago than this. Writes the disk, sends nothing.

        The present rows and the sweeps stay; ``as_of`` a moment before then raises NotCovered from now on. Write plans that were
        made before then and have nothing left to do are deleted too, and cannot be undone any more.

        :param older_than: the age from which versions are deleted.
        :returns: the number of deleted versions.
        :raises BadValue: ``older_than`` is no positive timedelta.
        """
        if not isinstance(older_than, timedelta) or older_than < timedelta(0):
            raise BadValue(f"older_than is a positive timedelta such as timedelta(days=90), not {older_than!r}")
        return self.mirror.prune(older_than, self.earliest())

    def finish_erasing(self) -> bool:
        """Erase the bytes of redacted data, if somebody else's reading of the file put that off. Writes the disk.

        The file is rewritten, which takes as long as copying it. Opening the file tries the same.

        :returns: whether no such bytes are left in the file.
        """
        return not self.mirror.finish_erasing()

    def index_words(self, model: Any, *, drop: bool = False) -> int:
        """Index the words of messages in the mirror's file: offline, ``body__search`` then reads no text. Writes the disk.

        The index is kept up to date by whatever writes the file, and takes about a tenth of the space of the messages. It is made
        in one transaction, which other writers wait for; one that is there is made anew.

        :param model: ``Message``; no other resource can have one.
        :param drop: remove the index instead.
        :returns: the number of texts that are indexed now.
        :raises BadValue: ``model`` can have no index.
        :raises ConfigurationError: ``body`` is excluded from the mirror, or this Python's SQLite lacks FTS5.
        """
        schema = getattr(model, "api_schema", None)
        if schema is None:
            raise BadValue("index_words() takes a resource: Message")
        return self.mirror.index_words(schema, drop=drop)

    def clear_row_cache(self) -> None:
        """Drop the records kept in memory, here and on every connection that shares this mirror. Sends nothing.

        ``drop_memory()`` is the former name.
        """
        self.memory.clear()
        with _lock:
            for other in list(_open):
                if other.mirror is self.mirror:
                    other.memory.clear()

    drop_memory = clear_row_cache

    def sizes(self) -> Sizes:
        """The size of the mirror's file in bytes, by table, and of the history in it. Reads the disk: the whole file."""
        return self.mirror.sizes()

    def status(self) -> Status:
        """The number of records in the mirror and when they were fetched, by table. Reads the disk."""
        account = self._account if self._account or not self.mirror.accounts() else self.account_sid
        mirror = self.mirror.snapshot(self.now())
        with mirror.reading():  # of one moment
            sweeps, rows = mirror.sweeps(account) if account else [], mirror.rows()
            later = len(self.mirror.sweeps(account)) - len(sweeps) if account else 0
        fetched = {
            table: max(sweep.began_at for sweep in sweeps if sweep.resource == table)
            for table in {sweep.resource for sweep in sweeps}
        }
        return Status(self.mirror.path, account or None, rows, fetched, len(sweeps), later)


class Status:
    """The result of :meth:`Connection.status`.

    :param path: the mirror's path.
    :param account_sid: the connection's account; None if it is offline and the file has no account's records.
    :param rows: the number of records, by table.
    :param fetched: when the latest sweep began, by table; ``heard`` is the former name.
    :param sweeps: the number of sweeps.
    :param later: the number of sweeps that count for nothing, because a wrong clock dated them later than now.
    """

    def __init__(
        self, path: str, account_sid: str | None, rows: dict[str, int], fetched: dict[str, datetime], sweeps: int, later: int = 0
    ) -> None:
        self.path, self.account_sid, self.rows, self.fetched, self.sweeps = path, account_sid, rows, fetched, sweeps
        self.later = later

    @property
    def heard(self) -> dict[str, datetime]:
        """The former name of ``fetched``."""
        return self.fetched

    def __repr__(self) -> str:
        return f"<Status {self.path}: {sum(self.rows.values())} rows, {self.sweeps} sweeps>"


# ---------------------------------------------------------------- the current one


def set_open(connection: Connection) -> Connection:
    """Internal: count a connection as open, and make it the process default and the context's own if there is none."""
    global _default
    with _lock:
        _open.add(connection)
        if _default is None:
            _default = connection
    if _own.get() is None:
        _own.set(connection)
    return connection


def chosen() -> Connection | None:
    """The current connection, or None before there is any. Sends nothing.

    :raises ConfigurationError: several connections are open and this thread has not chosen its own.
    """
    bound = _bound.get()
    if bound:
        return bound[-1]
    own = _own.get()
    if own is not None and not own.closed:
        return own
    with _lock:
        if len(_open) > 1:
            raise ConfigurationError(
                f"{len(_open)} connections are open and this thread has none of its own: use `with connection:`"
            )
        return _default
