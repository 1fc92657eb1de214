"""Receives webhooks: verifies each, stores it in the mirror, and says what to respond. It serves no socket itself."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from .._secret import Secret
from ..errors import BadValue, ConfigurationError, MirrorError
from ..schema.web_urls import check_public_url
from .adapters import Asgi, django_view, wsgi_application
from .batches import Batches
from .bodies import Callback, parse
from .event_streams import events_of
from .headers import Given, Headers
from .keys import AuthTokens, NoKeyNow
from .signature import SETTINGS, SIGNATURE, Token, verify

if TYPE_CHECKING:
    from ..connection import Connection

log = logging.getLogger("twilio_orm")

MAX_BODY = 256 * 1024
"""The most bytes of a body, unless the receiver is given another limit."""
MAX_TARGET = 16 * 1024
"""The most characters of a URL."""
REFETCH = ("final", "always", "never")
TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'

Absorb = Callable[["Connection", Sequence[Callback]], Sequence[Any]]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Received(Value):
    """What became of a request, and the response to it. Its repr shows no content.

    :param status: the HTTP status to respond with.
    :param headers: the headers to respond with.
    :param body: the body to respond with.
    :param record: the resource and the key of the record that it was about; None if there is none.
    :param changes: what it changed in the mirror.
    :param duplicate: whether the same webhook was stored before.
    :param ignored: whether it changes nothing in the mirror.
    :param why: why it was refused or ignored; "" if it was not.
    :param callback: the webhook, verified; None if the request was refused.
    :param events: of a batch of Event Streams, what became of each event; the other values are those of all of them.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    record: Any = None
    changes: Any = field(default=None, repr=False)
    duplicate: bool = False
    ignored: bool = False
    why: str = ""
    callback: Callback | None = None
    events: tuple[Received, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether Twilio sent the request and it is stored."""
        return self.callback is not None and self.status < 300


class Receiver:
    """Verifies webhooks and stores them in the mirror of a connection. Making one checks its arguments and sends nothing.

    ``wsgi``, ``asgi`` and ``django`` serve it in a web framework; :meth:`receive` takes a request from any other. Several threads
    may use it: webhooks that arrive while others are written are written together.

    :param connection: the connection whose mirror stores them, and whose account and subaccounts they are about.
    :param public_url: scheme and host by which Twilio reaches this server: ``"https://example.com"``. A path of it is one that a
        proxy removes. Without it, the URL is that of the request.
    :param trust_proxy: addresses or networks of proxies whose headers ``X-Forwarded-Proto``, ``-Host`` and ``-Port`` say by which
        URL Twilio made the request. ``public_url`` is simpler and needs no trust.
    :param shared_keys: keys by their ids, for webhooks that are signed with a shared key.
    :param auth_tokens: tokens by account, beside the connection's own: one or several, while a token is being replaced.
    :param path: the only path that is served; others get 404. None for any path.
    :param max_body: the most bytes of a body; a longer one gets 413.
    :param refetch: when a record that a webhook changed is read from Twilio: ``"final"``, by the next sync; ``"always"``, at
        once; ``"never"``, by a sync that reads it anyway.
    :param absorb: stores callbacks in one transaction, in place of this library's function; ``refetch`` is not passed to it.
    :raises ConfigurationError: no webhook could be verified, or an argument does not fit.
    :raises Offline: the connection was opened without the network.
    """

    def __init__(
        self,
        connection: Connection,
        public_url: str | None = None,
        trust_proxy: Iterable[str] = (),
        shared_keys: Mapping[str, Token] | None = None,
        *,
        auth_tokens: Mapping[str, Token | Iterable[Token]] | None = None,
        path: str | None = None,
        max_body: int = MAX_BODY,
        refetch: str = "final",
        absorb: Absorb | None = None,
    ) -> None:
        connection.require_network("receiving webhooks")
        self.connection = connection
        self.public_url = None if public_url is None else check_public_url(public_url)
        self.path, self.max_body = path, max_body
        if path is not None and not path.startswith("/"):
            raise ConfigurationError(f"path is the path of the webhooks' URL, such as '/twilio', not {path!r}")
        if isinstance(max_body, bool) or not isinstance(max_body, int) or max_body < 1:
            raise ConfigurationError(f"max_body is a number of bytes, not {max_body!r}")
        if refetch not in REFETCH:
            raise ConfigurationError(f"refetch is one of {', '.join(map(repr, REFETCH))}, not {refetch!r}")
        self._proxies = _networks(trust_proxy)
        self._shared = {str(name): key if isinstance(key, Secret) else Secret(key) for name, key in (shared_keys or {}).items()}
        if not all(isinstance(key.reveal(), str) and key.reveal() for key in self._shared.values()):
            raise ConfigurationError("shared_keys are texts by their ids, and one of them is empty or no text")
        self._tokens = AuthTokens(connection, auth_tokens)
        if not self._tokens and not self._shared:
            raise ConfigurationError(
                "no webhook can be verified: the connection has an API key, which verifies none. Pass shared_keys=, or"
                " auth_tokens={account_sid: token}, or connect() with auth_token="
            )
        self._batches = Batches(partial(absorb or _absorb(refetch), connection))

    def __repr__(self) -> str:
        return f"<Receiver at {self.public_url or 'the URL of each request'}{self.path or ''}, {self._tokens}>"

    def on(self, model: Any, /, *conditions: Any, **lookups: Any) -> Callable[[Any], Any]:
        """Return a decorator: the function is called with each event of the matching records. See :meth:`Connection.on`.

        :param model: the resource.
        :param conditions: as in ``filter``.
        :param lookups: as in ``filter``.
        """
        return self.connection.on(model, *conditions, **lookups)

    def off(self, handler: Callable[..., Any]) -> None:
        """Stop calling a function. See :meth:`Connection.off`.

        :param handler: the function.
        """
        self.connection.off(handler)

    @property
    def wsgi(self) -> Callable[..., Iterable[bytes]]:
        """This receiver as a WSGI application."""
        return partial(wsgi_application, self)

    @property
    def asgi(self) -> Asgi:
        """This receiver as an ASGI application."""
        return Asgi(self)

    @property
    def django(self) -> Callable[..., Any]:
        """This receiver as a view of Django, exempt from its CSRF check: a signature is what proves the sender."""
        return django_view(self)

    def receive(
        self, method: str, raw_target: str, headers: Given, body: bytes, *, scheme: str = "https", peer: str = ""
    ) -> Received:
        """Verify a request, store it, and return the response to it. Writes the disk; calls Twilio for a new subaccount's token.

        No request raises an error; a failure of this program does.

        :param method: the request's method.
        :param raw_target: the request's path and query, not decoded, or its absolute URL.
        :param headers: the headers, as a mapping or as pairs.
        :param body: the body, as it came, or its first ``max_body`` + 1 bytes.
        :param scheme: ``"https"`` or ``"http"``, by which the request came here.
        :param peer: the IP address from which it came here, for ``trust_proxy``.
        """
        found = Headers(headers)
        if method not in ("GET", "POST"):
            return _refused(405, "the method is neither GET nor POST", ("Allow", "GET, POST"))
        if len(raw_target) > MAX_TARGET:
            return _refused(414, "the URL is too long")
        if self.path is not None and _path_of(raw_target) != self.path:
            return _refused(404, "there are no webhooks at this path")
        if len(body) > self.max_body:
            return _refused(413, f"the body is longer than {self.max_body} bytes")
        try:
            callback = parse(
                method, _query_of(raw_target), found.only("content-type"), body,
                received_at=self.connection.now(), token=found.only("i-twilio-idempotency-token") or None,
            )  # fmt: skip
        except BadValue as error:
            return _refused(415, str(error))
        try:
            refused = self._verified(method, self._url(raw_target, found, scheme, peer), found, body, callback.account_sid)
            return refused or self._stored(callback)
        except NoKeyNow as error:
            return _refused(503, str(error), ("Retry-After", "30"))
        except MirrorError as error:
            log.error("a webhook could not be stored: %s", type(error).__name__)
            return _refused(503, f"the mirror cannot be written ({type(error).__name__})", ("Retry-After", "30"))

    def _verified(self, method: str, url: str, headers: Headers, body: bytes, account: str) -> Received | None:
        """None for a request that is Twilio's, else the response that refuses it."""
        by_token = len(headers.all(SIGNATURE)) == 1 and not headers.all(SETTINGS)
        tokens = self._tokens.of(account) if by_token else ()

        def verdict() -> Any:
            return verify(method, url, headers, body, auth_token=tokens, public_url=self.public_url, shared_keys=self._shared)

        found = verdict()
        if not found and found.status == 403 and tokens and (latest := self._tokens.of(account, again=True)) != tokens:
            tokens = latest
            found = verdict()
        return None if found else _refused(found.status, found.why)

    def _stored(self, callback: Callback) -> Received:
        """Store a verified callback, and return the response to it."""
        if callback.kind == "event-stream":
            return self._stored_events(callback)
        return self._respond(callback, self._batches.write(callback))

    def _stored_events(self, batch: Callback) -> Received:
        """Store each event of a batch, and return the response to all of them."""
        several = events_of(batch)
        outcomes = self._batches.write_all(several)
        found = tuple(
            replace(self._respond(one, outcome), status=204, headers=(), body=b"")
            for one, outcome in zip(several, outcomes, strict=True)
        )
        return Received(
            204, record=found[0].record if len(found) == 1 else None,
            changes=tuple(change for one in found for change in one.changes or ()),
            duplicate=all(one.duplicate for one in found), ignored=all(one.ignored for one in found),
            why=next((one.why for one in found if one.why), ""), callback=batch, events=found,
        )  # fmt: skip

    def _respond(self, callback: Callback, outcome: Any) -> Received:
        """The response to a callback that is stored. Handlers are called with what it changed."""
        if getattr(outcome, "failed", False):
            log.error("a webhook about a %s was stored and could not be processed", callback.kind or "thing that is not known")
        if outcome.changes:
            self.connection.notify(accounts=[callback.account_sid])  # here no lock is held that other webhooks wait for
        twiml = _expects_twiml(callback)
        return Received(
            200 if twiml else 204, (("Content-Type", "text/xml"),) if twiml else (), TWIML if twiml else b"",
            outcome.record, outcome.changes, outcome.duplicate, outcome.ignored, outcome.why, callback,
        )  # fmt: skip

    def _url(self, raw_target: str, headers: Headers, scheme: str, peer: str) -> str:
        """The absolute URL of a request; its path if there is a public URL, or if its host is not known."""
        if self.public_url is not None or not raw_target.startswith("/"):
            return raw_target
        host = headers.only("host")
        if self._is_proxy(peer):
            scheme = _first(headers, "x-forwarded-proto") or scheme
            host = _first(headers, "x-forwarded-host") or host
            port = _first(headers, "x-forwarded-port")
            if port and ":" not in host.rpartition("]")[2]:
                host += f":{port}"
        return f"{scheme}://{host}{raw_target}" if host else raw_target

    def _is_proxy(self, peer: str) -> bool:
        if not self._proxies:
            return False
        try:
            address = ipaddress.ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self._proxies)


def _absorb(refetch: str) -> Absorb:
    """The function that stores callbacks."""
    from importlib import import_module  # the mirror is needed once a receiver is made, and not to verify

    return partial(import_module(".absorbing", __package__).absorb, refetch=refetch, notify=False)


def _refused(status: int, why: str, *headers: tuple[str, str]) -> Received:
    return Received(status, (("Content-Type", "text/plain; charset=utf-8"), *headers), f"{why}\n".encode(), why=why)


def _expects_twiml(callback: Callback) -> bool:
    """Whether Twilio takes the response for TwiML: to an incoming message, and to a call that needs instructions."""
    if callback.kind == "message":
        return callback.get("SmsStatus") == "received" or callback.get("MessageStatus") == "received"
    return callback.kind == "call" and not callback.get("CallbackSource")


def _networks(given: Iterable[str]) -> list[Network]:
    """The networks of proxies. Raises ConfigurationError for what is none, and for one that is everybody."""
    if isinstance(given, str):
        raise ConfigurationError("trust_proxy takes a list of addresses or networks, such as ['10.0.0.0/8']")
    found = []
    for one in given:
        try:
            network = ipaddress.ip_network(one)
        except ValueError:
            raise ConfigurationError(f"trust_proxy takes IP addresses and networks such as '10.0.0.0/8', not {one!r}") from None
        if network.prefixlen == 0:
            raise ConfigurationError(
                f"trust_proxy={one!r} would trust everybody's headers: name your proxies, or use public_url="
            )
        found.append(network)
    return found


def _first(headers: Headers, name: str) -> str:
    """The first of the values that proxies have joined by commas: what the outermost one has seen."""
    return headers.only(name).partition(",")[0].strip()


def _path_of(target: str) -> str:
    """The path of a target: of a URL, what follows its host."""
    path = target.partition("#")[0].partition("?")[0]
    return path if path.startswith("/") else "/" + path.partition("://")[2].partition("/")[2]


def _query_of(target: str) -> str:
    return target.partition("#")[0].partition("?")[2]
