"""Request -> Response: the only module that opens a socket; it knows paths and bytes, and no model.

A transport is a function: a ``Send`` takes a Request and returns the Response, whatever its status, or raises
because none came. ``HttpSender`` is one, a fake's ``send`` another. ``Transport`` stands on top of either:
it signs, counts, repeats what may be repeated, and returns successes only.

A GET or DELETE is repeated after 429, 5xx and every kind of lost answer; anything else only after a 429,
or when it provably never left. No query, body or credential reaches a log or an error: errors are made anew,
outside the ``except`` block, since those of ``requests`` carry the whole URL.
"""

from __future__ import annotations

import logging
import os
import random
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

from ._version import __version__
from .credentials import Credentials, is_loopback
from .errors import ApiError, BadValue, Offline, OutcomeUnknown, ServerError, Unreachable, judge
from .wire import Request, Response

if TYPE_CHECKING:
    import requests

Send = Callable[[Request], Response]

REPEATABLE = frozenset({"GET", "HEAD", "DELETE"})
PATIENCE = 60.0  # seconds: whoever asks us to wait longer gets an error instead
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0  # seconds, before jitter
REDIRECTS = 5

log = logging.getLogger("twilio_orm")
log.addHandler(logging.NullHandler())


class NoAnswer(Unreachable):
    """What a Send raises when no whole answer came; Transport makes the final error of it.

    ``sent`` is False where the request provably never left; ``again`` is False where repeating cannot help.
    """

    def __init__(self, why: str, *, sent: bool = True, again: bool = True) -> None:
        super().__init__(why)
        self.sent = sent
        self.again = again


# ---------------------------------------------------------------- Transport: sign, count, repeat, judge


class Transport:
    """A Send that returns only 2xx, and raises from the tree of ``errors`` otherwise. Threads may share it.

    :param send: what carries a request; it never sees a retry, and its answers may have any status.
    :param authorization: the header, name and value, of every request to ``base_url``'s host.
    :param base_url: the host that may see it; page links and redirects are compared with it.
    :param retries: tries in all, 1 or more.
    :param observers: each is called with a Request just before it is sent, and may raise to stop it.
    :param sleep: takes seconds. :param rand: gives 0 to 1, the jitter. :param clock: gives seconds, to log.

    ``requests`` is the number of requests sent so far, with every try and redirect; ``observers`` is a list.
    """

    def __init__(
        self,
        send: Send,
        *,
        authorization: tuple[str, str] | None = None,
        base_url: str = "https://api.twilio.com",
        retries: int = 5,
        observers: Iterable[Callable[[Request], None]] = (),
        sleep: Callable[[float], None] = time.sleep,
        rand: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if retries < 1:
            raise BadValue(f"retries is the number of tries in all, 1 or more, not {retries}")
        self.base_url = base_url
        self.observers = list(observers)
        self.requests = 0
        self._send, self._authorization, self._retries = send, authorization, retries
        self._sleep, self._rand, self._clock = sleep, rand, clock
        self._lock = threading.Lock()
        self._worked = False  # whether these credentials have been accepted in this process

    def __call__(self, request: Request) -> Response:
        """The 2xx answer to ``request``; ``chunks`` instead of a body where it asks for a stream.

        :raises ApiError: Twilio's answer is no; a redirect is one too, and is never followed.
        :raises OutcomeUnknown: a write left and no whole answer came.
        :raises Unreachable: no whole answer came, and nothing was changed.
        """
        return _checked(request, self._deliver(self._signed(request)))

    def media(self, request: Request) -> Response:
        """The file at ``request``'s path (or absolute URL), streamed, through at most 5 redirects.

        Other hosts never see our Authorization, and once a file has led there it is not shown again.

        :raises ApiError: an answer is no, or a redirect leads to plain http or nowhere. Else as a call.
        """
        at, bare = _absolute(self.base_url, request.target), False
        status = 0
        for _ in range(REDIRECTS + 1):
            bare = bare or _origin(at) != _origin(self.base_url)
            if bare and not _safe(at, self.base_url):
                raise _refused("the file's address is not https, and is refused", request, status)
            hop = replace(request, method="GET", target=at if bare else _tail(at), form=(), stream=True)
            response = self._deliver(hop if bare else self._signed(hop))
            status, location = response.status, response.headers.get("location")
            if status not in (301, 302, 303, 307, 308) or not location:
                return _checked(hop, response)
            at = _joined(at, location)
        raise _refused(f"more than {REDIRECTS} redirects lead to the file", request, status)

    def close(self) -> None:
        """Close what ``send`` holds open, if anything."""
        getattr(self._send, "close", lambda: None)()

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _signed(self, request: Request) -> Request:
        if self._authorization is None:
            return request
        return replace(request, headers=(*request.headers, self._authorization))

    def _deliver(self, request: Request) -> Response:
        """The last answer of as many tries as make sense, whatever its status; raises where none came."""
        past: list[Response | NoAnswer] = []
        while True:
            past.append(self._once(request))
            pause = self._pause(request, past)
            if pause is None:
                return _settled(request, past)
            self._sleep(pause)

    def _once(self, request: Request) -> Response | NoAnswer:
        for observe in tuple(self.observers):
            observe(request)
        with self._lock:
            self.requests += 1
        start = self._clock()
        outcome = _try(self._send, request)
        word = outcome if isinstance(outcome, NoAnswer) else outcome.status
        log.debug("%s %s: %s in %d ms", request.method, request.path, word, 1000 * (self._clock() - start))
        if isinstance(outcome, Response) and outcome.status < 300 and self._authorization in request.headers:
            self._worked = True
        return outcome

    def _pause(self, request: Request, past: list[Response | NoAnswer]) -> float | None:
        """Seconds until the next try, or None for no more."""
        if len(past) >= self._retries or not _again(request, past, self._worked):
            return None
        last = past[-1]
        asked = (last.retry_after() if isinstance(last, Response) else None) or 0.0
        if asked > PATIENCE:
            return None
        # Jitter comes on top of what was asked, or all who were told "1 second" would come back together.
        return asked + self._rand() * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (len(past) - 1))


def connect_transport(
    credentials: Credentials,
    *,
    send: Send | None = None,
    timeout: tuple[float, float] = (3.05, 30.0),
    retries: int = 5,
    sleep: Callable[[float], None] = time.sleep,
) -> Transport:
    """One account's transport: authorise -> retry -> ``send``, or HTTP where none is given. Sends nothing.

    :param timeout: seconds to connect, and seconds of silence; for HTTP. Else as Transport.
    """
    return Transport(
        send or HttpSender(credentials.base_url, timeout=timeout),
        authorization=basic(credentials),
        base_url=credentials.base_url,
        retries=retries,
        sleep=sleep,
    )


def basic(credentials: Credentials) -> tuple[str, str]:
    """The header of HTTP Basic authentication, name and value."""
    pair = f"{credentials.username}:{credentials.password}".encode()
    return "Authorization", "Basic " + b64encode(pair).decode("ascii")


def page_request(uri: str, base_url: str) -> Request:
    """A page link of a payload as the GET that follows it to the letter. Sends nothing.

    :param uri: path and query, or an absolute URL of ``base_url``'s scheme, host and port.
    :raises ApiError: the link leads anywhere else.
    """
    if isinstance(uri, str) and uri.isascii() and uri.isprintable() and " " not in uri:
        uri = uri.partition("#")[0]
        if uri.startswith("/") and not uri.startswith("//"):
            return Request("GET", uri)
        if "://" in uri and _origin(uri) == _origin(base_url):
            return Request("GET", _tail(uri))
    raise ApiError("the link to the next page leaves Twilio's host, and is refused", method="GET")


# ---------------------------------------------------------------- judgement: pure


def _again(request: Request, past: list[Response | NoAnswer], worked: bool) -> bool:
    last, repeatable = past[-1], request.method in REPEATABLE
    if isinstance(last, NoAnswer):
        return last.again and (repeatable or not last.sent)
    if last.status == 429:  # never processed
        return True
    if last.status == 401:  # Twilio's edge refuses good credentials now and then: once is forgiven
        before = [one for one in past[:-1] if isinstance(one, Response) and one.status == 401]
        return request.method == "GET" and worked and not before
    return repeatable and last.status >= 500


def _settled(request: Request, past: list[Response | NoAnswer]) -> Response:
    last = past[-1]
    perhaps_done = any(one.sent if isinstance(one, NoAnswer) else one.status >= 500 for one in past)
    if isinstance(last, NoAnswer):
        raise _lost(request, last, len(past), perhaps_done)
    if request.method == "DELETE" and last.status == 404 and perhaps_done:
        return Response(204)  # an earlier try deleted it, and only its answer was lost
    return last


def _lost(request: Request, last: NoAnswer, tries: int, perhaps_done: bool) -> Unreachable:
    what = f"{request.method} {request.path}: {last} ({tries} {'try' if tries == 1 else 'tries'})"
    if request.method in ("GET", "HEAD") or not perhaps_done:
        return Unreachable(f"no answer to {what}; nothing was changed")
    if request.method == "DELETE":
        return OutcomeUnknown(f"no answer to {what}; it may be gone already, and asking again is safe")
    return OutcomeUnknown(f"no answer to {what}; it may have happened: look it up before sending it again")


def _checked(request: Request, response: Response) -> Response:
    error = judge(request, response)
    if error is None:
        return response
    if isinstance(error, ServerError) and request.method not in ("GET", "HEAD"):
        error.message += "; it may have happened all the same: look it up before sending it again"
        error.args = (error.message,)
    raise error


def _refused(why: str, request: Request, status: int) -> ApiError:
    return ApiError(why, status=status, method="GET", path=request.path)


def _whole(request: Request, response: Response) -> bool:
    """Whether a success is all there: what should be JSON parses. (Its exception would hold the body.)"""
    if response.chunks is not None or response.status == 204 or request.method in ("HEAD", "DELETE"):
        return True
    if not request.path.endswith(".json"):
        return True
    try:
        response.json()
    except (ValueError, RecursionError):
        return False
    return True


def _try(send: Send, request: Request) -> Response | NoAnswer:
    try:
        response = send(request)
    except Exception as error:
        problem = _no_answer(error)
        if problem is None:
            raise
        return problem
    if 200 <= response.status < 300 and not _whole(request, response):
        return NoAnswer("the answer was cut, or is no JSON")
    return response


def _no_answer(error: Exception) -> NoAnswer | None:
    """A Send's exception as the loss of an answer, or None where it is something else (Offline, a bug)."""
    if isinstance(error, NoAnswer):
        return error
    if isinstance(error, Offline) or not (isinstance(error, (OSError, HTTPException)) or hasattr(error, "sent")):
        return None
    sent = getattr(error, "sent", not isinstance(error, ConnectionRefusedError))
    return NoAnswer(type(error).__name__, sent=bool(sent))


# ---------------------------------------------------------------- addresses


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else None
    except ValueError:
        return None


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None, which is no base URL's, where they are missing or a user is named."""
    parts = _split(url)
    if parts is None or not parts.hostname or "@" in parts.netloc or "\\" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)


def _tail(url: str) -> str:
    """An absolute URL's path and query, to the letter."""
    rest = url.partition("://")[2].partition("#")[0]
    start = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    return rest[start:] if rest[start : start + 1] == "/" else "/" + rest[start:]


def _absolute(base_url: str, target: str) -> str:
    """Where a target leads. What is neither path nor URL could lengthen the base's host, and is refused."""
    if target.startswith("/"):
        return base_url + target
    if target.startswith(("https://", "http://")):
        return target
    raise BadValue("a request's target must start with / (or be an absolute URL)")


def _joined(at: str, location: str) -> str:
    try:
        return urljoin(at, location)
    except ValueError:
        return ""


def _safe(url: str, base_url: str) -> bool:
    """https; or plain http between servers of this machine, as in tests."""
    origin, base = _origin(url), _origin(base_url)
    if origin is None or base is None:
        return False
    return origin[0] == "https" or (origin[0] == "http" and is_loopback(origin[1]) and is_loopback(base[1]))


# ---------------------------------------------------------------- HTTP, without a word to anyone's log

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

    def __init__(
        self, base_url: str = "https://api.twilio.com", *, timeout: tuple[float, float] = (3.05, 30.0)
    ) -> None:
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

        url = _absolute(self.base_url, request.target)
        headers = {
            "User-Agent": f"twilio_orm/{__version__}",
            "Accept": "*/*" if request.stream else "application/json",
            "Accept-Encoding": "identity" if request.stream else "gzip, deflate",
            **dict(request.headers),
        }
        if _origin(url) != _origin(self.base_url) and "authorization" in map(str.lower, headers):
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
        environment: Any = session.merge_environment_settings(prepared.url or "", {}, True, None, None)
        # Not session.send(): it keeps cookies, and prepares the next request of a redirect that we may refuse.
        raw = session.get_adapter(prepared.url or "").send(prepared, timeout=timeout, **environment)
        raw.raw.enforce_content_length = True  # the default only since urllib3 2
        if stream and 200 <= raw.status_code < 300:
            return Response(raw.status_code, raw.headers, chunks=_Chunks(raw)), None
        return Response(raw.status_code, raw.headers, raw.content), None
    except _failures() as error:
        return None, _problem(error)


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
