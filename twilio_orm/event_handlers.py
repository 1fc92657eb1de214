"""The functions that a connection calls when records change: registered by ``connection.on()``, called after the commit.

They belong to one connection, and to those under it; there is no list of them for the process. What a handler is told of, and
how, is decided by the subscription that a query set makes (:mod:`twilio_orm.changes.events`). It opens nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from . import _forks
from .errors import BadValue

if TYPE_CHECKING:
    from .schema.resource_schema import ResourceSchema

F = TypeVar("F", bound=Callable[..., Any])


class Subscription(Protocol):
    """One registered handler, with the conditions of its records."""

    handler: Callable[..., Any]

    @property
    def table(self) -> str:
        """The table of its records."""

    def notify(self, connection: Any) -> None:
        """Call the handler with each event of the connection's account that it was not called with before."""


class _Family:
    """The subscriptions of a connection and of all that are under it, each with the connection that it belongs to."""

    def __init__(self) -> None:
        self.lock = _forks.lock()
        self.subscriptions: tuple[tuple[Any, Subscription], ...] = ()


class EventHandlers:
    """The handlers of a connection, and of the connection that it is under."""

    account_sid: Any

    def __init__(self, parent: EventHandlers | None = None) -> None:
        self._parent = parent
        self._family: _Family = _Family() if parent is None else parent._family

    def on(self, model: Any, /, *conditions: Any, **lookups: Any) -> Callable[[F], F]:
        """Return a decorator: the function is called with each event of the matching records. Reads the disk; sends nothing.

        The event is that of :meth:`QuerySet.tail`: its ``record``, ``kind`` and ``changes``. The function is called after the
        commit, by the thread that stored the record: by a sync, a live query or a write of this connection or of one under it, or
        by a webhook. Then no transaction is open. What other processes stored in the same file meanwhile comes at the same time.
        The events of a record come in order, also where several threads sync.

        An exception of the function is logged, with a RuntimeWarning that does not show the record; other functions are called,
        the work that stored the record goes on, and the next event comes. If the function is interrupted, by Ctrl-C for example,
        it may be called again with the events of that transaction.

        :param model: the resource.
        :param conditions: as in ``filter``.
        :param lookups: as in ``filter``, on fields of the record itself. An event counts if the record matches from then on.
        :raises QueryError: as ``filter``; or the conditions are on related records.
        :raises BadValue: ``model`` is no resource, or what is decorated cannot be called.
        :raises Offline: this connection was opened without the network.
        """
        if not hasattr(model, "api_schema") or not hasattr(model, "using"):
            raise BadValue(f"on() takes a resource, such as Message, not {model!r}")
        query_set = model.using(self).filter(*conditions, **lookups)

        def register(handler: F) -> F:
            if not callable(handler):
                raise BadValue(f"on(…) decorates a function, not a {type(handler).__name__}")
            subscription = query_set.subscription(handler)
            with self._family.lock:
                self._family.subscriptions = (*self._family.subscriptions, (self, subscription))
            return handler

        return register

    def off(self, handler: Callable[..., Any]) -> None:
        """Stop calling a function: with no event of any resource that it was registered for on this connection. Sends nothing.

        :param handler: the function.
        :raises BadValue: it is not registered for this account.
        """
        with self._family.lock:
            found = self._family.subscriptions
            left = tuple((owner, one) for owner, one in found if one.handler != handler or not self._is_of_account(owner))
            if len(left) == len(found):
                raise BadValue("off() takes a function that was registered by on() of the same connection")
            self._family.subscriptions = left

    def notify(self, schema: ResourceSchema | None = None, accounts: Iterable[str] = ()) -> None:
        """Internal: call the handlers with what was stored, after the commit. Without handlers it costs nothing.

        Reads the disk if there are handlers. An error of the mirror is a warning: the next call tells of those events.

        :param schema: the resource of which records were stored; None for any.
        :param accounts: the accounts of these records, if it is not this connection's alone.
        """
        if not self._family.subscriptions:
            return
        for account in dict.fromkeys(accounts) or (self.account_sid,):
            here = self if account == self.account_sid else self.under(account)
            for owner, one in self._family.subscriptions:
                if (schema is None or one.table == schema.table) and here._is_told_to(owner):
                    one.notify(here)

    def under(self, subaccount_sid: str) -> Any:
        """A connection to a subaccount. See :meth:`Connection.under`."""
        raise NotImplementedError

    def _is_of_account(self, owner: Any) -> bool:
        """Whether a connection of the family is of this one's account."""
        return owner is self or bool(owner.account_sid == self.account_sid)

    def _is_told_to(self, owner: Any) -> bool:
        """Whether the handlers of a connection are called with this one's records: it is of this account, or this is under it."""
        here: EventHandlers | None = self
        while here is not None:
            if here._is_of_account(owner):
                return True
            here = here._parent
        return False
