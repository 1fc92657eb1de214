"""Making connections: from arguments and the environment, and the current connection, which peewee's queries use too."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import peewee

from . import _forks
from ._secret import Secret
from .connection import Connection, chosen, set_open
from .errors import ConfigurationError
from .http.credentials import Credentials, Environment, check_account, hidden, resolve, unless_sid
from .local_files import mirror_place, mirror_to_read
from .mirror import exclusions
from .mirror.postgres.url import PostgresUrl, is_url
from .mirror.sqlite.connections import MEMORY
from .mirror.store import Mirror
from .schema.registry import SCHEMAS

if TYPE_CHECKING:
    from .http.messages import Request, Response
    from .mirror.exclusions import Exclusions

_lock = _forks.lock()
_mirrors: weakref.WeakValueDictionary[tuple[str | PostgresUrl, str, str], Mirror] = weakref.WeakValueDictionary()


def connect(
    account_sid: str | None = None,
    auth_token: str | Secret | None = None,
    *,
    api_key: str | None = None,
    api_secret: str | Secret | None = None,
    edge: str | None = None,
    region: str | None = None,
    base_url: str | None = None,
    mirror: str | os.PathLike[str] | PostgresUrl | None = None,
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
    writable: bool = False,
) -> Connection:
    """Make a connection from arguments and the environment. Checks them, sends nothing, opens nothing unless ``offline``.

    :param account_sid: ``AC…``; else ``TWILIO_ACCOUNT_SID``.
    :param auth_token: the account's token; else ``TWILIO_AUTH_TOKEN``, for the environment's account only.
    :param api_key: ``SK…``, in place of a token; else ``TWILIO_API_KEY``.
    :param api_secret: the secret of ``api_key``; else ``TWILIO_API_SECRET``.
    :param edge: Twilio's edge location; else ``TWILIO_EDGE``.
    :param region: Twilio's region; else ``TWILIO_REGION``.
    :param base_url: another host, for tests and proxies; else ``TWILIO_API_BASE_URL``. Plain http to loopback only.
    :param mirror: a file's path, ``":memory:"``, or ``postgresql://user:password@host/database?schema=twilio`` for a mirror
        that several machines share (the extra ``postgres``); else ``TWILIO_ORM_MIRROR``; else a file for each account and region
        in the user's data directory.
    :param timeout: the seconds to connect, and the seconds to wait for data.
    :param total_timeout: the seconds until the whole response must have arrived; None for no limit. The download of a file must
        begin by then, and may take longer.
    :param max_body_bytes: the largest body of a response, decompressed; None for no limit. Files may be larger.
    :param max_empty_pages: how many pages of a list in a row may have no new record before the list is taken for endless; None
        for no limit. Twilio has sent long runs of empty pages.
    :param retries: how many times one request is tried in all, at least 1.
    :param transport: a function from Request to Response in place of the network (``FakeTwilio.send``).
    :param clock: a function that returns the present as an aware datetime, for tests and replays; else Twilio's clock, as its
        responses show it.
    :param strict: raise QueryError, rather than warn, if a query could only be answered by reading a whole list.
    :param exclude_fields: fields to keep out of the mirror: ``{"Message": ["body"]}``, by names or classes, or ``"personal"``
        for all that Twilio's document marks as personal. The file remembers them for the next process that opens it.
    :param leave_out: the former name of ``exclude_fields``.
    :param offline: read a mirror's file, and do nothing else. No secret is needed, and whatever would call Twilio raises
        Offline. The file must exist, and is opened at once, for reading only; host and region are those of the file. The account
        is ``account_sid``; else the environment's, if the file has it or its subaccounts; else the only one in the file.
    :param writable: with ``offline``, open the file for writing, too: for what changes the mirror and sends nothing, such as
        ``redact()``, ``connection.index_words()``, ``connection.prune()`` and ``twilio_orm.webhooks.replay()``.
    :raises ConfigurationError: something is missing or does not fit; the message names it.
    :raises MirrorError: the file cannot be read, with ``offline``.
    """
    # A traceback may show the variables of this frame: no possible secret stays in one of them.
    account_sid, auth_token, api_key, api_secret = (
        unless_sid(account_sid),
        hidden(auth_token),
        unless_sid(api_key),
        hidden(api_secret),
    )
    edge, base_url = hidden(edge), hidden(base_url)
    mirror = PostgresUrl(mirror) if isinstance(mirror, str) and is_url(mirror) else mirror
    environ = Environment(os.environ)
    if clock is not None and not callable(clock):
        raise ConfigurationError(f"clock takes a function that returns an aware datetime, not {clock!r}")
    if writable and not offline:
        raise ConfigurationError("writable=True goes with offline=True: a connection with the network always writes the mirror")
    if offline:
        if account_sid is not None:
            check_account(account_sid)
        place = mirror_to_read(mirror, account_sid, region, environ)
        return set_open(_offline_connection(place, account_sid, region, clock, strict, writable))
    credentials = resolve(
        account_sid, auth_token, api_key=api_key, api_secret=api_secret, edge=edge, region=region,
        base_url=base_url, environ=environ,
    )  # fmt: skip
    place = mirror_place(mirror if mirror is not None else environ.get("TWILIO_ORM_MIRROR") or None, credentials, environ)
    _check_timeout(timeout)
    _check_limit("total_timeout", total_timeout, (int, float), "a number of seconds")
    _check_limit("max_body_bytes", max_body_bytes, int, "a whole number of bytes")
    _check_limit("max_empty_pages", max_empty_pages, int, "a whole number of pages")
    from .http.transport import connect_transport

    network = connect_transport(
        credentials, timeout=timeout, total=total_timeout, largest=max_body_bytes, retries=retries, send=transport, own=clock
    )
    store = mirror_of(place, credentials, exclusions.resolve(exclude_fields if leave_out is None else leave_out, SCHEMAS))
    return set_open(Connection(credentials, network, store, strict=strict, max_empty_pages=max_empty_pages))


def _offline_connection(
    place: str | PostgresUrl,
    account_sid: str | None,
    region: str | None,
    clock: Callable[[], datetime] | None,
    strict: bool,
    writable: bool,
) -> Connection:
    """A connection to the mirror at a place, without the network. Reads it; raises ConfigurationError, MirrorError.

    :param writable: whether it may write the mirror.
    """
    from .http.transport import OfflineTransport

    mirror = readonly_mirror_of(place) if not writable else Mirror(_kept(place), SCHEMAS, readonly=True)
    accounts = mirror.accounts()
    if region is not None and region.lower() != mirror.region:
        raise ConfigurationError(f"{mirror.path} mirrors {mirror.host} ({mirror.region}), not region {region}: name another path")
    home, only = unless_sid(os.environ.get("TWILIO_ACCOUNT_SID")), next(iter(accounts)) if len(accounts) == 1 else ""
    account = account_sid or (home if home in {*accounts, *accounts.values()} else only) or ""
    credentials = Credentials(account, account, Secret(""), base_url=f"https://{mirror.host}", region=mirror.region)
    if writable:  # the first one has said whose file it is
        mirror.close()
        mirror = mirror_of(place, credentials, None)
    return Connection(credentials, OfflineTransport(credentials.base_url, clock), mirror, strict=strict, offline=True)


def _check_timeout(timeout: Any) -> None:
    """Check that ``timeout`` is two numbers above 0. Raises ConfigurationError."""
    numbers = timeout if isinstance(timeout, (tuple, list)) else ()
    if len(numbers) != 2 or not all(isinstance(one, (int, float)) and one > 0 for one in numbers):
        raise ConfigurationError(f"timeout takes two numbers of seconds, to connect and to wait, not {timeout!r}")


def _check_limit(name: str, limit: Any, kind: Any, unit: str) -> None:
    """Check that a limit is a number above 0, or None. Raises ConfigurationError.

    :param name: the parameter.
    :param limit: its value.
    :param kind: the type that it must have.
    :param unit: what it is, for the error.
    """
    if limit is not None and not (isinstance(limit, kind) and not isinstance(limit, bool) and limit > 0):
        raise ConfigurationError(f"{name} is {unit} above 0, or None for no limit, not {limit!r}")


def current() -> Connection:
    """The current connection. Sends nothing.

    It is the one bound by ``with``; else the one that ``connect`` made in this context; else the process default, which is made
    from the environment if there is none yet.

    :raises ConfigurationError: the environment does not say enough to make one, or several connections are open and this thread
        has not chosen its own.
    """
    found = chosen()
    return found if found is not None else connect()


class CurrentDatabase(peewee.DatabaseProxy):
    """The database that peewee uses: the current connection's mirror, looked up at each use."""

    @property
    def obj(self) -> Any:
        return current().mirror.open()

    @obj.setter
    def obj(self, value: Any) -> None:
        if value is not None:
            raise ConfigurationError("connect() chooses the mirror, peewee's initialize() does not")


# ---------------------------------------------------------------- the Mirror of a file


def mirror_of(place: str | PostgresUrl, credentials: Credentials, excluded: Exclusions | None) -> Mirror:
    """The Mirror at a place: one for each place, host and region in this process, so that its writers wait for each other.

    Opens nothing.

    :param place: a file's path, a URL, or ``":memory:"``, of which each call makes a new one.
    :param credentials: they say which host and region it mirrors.
    :param excluded: the fields to keep out of it, or None for what it says itself.
    """
    if place == MEMORY:
        made = Mirror(place, SCHEMAS, credentials.host, credentials.region)
        made.wanted = excluded
        return made
    key = (_kept(place), credentials.host, credentials.region)
    with _lock:
        mirror = _mirrors.get(key)
        if mirror is None:
            mirror = _mirrors[key] = Mirror(key[0], SCHEMAS, credentials.host, credentials.region)
        mirror.exclude(excluded)
        return mirror


def _kept(place: str | PostgresUrl) -> str | PostgresUrl:
    """The place of a mirror that outlives the process, a path as an absolute one. Raises ConfigurationError for one in memory."""
    if place == MEMORY:
        raise ConfigurationError("offline=True reads a file that a sync has filled: a mirror in memory is still empty")
    return place if isinstance(place, PostgresUrl) else os.path.abspath(place)


def readonly_mirror_of(place: str | PostgresUrl) -> Mirror:
    """The Mirror that is only read, whatever host and region it mirrors. Opens nothing.

    :param place: a file's path, or a URL.
    :raises ConfigurationError: the path is ``":memory:"``.
    """
    key = (_kept(place), "", "")
    with _lock:
        mirror = _mirrors.get(key)
        if mirror is None:
            mirror = _mirrors[key] = Mirror(key[0], SCHEMAS, readonly=True)
    return mirror
