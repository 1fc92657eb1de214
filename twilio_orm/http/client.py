"""Sends one request over HTTP and returns its response: with :mod:`.probes`, what opens a socket. It repeats and judges nothing.

No query, body or credential reaches a log or an error. An error is created outside the ``except`` block, since the errors of
``requests`` carry the whole URL.
"""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from .._version import __version__
from ..errors import BadValue, Unreachable
from .credentials import is_loopback
from .limits import LARGEST, TOTAL, LimitedResponse, ResponseLimits, current_limits
from .messages import NoAnswer, Request, Response
from .origins import absolute, origin

if TYPE_CHECKING:
    import requests

Send = Callable[[Request], Response]
"""A function that sends a Request and returns the Response, whatever its status; it raises NoAnswer where none came."""


_in_flight: ContextVar[bool] = ContextVar("twilio_orm_request_in_flight", default=False)


def _is_foreign(_: logging.LogRecord) -> bool:
    return not _in_flight.get()


@contextmanager
def _quiet() -> Iterator[None]:
    """In the block, the loggers of urllib3 drop the records of this context: they print URLs."""
    token = _in_flight.set(True)
    try:
        yield
    finally:
        _in_flight.reset(token)


def _mute() -> None:
    # A filter works on its own logger alone, hence it is added to each of urllib3's; adding it twice adds it once.
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "urllib3":
            logging.getLogger(name).addFilter(_is_foreign)


class HttpSender:
    """A Send over HTTP, with a pool of connections for each process. Safe to share by threads.

    :param base_url: scheme, host and port, as ``resolve()`` checked them.
    :param timeout: seconds to connect, and seconds of silence while a response is awaited.
    :param total: seconds that one request may take until all of its response is there; for a file, until it begins. None for
        no limit.
    :param largest: bytes that a decompressed body may have, but for a file. None for no limit.

    Proxies and CA bundles of the environment are used; ``.netrc``, cookies and redirects are not.
    """

    def __init__(
        self,
        base_url: str = "https://api.twilio.com",
        *,
        timeout: tuple[float, float] = (3.05, 30.0),
        total: float | None = TOTAL,
        largest: int | None = LARGEST,
    ) -> None:
        self.base_url = base_url
        self._timeout, self._total, self._largest = timeout, total, largest
        # By process id: a forked child must not use its parent's sockets, nor wait for a lock that a thread of the
        # parent held. The parent's session stays here untouched.
        self._sessions: dict[int, requests.Session] = {}

    def __call__(self, request: Request) -> Response:
        """Send a request and return its response, whatever its status. Touches the network.

        :raises NoAnswer: no response came, or not all of it.
        :raises BadValue: the target is no path, or another host would see our Authorization.
        """
        session = self._session()
        with _quiet():
            prepared = self._prepared(request)
            limits = ResponseLimits(self._total, self._largest)
            response, problem = _exchange(session, prepared, request.stream, self._timeout, limits)
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
        # setdefault is atomic: of the sessions of two threads one is dropped before it has opened anything.
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
        # Not prepare(): it would re-encode the page link, and let .netrc replace our Authorization.
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url, prepared.body = request.method, url, body
        prepared.headers = requests.structures.CaseInsensitiveDict(headers)
        prepared.prepare_content_length(body)
        return prepared


class _FileChunks:
    """The body of a file in pieces. The connection is closed by close(), at the end, after a failure, and when collected."""

    def __init__(self, raw: requests.Response) -> None:
        self._raw = raw
        # Not decompressed: urllib3 does not say whether a compressed stream is complete.
        self._pieces: Iterator[bytes] = raw.raw.stream(65536, decode_content=False)

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
        session.mount(scheme, _adapter()(pool_maxsize=32))
    _mute()
    return session


def _exchange(
    session: requests.Session,
    prepared: requests.PreparedRequest,
    stream: bool,
    timeout: tuple[float, float],
    limits: ResponseLimits,
) -> tuple[Response | None, NoAnswer | None]:
    """The response or the error. The error is returned, so that nothing is raised while its cause is being handled."""
    token = current_limits.set(limits)
    try:
        environment = _environment(session, prepared.url or "")
        # Not session.send(): it keeps cookies, and prepares the request that follows a redirect, which we may refuse.
        raw = session.get_adapter(prepared.url or "").send(prepared, timeout=timeout, **environment)
        raw.raw.enforce_content_length = True  # the default only since urllib3 2
        if stream and 200 <= raw.status_code < 300:
            limits.until = None  # a file may take any time once it has begun
            return Response(raw.status_code, raw.headers, chunks=_FileChunks(raw)), None
        try:
            body = limits.body(raw.raw)
        except NoAnswer:
            raw.raw.close()  # the rest of it is not read
            raise
        return Response(raw.status_code, raw.headers, body), None
    except NoAnswer as found:
        return None, found.with_traceback(None)
    except _failures() as error:
        problem = _problem(error)
        return None, (limits.timed_out() if problem.sent else None) or problem
    finally:
        current_limits.reset(token)


@lru_cache(maxsize=1)
def _adapter() -> Any:
    """The adapter class of ``requests`` whose connections make a LimitedResponse of each response."""
    import requests
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

    pools = {}
    for scheme, kind in (("http", HTTPConnectionPool), ("https", HTTPSConnectionPool)):
        connection = type(kind.ConnectionCls.__name__, (kind.ConnectionCls,), {"response_class": LimitedResponse})
        pools[scheme] = type(kind.__name__, (kind,), {"ConnectionCls": connection})

    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *args: Any, **words: Any) -> None:
            super().init_poolmanager(*args, **words)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, *args: Any, **words: Any) -> Any:
            manager = super().proxy_manager_for(*args, **words)
            manager.pool_classes_by_scheme = pools
            return manager

    return Adapter


# ---------------------------------------------------------------- errors


def _environment(session: requests.Session, url: str) -> dict[str, Any]:
    """The proxies and certificates that the environment names, as ``requests`` takes them."""
    target = origin(url)
    local = target is not None and is_loopback(target[1])
    if local and url.startswith("http:"):
        return {"proxies": {}, "stream": True, "verify": True, "cert": None}
    settings: Any = session.merge_environment_settings(url, {}, True, None, None)
    return {**settings, "proxies": {}} if local else dict(settings)  # a proxy would take our credentials off this machine


def _failures() -> tuple[type[Exception], ...]:
    from urllib3.exceptions import HTTPError

    return OSError, HTTPException, HTTPError, ValueError  # requests' own are OSErrors


# Errors of OpenSSL while a connection is being made: nothing of the request was sent.
_HANDSHAKE = frozenset({
    "CERTIFICATE_VERIFY_FAILED", "HTTP_REQUEST", "NO_PROTOCOLS_AVAILABLE", "SSLV3_ALERT_HANDSHAKE_FAILURE",
    "TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "WRONG_VERSION_NUMBER",
})  # fmt: skip


def _problem(error: Exception) -> NoAnswer:
    """The NoAnswer for an error, without its text, which holds the URL; ``sent`` unless there is proof that it was not."""
    from urllib3 import exceptions as u

    inside = list(_inside(error))
    kind = type(inside[-1]).__name__
    if any(isinstance(one, (u.ConnectTimeoutError, u.ClosedPoolError)) or _is_tunnel_failure(one) for one in inside):
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
    """An error and those that it wraps; not its __context__, which may be an older error of the caller."""
    yield error
    for one in (*error.args, getattr(error, "reason", None)):
        if isinstance(one, BaseException):
            yield from _inside(one)


def _is_tunnel_failure(error: BaseException) -> bool:
    return isinstance(error, OSError) and str(error).startswith("Tunnel connection failed")
