"""Request -> Response over HTTP: the only module that opens a socket. It repeats nothing and judges nothing.

No query, body or credential reaches a log or an error: errors are made anew, outside the ``except`` block, since
those of ``requests`` carry the whole URL.
"""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ._version import __version__
from .addresses import absolute, origin
from .credentials import is_loopback
from .errors import BadValue, Unreachable
from .wire import Request, Response

if TYPE_CHECKING:
    import requests

Send = Callable[[Request], Response]
"""A transport is a function: it takes a Request and returns the Response, whatever its status."""


class NoAnswer(Unreachable):
    """What a Send raises when no whole answer came; Transport makes the final error of it.

    ``sent`` is False where the request provably never left; ``again`` is False where repeating cannot help.
    """

    def __init__(self, why: str, *, sent: bool = True, again: bool = True) -> None:
        super().__init__(why)
        self.sent = sent
        self.again = again


_ours: ContextVar[bool] = ContextVar("twilio_orm_request_in_flight", default=False)


def _not_ours(_: logging.LogRecord) -> bool:
    return not _ours.get()


@contextmanager
def _quiet() -> Iterator[None]:
    """While one of ours is under way in this context, urllib3's loggers (they print URLs) drop records."""
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


def _mute() -> None:
    # A filter works on the one logger that it is on, hence all of urllib3's; adding it twice adds it once.
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "urllib3":
            logging.getLogger(name).addFilter(_not_ours)


class HttpSender:
    """A Send over HTTP, with a pool of connections for each process. Safe to share by threads.

    :param base_url: scheme, host and port, as ``resolve()`` checked them.
    :param timeout: seconds to connect, and seconds of silence while an answer is awaited.

    Proxies and CA bundles of the environment are used; ``.netrc``, cookies and redirects are not.
    """

    def __init__(self, base_url: str = "https://api.twilio.com", *, timeout: tuple[float, float] = (3.05, 30.0)) -> None:
        self.base_url = base_url
        self._timeout = timeout
        # By process id: a forked child must not speak on its parent's sockets, nor wait for a lock that a
        # thread of the parent held. The parent's session stays here untouched.
        self._sessions: dict[int, requests.Session] = {}

    def __call__(self, request: Request) -> Response:
        """The answer, whatever its status. Touches the network.

        :raises NoAnswer: none came, or not all of it.
        :raises BadValue: the target is no path, or would show our Authorization to another host.
        """
        session = self._session()
        with _quiet():
            prepared = self._prepared(request)
            response, problem = _exchange(session, prepared, request.stream, self._timeout)
        if response is None:
            raise problem or NoAnswer("no answer")
        return response

    def close(self) -> None:
        """Close this process's connections; a later request opens new ones."""
        session = self._sessions.pop(os.getpid(), None)
        if session is not None:
            session.close()

    def __enter__(self) -> HttpSender:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _session(self) -> requests.Session:
        pid = os.getpid()
        # setdefault is atomic: of two threads' sessions one is dropped, before it has opened anything.
        return self._sessions.get(pid) or self._sessions.setdefault(pid, _new_session())

    def _prepared(self, request: Request) -> requests.PreparedRequest:
        import requests

        url = absolute(self.base_url, request.target)
        headers = {
            "User-Agent": f"twilio_orm/{__version__}",
            "Accept": "*/*" if request.stream else "application/json",
            "Accept-Encoding": "identity" if request.stream else "gzip, deflate",
            **dict(request.headers),
        }
        if origin(url) != origin(self.base_url) and "authorization" in map(str.lower, headers):
            raise BadValue("our Authorization is for our own host only")
        body = urlencode(request.form).encode("ascii") if request.form else None
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        # By hand: prepare() would re-encode the page link, and let .netrc replace our Authorization.
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url, prepared.body = request.method, url, body
        prepared.headers = requests.structures.CaseInsensitiveDict(headers)
        prepared.prepare_content_length(body)
        return prepared


class _Chunks:
    """A body in pieces; close() gives its connection up, and so do its end, a failure, and being forgotten."""

    def __init__(self, raw: requests.Response) -> None:
        self._raw = raw
        self._pieces: Iterator[bytes] = raw.iter_content(65536)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece, problem = b"", None
        try:
            with _quiet():
                piece = next(self._pieces, b"")
        except _failures() as error:
            problem = _problem(error)
        if not piece:
            self.close()
            raise StopIteration if problem is None else Unreachable(f"the file broke off: {problem}")
        return piece

    def close(self) -> None:
        with _quiet():
            self._raw.close()


def _new_session() -> requests.Session:
    import requests

    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=32))
    _mute()
    return session


def _exchange(
    session: requests.Session, prepared: requests.PreparedRequest, stream: bool, timeout: tuple[float, float]
) -> tuple[Response | None, NoAnswer | None]:
    """One of the two: the error is returned, so that nothing is raised while its cause is being handled."""
    try:
        environment = _environment(session, prepared.url or "")
        # Not session.send(): it keeps cookies, and prepares the next request of a redirect that we may refuse.
        raw = session.get_adapter(prepared.url or "").send(prepared, timeout=timeout, **environment)
        raw.raw.enforce_content_length = True  # the default only since urllib3 2
        if stream and 200 <= raw.status_code < 300:
            return Response(raw.status_code, raw.headers, chunks=_Chunks(raw)), None
        # At one go: requests' own .content reads ten kilobytes at a time, and a page has two megabytes.
        return Response(raw.status_code, raw.headers, raw.raw.read(decode_content=True)), None
    except _failures() as error:
        return None, _problem(error)


def _environment(session: requests.Session, url: str) -> dict[str, Any]:
    """What the environment says of proxies and certificates."""
    there = origin(url)
    local = there is not None and is_loopback(there[1])
    if local and url.startswith("http:"):
        return {"proxies": {}, "stream": True, "verify": True, "cert": None}
    told: Any = session.merge_environment_settings(url, {}, True, None, None)
    return {**told, "proxies": {}} if local else dict(told)  # a proxy would take our credentials off this machine


def _failures() -> tuple[type[Exception], ...]:
    from urllib3.exceptions import HTTPError

    return OSError, HTTPException, HTTPError, ValueError  # requests' own are OSErrors


# What OpenSSL says while a connection is being made, hence before anything of ours is sent.
_HANDSHAKE = frozenset({
    "CERTIFICATE_VERIFY_FAILED", "HTTP_REQUEST", "NO_PROTOCOLS_AVAILABLE", "SSLV3_ALERT_HANDSHAKE_FAILURE",
    "TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "WRONG_VERSION_NUMBER",
})  # fmt: skip


def _problem(error: Exception) -> NoAnswer:
    """What went wrong, without its words, which hold the URL; sent unless there is proof that it was not."""
    from urllib3 import exceptions as u

    inside = list(_inside(error))
    kind = type(inside[-1]).__name__
    if any(isinstance(one, (u.ConnectTimeoutError, u.ClosedPoolError)) or _untunnelled(one) for one in inside):
        return NoAnswer(f"no connection could be made ({kind})", sent=False)
    for one in inside:
        if isinstance(one, ssl.SSLError) and one.reason in _HANDSHAKE:
            return NoAnswer(f"TLS failed ({one.reason}); see REQUESTS_CA_BUNDLE", sent=False, again=False)
    if any(isinstance(one, u.ReadTimeoutError) for one in inside):
        return NoAnswer("no answer in time")
    answered = any(isinstance(one, u.InvalidHeader) for one in inside)
    if not answered and (isinstance(error, ValueError) or type(error) is OSError):
        return NoAnswer(f"address, proxy or CA bundle cannot be used ({kind})", sent=False, again=False)
    return NoAnswer(f"the connection broke off ({kind})")


def _inside(error: BaseException) -> Iterator[BaseException]:
    """An error and those that it wraps. Not its __context__: that may be the caller's own, older trouble."""
    yield error
    for one in (*error.args, getattr(error, "reason", None)):
        if isinstance(one, BaseException):
            yield from _inside(one)


def _untunnelled(error: BaseException) -> bool:
    return isinstance(error, OSError) and str(error).startswith("Tunnel connection failed")
