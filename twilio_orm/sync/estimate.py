"""Estimates how many requests a sync takes, and how many are left. Pure, but for the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from .fetcher import Job, JobResult
from .windows import PAGES

if TYPE_CHECKING:
    from ..query.intervals import Span


class WorkEstimate:
    """The work of one sync.

    :param page_size: records a page.
    :param count_held: returns how many records of a window the mirror holds.
    """

    def __init__(self, page_size: int, count_held: Callable[[Span], int]) -> None:
        self._page_size, self._count_held = page_size, count_held
        self._total, self._done = 0.0, 0.0  # requests: how many there will be, as far as is known, and how many there were
        self._left: dict[Job, float] = {}  # the requests that each job in progress has left
        self._unbounded = set[Job]()  # jobs in progress whose number of requests is unknown
        self._began = time.monotonic()

    def requests(self, job: Job) -> float:
        """Return about how many requests a job takes, by the records that the mirror holds; a part of a window takes PAGES."""
        if job.depth:
            return float(PAGES)
        if job.span is None or job.span[0] is None:
            return float(len(job.requests))
        return max(self._count_held(job.span) / self._page_size, 1.0) + len(job.requests) - 1

    def add(self, jobs: list[Job]) -> None:
        """Count jobs that are to be read."""
        self._unbounded.update(filter(self._is_unbounded, jobs))
        self._left.update((job, self.requests(job)) for job in jobs)
        self._total += sum(self._left[job] for job in jobs)

    def count(self, result: JobResult) -> None:
        """Count the requests of a result. A job that takes more than expected has an unknown number of requests."""
        job = result.job
        self._done += result.requests
        if job not in self._left:  # it was split: other jobs go on with it
            return
        self._left[job] -= result.requests
        if self._left[job] <= 0 and result.page is not None and result.checkpoint is not None:
            self._unbounded.add(job)

    def ended(self, job: Job) -> None:
        """Count a job that takes no further request, whatever was expected of it."""
        self._total -= self._left.pop(job, 0.0)
        self._unbounded.discard(job)

    def progress(self) -> tuple[float, float | None, timedelta | None]:
        """Return the seconds so far, the share of the work done, and the time left; None for those that are unknown."""
        seconds = time.monotonic() - self._began
        done = None if self._unbounded else min(self._done / max(self._total, self._done, 1.0), 0.99)
        return seconds, done, timedelta(seconds=seconds * (1 - done) / done) if done else None

    def _is_unbounded(self, job: Job) -> bool:
        """Whether nothing tells how much a window holds: it has no beginning, or the mirror holds no record of it."""
        if job.why not in ("whole", "new"):
            return False
        return job.span is None or job.span[0] is None or not (job.depth or self._count_held(job.span))
