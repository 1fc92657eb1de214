"""Counts and limits the requests that a block of code sends. It sends nothing and knows no transport.

A meter belongs to the context in which its block was entered. It does not count requests of other threads and tasks, but those
of a thread that runs in a copy of this context (``contextvars.copy_context().run``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import total_ordering

from .. import _forks
from ..errors import BadValue, BudgetExceeded


@total_ordering
class Meter:
    """The number of requests sent so far inside a block: ``requests``, and ``limit`` or None. It compares with numbers."""

    __slots__ = ("limit", "requests")
    __hash__ = None  # type: ignore[assignment]  # its number rises

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.requests = 0

    def __int__(self) -> int:
        return self.requests

    def __eq__(self, other: object) -> bool:
        return self.requests == int(other) if isinstance(other, (int, Meter)) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self.requests < int(other) if isinstance(other, (int, Meter)) else NotImplemented

    def __repr__(self) -> str:
        most = "" if self.limit is None else f" of {self.limit}"
        return f"<{self.requests}{most} {'request' if self.requests == 1 and not most else 'requests'}>"


_meters: ContextVar[tuple[Meter, ...]] = ContextVar("twilio_orm_meters", default=())
_lock = _forks.lock()  # one lock for all meters: a request counts in each meter around it, or in none


def budget(requests: int) -> AbstractContextManager[Meter]:
    """Let a block send at most so many requests; the next one raises BudgetExceeded and is not sent. Sends nothing itself.

    Every try, redirect and page counts, in each budget around it. ``with budget(requests=50) as spent:`` counts, as
    :func:`count_requests` does.

    :param requests: a whole number, 0 or more.
    :raises BadValue: it is no such number.
    """
    if not isinstance(requests, int) or isinstance(requests, bool) or requests < 0:
        raise BadValue(f"a budget is a whole number of requests, 0 or more, not {requests!r}")
    return _around(requests)


def count_requests() -> AbstractContextManager[Meter]:
    """Count the requests that a block sends: ``with count_requests() as n:``, then ``n.requests``. Sends nothing itself.

    Every try, redirect and page counts. The number can be read after the block too, and no longer rises then.
    """
    return _around(None)


@contextmanager
def _around(limit: int | None) -> Iterator[Meter]:
    meter = Meter(limit)
    _meters.set((*_meters.get(), meter))
    try:
        yield meter
    finally:
        # Not reset(token): a generator may be closed in another context than the one in which it began.
        _meters.set(tuple(one for one in _meters.get() if one is not meter))


def spend(what: str) -> None:
    """Count one request that is about to be sent, in every meter of this context, or in none.

    :param what: its method and path, for the error.
    :raises BudgetExceeded: a budget is spent.
    """
    meters = _meters.get()
    if not meters:
        return
    with _lock:
        for meter in meters:
            if meter.limit is not None and meter.requests >= meter.limit:
                requests = f"{meter.limit} request{'s' * (meter.limit != 1)}"
                raise BudgetExceeded(f"the budget of {requests} is spent: {what} was not sent")
        for meter in meters:
            meter.requests += 1
