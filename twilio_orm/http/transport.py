"""Signs, repeats, counts and judges what a ``Send`` carries; it opens no socket itself, and knows no model.

``HttpSender`` is a Send, a fake's ``send`` another. ``Transport`` stands on top of either and returns successes only.
A GET or DELETE is repeated after 429, 5xx and every kind of lost answer; anything else only after a 429, or when it
provably never left. After a 429 all who share the transport wait together, since Twilio counts an account's requests at once.
"""

from __future__ import annotations

import logging
import random
import time
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from http.client import HTTPException

from .. import _forks
from .._secret import Masked
from ..errors import ApiError, BadValue, Offline, OutcomeUnknown, ServerError, Unreachable, switched_off
from ..schema.clocks import Clock
from ..schema.exact_json import JSON_ERRORS
from .budget import spend
from .client import LARGEST, TOTAL, HttpSender, NoAnswer, Send
from .credentials import Credentials
from .messages import Request, Response
from .origins import absolute, joined, origin, safe, tail
from .status import judge

REPEATABLE = frozenset({"GET", "HEAD", "DELETE"})
PATIENCE = 60.0  # seconds: whoever asks us to wait longer gets an error instead
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0  # seconds, before jitter
SPREAD = 0.25  # seconds over which those who waited together leave again
REDIRECTS = 5

log = logging.getLogger("twilio_orm")
log.addHandler(logging.NullHandler())


# ---------------------------------------------------------------- Transport: sign, count, repeat, judge


class Transport:
    """A Send that returns only 2xx, and raises from the tree of ``errors`` otherwise. Threads may share it.

    :param send: what carries a request; it never sees a retry, and its answers may have any status.
    :param authorization: the header, name and value, of every request to ``base_url``'s host.
    :param base_url: the host that may see it; page links and redirects are compared with it.
    :param retries: tries in all, 1 or more.
    :param observers: each is called with a Request just before it is sent, and may raise to stop it.
    :param sleep: takes seconds. :param rand: gives 0 to 1, the jitter. :param clock: gives seconds, of no known beginning.
    :param time: what the ``Date`` of answers is told to; this machine's clock and theirs unless said.

    ``requests`` is the number of requests sent so far, with every try and redirect, ``throttled`` how many of them were
    answered 429; ``observers`` is a list. ``time`` says what time it is at Twilio.
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
        time: Clock | None = None,
    ) -> None:
        if retries < 1:
            raise BadValue(f"retries is the number of tries in all, 1 or more, not {retries}")
        self.base_url = base_url
        self.observers = list(observers)
        self.requests = 0
        self.throttled = 0
        self.time = time or Clock()
        self._resume = 0.0  # the moment of the clock before which nobody sends
        self._send, self._retries = send, retries
        self._authorization = None if authorization is None else (authorization[0], Masked(authorization[1]))
        self._sleep, self._rand, self._clock = sleep, rand, clock
        self._lock = _forks.lock()
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
        at, bare = absolute(self.base_url, request.target), False
        status = 0
        for _ in range(REDIRECTS + 1):
            bare = bare or origin(at) != origin(self.base_url)
            if bare and not safe(at, self.base_url):
                raise _refused("the file's address is not https, and is refused", request, status)
            hop = replace(request, method="GET", target=at if bare else tail(at), form=(), stream=True)
            response = self._deliver(hop if bare else self._signed(hop))
            status, location = response.status, response.headers.get("location")
            if status not in (301, 302, 303, 307, 308) or not location:
                return _checked(hop, response)
            at = joined(at, location)
        raise _refused(f"more than {REDIRECTS} redirects lead to the file", request, status)

    @property
    def skew(self) -> timedelta | None:
        """How far Twilio's clock is ahead of ours, by answers that agree (0 within two seconds); None before any."""
        return self.time.skew

    def rest(self, seconds: float) -> None:
        """Wait this many seconds, in the way that this transport waits."""
        self._sleep(seconds)

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
        waited = 0.0
        while True:
            self._hold(waited)
            past.append(self._once(request))
            pause = self._pause(request, past)
            self._note(request, past[-1], pause)
            if pause is None:
                return _settled(request, past)
            waited = self._clock() + pause
            self._sleep(pause)

    def _hold(self, waited: float) -> None:
        """Wait while somebody has been told to, unless this request has ``waited`` for as long already."""
        while (until := self._resume) > waited:
            waited, pause = until, until - self._clock()
            if pause > 0:
                self._sleep(pause + self._rand() * SPREAD)

    def _note(self, request: Request, outcome: Response | NoAnswer, pause: float | None) -> None:
        """What an answer of Twilio's own says to all of us: the time, and to wait."""
        if isinstance(outcome, NoAnswer) or not request.target.startswith("/"):  # a file's storage has its own mind
            return
        self.time.hear(outcome.headers.get("date", ""))
        if outcome.status == 429:
            with self._lock:
                self.throttled += 1
                self._resume = max(self._resume, self._clock() + (pause or 0.0))

    def _once(self, request: Request) -> Response | NoAnswer:
        for observe in tuple(self.observers):
            observe(request)
        spend(f"{request.method} {request.path}")
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


class OfflineTransport(Transport):
    """The transport of a connection that was opened without the network: it sends nothing, and raises Offline.

    :param base_url: the host that the mirror's records are of. :param own: the clock given by the user, if any.
    """

    def __init__(self, base_url: str, own: Callable[[], datetime] | None = None) -> None:
        super().__init__(HttpSender(base_url), base_url=base_url, time=Clock(own))

    def _deliver(self, request: Request) -> Response:
        raise switched_off(f"{request.method} {request.path}")


def connect_transport(
    credentials: Credentials,
    *,
    send: Send | None = None,
    timeout: tuple[float, float] = (3.05, 30.0),
    total: float | None = TOTAL,
    largest: int | None = LARGEST,
    retries: int = 5,
    sleep: Callable[[float], None] = time.sleep,
    own: Callable[[], datetime] | None = None,
) -> Transport:
    """One account's transport: authorise -> retry -> ``send``, or HTTP where none is given. Sends nothing.

    :param timeout: seconds to connect, and seconds of silence; ``total`` and ``largest``: see HttpSender.
    :param own: the clock given by the user, if any. Else as Transport.
    """
    return Transport(
        send or HttpSender(credentials.base_url, timeout=timeout, total=total, largest=largest),
        authorization=basic(credentials),
        base_url=credentials.base_url,
        retries=retries,
        sleep=sleep,
        time=Clock(own),
    )


def basic(credentials: Credentials) -> tuple[str, str]:
    """The header of HTTP Basic authentication, name and value."""
    return "Authorization", Masked(
        "Basic " + b64encode(f"{credentials.username}:{credentials.password.reveal()}".encode()).decode()
    )


def page_request(uri: str, base_url: str) -> Request:
    """A page link of a payload as the GET that follows it to the letter. Sends nothing.

    :param uri: path and query, or an absolute URL of ``base_url``'s scheme, host and port.
    :raises ApiError: the link leads anywhere else.
    """
    if isinstance(uri, str) and uri.isascii() and uri.isprintable() and " " not in uri:
        uri = uri.partition("#")[0]
        if uri.startswith("/") and not uri.startswith("//"):
            return Request("GET", uri)
        if "://" in uri and origin(uri) == origin(base_url):
            return Request("GET", tail(uri))
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
    if request.method == "DELETE" and last.status == 404 and perhaps_done and last.problem().get("code") in (20404, "20404"):
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
    error = None if response.status in request.accepts else judge(request, response)
    if error is None:
        return response
    if isinstance(error, ServerError) and request.method not in ("GET", "HEAD"):
        error.message += "; it may have happened all the same: look it up before sending it again"
        error.args = (error.message,)
    raise error


def _refused(why: str, request: Request, status: int) -> ApiError:
    return ApiError(why, status=status, method="GET", path=request.path)


def _flaw(request: Request, response: Response) -> str:
    """Why a success is not all there, or nothing: what should be JSON has to parse. (Its exception would hold the body.)"""
    if request.method == "DELETE":
        return "" if response.is_blank else "the answer to a DELETE has no body, this one has"
    if response.chunks is not None or response.status == 204 or request.method == "HEAD":
        return ""
    if not request.path.endswith(".json"):
        return ""
    try:
        response.json(request.decode)
    except JSON_ERRORS:
        return "the answer was cut, or is no JSON"
    return ""


def _try(send: Send, request: Request) -> Response | NoAnswer:
    try:
        response = send(request)
    except Exception as error:
        problem = _no_answer(error)
        if problem is None:
            raise
        return problem
    flaw = _flaw(request, response) if 200 <= response.status < 300 else ""
    return NoAnswer(flaw) if flaw else response


def _no_answer(error: Exception) -> NoAnswer | None:
    """A Send's exception as the loss of an answer, or None where it is something else (Offline, a bug)."""
    if isinstance(error, NoAnswer):
        return error
    if isinstance(error, Offline) or not (isinstance(error, (OSError, HTTPException)) or hasattr(error, "sent")):
        return None
    sent = getattr(error, "sent", not isinstance(error, ConnectionRefusedError))
    return NoAnswer(type(error).__name__, sent=bool(sent))
