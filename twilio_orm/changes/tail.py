"""Following a resource: a generator that syncs again and again, and yields what the mirror recorded since.

The mirror's revisions say where it is: each event is read after its commit, and yielded once, whoever stored it. Between two
steps no transaction is open and no lock is held.
"""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..errors import BadValue, MirrorLocked, ServerError, TooManyRequests, UnexpectedAnswer, Unreachable, visible
from ..schema.moments import When, moment
from ..sync.report import MirrorWarning
from .events import RecordEvent, check, record_events

if TYPE_CHECKING:
    from .record_lookup import Comparable

log = logging.getLogger("twilio_orm")

Sync = Callable[[datetime, Callable[[object], object]], object]
"""Syncs a resource: what began at the moment or later, where the list was never fetched completely. It calls the function after
each page."""
LONGEST_POLL = timedelta(days=1)
TRANSIENT = (TooManyRequests, ServerError, UnexpectedAnswer, Unreachable, MirrorLocked)
"""The errors after which the next sync may succeed."""


def tail(
    query_set: Comparable, sync: Sync, poll: timedelta | float, since: When | None, volatile: bool
) -> Generator[RecordEvent[Any], None, None]:
    """The events of a query's records from now on, or from a moment on. Calls Twilio. See :meth:`QuerySet.tail`."""
    follower = Follower(query_set, sync, "tail()", poll, since, volatile)
    if since is None:
        follower.sync()
    return follower.events(synced=since is None)


class _Stopped(Exception):
    """Nobody reads the events any more: a sync in a thread ends after the page that it reads."""


def _seconds(poll: Any) -> float:
    """The seconds between two syncs. Raises BadValue."""
    longest = LONGEST_POLL.total_seconds()
    seconds = poll.total_seconds() if isinstance(poll, timedelta) else poll
    known = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if not known or not math.isfinite(seconds) or not 0 < seconds <= longest:
        raise BadValue(f"poll is a timedelta or a number of seconds, more than 0 and at most {longest:.0f}, not {poll!r}")
    return float(seconds)


class Follower:
    """The state of one tail: the revision of the mirror whose events were yielded.

    :param query_set: whose records they are.
    :param sync: syncs the resource on the connection of the query set.
    :param method: the method of the query set, for errors.
    :param poll: how long to wait between two syncs.
    :param since: the moment from which the mirror's events count; None for from now on.
    :param volatile: whether changes of volatile fields count.
    """

    def __init__(
        self, query_set: Comparable, sync: Sync, method: str, poll: timedelta | float, since: When | None, volatile: bool
    ) -> None:
        self.seconds, self._conditions, self._model = _seconds(poll), check(query_set, method), query_set.model
        self.connection, self._volatile = query_set.bound_connection(), volatile
        self.position: int | None = None  # None until a sync succeeded: then "from now on" begins
        self._start = self.connection.now() if since is None else moment(since, self.connection.now, "since")
        if since is not None:
            self.position = self.connection.mirror.kept_revision_at(self._start)
        self._sync, self._is_stopped = sync, False

    def _go_on(self, _: object) -> None:
        """Called after each page: end the sync if nobody waits for it."""
        if self._is_stopped:
            raise _Stopped

    def sync(self) -> None:
        """Sync once. An error that may pass is reported; what was stored until then counts. Calls Twilio."""
        try:
            self._sync(self._start, self._go_on)
        except TRANSIENT as error:
            name, why = self._model.api_schema.name, f"{type(error).__name__}: {visible(str(error))}"
            log.warning("tail of %s: a sync failed, the next one is in %g s: %s", name, self.seconds, why)
            warnings.warn(
                f"tail of {name}: a sync failed, the next one is in {self.seconds:g} s: {why}", MirrorWarning, stacklevel=4
            )
            return
        if self.position is None:
            self.position = self.connection.mirror.revision()

    def events(self, synced: bool) -> Generator[RecordEvent[Any], None, None]:
        """Yield the events: wait, sync, read what was recorded, and again. Calls Twilio; reads and writes the disk.

        :param synced: whether a sync was just done.
        """
        while True:
            if synced:
                self.connection.transport.rest(self.seconds)
            synced = True
            self.sync()
            if self.position is None:
                continue
            high = self.connection.mirror.revision()
            yield from self.recorded(self.position, high)
            self.position = high

    def recorded(self, low: int, high: int) -> Iterator[RecordEvent[Any]]:
        """The events that the mirror recorded between two of its revisions. Reads the disk."""
        return record_events(self.connection, self._model, self._conditions, low, high, self._volatile)

    def stop(self) -> None:
        """End the sync that a thread may be doing, after the page that it reads, which is stored."""
        self._is_stopped = True

    def step(self) -> int | None:
        """Sync once, unless nobody reads the events any more. Calls Twilio.

        :returns: the mirror's revision; None before any sync succeeded.
        """
        with suppress(_Stopped):
            self.sync()
        return None if self.position is None or self._is_stopped else self.connection.mirror.revision()
