"""The values of a sync: its options, the plan of what it would request, and the report of what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from .._frozen import Value, lazy_dataclass
from ..errors import BadValue
from .worker_pool import check_workers

if TYPE_CHECKING:
    from ..query.api_requests import ApiRequest
    from ..schema.moments import When


class MirrorWarning(UserWarning):
    """Records were read but not stored, or not all of them: the mirror does not count the list as fetched completely.

    A :meth:`QuerySet.tail` warns likewise that one of its syncs failed.
    """


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Report(Value):
    """The result of a sync: records ``new``, ``changed`` and ``unchanged``, ``requests`` sent, ``seconds`` taken.

    ``complete`` says whether the mirror now covers the query, ``note`` what is worth knowing. ``deleted`` counts the records
    found to be deleted, ``expired`` those that never became final and are too old to be read again. ``done`` is the share of the
    work done so far (0 to 1), ``remaining`` the time that the rest will take; None where it cannot be known. ``skipped`` names
    the accounts that were not synced, with the reason. ``whole``, ``gone`` and ``settled`` are the former names of ``complete``,
    ``deleted`` and ``expired``.
    """

    resource: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    requests: int = 0
    seconds: float = 0.0
    complete: bool = False
    note: str = ""
    deleted: int = 0
    expired: int = 0
    done: float | None = None
    remaining: timedelta | None = None
    skipped: tuple[str, ...] = ()

    def __str__(self) -> str:
        counts = [("new", self.new), ("changed", self.changed), ("unchanged", self.unchanged), ("deleted", self.deleted)]
        records = ", ".join(f"{number:,} {name}" for name, number in counts if number) or "no records"
        requests = f"{self.requests:,} request{'s' * (self.requests != 1)} in {self.seconds:.1f} s"
        lines = [f"{self.resource}: {records}; {requests}; {'complete' if self.complete else 'not complete'}"]
        if self.expired:
            lines.append(f"  expired  {self.expired:,} that never became final and are too old to be read again")
        lines += [f"  note     {self.note}"] * bool(self.note)
        return "\n".join([*lines, *(f"  skipped  {account}" for account in self.skipped)])

    @property
    def seen(self) -> int:
        """The number of records read."""
        return self.new + self.changed + self.unchanged

    @property
    def whole(self) -> bool:
        """The former name of ``complete``."""
        return self.complete

    @property
    def gone(self) -> int:
        """The former name of ``deleted``."""
        return self.deleted

    @property
    def settled(self) -> int:
        """The former name of ``expired``."""
        return self.expired


BUILDING = "building indexes"
"""The note of a report while the indexes of a table that was filled without them are made."""
Progress = Callable[[Report], object]
"""A function that is called with the report so far, after each page."""


def added(one: Report, other: Report) -> Report:
    """Return the sum of two reports. Pure."""
    return replace(
        one,
        new=one.new + other.new,
        changed=one.changed + other.changed,
        unchanged=one.unchanged + other.unchanged,
        requests=one.requests + other.requests,
        seconds=one.seconds + other.seconds,
        complete=one.complete and other.complete,
        deleted=one.deleted + other.deleted,
        expired=one.expired + other.expired,
        done=other.done,
        remaining=other.remaining,
    )


@lazy_dataclass(frozen=True, eq=False, repr=False)
class SyncOptions(Value):
    """How to sync: see :meth:`Resource.sync` for each option.

    With ``newest``, a sync that has ``since`` also reads the newest records without a time, which no window holds.

    :raises BadValue: ``workers`` is no whole number from 1 to 32, or ``mutable_for`` is no positive timedelta.
    """

    since: When | None = None
    until: When | None = None
    full: bool = False
    workers: int = 4
    mutable_for: timedelta = timedelta(days=15)
    progress: Progress | None = None
    newest: bool = False

    def __post_init__(self) -> None:
        check_workers(self.workers)
        if not isinstance(self.mutable_for, timedelta) or self.mutable_for < timedelta(0):
            raise BadValue(
                f"mutable_for takes how long a record may still change as a positive timedelta, not {self.mutable_for!r}"
            )


@lazy_dataclass(frozen=True, eq=False, repr=False)
class SyncPlan(Value):
    """The requests that a sync would send, as far as the mirror can tell.

    ``requests`` is about how many requests it would send. More records than the mirror knows of take more pages, and records that
    the newest pages show are not requested once more.

    ``lists`` are the lists to read, each with the reason; ``sids`` the records to be read one by one; ``expired`` how many never
    became final and are too old to be read again. ``timeless`` names the time that some records lack, "" where none does: such
    records are in no window, so that everything is one list, and afterwards the newest pages are searched for them.
    """

    resource: str
    lists: tuple[tuple[str, ApiRequest], ...]
    sids: tuple[str, ...]
    expired: int
    requests: int
    timeless: str = ""

    def __str__(self) -> str:
        lines = [f"{self.resource}: about {self.requests} request{'s' * (self.requests != 1)}"]
        for why, request in self.lists:
            lines.append(f"  {why:8} GET {request.target(None)}")
            lines += [_TIMELESS[why].format(self.timeless)] if self.timeless and why in _TIMELESS else []
        lines += [f"  record   {sid}" for sid in self.sids]
        if self.expired:
            lines.append(f"  expired  {self.expired} records that never became final are too old to be read again")
        return "\n".join([*lines, "  then     by its SID, each record that may still change and that its list no longer shows"])


_TIMELESS = {
    "whole": "           in one list, for no window holds a record without {}; with since=, windows are split among workers",
    "newest": "           as far as they are new, for records without {}, which no window holds",
}
