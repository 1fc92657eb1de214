"""FakeTwilio: a Twilio account tree in memory, to test an application against. It is no part of Twilio and
calls nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from threading import RLock
from types import MappingProxyType
from typing import Any

from twilio_orm.http.messages import Request, Response

from .definitions import catalog as tables
from .definitions import filters
from .definitions.error_responses import Refusal
from .definitions.times import UTC, aware, rfc7231
from .server.dispatcher import Caller, Desk
from .server.faults import KINDS, Fault, Match
from .server.http_server import Server
from .server.request_log import ApiKey, Seen
from .server.routes import Route, route
from .world import generator as histories
from .world import lifecycle as lives
from .world import media
from .world import number_pool as pool
from .world.resources import Handles
from .world.state import State
from .world.totals import Total

Totals = Mapping[str, Mapping[str, Total]]


class FakeTwilio(Handles):
    """A stateful, strict simulation of a Twilio account, its subaccounts and its 2010-04-01 API.

    ``account_sid``, ``auth_token``: the main account's credentials, made up if left out. ``clock``: the
    instant at which it stands (naive is UTC), which every answer's ``Date`` tells; it moves by
    :meth:`advance` only. ``date_bounds``: how ``X<`` and ``X>`` are read, one of ``documented``,
    ``before``, ``midnight``, ``inclusive``. ``latency``: seconds that every request takes. ``strict``:
    whether unknown parameters are refused (400/20001) or, as Twilio does, ignored; either way they are in
    ``violations``. ``conferences_all``: the older behaviour of listing conferences of every status
    without ``Status``. ``deletion_hides``: a row removed between two pages hides another one.
    ``message_days``: for how many days messages are kept; a ``DateSent`` before them is refused (400/20004).
    ``retention``: the same for other records, by the names of their lists (``{"calls": 30}``): what is older is
    in no list, and at its own address it is not found. ``list_lag``: for how many seconds of the clock a record
    made by a request is missing
    from lists. ``usage_page_limit``: the largest ``PageSize`` that usage lists bear; above it they answer
    500/20500, as Twilio was seen to. ``legacy``: feedback on calls is served, which left the
    documentation. Raises ValueError for an unknown reading, or an unknown list.

    Only :meth:`serve` opens a socket, on the loopback::

        fake = FakeTwilio()
        fake.populate(calls=1000, messages=5000, days=90, awkward=True)
        fake.calls.add(status="completed", from_="+14155550100", price="-0.013")
        connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:")
    """

    def __init__(
        self,
        account_sid: str | None = None,
        auth_token: str | None = None,
        *,
        clock: datetime = datetime(2026, 6, 15, 12, tzinfo=UTC),
        date_bounds: str = "documented",
        latency: float = 0.0,
        strict: bool = True,
        conferences_all: bool = False,
        deletion_hides: bool = False,
        message_days: int | None = None,
        retention: Mapping[str, int] | None = None,
        list_lag: float = 0.0,
        usage_page_limit: int | None = None,
        legacy: bool = False,
    ) -> None:
        self.account_sid = account_sid or "AC" + "f4ce" * 8
        self.auth_token = auth_token or "70ce" * 8
        self.lock = RLock()
        self.state = State(self.account_sid, self.auth_token, aware(clock).replace(microsecond=0))
        super().__init__(self.state, self.lock)
        self.state.after = lives.after
        self.desk = Desk(self.state)
        self.desk.violation = self._note
        self.desk.strict = strict
        self.desk.conferences_all = conferences_all
        self.desk.deletion_hides = deletion_hides
        if unknown := (retention or {}).keys() - tables.STORED.keys():
            raise ValueError(f"{', '.join(sorted(unknown))} is no list: {', '.join(sorted(tables.STORED))}")
        self.desk.retention = dict(retention or {})
        if message_days is not None:
            self.desk.message_days = message_days
        self.desk.list_lag = timedelta(seconds=list_lag)
        self.desk.usage_page_limit = usage_page_limit
        self.desk.legacy = legacy
        self.date_bounds = date_bounds
        self.latency = latency
        self.requests: list[Seen] = []
        self.violations: list[str] = []
        self.faults: list[Fault] = []

    def __repr__(self) -> str:
        return f"<FakeTwilio {self.account_sid} at {self.clock:%Y-%m-%d %H:%M:%S}>"

    # ------------------------------------------------------------ asking

    def send(self, request: Request) -> Response:
        """The in-process transport: one request, its answer. Thread-safe; touches no network.

        Raises :class:`~.faults.ConnectionCut` (a ConnectionResetError) where :meth:`fail_next` arranged a
        reset.
        """
        with self.lock:
            due = [fault for fault in self.faults if fault.meets(request)][:1]
            for fault in due:
                fault.times -= 1
            self.faults = [fault for fault in self.faults if fault.times > 0]
        if wait := self.latency + sum(fault.seconds for fault in due):
            time.sleep(wait)
        with self.lock:
            response: Response | None = None
            try:
                response = self._through(request, due)
            finally:
                self._log(request, response)
            response.headers["twilio-request-id"] = "RQ" + self.state.fresh("request")
            response.headers["date"] = rfc7231(self.state.now)
        if request.stream:
            size = 16384
            chunks = [response.body[at : at + size] for at in range(0, len(response.body), size)]
            return Response(response.status, response.headers, chunks=chunks)
        return response

    def _through(self, request: Request, due: list[Fault]) -> Response:
        response = next((early for fault in due if (early := fault.before())), None) or self._answer(request)
        for fault in due:
            response = fault.after(request, response)
        return response

    def _answer(self, request: Request) -> Response:
        if media.is_stored(request.target):
            response, why = media.storage(self.state, request)
            if why:
                self._note(why)
            return response
        try:
            caller = self.desk.identify(request.headers)
            at = route(request.path, request.method)
            self.desk.admit(caller, at, request.method)
            return self.desk.serve(request, *self._main(caller, at))
        except Refusal as refusal:
            if refusal.violation:
                self._note(f"{request.method} {request.path}: {refusal.message}")
            return refusal.response()

    def _main(self, caller: Caller, at: Route) -> tuple[Caller, Route]:
        """The list of accounts, and a new one, belong to the caller."""
        return caller, at if at.account else Route(at.view, caller.account, at.scope)

    def _note(self, why: str) -> None:
        self.violations.append(why)

    def _log(self, request: Request, response: Response | None) -> None:
        path = request.path.removeprefix(media.STORAGE).removeprefix(f"/{tables.VERSION}/Accounts")
        account = path.strip("/").partition("/")[0].partition(".")[0]
        status = None if response is None else response.status
        query, form = tuple(request.query), tuple(request.form)
        self.requests.append(Seen(request.method, request.path, query, form, account or self.account_sid, status))

    def serve(self, port: int = 0, *, redirect_media: bool = False) -> AbstractContextManager[str]:
        """A threaded HTTP/1.1 server on the loopback, as a context manager that yields ``http://127.0.0.1:PORT``.

        ``port``: 0 for any free one. ``redirect_media``: answer for recordings' sound by 302 to another
        loopback port, which refuses (and notes as a violation) a request that brings an Authorization header.
        """
        return Server(self.send, self._note, port, redirect_media)

    # ------------------------------------------------------------ credentials

    def api_key(self, account: str | None = None, *, main: bool = True) -> ApiKey:
        """A new API key of the main account, or of a child; ``main=False`` makes a standard one, without
        ``/Accounts``.
        """
        with self.lock:
            row = self.state.add(account or self.account_sid, "keys", {"main": main})
            return ApiKey(row.key, str(row.payload["secret"]), row.account)

    def store(self, sid: str, data: bytes) -> None:
        """Say what the storage host answers for a medium, or for the data of an add-on's payload."""
        with self.lock:
            self.state.stored[sid] = data

    # ------------------------------------------------------------ time

    @property
    def clock(self) -> datetime:
        """The instant at which the fake stands, in UTC. Setting it moves everything there; ValueError
        backwards.
        """
        return self.state.now

    @clock.setter
    def clock(self, when: datetime) -> None:
        self.advance(aware(when) - self.state.now)

    def advance(self, by: timedelta) -> None:
        """Move the clock; calls are answered and end, messages arrive, prices come. Raises ValueError
        backwards.
        """
        if by < timedelta(0):
            raise ValueError("the clock does not run backwards")
        with self.lock:
            self.state.advance(by)

    def tick(self, seconds: float = 1) -> None:
        """Move the clock by some seconds."""
        self.advance(timedelta(seconds=seconds))

    @property
    def date_bounds(self) -> str:
        """How date filters are read."""
        return self.desk.date_bounds

    @date_bounds.setter
    def date_bounds(self, reading: str) -> None:
        if reading not in filters.READINGS:
            raise ValueError(f"{reading!r} is none of {', '.join(filters.READINGS)}")
        self.desk.date_bounds = reading

    # ------------------------------------------------------------ contents

    def populate(self, **numbers: Any) -> None:
        """Fill the account with a history; see :func:`~.histories.populate` for the parameters."""
        with self.lock:
            histories.populate(self.state, **numbers)

    def offer(self, number: str, country: str = "US", kind: str = "Local") -> None:
        """Put one more number on sale; ``kind`` is a path word such as ``Local``, ``TollFree``,
        ``Mobile``.
        """
        with self.lock:
            pool.offer(self.state, number, country, kind)

    @property
    def totals(self) -> Totals:
        """Snapshots of the running totals: account SID -> resource (``calls``, ``messages``, ...) ->
        Total.
        """
        with self.lock:
            accounts = self.state.accounts.rows
            return {
                sid: MappingProxyType({name: shelf.total.copy() for name, shelf in self.state.shelves(sid).items()})
                for sid in accounts
            }

    # ------------------------------------------------------------ trouble and witness

    def fail_next(
        self,
        kind: str,
        times: int = 1,
        *,
        match: Match = None,
        retry_after: float | None = None,
        seconds: float = 0.0,
        callback: Callable[[], object] | None = None,
        host: str = "https://evil.invalid",
    ) -> None:
        """Arrange trouble for the next requests.

        ``kind``: ``429``, ``500``, ``401``, ``html_error`` instead of an answer (``retry_after`` in seconds);
        ``reset_before`` and ``reset_after`` cut the connection before or after the request was carried out
        (in process they raise ConnectionCut, whose ``processed`` tells which); ``cut_json`` halves the body;
        ``slow`` waits ``seconds``; ``hostile_next_page`` points to ``host`` and ``self_next_page`` to the
        page itself; ``changes_underneath`` calls ``callback()`` once the page is made. ``times``: how many
        requests. ``match``: part of the path, optionally after a method (``"GET /Calls"``), or a function of
        the Request. Raises ValueError for an unknown kind.
        """
        kind = str(kind)
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}")
        with self.lock:
            self.faults.append(Fault(kind, times, match, retry_after, seconds, host, callback))

    @contextmanager
    def expects_requests(self, count: int) -> Iterator[None]:
        """Fail with the list of requests where other than ``count`` were made inside. Raises
        AssertionError.
        """
        first = len(self.requests)
        yield
        made = self.requests[first:]
        if len(made) != count:
            lines = "\n  ".join(map(str, made)) or "none"
            raise AssertionError(f"{count} requests expected, {len(made)} made:\n  {lines}")
