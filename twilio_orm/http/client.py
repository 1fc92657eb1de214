"""Request -> Response over HTTP: the only module that opens a socket. It repeats nothing and judges nothing.

No query, body or credential reaches a log or an error: errors are made anew, outside the ``except`` block, since
those of ``requests`` carry the whole URL.
"""

from __future__ import annotations

import io
import logging
import os
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from .._version import __version__
from ..errors import BadValue, Unreachable
from .credentials import is_loopback
from .messages import Request, Response
from .origins import absolute, origin

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


TOTAL = 300.0
"""Seconds that one request may take, its answer included."""
LARGEST = 64 * 2**20
"""Bytes that an answer's body may have once it is decompressed. A page of 1,000 records has about two million."""
PIECE = 2**20
"""Bytes that are read at a time of an answer that does not say how long it is."""
PARTS = 16
"""Compressed streams that one body may be made of."""

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
    :param total: seconds that one request may take until all of its answer is there; of a file, until it begins. None for any.
    :param largest: bytes that the body of an answer may have, decompressed, but that of a file. None for any.

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
            limit = Limit(self._total, self._largest)
            response, problem = _exchange(session, prepared, request.stream, self._timeout, limit)
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
        # As they are sent: whether a compressed stream is whole, urllib3 does not say.
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
    session: requests.Session, prepared: requests.PreparedRequest, stream: bool, timeout: tuple[float, float], limit: Limit
) -> tuple[Response | None, NoAnswer | None]:
    """One of the two: the error is returned, so that nothing is raised while its cause is being handled."""
    token = _limit.set(limit)
    try:
        environment = _environment(session, prepared.url or "")
        # Not session.send(): it keeps cookies, and prepares the next request of a redirect that we may refuse.
        raw = session.get_adapter(prepared.url or "").send(prepared, timeout=timeout, **environment)
        raw.raw.enforce_content_length = True  # the default only since urllib3 2
        if stream and 200 <= raw.status_code < 300:
            limit.until = None  # a file takes as long as it takes
            return Response(raw.status_code, raw.headers, chunks=_Chunks(raw)), None
        try:
            body = limit.body(raw.raw)
        except NoAnswer:
            raw.raw.close()  # the rest of it is not read
            raise
        return Response(raw.status_code, raw.headers, body), None
    except NoAnswer as found:
        return None, found.with_traceback(None)
    except _failures() as error:
        problem = _problem(error)
        return None, (limit.passed() if problem.sent else None) or problem
    finally:
        _limit.reset(token)


# ---------------------------------------------------------------- limits


class Limit:
    """How long one request may take and how large its answer may be.

    ``until`` is the moment by which all of it has to be there, None where there is none.
    """

    def __init__(self, total: float | None, largest: int | None) -> None:
        self.total, self.largest = total, largest
        self.until = None if total is None else time.monotonic() + total

    def left(self) -> float | None:
        """Seconds until then, 0 where it has passed; None for any time."""
        return None if self.until is None else max(self.until - time.monotonic(), 0.0)

    def passed(self) -> NoAnswer | None:
        """The error for a request that takes too long, if it did."""
        if self.left() != 0.0:
            return None
        return NoAnswer(
            f"not all of the answer came within {self.total:g} seconds; connect(total_timeout=…) allows more", again=False
        )

    def body(self, raw: Any) -> bytes:
        """The body of an answer, decompressed. Touches the network; raises NoAnswer, and what urllib3 raises."""
        encodings = [one.strip().lower() for one in (raw.headers.get("content-encoding") or "").split(",")]
        told = (raw.headers.get("content-length") or "").strip()
        if told.isascii() and told.isdigit():
            self.check(int(told))
            body: bytes = raw.read(decode_content=False)  # at one go: a page has two megabytes
        else:
            body = self._pieces(raw)
        for encoding in reversed([one for one in encodings if one not in ("", "identity")] if body else []):
            body = self.decompressed(body, encoding)
        return body

    def _pieces(self, raw: Any) -> bytes:
        """The body of an answer that does not say how long it is."""
        pieces, size = [], 0
        while piece := raw.read(PIECE, decode_content=False):
            pieces.append(piece)
            size += len(piece)
            self.check(size)
        return b"".join(pieces)

    def check(self, size: int) -> None:
        """Refuse a body of more bytes. Raises NoAnswer."""
        if self.largest is not None and size > self.largest:
            words = f"the answer has more than {self.largest:,} bytes; connect(max_body_bytes=…) allows more"
            raise NoAnswer(words, again=False)

    def decompressed(self, body: bytes, encoding: str) -> bytes:
        """A compressed body as it was. Raises NoAnswer."""
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise NoAnswer("the answer is compressed in a way that was not asked for", again=False)
        made: list[bytes] = []
        for _ in range(PARTS):  # gzip may have several
            part, whole = _inflated(body, encoding, None if self.largest is None else self.largest + 1 - sum(map(len, made)))
            made.append(part)
            self.check(sum(map(len, made)))
            if whole is None:
                break
            if not whole:
                return b"".join(made)
            body = whole
        raise NoAnswer("the compressed answer is damaged, or was cut")


def _inflated(body: bytes, encoding: str, most: int | None) -> tuple[bytes, bytes | None]:
    """The first part of a compressed body, at most so many bytes of it, and what follows it; None where it does not end."""
    import zlib

    wrapped = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    inflating = zlib.decompressobj(31 if encoding != "deflate" else 15 if wrapped else -15)
    try:
        part = inflating.decompress(body, 0 if most is None else max(most, 1))
    except zlib.error:
        return b"", None
    return part, inflating.unused_data.lstrip(b"\0") if inflating.eof else None


_limit: ContextVar[Limit | None] = ContextVar("twilio_orm_limit", default=None)


class _Timed(io.RawIOBase):
    """What a socket brings, until a moment that no byte puts off: silence alone is what a socket's own timeout measures."""

    def __init__(self, sock: Any, limit: Limit) -> None:
        self._sock, self._raw, self._limit = sock, sock.makefile("rb", buffering=0), limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left, silence = self._limit.left(), self._sock.gettimeout()
        if left is None:
            return self._raw.readinto(buffer)  # type: ignore[no-any-return]
        if left == 0.0:
            raise TimeoutError
        try:
            self._sock.settimeout(left if silence is None else min(left, silence))
            return self._raw.readinto(buffer)  # type: ignore[no-any-return]
        finally:
            self._sock.settimeout(silence)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    """An answer that is read within the limit of this context, from its first byte."""

    def __init__(self, sock: Any, *args: Any, **words: Any) -> None:
        super().__init__(sock, *args, **words)
        limit = _limit.get()
        if limit is not None:
            self.fp.close()
            self.fp = io.BufferedReader(_Timed(sock, limit))


@lru_cache(maxsize=1)
def _adapter() -> Any:
    """An adapter of requests' whose connections make such answers."""
    import requests
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

    pools = {}
    for scheme, kind in (("http", HTTPConnectionPool), ("https", HTTPSConnectionPool)):
        connection = type(kind.ConnectionCls.__name__, (kind.ConnectionCls,), {"response_class": _Answer})
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


# ---------------------------------------------------------------- what went wrong


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
