"""Events with their records, and the subscriptions by which handlers are called with each of them once.

A subscription remembers, for each account, the revision of the mirror until which its handler was called. So it does not matter
who stored a record, nor how often it is notified. No lock is held while a handler runs.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .. import _forks
from ..errors import MirrorError, QueryError, visible
from ..mirror import exclusions
from ..query.ast import Query, related_nodes
from ..sync.report import MirrorWarning
from ..sync.scan import check_mirrored
from .history import Event, events_between

if TYPE_CHECKING:
    from ..connection import Connection
    from .record_lookup import Comparable

R = TypeVar("R")
log = logging.getLogger("twilio_orm")


@dataclass(frozen=True)
class RecordEvent(Event, Generic[R]):
    """An event, with the record as it was from then on.

    :param record: the record; of a deleted one, as the mirror had it last. Reading it sends nothing.
    """

    record: R = field(default=None, repr=False, compare=False)  # type: ignore[assignment]

    __str__ = Event.__str__


def check(query_set: Comparable, method: str) -> Query:
    """Return the conditions of a query set, which events can be compared with. Reads the disk: what is excluded.

    :param method: the method that takes them, for the errors.
    :raises QueryError: it is offline, sorted or a slice, or has conditions on related records.
    :raises NotCovered: a condition is about an excluded field.
    :raises Offline: its connection was opened without the network.
    """
    query, schema, connection = query_set.query, query_set.model.api_schema, query_set.bound_connection()
    check_mirrored(schema)
    if not schema.lists:
        raise QueryError(f"Twilio does not list {schema.name}: there is nothing that {method} could wait for")
    if not query_set.source.is_live:
        raise QueryError(f"{method} syncs with Twilio: call it on all() or filter(…), without offline(), at() or cached()")
    if query.low or query.high is not None or query.order:
        raise QueryError(f"{method} gives events as they were recorded: call it without order_by() and without a slice")
    if query.schema.related or query.annotations or any(True for _ in related_nodes(query.where)):
        raise QueryError(f"{method} takes conditions on fields of the record itself: test related records in your code")
    if query.flags:
        names = ", ".join(name for name, _ in query.flags)
        raise QueryError(f"{method} is about the whole resource: call it without {names}")
    connection.require_network(method)
    connection.mirror.open()
    conditions = Query(query.schema, query.where)
    exclusions.refuse(connection.mirror.excluded, conditions)
    return conditions


def record_events(
    connection: Connection, model: Any, conditions: Query, low: int, high: int, volatile: bool = False
) -> Iterator[RecordEvent[Any]]:
    """The events of an account's records after one revision until another, with their records. Reads the disk.

    See :func:`events_between` for the parameters.
    """
    for event, row in events_between(connection, conditions, model.api_schema, low, high, volatile):
        record = model.from_row(row, connection)
        yield RecordEvent(event.resource, event.key, event.revision, event.at, event.kind, event.changes, record)


class HandlerSubscription:
    """One handler of a connection, and how far it has been called.

    :param query_set: the resource and the conditions, on the connection that the handler belongs to.
    :param handler: the function, which takes one event.
    :raises QueryError: see :func:`check`.
    """

    def __init__(self, query_set: Comparable, handler: Callable[[Any], object]) -> None:
        self.handler, self._model, self._conditions = handler, query_set.model, check(query_set, "on()")
        self._start = query_set.bound_connection().mirror.revision()
        self._positions: dict[str, int] = {}  # by account
        self._waiting: dict[str, Connection] = {}  # accounts of which something was stored
        self._busy = False
        self._lock = _forks.lock()

    @property
    def table(self) -> str:
        """The table of its records."""
        return str(self._model.api_schema.table)

    def notify(self, connection: Connection) -> None:
        """Call the handler with each event of the connection's account that it was not called with before. Reads the disk.

        If it is being called already, by another thread or further up in this one, that call goes on with these events.

        :param connection: the connection that stored something.
        """
        with self._lock:
            self._waiting[connection.account_sid] = connection
            if self._busy:
                return
            self._busy = True
        problems: list[Warning] = []
        try:
            while (found := self._next()) is not None:
                try:
                    self._call(found, problems)
                except MirrorError as error:
                    text = (
                        f"handlers of {self._model.__name__} are called later, the mirror cannot be read: {visible(str(error))}"
                    )
                    problems.append(MirrorWarning(text))
        except BaseException:  # such as Ctrl-C; the next notification goes on
            self._busy = False
            raise
        for one in problems:
            log.error("%s", one)
        for one in problems:
            warnings.warn(one, stacklevel=3)

    def _next(self) -> Connection | None:
        """The next connection whose account has something new; None ends the work, at the same moment."""
        with self._lock:
            if not self._waiting:
                self._busy = False
                return None
            return self._waiting.pop(next(iter(self._waiting)))

    def _call(self, connection: Connection, problems: list[Warning]) -> None:
        """Call the handler with what one account has new."""
        account = connection.account_sid
        low, high = self._positions.get(account, self._start), connection.mirror.revision()
        for event in record_events(connection, self._model, self._conditions, low, high):
            self._positions[account] = event.revision - 1
            try:
                self.handler(event)
            except Exception as error:
                problems.append(RuntimeWarning(self._problem(event, error)))
        self._positions[account] = high

    def _problem(self, event: RecordEvent[Any], error: Exception) -> str:
        """An exception of the handler in words, without what it says: that may be a record's contents."""
        trace, name = error.__traceback__, getattr(self.handler, "__qualname__", type(self.handler).__name__)
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = "" if trace is None else f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        key = visible("/".join(map(str, event.key)))
        return f"the handler {name} raised {type(error).__name__}{where}, for {event.resource} {key} ({event.kind})"
