"""Scans: each list of a plan is read once, completely; pages in, rows out, and a sweep is remembered at the end of each list.

A scan is lazy: a page is requested when the reader needs it. For a reader of a query (``strict=False``), a failing disk is a
warning only, and no sweep is remembered. A sync (``strict=True``) raises then.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import MirrorError, QueryError, UnexpectedAnswer
from ..query.api_requests import ApiRequest, FetchRequest
from ..query.constraints import Constraints
from ..query.planner import Plan, check_supported
from ..schema.times import instant_text
from .absence import not_found
from .listing import ListReading
from .page_parser import PageParser
from .pages import Page, PageReader
from .report import BUILDING, MirrorWarning, Progress, Report
from .responses import skipped, unreadable
from .storing import loading, scope, store_pages
from .worker_pool import ahead

if TYPE_CHECKING:
    from ..connection import Connection
    from ..mirror.coverage.blocks import KnownBlock
    from ..mirror.coverage.page_cache import KnownRecord, PageCache
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row


class Scan:
    """One reading of all lists of a plan. ``report`` says how far it has come.

    :param write: whether rows are stored in the mirror as they pass.
    :param strict: whether a failing disk raises, and a record that cannot be read does not.
    :param page_size: records a page; the most that the list allows unless given.
    :raises QueryError: Twilio does not list the resource, or has no address for a single record.
    """

    def __init__(
        self,
        connection: Connection,
        plan: Plan,
        *,
        write: bool = True,
        strict: bool = False,
        page_size: int | None = None,
    ) -> None:
        check_supported(plan.query, plan.requests)
        self.connection, self.plan, self.strict = connection, plan, strict
        self.schema: ResourceSchema = plan.query.schema
        self.write = write and self.schema.mirrored
        cached = self.write and self.schema.is_plain
        parser = PageParser(self.schema, _GuardedCache(self), with_blocks=strict) if cached else None
        self.reader = PageReader(connection, self.schema, page_size, parser)
        self.report = Report(self.schema.name)
        self._started = time.monotonic()
        self._keys: set[tuple[Any, ...]] = set()

    def pages(self) -> Iterator[Page]:
        """Yield each page of each request once it is stored; a record that two requests show is yielded once. Calls Twilio.

        :raises ApiError, Unreachable: Twilio refused, or did not answer; every page until then is stored.
        :raises MirrorError: the disk failed, in a strict scan.
        """
        complete = self.write
        began = self.connection.timestamp()  # of all requests: a record that none of them shows is in no list of this query
        for request in self.plan.requests:
            stored = self.write
            seen: list[tuple[Any, ...]] = []
            reading = ListReading(self.reader, request, self._revision, began=began, goes_on=self._goes_on)
            steps = reading.steps()
            for step in ahead(steps) if self.strict and not isinstance(request, FetchRequest) else steps:
                self.update(requests=self.report.requests + step.requests)
                if step.page is None:
                    self._absent(request, step.revision)
                    continue
                all_read = self._all_read(request, step.page)
                stored = self._store(step.page, step.revision) and all_read and stored
                if stored and self.schema.snapshot:
                    seen += self.schema.codec.identities(step.page.rows)
                yield self._without_repeated(step.page)
            if stored and not (isinstance(request, FetchRequest) and reading.trail.shown):  # a record needs no sweep
                self._finish(reading, seen)
            complete = complete and stored
        if self.write:
            self.connection.notify(self.schema)  # of deleted records
        self.update(seconds=time.monotonic() - self._started, complete=complete and self.write)

    def _goes_on(self, _: ListReading) -> bool:
        """Whether a list is read to its end, whatever its pages hold. A reader of a query may need no further page."""
        return self.strict

    def update(self, **values: Any) -> None:
        """Change values of the report."""
        self.report = replace(self.report, **values)

    def elapsed(self) -> None:
        """Enter the time since the beginning into the report."""
        self.update(seconds=time.monotonic() - self._started)

    def _all_read(self, request: ApiRequest, page: Page) -> bool:
        """Whether each record of a page could be read. A query would lack the others; a sync goes on without them."""
        if page.unread and not self.strict:
            raise UnexpectedAnswer(
                f"{unreadable(self.schema, page.unread)}; no answer without them is given, sync() stores all others",
                status=200, method="GET", path=request.path + ".json",
            )  # fmt: skip
        if page.unread:
            warnings.warn(skipped(self.schema, page.unread), MirrorWarning, stacklevel=2)
        return not page.unread

    def _without_repeated(self, page: Page) -> Page:
        """The page without records that an earlier request of the plan showed."""
        if len(self.plan.requests) == 1:
            return page
        first = []
        for at, row in enumerate(page.rows):
            key = self.schema.codec.identity(row)
            if key not in self._keys:
                self._keys.add(key)
                first.append(at)
        hidden = [page.hidden[at] for at in first] if page.hidden else page.hidden
        return replace(page, rows=[page.rows[at] for at in first], hidden=hidden, summary=None)

    # -- the disk

    def _revision(self) -> int:
        return self.guard(self.connection.mirror.revision) or 0 if self.write else 0

    def _store(self, page: Page, revision: int) -> bool:
        if not self.write:
            return False
        done = self.guard(lambda: store_pages(self.connection, self.schema, [page], revision))
        if done is None:
            return False
        self.update(
            new=self.report.new + done.new,
            changed=self.report.changed + done.changed,
            unchanged=self.report.unchanged + done.unchanged + page.unchanged,
        )
        return True

    def _finish(self, reading: ListReading, seen: Sequence[tuple[Any, ...]]) -> None:
        """Remember that a list was read to its end, and judge the records that it lacks."""
        connection, account = self.connection, self.connection.account_sid
        request, began = reading.request, reading.began()

        def write() -> bool:
            connection.register_account()
            if self.schema.snapshot and not self.schema.horizon(began, reading.oldest):
                nodes = (*scope(self.schema, account), *request.covers.nodes())
                connection.mirror.tombstone(self.schema, nodes, keep=seen, request_revision=reading.revision)
            if self.schema.snapshot or isinstance(request, FetchRequest):
                connection.mirror.record_sweep(account, self.schema, request.covers, began, connection.earliest())
            else:
                judged = connection.mirror.finish_listing(account, self.schema, reading.complete())
                self.update(deleted=self.report.deleted + len(judged.deleted))
            if reading.newest and request.covers == Constraints():
                connection.mirror.set_listed_until(account, self.schema, min(reading.newest, instant_text(connection.now())))
            return True

        self.guard(write)

    def _absent(self, request: ApiRequest, revision: int) -> None:
        if self.write:
            self.guard(lambda: not_found(self.connection, self.schema, request.covers, revision))

    def guard(self, work: Callable[[], Any]) -> Any:
        """Do work on the disk. In a scan that is not strict, a failure is one warning, returns None and ends the writing."""
        try:
            return work()
        except MirrorError as error:
            if self.strict:
                raise
            self.write = False
            warnings.warn(f"not mirrored from here on: {error}", MirrorWarning, stacklevel=2)
            return None


class _GuardedCache:
    """The page cache of a scan; it is no longer read once the disk has failed."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._cache: PageCache | None = None

    def page(self, fingerprint: int, names: frozenset[str]) -> Sequence[Row] | None:
        """See :class:`PageCacheInterface`."""
        found: Sequence[Row] | None = self._read(lambda cache: cache.page(fingerprint, names))
        return found

    def records(self, keys: Sequence[str], names: frozenset[str]) -> Mapping[str, KnownRecord]:
        """See :class:`PageCacheInterface`."""
        return self._read(lambda cache: cache.records(keys, names)) or {}

    def blocks(self, keys: Sequence[str]) -> Mapping[int, KnownBlock]:
        """See :class:`PageCacheInterface`."""
        return self._read(lambda cache: cache.blocks(keys)) or {}

    def rows(self, runs: Sequence[int], names: frozenset[str]) -> list[Row]:
        """See :class:`PageCacheInterface`. A scan that is not strict has no blocks, and so reads no rows of them."""
        found: list[Row] = self._read(lambda cache: cache.rows(runs, names))
        return found

    def _read(self, read: Callable[[PageCache], Any]) -> Any:
        return self._scan.guard(lambda: self._look(read))

    def _look(self, read: Callable[[PageCache], Any]) -> Any:
        scan = self._scan
        if self._cache is None and scan.write:
            self._cache = scan.connection.mirror.page_cache(scan.schema, full_rows=not scan.strict, summary=scan.strict)
        return read(self._cache) if self._cache is not None and scan.write else None


def check_mirrored(schema: ResourceSchema) -> None:
    """Raise QueryError for a resource that the mirror has no table for. Pure."""
    if not schema.mirrored:
        raise QueryError(f"{schema.name} is not mirrored: Twilio's answers about it are true for the moment only")


def scan_query(connection: Connection, plan: Plan, progress: Progress | None = None) -> Report:
    """Read each list of a plan once, completely, and store every record. Calls Twilio; writes the disk.

    It does not know an earlier sync: it requests every page, whatever the mirror covers. See ``sync.nested`` for the other way.

    :param progress: called after each page with the report so far.
    :raises QueryError: the resource is not mirrored, or the query is a slice.
    :raises ApiError, Unreachable: Twilio refused, or did not answer; every page until then is stored.
    :raises MirrorError: a page could not be stored.
    """
    check_mirrored(plan.query.schema)
    if plan.query.low or plan.query.high is not None:
        raise QueryError("sync() fetches a query completely, and a slice is a part of one: call sync() without slicing")
    scan = Scan(connection, plan, strict=True)
    connection.mirror.open()

    def tell() -> None:
        if progress is not None:
            progress(replace(scan.report, note=BUILDING))

    with loading(connection, scan.schema, tell):
        for _ in scan.pages():
            scan.elapsed()
            if progress is not None:
                progress(scan.report)
    scan.elapsed()
    if progress is not None:
        progress(scan.report)
    return scan.report
