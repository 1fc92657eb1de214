"""Incremental sync of one resource of one account: fetch the new records, and those that may have changed.

Coverage is its only memory: a window that was fetched completely is not requested again, and a list that broke off goes on at its
checkpoint. A record that may still change and that its list did not show is requested by its SID.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..errors import MirrorError, MirrorLocked
from ..mirror.coverage.absence import Absences, CompleteListing
from ..mirror.coverage.checkpoints import Checkpoint
from ..mirror.coverage.sweeps import TAIL
from ..query.api_requests import ApiRequest, narrowed
from ..query.ast import Condition, Query
from ..query.constraints import Constraints
from ..query.intervals import EVER, Span, closed, holds, joined, opened, subtract, within
from ..query.planner import check_supported, plan
from ..schema.clocks import CLOCK_TOLERANCE
from ..schema.resource_schema import LATE
from ..schema.times import instant, instant_text
from .absence import keeps_day, not_found, retention_horizon
from .estimate import WorkEstimate
from .fetcher import Fetcher, Job, JobResult
from .pages import PageReader
from .report import MirrorWarning, Report, SyncOptions, SyncPlan
from .responses import skipped
from .storing import store_pages
from .windows import Part, choose, day_end, day_start, whole_days
from .worker_pool import Pace, WorkerPool, throttle_counter

if TYPE_CHECKING:
    from ..connection import Connection

STALE = timedelta(hours=24)
"""A list that broke off longer ago is read from its first page."""
UNFINISHED = timedelta(days=7)
"""A full sync that broke off longer ago is begun anew."""


class IncrementalSync:
    """One sync of a resource that has a time filter.

    :param query: all of the resource, completed.
    :param options: how to sync; ``since`` and ``until`` are in ``region``.
    :param region: the window that is to be fetched.
    """

    def __init__(self, connection: Connection, query: Query, options: SyncOptions, region: Span = EVER) -> None:
        self.connection, self.query, self.options, self.region = connection, query, options, region
        self.schema, self.mirror, self.account = query.schema, connection.mirror, connection.account_sid
        self.report = Report(self.schema.name)
        self._requests = plan(query, self.account).requests
        check_supported(query, self._requests)
        self._shown: set[Any] = set()  # the SIDs of mutable records that lists showed
        self._requested: set[Any] = set()  # the SIDs of records that are requested one by one
        self._newest_read = self._was_empty = False
        self._kept_since, self._lost_until = LATE, ""  # days that Twilio is known to keep, and those that it may not keep
        self._newest = ""
        self._checkpoints: dict[str, Checkpoint] = {}
        self._listings: dict[Job, list[CompleteListing]] = {}
        self._flawed = set[Job]()
        self._estimate = WorkEstimate(self.schema.page_size, self._held)
        self._pool: WorkerPool[Job, JobResult]
        self._fetcher: Fetcher

    # ------------------------------------------------------------ which jobs there are

    def plan(self) -> SyncPlan:
        """Return what it would request. Reads the disk, sends nothing."""
        self._checkpoints, _ = self._unfinished()
        first, expired = self._first(), 0
        rest: list[Job] = []
        if not any(job.why == "whole" for job in first):
            rest, expired = self._again(self._gaps()[0])
        jobs = [*first, *rest]
        lists = tuple((job.why, request) for job in jobs for request in job.requests if job.why != "record")
        sids = tuple(str(job.requests[0].constraints.equal[self.schema.key[-1]]) for job in jobs if job.why == "record")
        timeless = str(self.schema.window) if self.schema.timeless else ""
        return SyncPlan(self.schema.name, lists, sids, expired, round(sum(map(self._estimate.requests, jobs))), timeless)

    def _gaps(self) -> tuple[list[Span], bool]:
        """The windows that were not fetched, as whole days, and whether records without a time were not."""
        name = str(self.schema.window)
        spans: list[Span] = []
        timeless = False
        region = {name: self.region} if self.region != EVER else {}
        for request in self._requests:
            constraints = replace(request.constraints, spans={**request.constraints.spans, **region})
            gaps, without_time = self.mirror.uncovered(
                self.account, self.schema, constraints, self._oldest, self.connection.now() + CLOCK_TOLERANCE
            )
            spans, timeless = [*spans, *gaps], timeless or without_time
        gaps = joined(whole_days(span) for span in spans)
        for span in self._broken_off():  # such windows stay as they were, so that their lists can go on
            if any(within(span, gap) for gap in gaps):
                gaps = [span, *(opened(one) for one in subtract(map(closed, gaps), closed(span)))]
        return sorted(gaps, key=closed), timeless

    @cached_property
    def _oldest(self) -> datetime | None:
        """Since when a window must have been fetched to count. A full sync that was broken off counts from its beginning."""
        if not self.options.full:
            return None
        now, begun = self.connection.now(), self.mirror.metadata(self._full_note)
        if begun is None or not now - UNFINISHED <= instant(begun) <= now + CLOCK_TOLERANCE:
            return self.connection.earliest()
        return instant(begun)

    def _first(self) -> list[Job]:
        """The jobs for new records: a list of everything, or the newest pages and the windows that were not fetched.

        No window shows a record without a time, and no other request lists all such records. So they are fetched by a list of
        everything alone, which is not split, and the mirror knows them as of that list. Newer ones are searched for among the
        newest pages, for which no sweep is remembered: the order of a list is not documented.
        """
        gaps, timeless = self._gaps()
        unbounded = self.region == EVER
        if unbounded and (gaps == [EVER] or timeless):
            return [Job("whole", self._requests, divisible=len(self._requests) == 1 and not self.schema.timeless)]
        jobs = []
        if unbounded and self.schema.timeless and not self._newest_read:
            jobs.append(Job("newest", self._requests, until=self._newest_known()))
        return [*jobs, *(self._window("new", span) for span in gaps if not self._joins(span, gaps))]

    def _newest_known(self) -> str:
        """Until when records without a time, which no window shows, are known; "" where none are."""
        now = self.connection.now()
        if (noted := self.mirror.listed_until(self.account, self.schema)) is not None and instant(noted) <= now + CLOCK_TOLERANCE:
            return instant_text(instant(noted) - TAIL)
        sweeps = self.mirror.snapshot(now).sweeps(self.account, self.schema)
        began = [one.began_at for one in sweeps if one.constraints == Constraints()]
        return instant_text(max(began) - TAIL) if began else ""

    @property
    def _full_note(self) -> str:
        """The name of the note that says when an unfinished full sync began."""
        return f"full {self.account} {self.schema.table}"

    def _broken_off(self) -> list[Span]:
        """The windows whose lists broke off."""
        name = str(self.schema.window)
        constraints = [checkpoint.constraints for checkpoint in self._checkpoints.values()]
        return [one.spans[name] for one in constraints if list(one.spans) == [name] and not one.equal]

    def _joins(self, span: Span, gaps: list[Span]) -> bool:
        """Whether a window is the newest one, and is chosen together with those before it."""
        return self.schema.finality is not None and span is gaps[-1] and span[0] is not None and span[1] is None

    def _again(self, gaps: list[Span]) -> tuple[list[Job], int]:
        """The jobs for records that may still change, by window or one by one, whichever takes fewer requests; the newest window
        is one of them. Also the number of records that are too old to be read again."""
        due, expired = self.mirror.mutable_records(self.account, self.schema, self.connection.now() - self.options.mutable_for)
        due = [(sid, at) for sid, at in due if not any(holds(gap, at) for gap in gaps) and self._inside(at)]
        due = [(sid, at) for sid, at in due if sid not in self._shown and sid not in self._requested]
        days: dict[str, list[str]] = {}
        for sid, at in due:
            if at is not None:
                days.setdefault(day_start(at), []).append(sid)
        parts = [self._part(day, sids) for day, sids in days.items()]
        new = [gap for gap in gaps if self._joins(gap, gaps)]
        parts += [Part(str(gap[0]), None, self._held(gap), must=True) for gap in new]
        spans, sids = choose(parts, self.schema.page_size, len(self._requests))
        windows = [self._window("new" if any(within(gap, span) for gap in new) else "again", span) for span in spans]
        without_time = [sid for sid, at in due if at is None]
        return [*windows, *map(self._record, (*sids, *without_time))], expired

    def _inside(self, at: str | None) -> bool:
        return self.region == EVER or holds(self.region, at)

    def _part(self, day: str, sids: list[str]) -> Part:
        end = day_end(day[:-1] + "1")
        return Part(day, end, self._held((day, end)), tuple(sids))

    def _held(self, span: Span) -> int:
        """How many records of a window the mirror holds."""
        return self.mirror.count_between(self.account, self.schema, str(span[0]), span[1])

    def _window(self, why: str, span: Span) -> Job:
        name = str(self.schema.window)
        requests = tuple(narrowed(self.query, self.account, request, name, *span) for request in self._requests)
        return Job(why, requests, span, divisible=len(requests) == 1)

    def _record(self, sid: Any) -> Job:
        self._requested.add(sid)
        return Job("record", plan(Query(self.schema, (Condition(self.schema.key[-1], "exact", sid),)), self.account).requests)

    def _unfinished(self) -> tuple[dict[str, Checkpoint], list[Checkpoint]]:
        """The checkpoints from which lists go on, by their constraints, and those that are too old for that."""
        valid, stale, now = dict[str, Checkpoint](), list[Checkpoint](), self.connection.now()
        for checkpoint in self.mirror.checkpoints(self.account, self.schema):
            if not now - STALE <= checkpoint.began <= now + CLOCK_TOLERANCE:
                stale.append(checkpoint)
            elif self._oldest is None or checkpoint.began >= self._oldest:  # of several for one list, the one that came farthest
                valid[repr(checkpoint.constraints)] = checkpoint
        return valid, stale

    # ------------------------------------------------------------ the run

    def run(self) -> Report:
        """Sync. Calls Twilio; reads and writes the disk.

        :raises ApiError, Unreachable: Twilio refused, or did not answer; every page until then is stored.
        :raises MirrorError: the disk failed.
        """
        self.mirror.open()
        self.connection.register_account()
        if self._oldest is not None:
            self.mirror.set_metadata(self._full_note, instant_text(self._oldest))
        self._checkpoints, stale = self._unfinished()
        for checkpoint in stale:
            self.mirror.drop_checkpoint(checkpoint.owner)
        self._was_empty = self.mirror.is_empty(self.account, self.schema)
        pace = Pace(self.options.workers, throttle_counter(self.connection.transport))
        cache = None if self._was_empty else self.mirror.page_cache(self.schema, full_rows=False)
        splits = self.options.workers > 1
        self._fetcher = Fetcher(self.connection, self.query, pace, self._checkpoints, cache, splits=splits)
        self._round()
        if self._fetcher.resumed:  # a resumed list is as old as its beginning: fetch what was created or changed since then
            self._checkpoints, self._newest_read = {}, False
            self._round()
        if self._oldest is not None and self.mirror.metadata(self._full_note) == instant_text(self._oldest):
            self.mirror.set_metadata(self._full_note, None)  # unless another process began a full sync meanwhile
        self.mirror.discard_future_dates(self.connection.transport.time.latest())
        self._update(complete=not self._flawed, done=1.0, remaining=timedelta(0))
        return self.report

    def _round(self) -> None:
        """Fetch new records, then those that may still change and were not shown meanwhile."""
        first = self._first()
        gaps = self._gaps()[0]
        self._do([job for job in first if job.why == "newest"])
        self._newest_read = any(job.why == "newest" for job in first)
        rest, expired = ([], 0) if any(job.why == "whole" for job in first) else self._again(gaps)
        self._update(expired=expired)
        self._do([*(job for job in first if job.why != "newest"), *rest])
        if self._newest and not self._flawed:
            self.mirror.set_listed_until(self.account, self.schema, min(self._newest, instant_text(self.connection.now())))

    def _do(self, jobs: list[Job]) -> None:
        self._pool = WorkerPool(self._fetcher.read, self._take, self.options.workers, ahead=True)
        self._add(jobs)
        self._pool.run()

    def _add(self, jobs: list[Job]) -> None:
        self._estimate.add(jobs)
        self._pool.add(*jobs)

    # ------------------------------------------------------------ results, in the calling thread

    def _take(self, results: list[JobResult]) -> None:
        """Handle results: pages that wait together are stored together, before the mirror judges their lists."""
        pages = [one for one in results if one.page is not None]
        try:
            self._store(pages)
        except MirrorLocked:
            raise
        except MirrorError:  # store as many as there is room for
            for one in pages:
                self._store([one])
        for one in results:
            self._note(one)

    def _note(self, result: JobResult) -> None:
        job, request = result.job, result.request
        self._update(requests=self.report.requests + result.requests)
        self._newest = max(self._newest, result.newest)
        self._estimate.count(result)
        if result.page is not None and result.page.unread:
            warnings.warn(skipped(self.schema, result.page.unread), MirrorWarning, stacklevel=2)
            self._flawed.add(job)
        if result.absent and request is not None:
            self._absent(request, result.revision)
        if result.listing is not None and request is not None:
            self._judge(job, result.listing)
        if result.spans:
            self._divide(job, result.spans)
        elif result.done:
            self._finish(job)
        if result.page is not None or result.done:
            self._show()

    def _store(self, results: list[JobResult]) -> None:
        if not results:
            return
        pages = [one.page for one in results if one.page is not None]
        checkpoints = [(self.account, one.checkpoint) for one in results if one.checkpoint is not None]
        stored = store_pages(self.connection, self.schema, pages, min(one.revision for one in results), checkpoints)
        key = self.schema.index[self.schema.key[-1]]
        self._shown.update(row[key] for page in pages for row in self.schema.mutable(page.rows))
        before, unchanged = self.report, stored.unchanged + sum(page.unchanged for page in pages)
        self._update(new=before.new + stored.new, changed=before.changed + stored.changed, unchanged=before.unchanged + unchanged)

    def _judge(self, job: Job, listing: CompleteListing) -> None:
        """Let the mirror judge the records that a complete list lacks."""
        if len(job.requests) > 1:  # a record may have moved to another list of the job meanwhile
            listing = replace(listing, proves_deletion=False)
        if job in self._flawed:
            return
        if self._was_empty:  # the mirror held no record before this sync: none can be missing
            listing = replace(listing, revision=0)
        elif listing.horizon:
            listing = self._with_known_horizon(listing)
        self._look_up(self.mirror.finish_listing(self.account, self.schema, listing))
        self._listings.setdefault(job, []).append(listing)

    def _with_known_horizon(self, listing: CompleteListing) -> CompleteListing:
        """The listing, to be judged as far back as Twilio shows that it keeps records."""
        low = listing.constraints.spans.get(str(self.schema.window), EVER)[0]
        if low is None and not (self.schema.retention and self.schema.retention.refuses):
            return listing  # it has shown the oldest record that is kept
        lacking = self.mirror.missing_days(self.schema, replace(listing, horizon=""))
        days = [day for day in lacking if day <= listing.horizon[:10]]
        first, last = 0, len(days)
        while first < last:
            middle = first if first == 0 else (first + last) // 2
            if self._is_kept(days[middle]):
                last = middle
            else:
                first = middle + 1
        return replace(listing, horizon=f"{days[first]} 00:00:00") if first < len(days) else listing

    def _is_kept(self, day: str) -> bool:
        """Whether it is sure that Twilio keeps all of a day, and later days. Calls Twilio where that is not known."""
        if self._lost_until < day < self._kept_since:
            reader = PageReader(self.connection, self.schema, 1)
            try:
                kept = keeps_day(reader, self.query, self._requests, day)
            finally:
                self._update(requests=self.report.requests + reader.taken())
            self._kept_since, self._lost_until = (day, self._lost_until) if kept else (self._kept_since, day)
        return day >= self._kept_since

    def _absent(self, request: ApiRequest, revision: int) -> None:
        """Tombstone a record whose own address answered 404."""
        horizon = retention_horizon(self.connection, self.schema, request.covers, self._is_kept)
        deleted = not_found(self.connection, self.schema, request.covers, revision, horizon)
        self._update(deleted=self.report.deleted + deleted)

    def _look_up(self, judged: Absences) -> None:
        """Request the records that a list lacks and that may still change, by their SIDs."""
        self._update(deleted=self.report.deleted + len(judged.deleted))
        if self.schema.finality is None or not judged.suspect:
            return
        for key, row in self.mirror.find(self.schema, judged.suspect).items():
            if key[-1] not in self._requested and not self.schema.is_final(row):
                self._add([self._record(key[-1])])

    def _divide(self, job: Job, spans: Iterable[Span]) -> None:
        """Replace a dense window by several. The last one, of unknown size, is read first."""
        jobs = [replace(self._window(job.why, span), depth=job.depth + 1) for span in spans]
        self._estimate.ended(job)
        self._add(jobs[::-1])

    def _finish(self, job: Job) -> None:
        """Let the mirror judge the lists of a job together."""
        listings = self._listings.pop(job, [])
        self._estimate.ended(job)
        if len(listings) < len(job.requests) or not listings:
            return
        first = min(listings, key=lambda one: one.began)
        if len(listings) > 1 and self.schema.partition:
            equal = {name: value for name, value in first.constraints.equal.items() if name != self.schema.partition[0]}
            shown = [number for one in listings for number in one.shown]
            horizon = min(one.horizon for one in listings)
            limits = replace(first.constraints, equal=equal)
            together = replace(first, constraints=limits, shown=shown, proves_deletion=True, horizon=horizon)
            self._look_up(self.mirror.finish_listing(self.account, self.schema, together))

    # ------------------------------------------------------------ the report

    def _update(self, **values: Any) -> None:
        self.report = replace(self.report, **values)

    def _show(self) -> None:
        """Call the user's function with the report so far."""
        seconds, done, remaining = self._estimate.progress()
        self._update(seconds=seconds, done=done, remaining=remaining)
        if self.options.progress is not None:
            self.options.progress(self.report)
