"""Incremental sync of one resource of one account: what is new, and what may still change.

Coverage is the only memory it has: what was heard whole is not asked for again, and a list that broke off goes on at the
page it stood at. What a list should have shown and did not is asked for by its SID where it may still change.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
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
from ..schema.clocks import CLOSE
from ..schema.resource_schema import LATE
from ..schema.times import instant, instant_text
from .fetcher import Reader
from .jobs import Brought, Job, SyncPlan
from .pages import Lists
from .scan import MirrorWarning, Report, keeps, not_found, reach, skipped, store
from .windows import PAGES, Part, choose, day_end, day_start, whole_days
from .worker_pool import Pace, Work, throttled

if TYPE_CHECKING:
    from ..connection import Connection

STALE = timedelta(hours=24)
"""A list that broke off longer ago is read anew."""
UNFINISHED = timedelta(days=7)
"""A full sync that broke off longer ago is begun anew."""


class Sync:
    """One sync of a resource that has a time filter.

    :param query: all of the resource, completed. :param region: the window that is to be heard.
    :param full: whether what was heard before is heard again. :param mutable_for: how old what may still change can be.
    """

    def __init__(
        self,
        connection: Connection,
        query: Query,
        region: Span = EVER,
        *,
        full: bool = False,
        workers: int = 4,
        mutable_for: timedelta = timedelta(days=15),
        progress: Callable[[Report], object] | None = None,
    ) -> None:
        self.connection, self.query, self.region = connection, query, region
        self.schema, self.mirror, self.account = query.schema, connection.mirror, connection.account_sid
        self.full, self.workers, self.mutable_for = full, workers, mutable_for
        self.report = Report(self.schema.name)
        self._progress = progress
        self._requests = plan(query, self.account).requests
        check_supported(query, self._requests)
        self._shown: set[Any] = set()
        self._asked: set[Any] = set()
        self._looked = self._empty = False
        self._since, self._lost = LATE, ""  # days that Twilio is known to keep, and those that it may not keep
        self._newest = ""
        self._checkpoints: dict[str, Checkpoint] = {}
        self._lists: dict[Job, list[CompleteListing]] = {}
        self._flawed = set[Job]()
        self._weight, self._done = 0.0, 0.0  # requests: how many there will be, as far as can be told, and how many there were
        self._left: dict[Job, float] = {}  # how many more of them each job that is under way is to take
        self._endless = set[Job]()  # those of them of which nobody can know
        self._began = time.monotonic()
        self._work: Work[Job, Brought]
        self._reader: Reader

    # ------------------------------------------------------------ what to do

    def plan(self) -> SyncPlan:
        """What it would ask. Reads the disk, sends nothing."""
        self._checkpoints, _ = self._unfinished()
        first, expired = self._first(), 0
        rest: list[Job] = []
        if not any(job.why == "whole" for job in first):
            rest, expired = self._again(self._gaps()[0])
        jobs = [*first, *rest]
        lists = tuple((job.why, request) for job in jobs for request in job.requests if job.why != "record")
        sids = tuple(str(job.requests[0].constraints.equal[self.schema.key[-1]]) for job in jobs if job.why == "record")
        timeless = str(self.schema.window) if self.schema.timeless else ""
        return SyncPlan(self.schema.name, lists, sids, expired, round(sum(map(self._pages, jobs))), timeless)

    def _gaps(self) -> tuple[list[Span], bool]:
        """The windows that were not heard, as whole days, and whether records without a time were not."""
        name = str(self.schema.window)
        spans: list[Span] = []
        null = False
        for request in self._requests:
            constraints = replace(
                request.constraints, spans={**request.constraints.spans, **({name: self.region} if self.region != EVER else {})}
            )
            gaps, waiting = self.mirror.uncovered(
                self.account, self.schema, constraints, self._oldest, self.connection.now() + CLOSE
            )
            spans, null = [*spans, *gaps], null or waiting
        gaps = joined(whole_days(span) for span in spans)
        for taken in self._broken_off():  # to be gone on with as they were
            if any(within(taken, gap) for gap in gaps):
                gaps = [taken, *(opened(one) for one in subtract(map(closed, gaps), closed(taken)))]
        return sorted(gaps, key=closed), null

    @cached_property
    def _oldest(self) -> datetime | None:
        """Since when something must have been heard to count: since a full sync began, which may have been broken off."""
        if not self.full:
            return None
        now, begun = self.connection.now(), self.mirror.metadata(self._fully)
        if begun is None or not now - UNFINISHED <= instant(begun) <= now + CLOSE:
            return self.connection.earliest()
        return instant(begun)

    def _first(self) -> list[Job]:
        """What is new: everything, or the newest pages and the windows that were not heard.

        No window shows a record without a time, and Twilio can be asked for such records by nothing else that holds all of them.
        So they are heard by a list of everything alone, which is not cut, and what is claimed of them is as old as that list.
        What came since is looked for among the newest pages, which claim nothing: their order is not documented.
        """
        gaps, null = self._gaps()
        unbounded = self.region == EVER
        if unbounded and (gaps == [EVER] or null):
            return [Job("whole", self._requests, divisible=len(self._requests) == 1 and not self.schema.timeless)]
        jobs = []
        if unbounded and self.schema.timeless and not self._looked:  # what never gets a time is found there alone
            jobs.append(Job("newest", self._requests, until=self._looked_until()))
        return [*jobs, *(self._window("new", span) for span in gaps if not self._joins(span, gaps))]

    def _looked_until(self) -> str:
        """Until when records without a time are known, which no window shows. "" for never."""
        now = self.connection.now()
        if (noted := self.mirror.listed_until(self.account, self.schema)) is not None and instant(noted) <= now + CLOSE:
            return instant_text(instant(noted) - TAIL)
        looked = [
            one.began_at
            for one in self.mirror.snapshot(now).sweeps(self.account, self.schema)
            if one.constraints == Constraints()
        ]
        return instant_text(max(looked) - TAIL) if looked else ""

    @property
    def _fully(self) -> str:
        """The name of the note that says when a full sync began that is not at its end."""
        return f"full {self.account} {self.schema.table}"

    def _broken_off(self) -> list[Span]:
        """The windows whose lists broke off."""
        name = str(self.schema.window)
        constraints = [checkpoint.constraints for checkpoint in self._checkpoints.values()]
        return [one.spans[name] for one in constraints if list(one.spans) == [name] and not one.equal]

    def _joins(self, span: Span, gaps: list[Span]) -> bool:
        """Whether the newest window is weighed together with those before it."""
        return self.schema.finality is not None and span is gaps[-1] and span[0] is not None and span[1] is None

    def _again(self, gaps: list[Span]) -> tuple[list[Job], int]:
        """What may still change, by window or one by one, whichever takes fewer requests; the newest window with it."""
        due, expired = self.mirror.mutable_records(self.account, self.schema, self.connection.now() - self.mutable_for)
        due = [(sid, at) for sid, at in due if not any(holds(gap, at) for gap in gaps) and self._inside(at)]
        due = [(sid, at) for sid, at in due if sid not in self._shown and sid not in self._asked]
        days: dict[str, list[str]] = {}
        for sid, at in due:
            if at is not None:
                days.setdefault(day_start(at), []).append(sid)
        parts = [self._part(day, sids) for day, sids in days.items()]
        parts += [Part(str(gap[0]), None, self._held(gap), must=True) for gap in gaps if self._joins(gap, gaps)]
        spans, sids = choose(parts, self.schema.page_size, len(self._requests))
        new = [gap for gap in gaps if self._joins(gap, gaps)]
        windows = [self._window("new" if any(within(gap, span) for gap in new) else "again", span) for span in spans]
        waiting = [sid for sid, at in due if at is None]
        return [*windows, *map(self._record, (*sids, *waiting))], expired

    def _inside(self, at: str | None) -> bool:
        return self.region == EVER or holds(self.region, at)

    def _part(self, day: str, sids: list[str]) -> Part:
        end = day_end(day[:-1] + "1")
        return Part(day, end, self._held((day, end)), tuple(sids))

    def _held(self, span: Span) -> int:
        return self.mirror.count_between(self.account, self.schema, str(span[0]), span[1])

    # ------------------------------------------------------------ jobs

    def _window(self, why: str, span: Span) -> Job:
        requests = tuple(
            narrowed(self.query, self.account, request, str(self.schema.window), *span) for request in self._requests
        )
        return Job(why, requests, span, divisible=len(requests) == 1)

    def _record(self, sid: Any) -> Job:
        self._asked.add(sid)
        return Job("record", plan(Query(self.schema, (Condition(self.schema.key[-1], "exact", sid),)), self.account).requests)

    # ------------------------------------------------------------ doing it

    def run(self) -> Report:
        """Do it. Touches network and disk; raises ApiError, Unreachable, MirrorError; what was stored stays stored."""
        self.mirror.open()
        self.connection.note_account()
        if self._oldest is not None:
            self.mirror.set_metadata(self._fully, instant_text(self._oldest))
        self._checkpoints, stale = self._unfinished()
        for checkpoint in stale:
            self.mirror.drop_checkpoint(checkpoint.owner)
        self._empty = self.mirror.is_empty(self.account, self.schema)
        pace = Pace(self.workers, throttled(self.connection.transport))
        known = None if self._empty else self.mirror.page_cache(self.schema, full_rows=False)
        self._reader = Reader(self.connection, self.query, pace, self._checkpoints, known, cuts=self.workers > 1)
        self._round()
        if self._reader.resumed:  # such a list is as old as its beginning: what came since, and what may have changed since
            self._checkpoints, self._looked = {}, False
            self._round()
        if self._oldest is not None and self.mirror.metadata(self._fully) == instant_text(self._oldest):
            self.mirror.set_metadata(self._fully, None)  # else another process began one meanwhile
        self.mirror.discard_future_dates(self.connection.transport.time.latest())
        self._tell(complete=not self._flawed, done=1.0, remaining=timedelta(0))
        return self.report

    def _round(self) -> None:
        """What is new, then what may still change and was not shown meanwhile."""
        first = self._first()
        gaps = self._gaps()[0]
        self._do([job for job in first if job.why == "newest"])
        self._looked = any(job.why == "newest" for job in first)
        rest, expired = ([], 0) if any(job.why == "whole" for job in first) else self._again(gaps)
        self._tell(expired=expired)
        self._do([*(job for job in first if job.why != "newest"), *rest])
        if self._newest and not self._flawed:
            self.mirror.set_listed_until(self.account, self.schema, min(self._newest, instant_text(self.connection.now())))

    def _do(self, jobs: list[Job]) -> None:
        self._work = Work(self._reader.read, self._take, self.workers, ahead=True)
        self._plan_for(jobs)
        self._work.run()

    def _plan_for(self, jobs: list[Job]) -> None:
        """Let them be done."""
        self._endless.update(filter(self._may_hold_anything, jobs))
        self._left.update((job, self._pages(job)) for job in jobs)
        self._weight += sum(self._left[job] for job in jobs)
        self._work.add(*jobs)

    def _may_hold_anything(self, job: Job) -> bool:
        """Whether nothing tells how much lies in a window: it has no beginning, or the mirror holds nothing of it."""
        if job.why not in ("whole", "new"):
            return False
        return job.span is None or job.span[0] is None or not (job.depth or self._held(job.span))

    def _pages(self, job: Job) -> float:
        """About how many requests a job takes, by what the mirror holds, or by the density of what it was cut from."""
        if job.depth:
            return float(PAGES)
        if job.span is None or job.span[0] is None:
            return float(len(job.requests))
        return max(self._held(job.span) / self.schema.page_size, 1.0) + len(job.requests) - 1

    def _unfinished(self) -> tuple[dict[str, Checkpoint], list[Checkpoint]]:
        """Where lists broke off: the checkpoints to go on from, by what they hear, and those that are too old for anybody."""
        goes_on, stale, now = dict[str, Checkpoint](), list[Checkpoint](), self.connection.now()
        for checkpoint in self.mirror.checkpoints(self.account, self.schema):
            if not now - STALE <= checkpoint.began <= now + CLOSE:
                stale.append(checkpoint)
            elif self._oldest is None or checkpoint.began >= self._oldest:  # of several the one that has come farthest
                goes_on[repr(checkpoint.constraints)] = checkpoint
        return goes_on, stale

    # -- in the calling thread: the disk

    def _take(self, found: list[Brought]) -> None:
        """What readers brought: pages that wait together are stored together, but before what is said of their lists."""
        pages = [one for one in found if one.batch is not None]
        try:
            self._store(pages)
        except MirrorLocked:
            raise
        except MirrorError:  # as many as there is room for
            for one in pages:
                self._store([one])
        for one in found:
            self._note(one)

    def _note(self, brought: Brought) -> None:
        job, request = brought.job, brought.request
        self._tell(requests=self.report.requests + brought.requests)
        self._newest = max(self._newest, brought.newest)
        self._reckon(job, brought)
        if brought.batch is not None and brought.batch.unread:
            warnings.warn(skipped(self.schema, brought.batch.unread), MirrorWarning, stacklevel=2)
            self._flawed.add(job)
        if brought.absent and request is not None:
            self._absent(request, brought.revision)
        if brought.listing is not None and request is not None:
            self._listed(job, brought.listing)
        if brought.cut:
            self._divide(job, brought.cut)
        elif brought.done:
            self._finish(job)
        if brought.batch is not None or brought.done:
            self._show()

    def _store(self, pages: list[Brought]) -> None:
        if not pages:
            return
        batches = [one.batch for one in pages if one.batch is not None]
        checkpoints = [(self.account, one.checkpoint) for one in pages if one.checkpoint is not None]
        stored = store(self.connection, self.schema, batches, min(one.revision for one in pages), checkpoints)
        key = self.schema.index[self.schema.key[-1]]
        self._shown.update(row[key] for batch in batches for row in self.schema.mutable(batch.rows))
        told, unchanged = self.report, stored.unchanged + sum(batch.known for batch in batches)
        self._tell(new=told.new + stored.new, changed=told.changed + stored.changed, unchanged=told.unchanged + unchanged)

    def _listed(self, job: Job, list_: CompleteListing) -> None:
        if len(job.requests) > 1:  # what changed its list meanwhile is in another one of them
            list_ = replace(list_, proves_deletion=False)
        if job in self._flawed:
            return
        if self._empty:  # of what this sync itself brought, nothing is missing
            list_ = replace(list_, revision=0)
        elif list_.horizon:
            list_ = self._kept(list_)
        judged = self.mirror.finish_listing(self.account, self.schema, list_)
        self._doubt(judged)
        self._lists.setdefault(job, []).append(list_)

    def _kept(self, list_: CompleteListing) -> CompleteListing:
        """The same list, to be judged as far back as Twilio is asked and says that it keeps records."""
        low = list_.constraints.spans.get(str(self.schema.window), EVER)[0]
        if low is None and not (self.schema.retention and self.schema.retention.refuses):
            return list_  # it has shown the oldest that is kept
        lacking = self.mirror.missing_days(self.schema, replace(list_, horizon=""))
        days = [day for day in lacking if day <= list_.horizon[:10]]
        first, last = 0, len(days)
        while first < last:
            middle = first if first == 0 else (first + last) // 2
            if self._is_kept(days[middle]):
                last = middle
            else:
                first = middle + 1
        return replace(list_, horizon=f"{days[first]} 00:00:00") if first < len(days) else list_

    def _is_kept(self, day: str) -> bool:
        """Whether it is sure that Twilio keeps all of a day, and what came later. Touches the network, if need be."""
        if self._lost < day < self._since:
            lists = Lists(self.connection, self.schema, 1)
            try:
                kept = keeps(lists, self.query, self._requests, day)
            finally:
                self._tell(requests=self.report.requests + lists.taken())
            self._since, self._lost = (day, self._lost) if kept else (self._since, day)
        return day >= self._since

    def _absent(self, request: ApiRequest, revision: int) -> None:
        """A record's own address answered 404."""
        horizon = reach(self.connection, self.schema, request.covers, self._is_kept)
        self._tell(deleted=self.report.deleted + not_found(self.connection, self.schema, request.covers, revision, horizon))

    def _doubt(self, judged: Absences) -> None:
        """What a list lacks and may still change is asked for by its SID."""
        self._tell(deleted=self.report.deleted + len(judged.deleted))
        if self.schema.finality is None or not judged.suspect:
            return
        for key, row in self.mirror.find(self.schema, judged.suspect).items():
            if key[-1] not in self._asked and not self.schema.is_final(row):
                self._plan_for([self._record(key[-1])])

    def _divide(self, job: Job, spans: tuple[Span, ...]) -> None:
        """A dense window becomes several; what lies before them all is looked at first, since nobody knows how much it is."""
        jobs = [replace(self._window(job.why, span), depth=job.depth + 1) for span in spans]
        self._ended(job)
        self._plan_for(jobs[::-1])

    def _finish(self, job: Job) -> None:
        """What the lists of a job say together."""
        lists = self._lists.pop(job, [])
        self._ended(job)
        if len(lists) < len(job.requests) or not lists:
            return
        first = min(lists, key=lambda one: one.began)
        if len(lists) > 1 and self.schema.partition:
            equal = {name: value for name, value in first.constraints.equal.items() if name != self.schema.partition[0]}
            shown = [number for one in lists for number in one.shown]
            horizon = min(one.horizon for one in lists)
            whole = replace(
                first, constraints=replace(first.constraints, equal=equal), shown=shown, proves_deletion=True, horizon=horizon
            )
            self._doubt(self.mirror.finish_listing(self.account, self.schema, whole))

    # -- telling

    def _tell(self, **values: Any) -> None:
        self.report = replace(self.report, **values)

    def _reckon(self, job: Job, brought: Brought) -> None:
        """Count a job's requests; where they are more than the mirror let expect, nobody knows how many are to come."""
        self._done += brought.requests
        if job not in self._left:  # it was cut: others go on with it
            return
        self._left[job] -= brought.requests
        if self._left[job] <= 0 and brought.batch is not None and brought.checkpoint is not None:
            self._endless.add(job)

    def _ended(self, job: Job) -> None:
        """Of a job that is over nothing is to come, whatever was expected of it."""
        self._weight -= self._left.pop(job, 0.0)
        self._endless.discard(job)

    def _show(self) -> None:
        seconds = time.monotonic() - self._began
        done = None if self._endless else min(self._done / max(self._weight, self._done, 1.0), 0.99)
        left = timedelta(seconds=seconds * (1 - done) / done) if done else None
        self._tell(seconds=seconds, done=done, remaining=left)
        if self._progress is not None:
            self._progress(self.report)
