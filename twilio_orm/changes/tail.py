"""Following a resource: a generator that syncs again and again, and yields what the mirror recorded since.

The mirror's revisions say where it is: each event is read after its commit, and yielded once, whoever stored it. Between two
steps no transaction is open and no lock is held.
"""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Callable, Generator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..errors import BadValue, MirrorLocked, ServerError, TooManyRequests, UnexpectedAnswer, Unreachable, visible
from ..schema.moments import When, moment
from ..sync.report import MirrorWarning
from .events import RecordEvent, check, record_events

if TYPE_CHECKING:
    from ..connection import Connection
    from ..query.ast import Query
    from .record_lookup import Comparable

log = logging.getLogger("twilio_orm")

LONGEST_POLL = timedelta(days=1)
TRANSIENT = (TooManyRequests, ServerError, UnexpectedAnswer, Unreachable, MirrorLocked)
"""The errors after which the next sync may succeed."""


def tail(
    query_set: Comparable, sync: Callable[[], object], poll: timedelta | float, since: When | None, volatile: bool
) -> Generator[RecordEvent[Any], None, None]:
    """The events of a query's records from now on, or from a moment on. Calls Twilio. See :meth:`QuerySet.tail`.

    :param sync: syncs the resource on the connection of the query set.
    """
    seconds, conditions, connection = _seconds(poll), check(query_set, "tail()"), query_set.bound_connection()
    follower = _Follower(connection, query_set.model, conditions, sync, seconds, volatile)
    if since is None:
        follower.sync()
        return follower.events(synced=True)
    follower.position = connection.mirror.kept_revision_at(moment(since, connection.now, "since"))
    return follower.events(synced=False)


def _seconds(poll: Any) -> float:
    """The seconds between two syncs. Raises BadValue."""
    longest = LONGEST_POLL.total_seconds()
    seconds = poll.total_seconds() if isinstance(poll, timedelta) else poll
    known = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if not known or not math.isfinite(seconds) or not 0 < seconds <= longest:
        raise BadValue(f"poll is a timedelta or a number of seconds, more than 0 and at most {longest:.0f}, not {poll!r}")
    return float(seconds)


class _Follower:
    """The state of one tail: the revision of the mirror whose events were yielded.

    :param conditions: the conditions of the events.
    :param sync: syncs the resource.
    :param seconds: how long to wait between two syncs.
    """

    def __init__(
        self, connection: Connection, model: Any, conditions: Query, sync: Callable[[], object], seconds: float, volatile: bool
    ) -> None:
        self.connection, self._conditions = connection, conditions
        self.position: int | None = None  # None until a sync succeeded: then "from now on" begins
        self._model, self._sync, self._seconds, self._volatile = model, sync, seconds, volatile

    def sync(self) -> None:
        """Sync once. An error that may pass is reported; what was stored until then counts. Calls Twilio."""
        try:
            self._sync()
        except TRANSIENT as error:
            name, why = self._model.api_schema.name, f"{type(error).__name__}: {visible(str(error))}"
            log.warning("tail of %s: a sync failed, the next one is in %g s: %s", name, self._seconds, why)
            warnings.warn(
                f"tail of {name}: a sync failed, the next one is in {self._seconds:g} s: {why}", MirrorWarning, stacklevel=4
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
                self.connection.transport.rest(self._seconds)
            synced = True
            self.sync()
            if self.position is None:
                continue
            high = self.connection.mirror.revision()
            yield from record_events(self.connection, self._model, self._conditions, self.position, high, self._volatile)
            self.position = high
