"""Incremental sync of one resource of one account: fetch the new records, and those that may have changed.

Coverage is its only memory: a window that was fetched completely is not requested again, and a list that broke off goes on at its
checkpoint. A record that may still change and that its list did not show is requested by its SID.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..errors import MirrorError, MirrorLocked
from ..mirror.store import Absorbed
from ..query.intervals import EVER, Span
from ..schema.clocks import CLOCK_TOLERANCE
from ..schema.resource_schema import LATE
from ..schema.times import instant_text
from .absence import keeps_day, not_found, retention_horizon
from .estimate import WorkEstimate
from .fetcher import Fetcher, Job, JobResult
from .job_planner import JobPlanner
from .pages import PageReader
from .pending_checkpoints import PendingCheckpoints
from .report import BUILDING, MirrorWarning, Report, SyncOptions, SyncPlan
from .responses import skipped
from .storing import loading, store_pages
from .worker_pool import Pace, WorkerPool, throttle_counter

if TYPE_CHECKING:
    from ..connection import Connection
    from ..mirror.coverage.absence import Absences, CompleteListing
    from ..query.api_requests import ApiRequest
    from ..query.ast import Query


class IncrementalSync:
    """One sync of a resource that has a time filter.

    :param query: all of the resource, completed.
    :param options: how to sync; ``since`` and ``until`` are in ``region``.
    :param region: the window that is to be fetched.
    """

    def __init__(self, connection: Connection, query: Query, options: SyncOptions, region: Span = EVER) -> None:
        self.connection, self.query, self.options = connection, query, options
        self.schema, self.mirror, self.account = query.schema, connection.mirror, connection.account_sid
        self.report = Report(self.schema.name)
        self._planner = JobPlanner(connection, query, options, region)
        self._estimate = WorkEstimate(self.schema.page_size, self._planner.count_held)
        self._was_empty = False  # whether the mirror held no record of the account before
        self._kept_since, self._lost_until = LATE, ""  # days that Twilio is known to keep, and those that it may not keep
        self._newest = ""
        self._listings: dict[Job, list[CompleteListing]] = {}
        self._flawed = set[Job]()
        self._pending = PendingCheckpoints()
        self._pool: WorkerPool[Job, JobResult]
        self._fetcher: Fetcher

    def plan(self) -> SyncPlan:
        """Return what it would request. Reads the disk, sends nothing."""
        planner = self._planner
        planner.checkpoints, _ = planner.unfinished()
        first, expired = planner.first(), 0
        rest: list[Job] = []
        if not any(job.why == "whole" for job in first):
            rest, expired = planner.again(planner.gaps()[0])
            rest += planner.unconfirmed()
        jobs = [*first, *rest]
        lists = tuple((job.why, request) for job in jobs for request in job.requests if job.why != "record")
        sids = tuple(str(job.requests[0].constraints.equal[self.schema.key[-1]]) for job in jobs if job.why == "record")
        timeless = str(self.schema.window) if self.schema.timeless else ""
        return SyncPlan(self.schema.name, lists, sids, expired, round(sum(map(self._estimate.requests, jobs))), timeless)

    # ------------------------------------------------------------ the run

    def run(self) -> Report:
        """Sync. Calls Twilio; reads and writes the disk.

        :raises ApiError, Unreachable: Twilio refused, or did not answer; every page until then is stored.
        :raises MirrorError: the disk failed.
        """
        self.mirror.open()
        self.connection.register_account()
        planner, began = self._planner, self._planner.oldest
        if began is not None:
            self.mirror.set_metadata(planner.full_note, instant_text(began))
        planner.checkpoints, stale = planner.unfinished()
        for checkpoint in stale:
            self.mirror.drop_checkpoint(checkpoint.owner)
        self._was_empty = self.mirror.is_empty(self.account, self.schema)
        pace = Pace(self.options.workers, throttle_counter(self.connection.transport))
        cache = None if self._was_empty else self.mirror.page_cache(self.schema, full_rows=False, summary=True)
        self._fetcher = Fetcher(
            self.connection,
            self.query,
            pace,
            planner.checkpoints,
            cache,
            readers=self.options.workers,
            judged=not self._was_empty,
        )
        try:
            with loading(self.connection, self.schema, self._tell_building):
                self._round()
            self._update(seconds=self._estimate.progress()[0])
            if self._fetcher.resumed:  # a resumed list is as old as its beginning: fetch what was created or changed since then
                planner.checkpoints = {}
                self._round()
        except BaseException:
            with suppress(MirrorError):  # the next sync goes on some pages earlier
                self._store_pending()
            raise
        self._store_pending()
        if began is not None and self.mirror.metadata(planner.full_note) == instant_text(began):
            self.mirror.set_metadata(planner.full_note, None)  # unless another process began a full sync meanwhile
        self.mirror.discard_future_dates(self.connection.transport.time.latest())
        self._update(complete=not self._flawed, done=1.0, remaining=timedelta(0))
        self.connection.notify(self.schema)  # of deleted records
        return self.report

    def _round(self) -> None:
        """Fetch new records, then those that may still change and were not shown meanwhile."""
        began = self.connection.earliest()
        first = self._planner.first()
        gaps = self._planner.gaps()[0]
        self._do([job for job in first if job.why == "newest"])
        rest, expired = ([], 0) if any(job.why == "whole" for job in first) else self._planner.again(gaps)
        self._update(expired=expired)
        self._do([*(job for job in first if job.why != "newest"), *rest])
        if self.connection.earliest() < began - CLOCK_TOLERANCE:  # responses showed that the clock is ahead: less has expired
            rest, expired = self._planner.again([])
            self._update(expired=expired)
            self._do(rest)
        self._do(self._planner.unconfirmed())
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
        except MirrorError:  # store as many as fit on the disk
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
        checkpoints = self._pending.with_pages(results)
        stored = Absorbed()
        if self._pending.may_wait(results, checkpoints):
            self._pending.keep(checkpoints)
        else:
            revision, own = min(one.revision for one in results), [(self.account, one) for one in checkpoints.values()]
            stored = store_pages(self.connection, self.schema, pages, revision, own)
            self._pending.keep({})
        key = self.schema.index[self.schema.key[-1]]
        for page in pages:
            self._planner.shown.update(
                [row[key] for row in self.schema.mutable(page.rows)] if page.summary is None else page.summary.mutable
            )
        before, unchanged = self.report, stored.unchanged + sum(page.unchanged for page in pages)
        self._update(new=before.new + stored.new, changed=before.changed + stored.changed, unchanged=before.unchanged + unchanged)

    def _store_pending(self) -> None:
        """Store the checkpoints that no page took along: those of lists that did not come to their end."""
        pending = self._pending.with_pages([])
        if pending:
            store_pages(self.connection, self.schema, [], 0, [(self.account, one) for one in pending.values()])
            self._pending.keep({})

    def _judge(self, job: Job, listing: CompleteListing) -> None:
        """Let the mirror judge the records that a complete list lacks."""
        if len(job.requests) > 1:  # a record may have moved to another list of the job meanwhile
            listing = replace(listing, proves_deletion=False)
        if job in self._flawed:
            return
        self._pending.drop(listing.owner)
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
                kept = keeps_day(reader, self.query, self._planner.requests, day)
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
            if key[-1] not in self._planner.requested and not self.schema.is_final(row):
                self._add([self._planner.record(key[-1])])

    def _divide(self, job: Job, spans: Iterable[Span]) -> None:
        """Replace a dense window by several. The last one, of unknown size, is read first."""
        jobs = [replace(self._planner.window(job.why, span), depth=job.depth + 1) for span in spans]
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
            together = replace(first, constraints=limits, shown=shown, runs=(), proves_deletion=True, horizon=horizon)
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

    def _tell_building(self) -> None:
        """Call the user's function before the indexes are made."""
        if self.options.progress is not None:
            self.options.progress(replace(self.report, note=BUILDING))
