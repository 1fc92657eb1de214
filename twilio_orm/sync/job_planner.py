"""The jobs of an incremental sync: which lists and records it requests, by the mirror's coverage. Sends nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .._frozen import cached_property
from ..mirror.coverage.checkpoints import Checkpoint
from ..mirror.coverage.sweeps import TAIL
from ..query.api_requests import narrowed
from ..query.ast import Condition, Query
from ..query.constraints import Constraints
from ..query.intervals import EVER, Span, closed, holds, joined, opened, subtract, within
from ..query.planner import check_supported, plan
from ..schema.clocks import CLOCK_TOLERANCE
from ..schema.times import instant, instant_text
from .fetcher import Job
from .windows import Part, choose, day_end, day_start, whole_days

if TYPE_CHECKING:
    from ..connection import Connection
    from .report import SyncOptions

STALE = timedelta(hours=24)
"""A list that broke off longer ago is read from its first page."""
UNFINISHED = timedelta(days=7)
"""A full sync that broke off longer ago is started again."""


class JobPlanner:
    """Chooses the jobs of one sync of a resource that has a time filter.

    :param query: all of the resource, completed.
    :param options: how to sync; ``since`` and ``until`` are in ``region``.
    :param region: the window that is to be fetched.
    :raises QueryError: Twilio does not list the resource.

    ``requests`` are the lists of the query. The sync that reads the jobs keeps these up to date: ``checkpoints`` are the places
    where lists go on, by their constraints; ``shown`` are the SIDs of mutable records that lists showed; ``requested`` those of
    records that are requested one by one.
    """

    def __init__(self, connection: Connection, query: Query, options: SyncOptions, region: Span) -> None:
        self.connection, self.query, self.options, self.region = connection, query, options, region
        self.schema, self.mirror, self.account = query.schema, connection.mirror, connection.account_sid
        self.requests = plan(query, self.account).requests
        check_supported(query, self.requests)
        self.checkpoints: dict[str, Checkpoint] = {}
        self.shown: set[Any] = set()
        self.requested: set[Any] = set()

    def gaps(self) -> tuple[list[Span], bool]:
        """Return the windows that were not fetched, as whole days, and whether timeless records were not. Reads the disk."""
        name = str(self.schema.window)
        spans: list[Span] = []
        timeless = False
        region = {name: self.region} if self.region != EVER else {}
        for request in self.requests:
            constraints = replace(request.constraints, spans={**request.constraints.spans, **region})
            gaps, without_time = self.mirror.uncovered(
                self.account, self.schema, constraints, self.oldest, self.connection.now() + CLOCK_TOLERANCE
            )
            spans, timeless = [*spans, *gaps], timeless or without_time
        gaps = joined(whole_days(span) for span in spans)
        for span in self._broken_off():  # such windows stay as they were, so that their lists can go on
            if any(within(span, gap) for gap in gaps):
                gaps = [span, *(opened(one) for one in subtract(map(closed, gaps), closed(span)))]
        return sorted(gaps, key=closed), timeless

    @cached_property
    def oldest(self) -> datetime | None:
        """Since when a window must have been fetched to count; None for any time. An interrupted full sync keeps its own."""
        if not self.options.full:
            return None
        now, begun = self.connection.now(), self.mirror.metadata(self.full_note)
        if begun is None or not now - UNFINISHED <= instant(begun) <= now + CLOCK_TOLERANCE:
            return self.connection.earliest()
        return instant(begun)

    def first(self) -> list[Job]:
        """Return the jobs for new records: a list of everything, or the newest pages and the windows that were not fetched.

        No window shows a record without a time, and no other request lists all such records. So they are fetched by a list of
        everything alone, which is not split, and the mirror knows them as of that list. Newer ones are searched for among the
        newest pages, for which no sweep is remembered: the order of a list is not documented.
        """
        gaps, timeless = self.gaps()
        unbounded = self.region == EVER
        if unbounded and (gaps == [EVER] or timeless):
            return [Job("whole", self.requests, divisible=len(self.requests) == 1 and not self.schema.timeless)]
        jobs = []
        if (unbounded or self.options.newest) and self.schema.timeless:
            jobs.append(Job("newest", self.requests, until=self._newest_known() or self.region[0] or ""))
        return [*jobs, *(self.window("new", span) for span in gaps if not self._joins(span, gaps))]

    def _newest_known(self) -> str:
        """Until when records without a time, which no window shows, are known; "" where none are."""
        now = self.connection.now()
        if (noted := self.mirror.listed_until(self.account, self.schema)) is not None and instant(noted) <= now + CLOCK_TOLERANCE:
            return instant_text(instant(noted) - TAIL)
        sweeps = self.mirror.snapshot(now).sweeps(self.account, self.schema)
        began = [one.began_at for one in sweeps if one.constraints == Constraints()]
        return instant_text(max(began) - TAIL) if began else ""

    @property
    def full_note(self) -> str:
        """The key of the metadata that says when an unfinished full sync began."""
        return f"full {self.account} {self.schema.table}"

    def _broken_off(self) -> list[Span]:
        """The windows whose lists broke off."""
        name = str(self.schema.window)
        constraints = [checkpoint.constraints for checkpoint in self.checkpoints.values()]
        return [one.spans[name] for one in constraints if list(one.spans) == [name] and not one.equal]

    def _joins(self, span: Span, gaps: list[Span]) -> bool:
        """Whether a window is the newest one, and is chosen together with those before it."""
        return self.schema.finality is not None and span is gaps[-1] and span[0] is not None and span[1] is None

    def again(self, gaps: list[Span]) -> tuple[list[Job], int]:
        """Return the jobs for records that may still change, and how many such records are too old to be read again.

        Records are read by window or one by one, whichever takes fewer requests. The newest window is among the jobs. How old a
        record is, the earliest clock decides: too many requests are better than a change that is never fetched.

        :param gaps: the windows that were not fetched.
        """
        since = self.connection.earliest() - self.options.mutable_for
        due, expired = self.mirror.mutable_records(self.account, self.schema, since)
        changed = self.mirror.unconfirmed_records(self.account, self.schema, since)
        due += [(sid, at) for sid, at in changed if at is not None]  # the others may be on the pages of new records
        due = [(sid, at) for sid, at in due if not any(holds(gap, at) for gap in gaps) and self._inside(at)]
        due = [(sid, at) for sid, at in due if sid not in self.shown and sid not in self.requested]
        days: dict[str, list[str]] = {}
        for sid, at in due:
            if at is not None:
                days.setdefault(day_start(at), []).append(sid)
        parts = [self._part(day, sids) for day, sids in days.items()]
        new = [gap for gap in gaps if self._joins(gap, gaps)]
        parts += [Part(str(gap[0]), None, self.count_held(gap), must=True) for gap in new]
        spans, sids = choose(parts, self.schema.page_size, len(self.requests))
        windows = [self.window("new" if any(within(gap, span) for gap in new) else "again", span) for span in spans]
        without_time = [sid for sid, at in due if at is None]
        return [*windows, *map(self.record, (*sids, *without_time))], expired

    def unconfirmed(self) -> list[Job]:
        """Return the jobs for records that callbacks changed and that no list has shown since then. Reads the disk."""
        since = self.connection.earliest() - self.options.mutable_for
        found = self.mirror.unconfirmed_records(self.account, self.schema, since)
        return [self.record(sid) for sid, at in found if sid not in self.requested and (at is None or self._inside(at))]

    def _inside(self, at: str | None) -> bool:
        return self.region == EVER or holds(self.region, at)

    def _part(self, day: str, sids: list[str]) -> Part:
        end = day_end(day[:-1] + "1")
        return Part(day, end, self.count_held((day, end)), tuple(sids))

    def count_held(self, span: Span) -> int:
        """Return how many records of a window the mirror holds. Reads the disk."""
        return self.mirror.count_between(self.account, self.schema, str(span[0]), span[1])

    def window(self, why: str, span: Span) -> Job:
        """Return the job that lists a window, with the reason. Pure."""
        name = str(self.schema.window)
        requests = tuple(narrowed(self.query, self.account, request, name, *span) for request in self.requests)
        return Job(why, requests, span, divisible=len(requests) == 1)

    def record(self, sid: Any) -> Job:
        """Return the job that requests a record by its SID, and note that it is requested."""
        self.requested.add(sid)
        return Job("record", plan(Query(self.schema, (Condition(self.schema.key[-1], "exact", sid),)), self.account).requests)

    def unfinished(self) -> tuple[dict[str, Checkpoint], list[Checkpoint]]:
        """Return the checkpoints from which lists go on, by their constraints, and those that are too old. Reads the disk."""
        valid, stale, now = dict[str, Checkpoint](), list[Checkpoint](), self.connection.now()
        for checkpoint in self.mirror.checkpoints(self.account, self.schema):
            if not now - STALE <= checkpoint.began <= now + CLOCK_TOLERANCE:
                stale.append(checkpoint)
            elif self.oldest is None or checkpoint.began >= self.oldest:  # of several for one list, the one that came farthest
                valid[repr(checkpoint.constraints)] = checkpoint
        return valid, stale
