"""Who asks, through what, onto what: one account, one transport, one mirror; and which connection is the current one.

Nothing is global that one tenant's thread could change for another's: a connection is bound to a context, the process
default is made once, and where several connections exist a thread must say which is its own.
"""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import peewee

from . import _forks
from ._secret import Secret
from .errors import BadValue, ConfigurationError, switched_off
from .http.credentials import HOME, Credentials, Environment, check_account, hidden, resolve, unless_sid
from .mirror import exclusions
from .mirror.database import MEMORY
from .mirror.row_cache import Memory
from .mirror.store import Mirror
from .schema.registry import SCHEMAS

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from .http.messages import Request, Response
    from .http.transport import Exchange, Transport
    from .mirror.sizes import Sizes

_bound: ContextVar[tuple[Connection, ...]] = ContextVar("twilio_orm_bound", default=())
_own: ContextVar[Connection | None] = ContextVar("twilio_orm_own", default=None)
_lock = _forks.lock()
_open: weakref.WeakSet[Connection] = weakref.WeakSet()
_mirrors: weakref.WeakValueDictionary[tuple[str, str, str], Mirror] = weakref.WeakValueDictionary()
_default: Connection | None = None


class Connection:
    """An account, the way to it, and its mirror. Made by :func:`connect`; opens nothing until it is used.

    Use it as a context manager to make it the current one; leaving the block does not close it. ``strict``, ``offline`` and
    ``max_empty_pages`` are as :func:`connect` was told.
    """

    def __init__(
        self,
        credentials: Credentials,
        transport: Transport,
        mirror: Mirror,
        *,
        account_sid: str | None = None,
        strict: bool = False,
        memory: Memory | None = None,
        offline: bool = False,
        max_empty_pages: int | None = 1000,
    ) -> None:
        self.credentials = credentials
        self.transport = transport
        self.mirror = mirror
        self._account = account_sid or credentials.account_sid
        self.strict = strict
        self.offline = offline
        self.max_empty_pages = max_empty_pages
        self.closed = False
        self._known: set[str] = set()
        self.memory = memory or (Memory(lambda: self.now().timestamp()) if transport.time.given else Memory())

    def __repr__(self) -> str:
        way = "offline" if self.offline else f"at {self.credentials.host}"
        return f"<Connection {self._account or 'of no account'} {way}, mirror {self.mirror.path}>"

    def __reduce__(self) -> Any:
        raise TypeError("a Connection does not pickle: connect() again where it is needed")

    def __enter__(self) -> Self:
        _bound.set((*_bound.get(), self))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        _bound.set(_bound.get()[:-1])

    @property
    def account_sid(self) -> str:
        """The account that is asked about, and asked.

        :raises ConfigurationError: the connection is offline, nobody has named one, and its file holds several or none.
        """
        if not self._account:
            held = ", ".join(self.mirror.accounts()) or "none yet"
            raise ConfigurationError(f"{self.mirror.path} holds records of these accounts: {held}; name one by account_sid=")
        return self._account

    @property
    def knows_account(self) -> bool:
        """Whether ``account_sid`` is known: an offline connection to a file of several accounts may not know it."""
        return bool(self._account)

    def under(self, subaccount_sid: str) -> Connection:
        """A connection to a subaccount with this one's credentials, transport and mirror. Sends nothing.

        :param subaccount_sid: the subaccount's SID (``AC…``).
        :raises BadValue: it is no account SID.
        """
        sid = getattr(subaccount_sid, "sid", subaccount_sid)
        if not isinstance(sid, str) or len(sid) != 34 or not sid.startswith("AC"):
            raise BadValue("under() takes the SID of a subaccount (AC and 32 hexadecimal digits)")
        return Connection(
            self.credentials, self.transport, self.mirror, account_sid=sid, strict=self.strict, memory=self.memory,
            offline=self.offline, max_empty_pages=self.max_empty_pages,
        )  # fmt: skip

    def now(self) -> datetime:
        """The instant that it is at Twilio, in UTC. Sends nothing.

        Twilio's clock as several answers that agree printed it, gone on since; ours before that, and where the two agree
        within two seconds. The clock given to :func:`connect` instead, if one was.

        :raises ConfigurationError: that clock gave no aware datetime.
        """
        return self.transport.time.now()

    def earliest(self) -> datetime:
        """The earliest that it can be, by our own clock and by Twilio's answers: so claims are dated. Sends nothing."""
        return self.transport.time.earliest()

    def moment(self) -> Callable[[], datetime]:
        """This instant, at the earliest, to be read once an answer that is yet to come has told more. Sends nothing."""
        return self.transport.time.moment()

    def close(self) -> None:
        """Close the network pool and the mirror's file. Nothing is lost; another connection's share stays open."""
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
        """Give a record (an unpickled one, a copy) this connection. Returns the record.

        :raises ConfigurationError: the record belongs to another account.
        """
        record.rebind(self)
        return record

    def send(self, request: Request) -> Response:
        """One request, with this connection's credentials. Touches the network; raises ApiError, Unreachable, Offline."""
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

    def need_network(self, what: str) -> None:
        """Refuse ``what`` before anything is done of it, where it has to ask Twilio. Sends nothing.

        :raises Offline: this connection was opened without the network.
        """
        if self.offline:
            raise switched_off(what)

    def note_account(self) -> None:
        """Let the mirror's file know that it holds this account's records, once. Raises Offline."""
        self.need_network("storing what Twilio sends")
        if self.account_sid not in self._known:
            self.mirror.remember(self.account_sid, self.credentials.account_sid)
            self._known.add(self.account_sid)

    def sql(self, text: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of one SELECT over the mirror's file, every account of it and gone records included. Reads the disk.

        :raises QueryError: for anything that would write, and for SQL that SQLite does not understand.
        """
        return self.mirror.open().select_only(text, parameters)[1]

    def prune(self, older_than: timedelta) -> int:
        """Forget what records were before: versions that were replaced longer ago than this. Touches the disk, sends nothing.

        What is stays, and so does what was heard; ``as_of`` a moment before then raises NotCovered from now on. Plans that were
        made before then and have nothing left to do go as well: they cannot be undone any more.

        :returns: how many versions were dropped.
        :raises BadValue: ``older_than`` is no positive timedelta.
        """
        if not isinstance(older_than, timedelta) or older_than < timedelta(0):
            raise BadValue(f"older_than is a positive timedelta such as timedelta(days=90), not {older_than!r}")
        return self.mirror.prune(older_than, self.earliest())

    def finish_erasing(self) -> bool:
        """Let the bytes of what was forgotten go, where somebody else's reading of the file put that off. Touches the disk.

        The file is written anew, which takes as long as copying it. Opening it tries the same by itself.

        :returns: whether none are left in the file.
        """
        return not self.mirror.finish_erasing()

    def clear_row_cache(self) -> None:
        """Forget the records kept in memory, here and on every connection that shares this mirror. Sends nothing."""
        self.memory.clear()
        with _lock:
            for other in list(_open):
                if other.mirror is self.mirror:
                    other.memory.clear()

    drop_memory = clear_row_cache  # its former name

    def sizes(self) -> Sizes:
        """How much room the mirror's file takes, by table, and how much of it is history. Reads the disk, all of the file."""
        return self.mirror.sizes()

    def status(self) -> Status:
        """What the mirror holds and since when it was heard. Reads the disk."""
        account = self._account if self._account or not self.mirror.accounts() else self.account_sid
        mirror = self.mirror.pinned(self.now())
        with mirror.reading():  # of one moment
            sweeps, rows = mirror.sweeps(account) if account else [], mirror.rows()
            later = len(self.mirror.sweeps(account)) - len(sweeps) if account else 0
        fetched = {
            table: max(sweep.began_at for sweep in sweeps if sweep.resource == table)
            for table in {sweep.resource for sweep in sweeps}
        }
        return Status(self.mirror.path, account or None, rows, fetched, len(sweeps), later)


class Status:
    """What :meth:`Connection.status` found: ``path``, ``rows`` and ``heard`` by table, ``sweeps``, and ``account_sid``.

    The last is None of an offline connection to a file that holds no account's records. ``later`` counts sweeps that are dated
    later than now, by a clock that was wrong: they count for nothing.
    """

    def __init__(
        self, path: str, account_sid: str | None, rows: dict[str, int], fetched: dict[str, datetime], sweeps: int, later: int = 0
    ) -> None:
        self.path, self.account_sid, self.rows, self.fetched, self.sweeps = path, account_sid, rows, fetched, sweeps
        self.later = later

    def __repr__(self) -> str:
        return f"<Status {self.path}: {sum(self.rows.values())} rows, {self.sweeps} questions heard whole>"


# ---------------------------------------------------------------- connecting


def connect(
    account_sid: str | None = None,
    auth_token: str | Secret | None = None,
    *,
    api_key: str | None = None,
    api_secret: str | Secret | None = None,
    edge: str | None = None,
    region: str | None = None,
    base_url: str | None = None,
    mirror: str | os.PathLike[str] | None = None,
    timeout: tuple[float, float] = (3.05, 30),
    total_timeout: float | None = 300,
    max_body_bytes: int | None = 64 * 2**20,
    max_empty_pages: int | None = 1000,
    retries: int = 5,
    transport: Callable[[Request], Response] | None = None,
    clock: Callable[[], datetime] | None = None,
    strict: bool = False,
    exclude_fields: str | Mapping[Any, Iterable[str]] | None = None,
    leave_out: str | Mapping[Any, Iterable[str]] | None = None,
    offline: bool = False,
) -> Connection:
    """A connection, from arguments or the environment. Checks them, sends nothing, opens nothing unless ``offline``.

    :param account_sid: ``AC…``; else ``TWILIO_ACCOUNT_SID``.
    :param auth_token: the account's token; else ``TWILIO_AUTH_TOKEN``, for the environment's account only.
    :param api_key: ``SK…`` and its ``api_secret``; else ``TWILIO_API_KEY`` and ``TWILIO_API_SECRET``. Beats a token.
    :param edge: and ``region``: else ``TWILIO_EDGE``, ``TWILIO_REGION``.
    :param base_url: another host, for tests and proxies; else ``TWILIO_API_BASE_URL``. Plain http to loopback only.
    :param mirror: a file's path or ``":memory:"``; else ``TWILIO_ORM_MIRROR``; else a file per account and region in
        the user's
        data directory.
    :param timeout: seconds to connect and seconds to wait for an answer.
    :param total_timeout: seconds until all of an answer has to be there, however little comes at a time; None for any. A file
        that is downloaded has to begin by then, and may take longer.
    :param max_body_bytes: the largest body of an answer, decompressed; None for any. Files may be larger.
    :param max_empty_pages: how many pages of a list in a row may bring no record that an earlier one did not, before it is taken
        for a list without an end; None for any. Twilio has sent long runs of empty pages.
    :param retries: tries of one request in all, at least 1.
    :param transport: a function from Request to Response in place of the network (``FakeTwilio.send``).
    :param clock: a function that gives the present as an aware datetime, for tests and replays; else Twilio's clock as its
        answers tell it.
    :param strict: raise, rather than warn, where a question could only be answered by reading everything.
    :param exclude_fields: fields that are not to be kept in the mirror: ``{"Message": ["body"]}``, by names or classes, or
        ``"personal"`` for all that Twilio's document marks so. It is kept in the file, and holds for whoever opens it next.
    :param leave_out: the former name of ``exclude_fields``.
    :param offline: read a mirror's file, and nothing else: no secret is needed, whatever would ask Twilio raises Offline, and the
        file, which has to be there, is opened at once, for reading only. It is of its own host and region, and of the
        ``account_sid``, else of the environment's account if it is of that one's tree, else of the only one that it holds.
    :raises ConfigurationError: something is missing or does not fit; the message names it. Where offline also MirrorError.
    """
    # A frame of a traceback holds what its variables held: nothing that may be a secret stays in one of them.
    account_sid, auth_token, api_key, api_secret = (
        unless_sid(account_sid),
        hidden(auth_token),
        unless_sid(api_key),
        hidden(api_secret),
    )
    edge, base_url = hidden(edge), hidden(base_url)
    environ = Environment(os.environ)
    if clock is not None and not callable(clock):
        raise ConfigurationError(f"clock is a function that gives an aware datetime, not {clock!r}")
    if offline:
        if account_sid is not None:
            check_account(account_sid)
        return _registered(_reader(mirror_to_read(mirror, account_sid, region, environ), account_sid, region, clock, strict))
    credentials = resolve(
        account_sid, auth_token, api_key=api_key, api_secret=api_secret, edge=edge, region=region,
        base_url=base_url, environ=environ,
    )  # fmt: skip
    where = mirror_path(mirror if mirror is not None else environ.get("TWILIO_ORM_MIRROR") or None, credentials, environ)
    _check_timeout(timeout)
    _check_bound("total_timeout", total_timeout, (int, float), "a number of seconds")
    _check_bound("max_body_bytes", max_body_bytes, int, "a whole number of bytes")
    _check_bound("max_empty_pages", max_empty_pages, int, "a whole number of pages")
    from .http.transport import connect_transport

    through = connect_transport(
        credentials, timeout=timeout, total=total_timeout, largest=max_body_bytes, retries=retries, send=transport, own=clock
    )
    held = _mirror(where, credentials, exclusions.resolved(exclude_fields if leave_out is None else leave_out, SCHEMAS))
    return _registered(Connection(credentials, through, held, strict=strict, max_empty_pages=max_empty_pages))


def _registered(connection: Connection) -> Connection:
    """The connection, open: the process's own where there is none, and the context's."""
    global _default
    with _lock:
        _open.add(connection)
        if _default is None:
            _default = connection
    if _own.get() is None:
        _own.set(connection)
    return connection


def _reader(
    path: str, account_sid: str | None, region: str | None, clock: Callable[[], datetime] | None, strict: bool
) -> Connection:
    """A connection that reads the file at a path. Reads the disk; raises ConfigurationError, MirrorError."""
    from .http.transport import OfflineTransport

    if path == MEMORY:
        raise ConfigurationError("offline=True reads a file that a sync has left: a mirror in memory holds nothing yet")
    key = (os.path.abspath(path), "", "")
    with _lock:
        mirror = _mirrors.get(key)
        if mirror is None:
            mirror = _mirrors[key] = Mirror(key[0], SCHEMAS, readonly=True)
    held = mirror.accounts()
    if region is not None and region.lower() != mirror.region:
        raise ConfigurationError(f"{path} mirrors {mirror.host} ({mirror.region}), not region {region}: name another path")
    home, only = unless_sid(os.environ.get("TWILIO_ACCOUNT_SID")), next(iter(held)) if len(held) == 1 else ""
    account = account_sid or (home if home in {*held, *held.values()} else only) or ""
    credentials = Credentials(account, account, Secret(""), base_url=f"https://{mirror.host}", region=mirror.region)
    return Connection(credentials, OfflineTransport(credentials.base_url, clock), mirror, strict=strict, offline=True)


def mirror_to_read(
    given: str | os.PathLike[str] | None, account_sid: str | None, region: str | None, environ: Mapping[str, str] | Environment
) -> str:
    """Where the file lies that a connection without the network reads: the arguments' or the environment's. Looks what is there.

    :raises ConfigurationError: nothing says where.
    """
    given = given if given is not None else environ.get("TWILIO_ORM_MIRROR") or None
    where = (region or environ.get("TWILIO_REGION") or HOME).lower()
    named = [one for one in (account_sid, unless_sid(environ.get("TWILIO_ACCOUNT_SID"))) if isinstance(one, str)]
    if given is None and not named:
        raise ConfigurationError(
            "nothing says which mirror is to be read: pass mirror= (--mirror) or set TWILIO_ORM_MIRROR, or name the account"
            " whose file in the data directory it is, by account_sid= or TWILIO_ACCOUNT_SID"
        )
    paths = [mirror_path(given, Credentials(one, one, Secret(""), region=where), environ) for one in named or [""]]
    return next(filter(os.path.exists, paths), paths[0])


def _check_timeout(timeout: Any) -> None:
    """Two numbers of seconds, above nothing."""
    numbers = timeout if isinstance(timeout, (tuple, list)) else ()
    if len(numbers) != 2 or not all(isinstance(one, (int, float)) and one > 0 for one in numbers):
        raise ConfigurationError(f"timeout takes two numbers of seconds, to connect and to wait, not {timeout!r}")


def _check_bound(name: str, bound: Any, kind: Any, english: str) -> None:
    """A bound above nothing, or None. Raises ConfigurationError."""
    if bound is not None and not (isinstance(bound, kind) and not isinstance(bound, bool) and bound > 0):
        raise ConfigurationError(f"{name} is {english} above 0, or None for any, not {bound!r}")


def _mirror(path: str, credentials: Credentials, left: exclusions.Exclusions | None) -> Mirror:
    """The mirror of a path: one a process, so that its writers queue in one line."""
    if path == MEMORY:
        made = Mirror(path, SCHEMAS, credentials.host, credentials.region)
        made.wanted = left
        return made
    key = (os.path.abspath(path), credentials.host, credentials.region)
    with _lock:
        mirror = _mirrors.get(key)
        if mirror is None:
            mirror = _mirrors[key] = Mirror(key[0], SCHEMAS, credentials.host, credentials.region)
        mirror.want(left)
        return mirror


def mirror_path(given: str | os.PathLike[str] | None, credentials: Credentials, environ: Mapping[str, str] | Environment) -> str:
    """Where the mirror lies. Touches nothing.

    :raises ConfigurationError: for the URL of another database.
    """
    if given is None:
        return str(data_directory(environ) / "twilio_orm" / f"{credentials.account_sid}-{credentials.region}.db")
    try:
        text = os.fsdecode(given)
    except TypeError:
        raise ConfigurationError(f'mirror takes the path of a file or ":memory:", not {given!r}') from None
    if "://" in text or not text:
        raise ConfigurationError(
            'mirror takes the path of a file or ":memory:": SQLite is the one engine there is, a URL is not understood'
        )
    if "\0" in text:
        raise ConfigurationError("mirror takes the path of a file, and no path holds a NUL character")
    path = os.path.expanduser(text)
    if text.startswith("~") and not os.path.isabs(path):
        raise ConfigurationError(
            f"mirror {text!r} begins with a home directory that is not known: name a whole path, or ./{text}"
        )
    return path


def data_directory(environ: Mapping[str, str] | Environment) -> Path:
    """The user's data directory on this platform. A relative path in ``XDG_DATA_HOME`` is ignored, as its specification says.

    :raises ConfigurationError: it lies in the home directory, and neither ``HOME`` nor the system names one.
    """
    if sys.platform == "darwin":
        return _home() / "Library" / "Application Support"
    name, below = ("LOCALAPPDATA", "AppData/Local") if os.name == "nt" else ("XDG_DATA_HOME", ".local/share")
    given = environ.get(name) or ""
    return Path(given) if os.path.isabs(given) else _home() / below


def _home() -> Path:
    found = os.path.expanduser("~")
    if not os.path.isabs(found) or (os.name != "nt" and os.environ.get("HOME") == ""):
        raise ConfigurationError("nobody says where the home directory is: set HOME, or name the mirror's path by mirror=")
    return Path(found)


# ---------------------------------------------------------------- the current one


def current() -> Connection:
    """The connection of this context. Sends nothing.

    The one bound by ``with``; else the context's own, made by ``connect`` in it; else the process default, which the
    environment makes at the first question.

    :raises ConfigurationError: there is none, or there are several and this thread has not said which is its own.
    """
    found = chosen()
    return found if found is not None else connect()


def chosen() -> Connection | None:
    """The connection of this context, or None before there is any. Raises ConfigurationError where it is ambiguous."""
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


class CurrentDatabase(peewee.DatabaseProxy):
    """What peewee takes for the database: the current connection's mirror, looked up at each use."""

    @property
    def obj(self) -> Any:
        return current().mirror.open()

    @obj.setter
    def obj(self, value: Any) -> None:
        if value is not None:
            raise ConfigurationError("the mirror is chosen by connect(), not by peewee's initialize()")
