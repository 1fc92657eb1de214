"""Complete passes over Twilio's lists: pages in, rows out, coverage at the end. The one place where network meets disk.

A pass is lazy: a page is asked for when the reader needs it. What fails on the disk does not fail the reader; it only
means that nothing is claimed to have been heard. ``sync`` is the eager form, and there a failing disk raises.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .._frozen import Value
from ..errors import ApiError, BudgetExceeded, MirrorError, NotFound, OutsideRetention, UnexpectedAnswer, Unreachable
from ..mirror.coverage.absence import SETTLING, CompleteListing, key_numbers
from ..mirror.coverage.checkpoints import Checkpoint
from ..mirror.coverage.page_cache import KnownRecord, PageCache
from ..mirror.mirror_file import DEFERRED
from ..mirror.store import Absorbed
from ..query.api_requests import ApiRequest, FetchRequest, narrowed
from ..query.ast import Condition, Node, Not, Or, Query
from ..query.constraints import Constraints
from ..query.intervals import day_before, next_day
from ..query.planner import Plan, check_supported, plan
from ..schema.resource_schema import LATE, ResourceSchema
from ..schema.row_codec import Row
from ..schema.times import instant_text
from .page_parser import Listing
from .pages import Batch, Lists, Trail, unread
from .worker_pool import ahead

if TYPE_CHECKING:
    from ..connection import Connection


class MirrorWarning(UserWarning):
    """Rows were read and not stored, or not all: the mirror claims nothing about this pass."""


@dataclass(frozen=True, eq=False, repr=False)
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


@dataclass
class Page:
    """One page's worth: rows, and the secrets of each that are never stored."""

    rows: list[Row]
    hidden: list[dict[str, Any]] = field(default_factory=list)


class Scan:
    """One pass over a plan's requests on a connection.

    :param write: whether rows enter the mirror as they pass.
    :param strict: whether a failing disk raises.
    :param page_size: records a page, or None for the largest.
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
        known = self.write and self.schema.is_plain
        self.lists = Lists(connection, self.schema, page_size, Listing(self.schema, self) if known else None)
        self._known: PageCache | None = None
        self.report = Report(self.schema.name)
        self._started = time.monotonic()
        self._keys: set[tuple[Any, ...]] = set()

    def pages(self) -> Iterator[Page]:
        """Every page of every request, stored as it passes. A record that two requests bring is brought once."""
        complete = self.write
        began = self.connection.moment()  # of all of them: what none of them shows is in no list of this query
        for request in self.plan.requests:
            whole = self.write
            first: int | None = None
            newest = ""
            seen: list[tuple[Any, ...]] = []
            trail, oldest = Trail(request, self.connection.max_empty_pages, key_numbers([])), ""
            batches = self._batches(request, trail)
            for batch, revision, requests in ahead(batches) if self.strict and not isinstance(request, FetchRequest) else batches:
                self._tell(requests=requests)
                first = revision if first is None else first
                newest = newest or newest_of(self.schema, batch)
                whole = self._all_read(request, batch) and self._store(batch, revision) and whole
                if whole:
                    oldest = self.schema.oldest(batch.rows, oldest)
                    seen += self.schema.codec.identities(batch.rows) if self.schema.snapshot else ()
                yield self._page(batch)
            if whole and not (isinstance(request, FetchRequest) and trail.shown):  # a record that is there answers for itself
                self._finish(request, began(), seen, trail.shown, first or 0, oldest, newest)
            complete = complete and whole
        self._tell(seconds=time.monotonic() - self._started, complete=complete and self.write)

    def _all_read(self, request: ApiRequest, batch: Batch) -> bool:
        """Whether each record of a page can be read. An answer would lack the others, a sync goes on without them."""
        if batch.unread and not self.strict:
            raise UnexpectedAnswer(
                f"{unread(self.schema, batch.unread)}; no answer without them is given, sync() stores all others",
                status=200, method="GET", path=request.path + ".json",
            )  # fmt: skip
        if batch.unread:
            warnings.warn(skipped(self.schema, batch.unread), MirrorWarning, stacklevel=2)
        return not batch.unread

    def _page(self, batch: Batch) -> Page:
        rows, secrets = batch.rows, batch.hidden or []
        if len(self.plan.requests) > 1:
            fresh = []
            for at, row in enumerate(rows):
                key = self.schema.codec.identity(row)
                if key not in self._keys:
                    self._keys.add(key)
                    fresh.append(at)
            rows, secrets = [rows[at] for at in fresh], [secrets[at] for at in fresh] if secrets else []
        return Page(rows, secrets)

    def _batches(self, request: ApiRequest, trail: Trail) -> Iterator[tuple[Batch, int, int]]:
        """The pages of one request, each with the mirror's revision before it, and all requests until it. Touches the network."""
        target: str | None = self.lists.target(request)
        before = 0
        while target is not None:
            revision = self._revision()
            try:
                batch = self.lists.batch(request, target, before)
            except NotFound as absent:
                self._tell(requests=self.lists.requests)
                if not (isinstance(request, FetchRequest) and absent.certain):
                    raise
                self._absent(request, revision)
                return
            before += len(batch.rows) + len(batch.unread)
            trail.add(target, key_numbers(self.schema.codec.identities(batch.rows)))
            yield batch, revision, self.lists.requests
            target = batch.following
            trail.check(target)

    # -- the disk

    def page(self, fingerprint: int, names: frozenset[str]) -> list[Row] | None:
        """The rows of a page that is known. Reads the disk."""
        return self._guard(lambda: self._knows(lambda known: known.page(fingerprint, names)))  # type: ignore[no-any-return]

    def records(self, keys: Sequence[str], names: frozenset[str]) -> Mapping[str, KnownRecord]:
        """Those of some records that are known. Reads the disk."""
        return self._guard(lambda: self._knows(lambda known: known.records(keys, names))) or {}

    def _knows(self, read: Callable[[PageCache], Any]) -> Any:
        """What the mirror knows from before; of a failing disk nothing is asked any more."""
        if self._known is None and self.write:
            self._known = self.connection.mirror.page_cache(self.schema, full_rows=not self.strict)
        return read(self._known) if self._known is not None and self.write else None

    def _revision(self) -> int:
        return self._guard(self.connection.mirror.revision) or 0 if self.write else 0

    def _store(self, batch: Batch, revision: int) -> bool:
        if not self.write:
            return False
        done = self._guard(lambda: store(self.connection, self.schema, [batch], revision))
        if done is None:
            return False
        self._tell(
            new=self.report.new + done.new,
            changed=self.report.changed + done.changed,
            unchanged=self.report.unchanged + done.unchanged + batch.known,
        )
        return True

    def _finish(
        self,
        request: ApiRequest,
        began: datetime,
        seen: list[tuple[Any, ...]],
        shown: Collection[int],
        first: int,
        oldest: str,
        newest: str,
    ) -> None:
        connection, account = self.connection, self.connection.account_sid

        def write() -> bool:
            connection.note_account()
            if self.schema.snapshot and not self.schema.horizon(began, oldest):
                nodes = (*scope(self.schema, account), *request.covers.nodes())
                connection.mirror.tombstone(self.schema, nodes, keep=seen, request_revision=first)
            if self.schema.snapshot or isinstance(request, FetchRequest):
                connection.mirror.record_sweep(account, self.schema, request.covers, began, connection.earliest())
            else:
                ended = complete_listing(connection, self.schema, request, began, shown, first, oldest)
                judged = connection.mirror.finish_listing(account, self.schema, ended)
                self._tell(deleted=self.report.deleted + len(judged.deleted))
            if newest and request.covers == Constraints():
                connection.mirror.set_listed_until(account, self.schema, min(newest, instant_text(connection.now())))
            return True

        self._guard(write)

    def _absent(self, request: ApiRequest, revision: int) -> None:
        """Twilio does not have this record."""
        if self.write:
            self._guard(lambda: not_found(self.connection, self.schema, request.covers, revision))

    def _guard(self, work: Callable[[], Any]) -> Any:
        """Work on the disk. Where the reader must not suffer from it, a failure is told once and ends the writing."""
        try:
            return work()
        except MirrorError as error:
            if self.strict:
                raise
            self.write = False
            warnings.warn(f"not mirrored from here on: {error}", MirrorWarning, stacklevel=2)
            return None

    def _tell(self, **values: Any) -> None:
        self.report = replace(self.report, **values)


def store(
    connection: Connection,
    schema: ResourceSchema,
    batches: Sequence[Batch],
    revision: int,
    checkpoints: Iterable[tuple[str, Checkpoint]] = (),
) -> Absorbed:
    """Store what is not known of pages. Touches the disk; raises MirrorError. See :meth:`Mirror.absorb`."""
    connection.mirror.discard_future_dates(connection.transport.time.latest())
    told = all(batch.fingerprints is not None for batch in batches)
    return connection.mirror.absorb(
        schema,
        [row for batch in batches for row in batch.fresh],
        revision,
        connection.earliest(),
        checkpoints=checkpoints,
        fingerprints=[fingerprint for batch in batches for fingerprint in batch.fingerprints or ()] if told else None,
        pages=[batch.fingerprint for batch in batches if batch.fingerprint is not None] if told else (),
    )


def not_found(
    connection: Connection, schema: ResourceSchema, asked: Constraints, seen: int | None = None, horizon: str | None = None
) -> int:
    """A record's own address answered 404: what the mirror holds of it is gone, unless it is too new, or may have aged out.

    Returns how many records that were.

    :param seen: the revision before it was asked for: a row that changed after it stays.
    :param horizon: since when records cannot have aged out; where that is not known, Twilio is asked once, if need be.
    """
    if horizon is None:
        horizon = reach(connection, schema, asked, lambda day: _keeps(connection, schema, day))
    nodes: tuple[Node, ...] = Constraints(asked.equal).nodes()
    if schema.hides and not asked.flags:  # it may only be hidden
        nodes += (Not(Condition(schema.hides[0], "exact", schema.hides[1])),)
    for name in (str(schema.window), "date_created"):
        if horizon and name in schema.columns:
            nodes += (Not(Condition(name, "lt", horizon)),)
    if "date_created" in schema.columns:
        nodes += (Not(Condition("date_created", "gte", instant_text(connection.earliest() - SETTLING))),)
    return connection.mirror.tombstone(schema, nodes, now=connection.earliest(), request_revision=seen)


def reach(connection: Connection, schema: ResourceSchema, asked: Constraints, kept: Callable[[str], bool]) -> str:
    """Since when a record that was not found at its address cannot have aged out: as far back as the record lies, if it is kept.

    :param kept: whether all of a day is kept, asked for the record's own where it is older than what is kept for sure.
    """
    horizon = schema.horizon(connection.earliest())
    key = tuple(asked.equal.get(name) for name in schema.key)
    row = connection.mirror.find(schema, [key]).get(key) if horizon else None
    day = schema.oldest([row])[:10] if row is not None else LATE
    return f"{day} 00:00:00" if day <= horizon[:10] and kept(day) else horizon


def keeps(lists: Lists, query: Query, requests: Iterable[ApiRequest], day: str) -> bool:
    """Whether it is sure that Twilio keeps all of a day, and what came later. Touches the network; raises ApiError, Unreachable.

    It does not refuse to list the day before, of resources where it would; of others it still lists what is from before the day.

    :param query: all of the resource, and ``asks`` its lists.
    """
    schema, account = query.schema, lists.connection.account_sid
    name, before = str(schema.window), f"{day_before(day)} 00:00:00"
    refuses = schema.retention is not None and schema.retention.refuses
    span = (before, f"{next_day(day)} 00:00:00") if refuses else (None, before)
    try:
        for one in requests:
            request = narrowed(query, account, one, name, *span)
            if lists.batch(request, lists.target(request)).rows or refuses:
                return True
    except OutsideRetention:
        pass
    return False


def _keeps(connection: Connection, schema: ResourceSchema, day: str) -> bool:
    """The same for a single record. What cannot be told is not taken for certain."""
    if schema.window is None or schema.urls.parents():
        return False
    query = Query(schema)
    try:
        return keeps(Lists(connection, schema, 1), query, plan(query, connection.account_sid).requests, day)
    except (ApiError, Unreachable, BudgetExceeded):
        return False


def skipped(schema: ResourceSchema, names: Sequence[str]) -> str:
    """The words for records that a sync did not store."""
    return f"skipped {unread(schema, names)}; nothing is claimed of the lists that hold them"


def mirrored(work: Callable[[], object]) -> None:
    """Work on the mirror once Twilio has done its part: a failing disk is a warning, for the deed is done."""
    try:
        work()
    except MirrorError as error:
        warnings.warn(f"done at Twilio, not mirrored: {error}", MirrorWarning, stacklevel=3)


def rewritten(connection: Connection) -> None:
    """What was removed leaves the mirror's file; where somebody else's reading keeps its bytes there, that is a warning."""
    why: list[str] = []
    mirrored(lambda: why.append(connection.mirror.finish_erasing()))
    if any(why) and why != [DEFERRED]:
        words = f"the erasure is pending, bytes are left in the mirror's file: {why[0]}; connection.finish_erasing() tries again"
        warnings.warn(words, MirrorWarning, stacklevel=3)


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """The bytes of all that is redacted, deleted and forgotten within leave the mirror's file at once, at the end."""
    try:
        with connection.mirror.defer_erasing():
            yield
    finally:
        rewritten(connection)


def complete_listing(
    connection: Connection,
    schema: ResourceSchema,
    request: ApiRequest,
    began: datetime,
    shown: Collection[int],
    revision: int,
    oldest: str = "",
) -> CompleteListing:
    """A list that came to its end, to be judged by the mirror.

    :param oldest: the time of the oldest record that it showed, see :meth:`Shape.oldest`.
    """
    account = connection.account_sid
    nodes = scope(schema, account)
    if schema.hides and not request.covers.flags:  # a hidden record is none that the list lacks
        nodes += (Not(Condition(schema.hides[0], "exact", schema.hides[1])),)
    fixed = {*schema.urls.parents(request.parent_path), *(schema.branches[:1] if schema.branches else ())}
    if schema.finality is not None and request.covers.equal.get(schema.finality.by) in schema.finality.final:
        fixed.add(schema.finality.by)
    firm = set(request.covers.equal) <= fixed
    low = (
        request.covers.spans.get(str(schema.window), (None, None))[0]
        if schema.window in schema.filterable(request.parent_path)
        else None
    )
    horizon = schema.horizon(began, oldest, low or "")
    return CompleteListing(request.covers, nodes, shown, revision, began, connection.earliest(), firm, horizon)


def newest_of(schema: ResourceSchema, batch: Batch) -> str:
    """When the newest record of a page was made; "" where that is of no use, since windows hold every record of the resource."""
    if not schema.timeless:
        return ""
    place = schema.index["date_created"]
    return max((row[place] for row in batch.rows if row[place]), default="")


def scope(schema: ResourceSchema, account: str) -> tuple[Any, ...]:
    """The conditions that keep one account's records from another's in one file."""
    if schema.rooted:
        return (Or((Condition("sid", "exact", account), Condition("owner_account_sid", "exact", account))),)
    return (Condition("account_sid", "exact", account),) if "account_sid" in schema.columns else ()


def run(connection: Connection, plan: Plan, progress: Callable[[Report], object] | None = None, note: str = "") -> Report:
    """One complete plain pass. Touches network and disk.

    :param progress: called after each page with the report so far.
    :raises ApiError, Unreachable: Twilio said no, or nothing; every page until then is stored.
    :raises MirrorError: a page could not be stored.
    """
    sweep = Scan(connection, plan, strict=True)
    connection.mirror.open()
    for _ in sweep.pages():
        sweep._tell(seconds=time.monotonic() - sweep._started)
        if progress is not None:
            progress(sweep.report)
    sweep._tell(note=note)
    if progress is not None:
        progress(sweep.report)
    return sweep.report
