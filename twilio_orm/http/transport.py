"""Signs, counts, repeats and judges the requests that a ``Send`` carries. It opens no socket itself, and knows no resource.

``HttpSender`` is a Send, ``FakeTwilio.send`` is another one. ``Transport`` stands on top of either and returns successes only.
A GET or DELETE is repeated after 429, 5xx and every kind of lost response; any other request only after a 429, or where it
provably was never sent. After a 429 all threads that share the transport wait together, since Twilio counts an account's
requests at once.

**A response is parsed after the transport has returned it.** The loop that repeats a request (:class:`Exchange`) looks at bytes
and statuses only, so nobody's parser (which may read the mirror) runs while a request is being repeated. A success whose body
was cut must be repeated all the same. Who finds that depends on who parses the body:

* ``transport(request)`` parses the JSON of a body itself, once: ``Response.json`` keeps the result. Replies to writes and fetched
  records are small.
* The pages of a list are large, and are parsed by ``sync.pages`` in a way of its own. It uses :meth:`Transport.exchange`: it
  parses the bytes of :meth:`Exchange.response` and, where they were cut, calls :meth:`Exchange.reject`. That counts the try as
  lost, so that the next ``response()`` pauses and sends the request again, or raises, by the same policy as any other loss.
"""

from __future__ import annotations

import logging
import random
import time
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .. import _forks
from .._secret import Masked
from ..errors import ApiError, BadValue, offline_error
from ..schema.clocks import Clock
from .budget import spend
from .client import HttpSender, Send
from .limits import LARGEST, TOTAL
from .messages import NoAnswer, Request, Response
from .origins import absolute, joined, origin, safe, tail
from .retry_policy import CUT, Outcome, checked, final, is_whole, lost_response, may_repeat, visibly_broken

if TYPE_CHECKING:
    from .credentials import Credentials

PATIENCE = 60.0  # seconds: a request that is told to wait longer raises instead
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0  # seconds, before jitter
SPREAD = 0.25  # seconds over which the requests that waited together are spread when they are sent again
REDIRECTS = 5

log = logging.getLogger("twilio_orm")
log.addHandler(logging.NullHandler())


# ---------------------------------------------------------------- Transport: sign, count, judge


class Transport:
    """A Send that returns successes only, and otherwise raises an error of ``errors``. Threads may share it.

    :param send: what carries a request; it is called once for each try, and its responses may have any status.
    :param authorization: the header, name and value, of every request to ``base_url``'s host.
    :param base_url: the only host that is sent the header; page links and redirects are compared with it.
    :param retries: tries in all, 1 or more.
    :param observers: functions that are called with each Request just before it is sent, and may raise to stop it.
    :param sleep: waits for a number of seconds.
    :param rand: returns a number from 0 to 1, the jitter of pauses.
    :param clock: returns seconds that only grow, to measure pauses.
    :param time: the clock that the ``Date`` headers of responses are compared with; a new one unless given.

    ``requests`` is the number of requests sent so far, with every try and redirect, ``throttled`` how many of them were
    answered with 429; ``observers`` is a list. ``time`` says what time it is at Twilio.
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
        self.retries = retries
        self.time = time or Clock()
        self._resume_at = 0.0  # the moment of the clock before which no thread sends
        self._send = send
        self._authorization = None if authorization is None else (authorization[0], Masked(authorization[1]))
        self._sleep, self._rand, self._clock = sleep, rand, clock
        self._lock = _forks.lock()
        self._worked = False  # whether these credentials have been accepted in this process

    def __call__(self, request: Request) -> Response:
        """Send ``request`` and return the success, with a whole body; streamed where ``request.stream``. Calls Twilio.

        :raises ApiError: Twilio refused; a redirect is an error too, and is never followed.
        :raises OutcomeUnknown: a write was sent and no whole response came.
        :raises Unreachable: no whole response came, and nothing was changed.
        """
        exchange = self.exchange(request)
        while True:
            response = exchange.response()
            if is_whole(request, response):
                return response
            exchange.reject()

    def exchange(self, request: Request) -> Exchange:
        """Return the tries of ``request``, for a caller that parses the body itself. Sends nothing yet."""
        return Exchange(self, self._signed(request))

    def media(self, request: Request) -> Response:
        """Return the file at ``request``'s path (or absolute URL), streamed, through at most 5 redirects. Calls Twilio.

        Other hosts are never sent our Authorization, and after a redirect to another host Twilio is not sent it either.

        :raises ApiError: Twilio or a storage refused, or a redirect leads to plain http or to no address.
        :raises Unreachable: no whole response came.
        """
        at, bare = absolute(self.base_url, request.target), False
        status = 0
        for _ in range(REDIRECTS + 1):
            bare = bare or origin(at) != origin(self.base_url)
            if bare and not safe(at, self.base_url):
                raise _refused("the file's address is not https, and is refused", request, status)
            hop = replace(request, method="GET", target=at if bare else tail(at), form=(), stream=True)
            response = Exchange(self, hop if bare else self._signed(hop)).outcome()
            status, location = response.status, response.headers.get("location")
            if status not in (301, 302, 303, 307, 308) or not location:
                return checked(hop, response)
            at = joined(at, location)
        raise _refused(f"more than {REDIRECTS} redirects lead to the file", request, status)

    @property
    def skew(self) -> timedelta | None:
        """How far Twilio's clock is ahead of ours, by responses that agree (0 within two seconds); None before any."""
        return self.time.skew

    def rest(self, seconds: float) -> None:
        """Wait this many seconds, with the ``sleep`` of this transport."""
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

    # -- one try, for Exchange

    def attempt(self, request: Request) -> Outcome:
        """Send a signed request once, and return the outcome."""
        for observe in tuple(self.observers):
            observe(request)
        spend(f"{request.method} {request.path}")
        with self._lock:
            self.requests += 1
        start = self._clock()
        outcome = _try(self._send, request)
        result = outcome if isinstance(outcome, NoAnswer) else outcome.status
        log.debug("%s %s: %s in %d ms", request.method, request.path, result, 1000 * (self._clock() - start))
        if isinstance(outcome, Response) and outcome.status < 300 and self._authorization in request.headers:
            self._worked = True
        return outcome

    def pause_after(self, request: Request, outcomes: list[Outcome]) -> float | None:
        """Return the seconds until the next try, or None where there is none, and note what the last response says to all.

        :param outcomes: those of the tries so far.
        """
        pause = self._pause(request, outcomes)
        last = outcomes[-1]
        if isinstance(last, Response) and request.target.startswith("/"):  # a file's storage speaks for itself alone
            self.time.observe(last.headers.get("date", ""))
            if last.status == 429:
                with self._lock:
                    self.throttled += 1
                    self._resume_at = max(self._resume_at, self._clock() + (pause or 0.0))
        return pause

    def wait(self, pause: float) -> float:
        """Wait between two tries, and return the moment of the clock until which that was."""
        until = self._clock() + pause
        self._sleep(pause)
        return until

    def hold(self, waited_until: float) -> None:
        """Wait while some thread was told to wait.

        :param waited_until: the moment of the clock until which this request has waited already.
        """
        while (until := self._resume_at) > waited_until:
            waited_until, pause = until, until - self._clock()
            if pause > 0:
                self._sleep(pause + self._rand() * SPREAD)

    def _pause(self, request: Request, outcomes: list[Outcome]) -> float | None:
        if len(outcomes) >= self.retries or not may_repeat(request, outcomes, self._worked):
            return None
        last = outcomes[-1]
        wanted = (last.retry_after() if isinstance(last, Response) else None) or 0.0
        if wanted > PATIENCE:
            return None
        # Jitter comes on top of what the response says, or all who were told "1 second" would come back together.
        return wanted + self._rand() * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (len(outcomes) - 1))


class OfflineTransport(Transport):
    """The transport of a connection that was opened without the network: it sends nothing, and raises Offline.

    :param base_url: the host whose records the mirror holds.
    :param own: the clock given by the user, if any.
    """

    def __init__(self, base_url: str, own: Callable[[], datetime] | None = None) -> None:
        super().__init__(HttpSender(base_url), base_url=base_url, time=Clock(own))

    def attempt(self, request: Request) -> Outcome:
        """Raise Offline."""
        raise offline_error(f"{request.method} {request.path}")


# ---------------------------------------------------------------- Exchange: repeat


class Exchange:
    """One request and its tries. One thread uses it; all exchanges of a transport share its pauses.

    :param transport: sends each try.
    :param request: the request, signed.
    """

    def __init__(self, transport: Transport, request: Request) -> None:
        self._transport, self._request = transport, request
        self._outcomes: list[Outcome] = []
        self._waited_until = 0.0

    def response(self) -> Response:
        """Send the request, as often as it makes sense, and return the success. Calls Twilio.

        :raises ApiError: Twilio refused.
        :raises OutcomeUnknown: a write was sent and no whole response came.
        :raises Unreachable: no whole response came, and nothing was changed.
        """
        return checked(self._request, self.outcome())

    def outcome(self) -> Response:
        """The same, whatever the status of the response."""
        while True:
            self._transport.hold(self._waited_until)
            self._outcomes.append(self._transport.attempt(self._request))
            if not self._repeats():
                return final(self._request, self._outcomes)

    def reject(self, why: str = CUT) -> None:
        """Count the last response as lost, and pause until :meth:`response` may send the request again.

        :param why: what is wrong with it, for the error.
        :raises OutcomeUnknown, Unreachable: there is no further try.
        """
        self._outcomes[-1] = NoAnswer(why)
        log.debug("%s %s: %s", self._request.method, self._request.path, why)
        if not self._repeats():
            final(self._request, self._outcomes)

    def _repeats(self) -> bool:
        """Pause where there is a further try; else return False."""
        pause = self._transport.pause_after(self._request, self._outcomes)
        if pause is None:
            return False
        self._waited_until = self._transport.wait(pause)
        return True


def connect_transport(
    credentials: Credentials,
    *,
    send: Send | None = None,
    timeout: tuple[float, float] = (3.05, 30.0),
    total: float | None = TOTAL,
    largest: int | None = LARGEST,
    retries: int = 5,
    own: Callable[[], datetime] | None = None,
) -> Transport:
    """Return the transport of one account. Sends nothing.

    :param send: what carries requests; HTTP unless given.
    :param timeout: seconds to connect, and seconds of silence; see HttpSender.
    :param total: seconds that one request may take; see HttpSender.
    :param largest: bytes that a body may have; see HttpSender.
    :param retries: tries in all, 1 or more.
    :param own: the clock given by the user, if any.
    """
    return Transport(
        send or HttpSender(credentials.base_url, timeout=timeout, total=total, largest=largest),
        authorization=basic(credentials),
        base_url=credentials.base_url,
        retries=retries,
        time=Clock(own),
    )


def basic(credentials: Credentials) -> tuple[str, str]:
    """Return the header of HTTP Basic authentication, name and value."""
    return "Authorization", Masked(
        "Basic " + b64encode(f"{credentials.username}:{credentials.password.reveal()}".encode()).decode()
    )


def page_request(uri: str, base_url: str) -> Request:
    """Return the GET that follows the page link of a payload, unchanged. Sends nothing.

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


def _refused(why: str, request: Request, status: int) -> ApiError:
    return ApiError(why, status=status, method="GET", path=request.path)


def _try(send: Send, request: Request) -> Outcome:
    try:
        response = send(request)
    except Exception as error:
        problem = lost_response(error)
        if problem is None:
            raise
        return problem
    why = visibly_broken(request, response)
    return NoAnswer(why) if why else response
