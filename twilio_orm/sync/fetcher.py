"""The reading side of a sync: a job's lists, page by page, in whatever thread. It asks the network and stores nothing."""

from __future__ import annotations

import secrets
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..errors import BadRequest, NotFound, OutsideRetention
from ..mirror.coverage.absence import key_numbers
from ..mirror.coverage.checkpoints import Checkpoint
from ..mirror.coverage.page_cache import PageCache
from ..query.api_requests import ApiRequest, FetchRequest, narrowed
from ..query.ast import Query
from ..query.intervals import EVER
from ..schema.times import instant, instant_text
from .jobs import Brought, Job
from .page_parser import Listing
from .pages import Batch, Lists, Trail
from .scan import complete_listing, newest_of
from .windows import cut
from .worker_pool import Pace

if TYPE_CHECKING:
    from ..connection import Connection

SERIAL = 2
"""Pages of a window that are read before it is cut: the first alone may be a burst. Of everything the first will do."""
LATE = timedelta(minutes=10)
"""How much older than what was known the oldest record of a page has to be, for the newest pages to have come to it."""


@dataclass
class Reading:
    """How far the reading of one list has come.

    :param trail: its pages, and the marks of all records that they showed.
    :param resumed: whether another run read its first pages.
    :param pages: how many pages it stands after, from the list's first. :param former: see :class:`Cursor`.
    """

    target: str | None
    began: Callable[[], datetime]
    revision: int
    trail: Trail
    resumed: bool = False
    pages: int = 0
    former: str = ""
    newest: str = ""
    owner: str = field(default_factory=lambda: secrets.token_hex(8))
    oldest: str = ""
    before: int = 0
    flawed: bool = False
    times: list[str] = field(default_factory=list)


class Reader:
    """Reads the jobs of a resource.

    :param query: all of the resource. :param cursors: where lists broke off, by what they hear.
    :param known: what knows records from before, where there are any.
    :param cuts: whether dense windows are cut, for several readers to share.

    ``resumed`` says whether it went on with a list that had broken off.
    """

    def __init__(
        self,
        connection: Connection,
        query: Query,
        pace: Pace,
        checkpoints: Mapping[str, Checkpoint],
        known: PageCache | None = None,
        *,
        cuts: bool,
    ) -> None:
        self.connection, self.query, self.schema, self.mirror = connection, query, query.schema, connection.mirror
        self._pace, self._checkpoints, self._cuts = pace, dict(checkpoints), cuts
        self._answered = self.resumed = False
        self._listing = Listing(query.schema, known) if query.schema.is_plain else None

    def read(self, job: Job) -> Iterator[Brought]:
        """What a job brings. Touches the network; raises ApiError, Unreachable."""
        for request in job.requests:
            yield from self._list(Lists(self.connection, self.schema, listing=self._listing), job, request)
        yield Brought(job, done=True)

    def _begin(self, lists: Lists, request: ApiRequest, lost: str) -> Reading:
        """The first page, or the one at which it broke off."""
        known = self._checkpoints.pop(repr(request.covers), None)
        if known is None:
            began, revision = self.connection.moment(), self.mirror.revision()
            return Reading(lists.target(request), began, revision, self._trail(request, key_numbers(())), former=lost)
        self.resumed = True
        trail = self._trail(request, known.shown)
        return Reading(known.target, lambda: known.began, known.revision, trail, True, known.pages, known.owner, known.newest)

    def _trail(self, request: ApiRequest, shown: array[int]) -> Trail:
        return Trail(request, self.connection.max_empty_pages, shown)

    def _list(self, lists: Lists, job: Job, request: ApiRequest, lost: str = "") -> Iterator[Brought]:
        """The pages of a list, and its end. ``lost`` is the owner of a checkpoint that it cannot go on from."""
        at = self._begin(lists, request, lost)
        while at.target is not None:
            revision = self.mirror.revision()
            try:
                batch = self._batch(lists, request, at.target, at.before)
            except NotFound as absent:
                if not (isinstance(request, FetchRequest) and absent.certain):
                    raise
                yield Brought(job, request, absent=True, requests=lists.taken(), revision=revision)
                return
            except OutsideRetention:
                yield from self._kept(lists, job, request)
                return
            except BadRequest:
                if not at.resumed or at.before:
                    raise
                yield from self._list(lists, job, request, at.former)  # the page it stood at is not known any more
                return
            brought = self._page(job, request, at, batch)
            yield replace(brought, requests=lists.taken(), revision=revision)
            if brought.cut or at.target is None:
                break
            at.trail.check(at.target)
        if at.target is None and job.why == "newest":
            yield Brought(job, request, newest=at.newest)
        elif at.target is None and not (isinstance(request, FetchRequest) or at.flawed):
            ended = complete_listing(self.connection, self.schema, request, at.began(), at.trail.shown, at.revision, at.oldest)
            yield Brought(job, request, listing=replace(ended, owner=at.owner), newest=at.newest if job.why == "whole" else "")

    def _page(self, job: Job, request: ApiRequest, at: Reading, batch: Batch) -> Brought:
        """One page, and where the list stands after it."""
        keys = key_numbers(self.schema.codec.identities(batch.rows))
        at.trail.add(str(at.target), keys)
        parts = self._parts(job, at, batch)
        at.oldest = self.schema.oldest(batch.rows, at.oldest)
        at.before += len(batch.rows) + len(batch.unread)
        at.pages += 1
        at.flawed = at.flawed or bool(batch.unread)
        at.newest = at.newest or newest_of(self.schema, batch)
        at.target = None if self._past(job, batch) else batch.following
        if at.target is None and (job.why != "newest" or at.pages == 1):
            return Brought(job, request, batch)
        if at.flawed and not parts:  # the checkpoint stays before the page, which is read again then
            return Brought(job, request, batch)
        target = "" if parts else at.target or ""  # what is cut, or has come far enough, is not gone on with
        checkpoint = Checkpoint(request.covers, target, at.began(), at.revision, keys, at.owner, at.pages, at.former, at.newest)
        at.former = ""
        return Brought(job, request, batch, checkpoint, cut=tuple(parts))

    def _batch(self, lists: Lists, request: ApiRequest, target: str, before: int) -> Batch:
        """A page; where Twilio has no time for it, later. Who was never heard is not patient: there may be another reason."""
        rest = self.connection.transport.rest
        batch = self._pace.patiently(lambda: lists.batch(request, target, before), rest, lambda: self._answered)
        self._answered = True
        return batch

    def _kept(self, lists: Lists, job: Job, request: ApiRequest) -> Iterator[Brought]:
        """A window that reaches beyond what Twilio keeps: whatever it keeps before the window's end."""
        name = str(self.schema.window)
        low, high = request.constraints.spans.get(name, EVER)
        if low is None:  # nothing of it is kept
            yield Brought(job, request, requests=lists.taken())
            return
        rest = {field: span for field, span in request.constraints.spans.items() if field != name}
        open_ask = replace(request, constraints=replace(request.constraints, spans=rest))
        wider = narrowed(self.query, self.connection.account_sid, open_ask, name, None, high)
        yield from self._list(lists, replace(job, divisible=False), wider)

    def _parts(self, job: Job, at: Reading, batch: Batch) -> list[Any]:
        """The windows that a dense one is cut into, once enough of it was seen to tell."""
        if not (job.divisible and self._cuts) or at.resumed:
            return []
        place = self.schema.index[str(self.schema.window)]
        at.times += [row[place] for row in batch.rows if row[place] is not None]
        enough = 1 if job.span is None or job.depth else SERIAL  # what lies before a cut is about as dense
        if batch.following is None or at.trail.pages != enough:
            return []
        return cut(job.span or EVER, at.times, self.schema.page_size, job.depth)

    def _past(self, job: Job, batch: Batch) -> bool:
        """Whether the newest pages have come to what was known, be they ordered by making or by the window's time."""
        if job.why != "newest" or not batch.rows or not job.until:
            return False
        times = [batch.rows[-1][self.schema.index[name]] for name in ("date_created", str(self.schema.window))]
        return times[0] is not None and max(filter(None, times)) < instant_text(instant(job.until) - LATE)
