"""Executors: the classes that answer a query set, one for each place where the records come from.

A query set holds a :class:`Source`, an immutable value that names the executor and its options. When the query is evaluated, the
query set makes the executor and gives it the query. An executor never changes the query set: the moment from which an answer is
complete is written to the query set's :class:`LastAnswer`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cmp_to_key, lru_cache
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from .._frozen import Value
from ..errors import NotLoaded, QueryError
from ..mirror import exclusions, group_by
from ..mirror.select import MirrorReader, not_covered
from ..query.aggregates import Group, Tally, over
from ..query.ast import Condition, Query, Term, about
from ..query.faces import sort_key, tester
from ..query.planner import Plan, plan
from ..schema.resource_schema import ResourceSchema
from ..schema.row_codec import Row
from ..sync.scan import Scan, scope
from . import cached, related_filters
from .value_reader import ColumnReader, record_values

if TYPE_CHECKING:
    from ..connection import Connection

HiddenRow = tuple[Row, dict[str, Any] | None]
"""A row, and the fields that are never stored, by name."""


class LastAnswer:
    """``as_of``: the moment from which the last answer of a query set is complete; None where no mirror answered."""

    __slots__ = ("as_of",)

    def __init__(self) -> None:
        self.as_of: datetime | None = None


class Context(NamedTuple):
    """What every executor of a query set needs.

    :param source: the source of the query set.
    :param model: the resource's class.
    :param connection: the connection that answers.
    :param answer: where the executor writes the moment from which its answer is complete.
    :param page_size: records a page of Twilio's lists; None for the largest.
    :param strict: whether to refuse to read a whole list.
    :param store: whether rows that Twilio sends are stored in the mirror.
    """

    source: Source
    model: Any
    connection: Connection
    answer: LastAnswer
    page_size: int | None
    strict: bool
    store: bool


class Executor:
    """Answers the queries of one query set. Subclasses provide ``rows``; what the mirror does in SQL, its executor overrides."""

    label = "live"
    """The word that the repr of a query set shows."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.source, self.model, self.connection = context.source, context.model, context.connection

    def rows(self, query: Query, names: Collection[str] = ()) -> Iterator[HiddenRow]:
        """The rows that answer a query, each with its fields that are never stored.

        :param names: the fields that are read of the rows; an executor that does not know one of them does not answer.
        """
        raise NotImplementedError

    def records(self, query: Query, names: Collection[str] = ()) -> Iterator[Any]:
        """The records that answer a query. See ``rows``."""
        make, connection, parent_path = self.model.from_row, self.connection, query.parent_path
        for row, hidden in self.rows(query, names):
            yield make(row, connection, hidden, parent_path)

    def find(self, query: Query, key: str) -> Any:  # noqa: ARG002
        """The record of a key if it can be had in one step, else None: then ``records`` has to answer.

        :param query: the query that the record has to answer besides.
        """
        return None

    def remember(self, record: Any, as_of: datetime | None) -> None:
        """Let ``find`` have this record the next time, if it never changes again.

        :param as_of: the moment from which the record is known to be so; None for now.
        """

    def count(self, query: Query) -> int:
        """The number of records that answer a query."""
        return sum(1 for _ in self.rows(query))

    def exists(self, query: Query) -> bool:
        """Whether any record answers a query, which is limited to one."""
        return next(iter(self.rows(query)), None) is not None

    def groups(self, query: Query, terms: list[Term], tallies: list[Tally]) -> list[Group]:
        """The groups of the records by the values of some terms, with the state of each tally."""
        rows = (row for row, _ in self.rows(query, group_by.reads(terms, tallies)))
        return over(rows, query.schema, terms, tallies)

    def values(self, query: Query, terms: list[Term], unique: bool) -> Iterator[Iterable[tuple[Any, ...]]]:
        """The values of some terms of the records, in batches.

        :param unique: whether to yield equal values once.
        """
        yield record_values(self.records(query, [one.field for one in terms]), query.schema, terms, unique)

    def absence(self, query: Query, text: str) -> Exception:
        """The error for a query that no record answers."""
        return self.model.DoesNotExist(text)  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False, repr=False)
class Source(Value):
    """Names the executor that answers a query set, with its options.

    :param executor: the executor's class.
    :param partial: whether the mirror answers with the records that it has, although it does not cover the query.
    :param deleted: whether deleted records, which only the mirror has, are part of the answer.
    :param moment: the mirror answers as it was at this moment; None for now.
    :param max_age: how old a cached answer may be.
    :param reader: the snapshot of the mirror that answers; None for a new one at each evaluation.
    :param records: the records that were prefetched.
    """

    executor: type[Executor]
    partial: bool = False
    deleted: bool = False
    moment: datetime | None = None
    max_age: timedelta = cached.FRESH
    reader: MirrorReader | None = field(default=None, compare=False)
    records: tuple[Any, ...] | None = field(default=None, compare=False)

    @property
    def is_live(self) -> bool:
        """Whether the answer is the present state at Twilio."""
        return self.executor is LiveExecutor or self.executor is PrefetchedExecutor

    @property
    def is_offline(self) -> bool:
        """Whether the mirror alone answers, so that nothing is sent."""
        return self.executor is MirrorExecutor

    @property
    def label(self) -> str:
        """The word that the repr of a query set shows."""
        return "partial" if self.partial else self.executor.label

    def same_as(self, other: Source) -> bool:
        """Whether two sources answer alike; prefetched records are those that Twilio would send."""
        return self.is_live and other.is_live or self == other


class LiveExecutor(Executor):
    """Calls Twilio, and keeps the records that answer."""

    def rows(self, query: Query, names: Collection[str] = ()) -> Iterator[HiddenRow]:  # noqa: ARG002
        requests, low, high = self.plan(query), query.low, query.high
        if high is not None and high <= low:
            return iter(())
        self._check_strict(query, requests)
        size = high if high is not None and requests.exact and not query.order else self.context.page_size
        found = self.matching(Scan(self.connection, requests, write=self.context.store, page_size=size))
        if query.order:
            key = row_order(query)
            found = iter(heapq.nsmallest(high, found, key) if high is not None else sorted(found, key=key))
        return islice(found, low, high)

    def plan(self, query: Query) -> Plan:
        """The requests of a query. Calls Twilio only for conditions on related records, whose requests come first."""
        query = related_filters.resolved(self.model.complete_query(query), self.connection)
        return plan(query, self.connection.account_sid)

    def matching(self, scan: Scan) -> Iterator[HiddenRow]:
        """The rows of a scan that answer its query, page by page. Calls Twilio."""
        schema = self.model.api_schema
        matches = tester(schema, (*scope(schema, self.connection.account_sid), *scan.plan.query.where))
        for page in scan.pages():
            if page.hidden:
                yield from (pair for pair in zip(page.rows, page.hidden, strict=True) if matches(pair[0]))
            else:
                yield from zip(filter(matches, page.rows), repeat(None))

    def absence(self, query: Query, text: str) -> Exception:
        if any(True for _ in about(query.where)):
            return super().absence(query, text)
        requests = self.plan(query).requests
        if not all(one.single for one in requests):
            return super().absence(query, text)
        path = requests[0].path + ".json" if requests else ""
        return self.model.NotFound(text, status=404, code=20404, method="GET", path=path)  # type: ignore[no-any-return]

    def _check_strict(self, query: Query, requests: Plan) -> None:
        """Refuse to read a whole list where the query set is strict. Raises QueryError."""
        short = query.high is not None and not query.order and requests.exact
        if self.context.strict and requests.everything and not short:
            schema = query.schema
            fields = sorted(schema.filterable(requests.requests[0].parent_path))
            hint = f"filter by {', '.join(fields)}" if fields else "Twilio has no filter for this list"
            raise QueryError(
                f"this query reads every {schema.name} of the account: {hint}; or use strict(False), offline(), a slice"
            )


class MirrorExecutor(Executor):
    """Answers from the mirror, in SQL. Reads the disk; sends nothing.

    :param resolved: the query as it is put to the mirror, where it was checked already that the mirror covers it.
    """

    label = "offline"

    def __init__(self, context: Context, resolved: Query | None = None) -> None:
        super().__init__(context)
        self._resolved = resolved

    def reader(self) -> MirrorReader:
        """A snapshot of the mirror, of now or of the source's moment. Reads the disk; raises NotCovered."""
        return mirror_reader(self.source, self.connection)

    def check_mirrored(self, schema: ResourceSchema) -> None:
        """Refuse a resource that the mirror does not store. Raises QueryError."""
        check_mirrored(schema)

    def resolve(self, query: Query) -> tuple[MirrorReader, Query]:
        """A snapshot of the mirror, and the query to put to it. Reads the disk.

        :raises NotCovered: the mirror has not fetched this query completely.
        :raises QueryError: the mirror does not store this resource.
        """
        check_mirrored(query.schema)
        reader, partial, connection = self.reader(), self.source.partial, self.connection
        if self._resolved is not None:
            return reader, self._resolved
        offline = related_filters.OfflineQuery(self.model.complete_query(query), connection, reader, partial)
        since, missing, requests = offline.covered(connection.account_sid)
        if missing and not partial:
            raise not_covered(requests, missing)
        self.context.answer.as_of = min([since, *offline.since]) if since is not None else None
        scoped = replace(offline.query, where=(*scope(query.schema, connection.account_sid), *offline.query.where))
        return reader, reader.certain(scoped) if partial else scoped

    def rows(self, query: Query, names: Collection[str] = ()) -> Iterator[HiddenRow]:  # noqa: ARG002
        return ((row, None) for row in self._select(query))

    def records(self, query: Query, names: Collection[str] = ()) -> Iterator[Any]:  # noqa: ARG002
        return self.model.from_rows(self._select(query), self.connection, query.parent_path)  # type: ignore[no-any-return]

    def _select(self, query: Query) -> Iterator[Row]:
        reader, resolved = self.resolve(query)
        return reader.select(resolved, gone=self.source.deleted)

    def find(self, query: Query, key: str) -> Any:
        if not _is_whole_list(query) or self.source.moment is not None or not _is_found_by_key(self.model):
            return None
        connection, schema = self.connection, query.schema
        row = connection.mirror.record(schema, connection.account_sid, schema.columns[schema.key[0]].canonical(key))
        return None if row is None else self.model.from_row(row, connection, None, query.parent_path)

    def count(self, query: Query) -> int:
        reader, resolved = self.resolve(query)
        return reader.count(resolved, gone=self.source.deleted)

    def exists(self, query: Query) -> bool:
        reader, resolved = self.resolve(query)
        return reader.exists(resolved, gone=self.source.deleted)

    def groups(self, query: Query, terms: list[Term], tallies: list[Tally]) -> list[Group]:
        reader, resolved = self.resolve(query)
        return group_by.over(reader, resolved, terms, tallies, gone=self.source.deleted)

    def values(self, query: Query, terms: list[Term], unique: bool) -> Iterator[Iterable[tuple[Any, ...]]]:
        reader, resolved = self.resolve(query)
        columns = ColumnReader(resolved.schema, terms)
        seen: set[Any] | None = set() if unique else None
        names = [one.field for one in terms]
        for batch in reader.runs(resolved, columns.columns, gone=self.source.deleted, names=names):
            rows, unread = columns.readable(batch)
            yield columns.converted(rows if seen is None else columns.unseen(rows, seen))
            if unread:
                raise NotLoaded(f"{self.model.why_missing(unread, self.connection)}: refresh() reads it from Twilio")


class ReadThroughExecutor(Executor):
    """Fetches what the mirror has not fetched recently enough; then the mirror answers, or Twilio where the mirror cannot."""

    label = "cached"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._cache: cached.RecordCache | None = None

    def _fill(self, query: Query, names: Collection[str] = ()) -> Executor:
        """Fetch the gaps of a query, and return the executor that answers it. Calls Twilio unless the mirror covers it."""
        live = LiveExecutor(self.context)
        if not query.schema.mirrored:
            return live
        requests = live.plan(query)
        where = (*scope(query.schema, self.connection.account_sid), *requests.query.where)
        resolved = replace(requests.query, where=where)
        source = self.source
        as_of = cached.ready(self.connection, resolved, requests, source.max_age, list(names), gone=source.deleted)
        self.context.answer.as_of = as_of
        return live if as_of is None else MirrorExecutor(self.context, resolved)

    def rows(self, query: Query, names: Collection[str] = ()) -> Iterator[HiddenRow]:
        return self._fill(query, names).rows(query, names)

    def records(self, query: Query, names: Collection[str] = ()) -> Iterator[Any]:
        return self._fill(query, names).records(query, names)

    def find(self, query: Query, key: str) -> Any:
        if self._cache is None:
            if not query.schema.mirrored:
                return None
            self._cache = cached.RecordCache(self.connection, query.schema, self.source.max_age)
        row = self._cache.find(key)
        return None if row is None or not _is_whole_list(query) else self.model.from_row(row, self.connection)

    def remember(self, record: Any, as_of: datetime | None) -> None:
        if self._cache is not None and record.stored_row is not None:
            now = self.connection.now()
            self._cache.keep(record.stored_row, now - (as_of or now))

    def count(self, query: Query) -> int:
        return self._fill(query).count(query)

    def exists(self, query: Query) -> bool:
        return self._fill(query).exists(query)

    def groups(self, query: Query, terms: list[Term], tallies: list[Tally]) -> list[Group]:
        return self._fill(query, group_by.reads(terms, tallies)).groups(query, terms, tallies)

    def values(self, query: Query, terms: list[Term], unique: bool) -> Iterator[Iterable[tuple[Any, ...]]]:
        return self._fill(query, [one.field for one in terms]).values(query, terms, unique)


class PrefetchedExecutor(Executor):
    """Answers from records that were prefetched. Sends nothing."""

    def rows(self, query: Query, names: Collection[str] = ()) -> Iterator[HiddenRow]:
        return ((record.stored_row, None) for record in self.records(query, names))

    def records(self, query: Query, names: Collection[str] = ()) -> Iterator[Any]:
        """The records that answer a query, in order. Raises NotCovered where the value of a field that it needs is not known."""
        schema, records = query.schema, self.source.records or ()
        excluded = self.connection.mirror.excluded
        for record in records:
            unknown = exclusions.hidden(excluded, query, names, record.stored_row)
            if unknown:
                raise unknown
        matches = tester(schema, query.where)
        found = [record for record in records if matches(record.stored_row)]
        if query.order:
            order = row_order(query)
            found.sort(key=lambda record: order((record.stored_row, None)))
        return iter(found[query.low : query.high])


LIVE, OFFLINE, PARTIAL = Source(LiveExecutor), Source(MirrorExecutor), Source(MirrorExecutor, partial=True)


def mirror_reader(source: Source, connection: Connection) -> MirrorReader:
    """A snapshot of the mirror, as a source wants it: of now or of its moment. Reads the disk; raises NotCovered."""
    if source.reader is not None:
        return source.reader
    mirror = connection.mirror
    return mirror.pinned(connection.now()) if source.moment is None else mirror.past(source.moment)


def check_mirrored(schema: ResourceSchema) -> None:
    """Refuse a resource that the mirror does not store. Raises QueryError."""
    if not schema.mirrored:
        raise QueryError(f"{schema.name} is not mirrored: Twilio's answers about it are true for the moment only")


def row_order(query: Query) -> Callable[[HiddenRow], Any]:
    """The sort key of rows in a query's order; rows that are equal in it are ordered by their key."""
    schema = query.schema
    keys = [(sort_key(schema, name), descends) for name, descends in query.order]
    keys += [(sort_key(schema, name), False) for name in schema.key]

    def order(one: HiddenRow, other: HiddenRow) -> int:
        for key, descends in keys:
            left, right = key(one[0]), key(other[0])
            if left != right:
                return -1 if (left < right) != descends else 1
        return 0

    return cmp_to_key(order)


def _is_whole_list(query: Query) -> bool:
    """Whether a query has neither a condition nor a flag nor a slice."""
    return not (query.where or query.flags or query.low or query.high is not None)


@lru_cache(maxsize=256)
def _is_found_by_key(model: Any) -> bool:
    """Whether a record's SID alone finds its row: it is the whole key, the row names the account, and no filter is implicit."""
    schema: ResourceSchema = model.api_schema
    if not schema.mirrored or not schema.keyed or len(schema.key) != 1 or schema.rooted or "account_sid" not in schema.columns:
        return False
    query = Query(schema, (Condition(schema.key[0], "exact", ""),))
    return model.complete_query(query) is query
