"""Sends callbacks: keeps those that wait, sends what is due, repeats what failed, and logs what became of each.

The receiver runs while the lock of the simulation is free, so it may send requests to the simulation itself.
"""

from __future__ import annotations

import heapq
import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from threading import Condition, Thread, current_thread, get_ident
from typing import TYPE_CHECKING
from uuid import UUID

from .answers import Answers
from .callback import Callback, Change
from .events import Events
from .requests import CallbackReply, build_request, split_url
from .settings import Delivery, DeliverySettings
from .signer import sign
from .urls import Target

if TYPE_CHECKING:
    from ..world.lock import Lock
    from ..world.state import State
    from ..world.table import Row
    from ..world.values import Payload

_WAIT = 60.0  # seconds that the clock and the readers of the log wait for the threads that send


@dataclass
class _Job:
    callback: Callback
    delivery: Delivery
    logged: bool = False


class Sender:
    """Sends the callbacks of one simulation. Thread-safe.

    :param state: the state of the simulation.
    :param lock: its lock; the sender works at its releases.
    """

    def __init__(self, state: State, lock: Lock) -> None:
        self.settings: DeliverySettings | None = None
        self.answers = Answers(state)
        self._state, self._lock = state, lock
        self._events = Events(state, self.answers.carry_out)
        self._changes: list[Change] = []
        self._log: list[Delivery] = []
        self._queue: list[tuple[datetime, int, _Job]] = []
        self._order = itertools.count()
        self._batch: list[tuple[datetime, _Job]] | None = None
        self._batches = itertools.count()
        self._free = Condition()  # guards the log, the queue and who sends
        self._sending: int | None = None  # the thread that sends
        self._serving: set[int] = set()  # the threads that serve requests over HTTP
        self._senders: set[Thread] = set()  # the threads that send what these have caused

    def start(self, settings: DeliverySettings) -> None:
        """Begin to send callbacks, or go on in another manner. The caller holds the lock."""
        self.settings = settings
        self._events.services = settings.services
        self._state.watch(self._note)
        self._lock.before_release, self._lock.after_release = self._collect, self.flush

    # ------------------------------------------------------------ from changes to callbacks, under the lock

    def _note(self, what: str, row: Row, before: Payload) -> None:
        self._changes.append(Change(what, row, before, row.payload.copy(), self._state.now))

    def _collect(self) -> None:
        """Turn the changes of an operation into callbacks that wait."""
        settings = self.settings
        while settings is not None and (self._changes or self.answers.callbacks):
            changes, self._changes = self._changes, []
            callbacks = list(self._events.callbacks(changes))
            self.answers.follow(changes)
            callbacks += self.answers.callbacks
            self.answers.callbacks = []
            jobs = [job for callback in callbacks for job in self._jobs(callback, settings)]
            if self._batch is not None:
                self._batch += [(due, job) for due, job in jobs if not job.callback.in_time]
                jobs = [(due, job) for due, job in jobs if job.callback.in_time]
            elif settings.shuffle is not None:
                jobs = self._shuffled(jobs, settings.shuffle)
            self._push(jobs)

    def _jobs(self, callback: Callback, settings: DeliverySettings) -> Iterator[tuple[datetime, _Job]]:
        token = str(UUID(self._state.new_hex("callback")))
        delivery = _delivery(callback, token, callback.at)
        if callback.in_time:
            yield callback.at, _Job(callback, delivery)
            return
        dropped, delays = settings.fate(token)
        if dropped:
            delivery.outcome = "dropped"
            with self._free:
                self._log.append(delivery)
            return
        for index, delay in enumerate(delays):
            again = index > 0
            answer = None if again else callback.answer  # what a duplicate is answered has no effect
            one = replace(delivery, duplicate=again)
            yield callback.at + delay, _Job(replace(callback, answer=answer), one)

    def _shuffled(self, jobs: list[tuple[datetime, _Job]], seed: int) -> list[tuple[datetime, _Job]]:
        """Return jobs in a random order, those that are due later in their places of time."""
        now = self._state.now
        jobs = [(max(due, now), job) for due, job in jobs]
        Random(f"{seed}/{next(self._batches)}").shuffle(jobs)
        return jobs

    def _push(self, jobs: list[tuple[datetime, _Job]]) -> None:
        with self._free:
            for due, job in jobs:
                heapq.heappush(self._queue, (due, next(self._order), job))

    # ------------------------------------------------------------ the clock

    def next_stop(self) -> datetime | None:
        """Return when something is next to happen: a scheduled change or a callback that waits. None without callbacks."""
        if self.settings is None:
            return None
        with self._lock:
            times = [self._state.next_change()]
        now = self._state.now
        with self._free:  # what is due already is left to the thread that sends, and that may be this one
            if self._queue and self._queue[0][0] > now:
                times.append(self._queue[0][0])
            else:
                times.append(min((due for due, *_ in self._queue if due > now), default=None))
        return min((at for at in times if at is not None), default=None)

    @contextmanager
    def one_batch(self) -> Iterator[None]:
        """While the clock advances: keep the callbacks that are to be shuffled until its end."""
        settings = self.settings
        if settings is None or settings.shuffle is None or self._batch is not None:
            yield
            return
        with self._lock:
            self._batch = []
        try:
            yield
        finally:
            with self._lock:
                batch, self._batch = self._batch or [], None
                self._push(self._shuffled(batch, settings.shuffle))

    # ------------------------------------------------------------ sending, without the lock

    def flush(self) -> None:
        """Send what is due. One thread sends at a time; another one, or a receiver, leaves it to that one."""
        if get_ident() in self._serving:
            thread = Thread(target=self._send_in_background, name="fake-twilio-callbacks", daemon=True)
            with self._free:
                self._senders.add(thread)
            thread.start()
        else:
            self._send_due()

    def _send_in_background(self) -> None:
        try:
            self._send_due()
        finally:
            with self._free:
                self._senders.discard(current_thread())
                self._free.notify_all()

    def _send_due(self) -> None:
        with self._free:
            if self._sending is not None:
                return
            self._sending = get_ident()
        try:
            while (job := self._take()) is not None:
                self._send(job)
        except BaseException:
            with self._free:
                self._sending = None
            raise

    def _take(self) -> _Job | None:
        with self._free:
            if self._queue and self._queue[0][0] <= self._state.now:
                return heapq.heappop(self._queue)[2]
            self._sending = None
            return None

    @contextmanager
    def serving(self) -> Iterator[None]:
        """While this thread serves a request over HTTP: leave sending to another thread, so that the response comes first."""
        self._serving.add(get_ident())
        try:
            yield
        finally:
            self._serving.discard(get_ident())

    def wait(self) -> None:
        """Wait for the threads that send what requests over HTTP have caused; such a thread itself does not."""
        with self._free:
            if current_thread() not in self._senders:
                self._free.wait_for(lambda: not self._senders, _WAIT)

    def log(self) -> list[Delivery]:
        """Return copies of the log's entries."""
        self.wait()
        with self._free:
            return [replace(one) for one in self._log]

    @property
    def waiting(self) -> int:
        """How many callbacks wait for their time."""
        with self._free:
            return len(self._queue)

    # ------------------------------------------------------------ one callback

    def _send(self, job: _Job) -> None:
        settings, callback, delivery = self.settings, job.callback, job.delivery
        if settings is None:
            return
        if callback.reply is not None:
            self._carry_out(callback, callback.reply)
            return
        if not job.logged:
            job.logged = True
            with self._free:
                self._log.append(delivery)
        try:
            url = split_url(callback.target.url)
        except ValueError as error:
            delivery.outcome, delivery.error = "failed", error
            return
        deliver = settings.receiver_of(url)
        if deliver is None:
            delivery.outcome = "no receiver"
            return
        retries = _retries(url.fragment, settings.retries)
        while True:
            reply = self._attempt(job, deliver, settings)
            if reply is not None and 200 <= reply.status < 300:
                delivery.outcome = "delivered"
                self._carry_out(callback, reply)
                return
            if (reply is not None and reply.status < 500) or delivery.attempts > retries:
                delivery.outcome = "failed"
                self._use_fallback(job)
                return
            if settings.retry_delay:
                self._push([(self._state.now + settings.retry_delay, job)])
                return

    def _attempt(self, job: _Job, deliver: Callable[..., CallbackReply], settings: DeliverySettings) -> CallbackReply | None:
        """Send a callback once, and note the status or the exception."""
        callback, delivery = job.callback, job.delivery
        delivery.attempts += 1
        delivery.sent_at, delivery.status, delivery.error = self._state.now, None, None
        with self._lock:
            token = str(self._state.accounts.rows[callback.account].payload["auth_token"])
        extra = (("I-Twilio-Idempotency-Token", delivery.token),)
        request, form = build_request(callback.target.method, callback.target.url, callback.parameters, extra)
        signed = sign(request.url, form, token, settings.shared_key)
        try:
            reply = deliver(replace(request, headers=(*request.headers, *signed.items())))
        except Exception as error:  # of any receiver; it stands in the log, and the callback is sent again
            delivery.error = error
            return None
        except BaseException as error:
            delivery.error, delivery.outcome = error, "failed"
            raise
        delivery.status = reply.status
        return reply

    def _use_fallback(self, job: _Job) -> None:
        """Request the fallback URL of an incoming call or message whose URL failed."""
        callback, target = job.callback, job.callback.target
        if not target.fallback or callback.answer is None:
            return
        parameters = (*callback.parameters, ("ErrorCode", "11200"), ("ErrorUrl", target.url))
        other = replace(callback, target=Target(target.fallback, target.fallback_method), parameters=parameters)
        token = str(UUID(self._state.new_hex("callback")))
        now = self._state.now
        self._push([(now, _Job(other, _delivery(other, token, now)))])

    def _carry_out(self, callback: Callback, reply: CallbackReply) -> None:
        if callback.answer is not None:
            with self._lock:
                callback.answer(reply, callback.target.url)


def _delivery(callback: Callback, token: str, at: datetime) -> Delivery:
    """Return the entry of a callback in the log; user name and password in its URL are kept out of it."""
    url = callback.target.url
    scheme, slashes, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    shown = f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}"
    return Delivery(callback.event, callback.sid, callback.account, shown, dict(callback.parameters), token, at)


def _retries(fragment: str, default: int) -> int:
    """Return how often a callback is repeated; ``#rc=2`` of its URL overrides the default, as at Twilio."""
    match = re.search(r"(?:^|&)rc=(\d)(?:&|$)", fragment)
    return default if match is None else int(match[1])
