"""The reading side of an incremental sync: jobs, and their lists page by page, in any thread. Calls Twilio, stores nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ..errors import OutsideRetention
from ..mirror.coverage.checkpoints import Checkpoint
from ..query.api_requests import ApiRequest, FetchRequest, narrowed
from ..query.intervals import EVER, Span
from ..schema.times import instant, instant_text
from .listing import ListReading, Step
from .page_parser import PageParser
from .pages import Page, PageReader
from .windows import cut

if TYPE_CHECKING:
    from ..connection import Connection
    from ..http.messages import Response
    from ..mirror.coverage.absence import CompleteListing
    from ..mirror.coverage.page_cache import PageCache
    from ..query.ast import Query
    from .worker_pool import Pace

SERIAL = 2
"""Pages of a window that are read before it is split: the first alone may be a burst. Of a list of everything, one is enough."""
MARGIN = timedelta(minutes=10)
"""How much older than the known records the oldest record of a page has to be, for the newest pages to have come to an end."""


@dataclass(frozen=True, eq=False)
class Job:
    """Requests that belong together: the lists of one window, the newest pages, or one record.

    :param why: ``new``, ``whole``, ``again``, ``newest`` or ``record``.
    :param requests: the requests.
    :param span: the window; None where the lists have none.
    :param divisible: whether the window may be split where it turns out to be dense.
    :param depth: how often it was split already.
    :param until: the time at which the newest pages end, "" for the end of the list.
    """

    why: str
    requests: tuple[ApiRequest, ...]
    span: Span | None = None
    divisible: bool = False
    depth: int = 0
    until: str = ""


@dataclass
class JobResult:
    """One result of reading a job: a page, the end of a list or of the job, a split, or that a record is not there.

    :param page: a page, with the mirror's ``revision`` before it.
    :param checkpoint: the place where the list stands after the page; None where it is not to go on.
    :param listing: a list that was read to its end.
    :param spans: the windows into which the job was split; it is not read further.
    :param absent: whether the record of the request is not there.
    :param newest: when the newest record of a list without a window was created.
    :param requests: how many requests this took.
    :param done: whether the job is at its end.
    """

    job: Job
    request: ApiRequest | None = None
    page: Page | None = None
    checkpoint: Checkpoint | None = None
    listing: CompleteListing | None = None
    spans: tuple[Span, ...] = ()
    absent: bool = False
    newest: str = ""
    requests: int = 0
    revision: int = 0
    done: bool = False


class Fetcher:
    """Reads the jobs of a resource. ``resumed`` says whether it went on with a list that had broken off.

    :param query: all of the resource.
    :param pace: limits how many requests are in flight.
    :param checkpoints: the places where lists broke off, by their constraints.
    :param cache: looks up records that the mirror holds; None where it holds none.
    :param readers: how many jobs are read at the same time; with more than one, dense windows are split.
    :param judged: whether the mirror judges the records that a list does not show.
    """

    def __init__(
        self,
        connection: Connection,
        query: Query,
        pace: Pace,
        checkpoints: Mapping[str, Checkpoint],
        cache: PageCache | None,
        *,
        readers: int,
        judged: bool = True,
    ) -> None:
        self.connection, self.query, self.schema = connection, query, query.schema
        self._pace, self._checkpoints, self._readers = pace, dict(checkpoints), readers
        self._judged = judged
        self._answered = self.resumed = False
        self._parser = PageParser(query.schema, cache, with_blocks=True) if query.schema.is_plain else None

    def read(self, job: Job) -> Iterator[JobResult]:
        """Yield the results of a job. Calls Twilio; raises ApiError, Unreachable."""
        for request in job.requests:
            reader = PageReader(self.connection, self.schema, parser=self._parser, patience=self._patiently)
            yield from self._list(reader, job, request)
        yield JobResult(job, done=True)

    def _list(self, reader: PageReader, job: Job, request: ApiRequest) -> Iterator[JobResult]:
        """The pages of a list, and its end."""
        reading, times = self._reading(reader, job, request), list[str]()
        try:
            for step in reading.steps():
                if step.page is None:
                    yield JobResult(job, request, absent=True, requests=step.requests, revision=step.revision)
                    return
                result = self._result(job, reading, step, step.page, times)
                yield result
                if result.spans:
                    return
        except OutsideRetention:
            wider = self._without_beginning(request)
            if wider is None:
                yield JobResult(job, request, requests=reader.taken())
            else:
                yield from self._list(reader, replace(job, divisible=False), wider)
            return
        if job.why == "newest":
            yield JobResult(job, request, newest=reading.newest)
        elif not (isinstance(request, FetchRequest) or reading.flawed):
            newest = reading.newest if job.why == "whole" else ""
            yield JobResult(job, request, listing=replace(reading.complete(), owner=reading.owner), newest=newest)

    def _reading(self, reader: PageReader, job: Job, request: ApiRequest) -> ListReading:
        """The reading of a list from its first page, or from the page at which it broke off."""
        checkpoint = self._checkpoints.pop(repr(request.covers), None)
        self.resumed = self.resumed or checkpoint is not None
        revision = self.connection.mirror.revision
        return ListReading(
            reader,
            request,
            revision,
            checkpoint=checkpoint,
            goes_on=lambda reading: self._goes_on(job, reading),
            judged=self._judged,
        )

    def _patiently(self, send: Callable[[], Response]) -> Response:
        """Send a request, and again after a 429; but not before the first success, since there may be another reason."""
        response = self._pace.patiently(send, self.connection.transport.rest, lambda: self._answered)
        self._answered = True
        return response

    def _goes_on(self, job: Job, reading: ListReading) -> bool:
        """Whether a list is read on after the page that is being read, whatever that page holds."""
        if job.why == "newest" and job.until:
            return False
        return not self._may_split(job, reading) or reading.trail.pages + 1 != self._enough(job)

    def _result(self, job: Job, reading: ListReading, step: Step, page: Page, times: list[str]) -> JobResult:
        """A page, and the checkpoint after it.

        :param times: the times of the list's records so far; those of the page are added.
        """
        spans = self._split(job, reading, page, times)
        if self._has_reached(job, page):
            reading.stop()
        result = JobResult(job, reading.request, page, requests=step.requests, revision=step.revision, spans=tuple(spans))
        if reading.target is None and (job.why != "newest" or reading.pages == 1):
            return result
        if reading.flawed and not spans:  # the checkpoint stays before the page, so that it is read again
            return result
        target = "" if spans else reading.target or ""  # a list that was split, or has come far enough, does not go on
        result.checkpoint = Checkpoint(
            reading.request.covers, target, reading.began(), reading.revision, reading.keys, reading.owner, reading.pages,
            reading.former, reading.newest,
        )  # fmt: skip
        reading.former = ""
        return result

    def _without_beginning(self, request: ApiRequest) -> ApiRequest | None:
        """A list that reaches beyond what Twilio keeps, without its beginning; None where it has none: nothing of it is kept."""
        name = str(self.schema.window)
        low, high = request.constraints.spans.get(name, EVER)
        if low is None:
            return None
        rest = {field: span for field, span in request.constraints.spans.items() if field != name}
        unbounded = replace(request, constraints=replace(request.constraints, spans=rest))
        return narrowed(self.query, self.connection.account_sid, unbounded, name, None, high)

    def _split(self, job: Job, reading: ListReading, page: Page, times: list[str]) -> list[Span]:
        """The windows into which a dense one is split, once enough of it was read to tell."""
        if not self._may_split(job, reading):
            return []
        place = self.schema.index[str(self.schema.window)]
        times += [row[place] for row in page.rows if row[place] is not None]
        if page.following is None or reading.trail.pages != self._enough(job):
            return []
        return cut(job.span or EVER, times, self.schema.page_size, job.depth, self._readers)

    def _may_split(self, job: Job, reading: ListReading) -> bool:
        """Whether a window is split where it turns out to be dense."""
        return job.divisible and self._readers > 1 and not reading.resumed

    def _enough(self, job: Job) -> int:
        """How many pages tell whether a window is dense."""
        return 1 if job.span is None or job.depth else SERIAL  # a window before a split one is about as dense

    def _has_reached(self, job: Job, page: Page) -> bool:
        """Whether the newest pages have come to known records, be they ordered by creation or by the window's time."""
        if job.why != "newest" or not page.rows or not job.until:
            return False
        times = [page.rows[-1][self.schema.index[name]] for name in ("date_created", str(self.schema.window))]
        return times[0] is not None and max(filter(None, times)) < instant_text(instant(job.until) - MARGIN)
