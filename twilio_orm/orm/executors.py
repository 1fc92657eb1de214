"""The executors that answer query sets: Twilio, the mirror, the mirror after its gaps were fetched, and prefetched records."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any

from ..errors import QueryError
from ..mirror import exclusions, group_by
from ..mirror.select import MirrorReader, not_covered
from ..query.api_requests import FetchRequest
from ..query.ast import Condition, Query, Term, related_nodes
from ..query.planner import Plan, check_supported, plan
from ..query.predicates import predicate
from ..sync.scan import Scan, check_mirrored
from ..sync.storing import scope
from . import cached, related_filters
from .executor import Context, Executor, HiddenRow, Source, row_order
from .value_reader import ColumnReader

if TYPE_CHECKING:
    from ..connection import Connection
    from ..query.bound_aggregates import BoundAggregate, Group
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row


class LiveExecutor(Executor):
    """Calls Twilio, and keeps the records that answer."""

    is_live = True

    def rows(self, query: Query, names: Collection[str] = ()) -> Iterator[HiddenRow]:
        """The rows that Twilio lists and that answer the query, page by page. Calls Twilio."""
        if query.schema.related:
            return related_values(self).rows(query, names)
        low, high = query.low, query.high
        if high is not None and high <= low:
            self.plan(query)  # raises what is wrong with the query
            return iter(())
        found = self.matching(self._scan(query))
        if query.order:
            key = row_order(query)
            found = iter(heapq.nsmallest(high, self._counted(found), key) if high is not None else sorted(found, key=key))
        return islice(found, low, high)

    def _counted(self, found: Iterator[HiddenRow]) -> Iterator[HiddenRow]:
        """The same rows; at their end their number is that of the records that matched."""
        number = 0
        for number, row in enumerate(found, 1):  # noqa: B007
            yield row
        self.context.answer.matched = number

    def plan(self, query: Query, everything: related_filters.Everything | None = None) -> Plan:
        """The requests of a query. Calls Twilio only for conditions on related records, whose requests come first.

        :param everything: the query set that answers for related records, by their class; a live one by default.
        """
        query = related_filters.resolved(self.model.complete_query(query), self.connection, everything)
        return plan(query, self.connection.account_sid)

    def check(self, query: Query) -> None:
        """Raise what makes the query impossible, before anything is sent. Sends nothing.

        :raises QueryError: Twilio has no such list, the query set is strict, or a condition cannot be sent.
        """
        requests = related_filters.check(self.model.complete_query(query), self.connection)
        check_supported(requests.query, requests.requests)
        self._check_strict(query, requests)

    def _scan(self, query: Query) -> Scan:
        """The reading of the lists that a query needs. Calls Twilio only for conditions on related records."""
        requests, high = self.plan(query), query.high
        self._check_strict(query, requests)
        size = high if high is not None and requests.exact and not query.order else self.context.page_size
        return Scan(self.connection, requests, write=self.context.store, page_size=size)

    def matching(self, scan: Scan) -> Iterator[HiddenRow]:
        """The rows of a scan that answer its query, page by page. Calls Twilio."""
        for page in self._matching_pages(scan):
            yield from page

    def _matching_pages(self, scan: Scan) -> Iterator[Iterable[HiddenRow]]:
        """The rows of each page of a scan that answer its query. Calls Twilio."""
        schema = scan.plan.query.schema
        matches = predicate(schema, (*scope(schema, self.connection.account_sid), *scan.plan.query.where))
        for page in scan.pages():
            if page.hidden:
                yield (pair for pair in zip(page.rows, page.hidden, strict=True) if matches(pair[0]))
            else:
                yield zip(filter(matches, page.rows), repeat(None))

    def batches(self, query: Query) -> Iterator[list[Any]]:
        """The records of each page, none where no record of a page answers the query. Calls Twilio."""
        if query.order or query.low or query.high is not None or query.schema.related:
            yield from super().batches(query)  # as many as are sorted or cut together
            return
        make, connection, parent_path = self.model.from_row, self.connection, query.parent_path
        for page in self._matching_pages(self._scan(query)):
            yield [make(row, connection, hidden, parent_path) for row, hidden in page]

    def absence(self, query: Query, text: str) -> Exception:
        """NotFound where Twilio answered 404 for the record's own path, else DoesNotExist."""
        if any(True for _ in related_nodes(query.where)):
            return super().absence(query, text)
        requests = self.plan(query).requests
        if not all(isinstance(one, FetchRequest) for one in requests):
            return super().absence(query, text)
        path = requests[0].path + ".json" if requests else ""
        return self.model.NotFound(text, status=404, code=20404, method="GET", path=path)  # type: ignore[no-any-return]

    def _check_strict(self, query: Query, requests: Plan) -> None:
        """Refuse to read a whole list where the query set is strict. Raises QueryError."""
        short = query.high is not None and not query.order and requests.exact
        if self.context.strict and requests.reads_everything and not short:
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
    is_offline = True

    def __init__(self, context: Context, resolved: Query | None = None) -> None:
        super().__init__(context)
        self._resolved = resolved

    def reader(self) -> MirrorReader:
        """A snapshot of the mirror, of now or of the source's moment. Reads the disk; raises NotCovered."""
        return mirror_reader(self.source, self.connection)

    def check_mirrored(self, schema: ResourceSchema) -> None:
        """Refuse a resource that the mirror does not store. Raises QueryError."""
        check_mirrored(schema)

    @contextmanager
    def resolved(self, query: Query) -> Iterator[tuple[MirrorReader, Query]]:
        """Hold what :meth:`resolve` returns: all that is read meanwhile is of one moment. Do not hold it across a yield."""
        check_mirrored(query.schema)
        reader = self.reader()
        with reader.reading():
            yield self.resolve(query, reader)

    def resolve(self, query: Query, reader: MirrorReader | None = None) -> tuple[MirrorReader, Query]:
        """A snapshot of the mirror, and the query to put to it. Reads the disk.

        :param reader: the snapshot, if there is one already.
        :raises NotCovered: the mirror has not fetched this query completely.
        :raises QueryError: the mirror does not store this resource.
        """
        check_mirrored(query.schema)
        reader, partial, connection = reader or self.reader(), self.source.partial, self.connection
        if self._resolved is not None:
            return reader, self._resolved
        offline = related_filters.OfflineQuery(
            self.model.complete_query(query), connection, reader, partial, with_deleted=self.source.deleted
        )
        since, missing, requests = offline.covered(connection.account_sid)
        if missing and not partial:
            raise not_covered(requests, missing)
        self.context.answer.as_of = min([since, *offline.since]) if since is not None else None
        scoped = replace(offline.query, where=(*scope(query.schema, connection.account_sid), *offline.query.where))
        if offline.tables:
            from ..mirror.related_tables import RelatedMirror  # few queries have values of related records

            reader = RelatedMirror(reader, offline.tables)
        return reader, reader.checked_query(scoped, partial=partial)

    def rows(self, query: Query, names: Collection[str] = ()) -> Iterator[HiddenRow]:  # noqa: ARG002
        """The rows that SQL selects. Reads the disk."""
        return ((row, None) for row in chain.from_iterable(self._select(query)))

    def records(self, query: Query, names: Collection[str] = ()) -> Iterator[Any]:  # noqa: ARG002
        """The records that SQL selects, without a call for each. Reads the disk."""
        model, connection, parent_path = self.model, self.connection, query.parent_path
        found = self._select(query, self.context.unread)
        return chain.from_iterable(model.from_rows(rows, connection, parent_path) for rows in found)

    def _select(self, query: Query, unread: Collection[str] = ()) -> Iterator[list[Row]]:
        with self.resolved(query) as (reader, resolved):
            return reader.select_lists(resolved, with_deleted=self.source.deleted, unread=unread)

    def find(self, query: Query, key: str) -> Any:
        """The record of a SID, in one statement where that is certain to be the answer. Reads the disk."""
        if not _is_whole_list(query) or self.source.moment is not None or not _is_found_by_key(self.model):
            return None
        connection, schema = self.connection, query.schema
        row = connection.mirror.current_row(schema, connection.account_sid, schema.columns[schema.key[0]].canonical(key))
        return None if row is None else self.model.from_row(row, connection, None, query.parent_path)

    def count(self, query: Query) -> int:
        """The number of records, counted in SQL. Reads the disk."""
        with self.resolved(query) as (reader, resolved):
            return reader.count(resolved, with_deleted=self.source.deleted)

    def exists(self, query: Query) -> bool:
        """Whether SQL finds a record. Reads the disk."""
        with self.resolved(query) as (reader, resolved):
            return reader.exists(resolved, with_deleted=self.source.deleted)

    def groups(self, query: Query, terms: list[Term], tallies: list[BoundAggregate]) -> list[Group]:
        """The groups, made in SQL. Reads the disk."""
        with self.resolved(query) as (reader, resolved):
            return group_by.group_rows(reader, resolved, terms, tallies, with_deleted=self.source.deleted)

    def values(self, query: Query, terms: list[Term], unique: bool) -> Iterator[Iterable[tuple[Any, ...]]]:
        """The values of some terms, selected in SQL. Reads the disk.

        :raises NotLoaded: a record was read without one of the fields.
        """
        columns = ColumnReader(self.connection.mirror.dialect, query.schema, terms)
        return map(columns.converted, self._stored_rows(query, columns, unique))

    def stored_columns(self, query: Query, terms: list[Term], unique: bool) -> Iterator[list[Any]]:
        """The canonical values of some terms, as batches of columns. See ``values``."""
        columns = ColumnReader(self.connection.mirror.dialect, query.schema, terms)
        return map(columns.stored, self._stored_rows(query, columns, unique))

    def _stored_rows(self, query: Query, columns: ColumnReader, unique: bool) -> Iterator[list[Any]]:
        """The rows that a reader of columns selects, in batches."""
        seen: set[Any] | None = set() if unique else None
        source, answer = self.source, self.context.answer
        answer.unknown_records = 0

        def batches() -> Iterator[list[Any]]:
            return columns.batches(reader, resolved, with_deleted=source.deleted, newer=source.newer)

        with self.resolved(query) as (reader, resolved):
            answered = batches()
        for rows in answered:
            unknown = columns.unknown(rows)
            if unknown and not source.unknown_as_null:
                first = rows[: unknown[0].number]
                yield first if seen is None else columns.unseen(first, seen)
                from .unknown_values import unknown_values  # few answers lack values

                unknown = [one for some in batches() for one in columns.unknown(some)] or unknown
                raise unknown_values(self.context, unknown)
            answer.unknown_records += len(unknown)
            yield rows if seen is None else columns.unseen(rows, seen)


class ReadThroughExecutor(Executor):
    """Fetches what the mirror has not fetched recently enough; then the mirror answers, or Twilio where the mirror cannot."""

    label = "cached"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._cache: cached.RecordCache | None = None

    def filled(self, query: Query, names: Collection[str] = ()) -> Executor:
        """Fetch the gaps of a query, and return the executor that answers it. Calls Twilio unless the mirror covers it."""
        live = LiveExecutor(self.context)
        if query.schema.related:
            return related_values(self, lambda found: found.cached(self.source.max_age))
        if not query.schema.mirrored:
            return live
        source, related = self.source, list[Any]()

        def everything(model: Any) -> Any:
            """The related records, which are cached as these are."""
            related.append(model.using(self.connection).cached(source.max_age))
            return related[-1]

        requests = live.plan(query, everything)
        if any(True for _ in related_nodes(requests.query.where)):  # they are fetched record by record
            return live
        where = (*scope(query.schema, self.connection.account_sid), *requests.query.where)
        resolved = replace(requests.query, where=where)
        as_of = cached.fill_gaps(self.connection, resolved, requests, source.max_age, list(names), with_deleted=source.deleted)
        if as_of is not None:
            as_of = min([as_of, *(one.as_of for one in related if one.as_of is not None)])
        self.context.answer.as_of = as_of
        return live if as_of is None else MirrorExecutor(self.context, resolved)

    def rows(self, query: Query, names: Collection[str] = ()) -> Iterator[HiddenRow]:
        """The rows, once the mirror has fetched them recently enough. Calls Twilio for the gaps."""
        return self.filled(query, names).rows(query, names)

    def records(self, query: Query, names: Collection[str] = ()) -> Iterator[Any]:
        """The records. See ``rows``."""
        return self.filled(query, names).records(query, names)

    def batches(self, query: Query) -> Iterator[list[Any]]:
        """The records, in lists. See ``rows``."""
        return self.filled(query).batches(query)

    def find(self, query: Query, key: str) -> Any:
        """The record of a SID that was kept in memory. Sends nothing."""
        if self._cache is None:
            if not query.schema.mirrored:
                return None
            self._cache = cached.RecordCache(self.connection, query.schema, self.source.max_age)
        row = self._cache.find(key)
        return None if row is None or not _is_whole_list(query) else self.model.from_row(row, self.connection)

    def remember(self, record: Any, as_of: datetime | None) -> None:
        """Keep a record in memory, if it never changes again."""
        if self._cache is not None and record.stored_row is not None:
            now = self.connection.now()
            self._cache.keep(record.stored_row, now - (as_of or now))

    def count(self, query: Query) -> int:
        """The number of records. See ``rows``."""
        return self.filled(query).count(query)

    def exists(self, query: Query) -> bool:
        """Whether there is a record. See ``rows``."""
        return self.filled(query).exists(query)

    def groups(self, query: Query, terms: list[Term], tallies: list[BoundAggregate]) -> list[Group]:
        """The groups. See ``rows``."""
        return self.filled(query, group_by.fields_read(terms, tallies)).groups(query, terms, tallies)

    def values(self, query: Query, terms: list[Term], unique: bool) -> Iterator[Iterable[tuple[Any, ...]]]:
        """The values of some terms. See ``rows``."""
        return self.filled(query, [one.field for one in terms]).values(query, terms, unique)

    def stored_columns(self, query: Query, terms: list[Term], unique: bool) -> Iterator[list[Any]]:
        """The canonical values of some terms, as batches of columns. See ``rows``."""
        return self.filled(query, [one.field for one in terms]).stored_columns(query, terms, unique)


class PrefetchedExecutor(Executor):
    """Answers from records that were prefetched. Sends nothing."""

    is_live = True

    def rows(self, query: Query, names: Collection[str] = ()) -> Iterator[HiddenRow]:
        """The rows of the prefetched records that answer the query. Pure."""
        return ((record.stored_row, None) for record in self.records(query, names))

    def records(self, query: Query, names: Collection[str] = ()) -> Iterator[Any]:
        """The records that answer a query, in order. Raises NotCovered where the value of a field that it needs is not known."""
        schema, records = query.schema, self.source.records or ()
        excluded = self.connection.mirror.excluded
        for record in records:
            unknown = exclusions.unknown_in(excluded, query, names, record.stored_row)
            if unknown:
                raise unknown
        matches = predicate(schema, query.where)
        found = [record for record in records if matches(record.stored_row)]
        if query.order:
            order = row_order(query)
            found.sort(key=lambda record: order((record.stored_row, None)))
        return iter(found[query.low : query.high])


LIVE, OFFLINE, PARTIAL = Source(LiveExecutor), Source(MirrorExecutor), Source(MirrorExecutor, partial=True)


def related_values(executor: Executor, answered: Callable[[Any], Any] | None = None) -> Executor:
    """The executor that adds the values of related records to another one's rows. Sends nothing.

    :param answered: makes the query sets of related records answer as the executor does; None for live ones.
    """
    from . import prefetch  # few queries have values of related records
    from .related_values import RelatedValues

    return RelatedValues(executor, prefetch.related, answered)


def mirror_reader(source: Source, connection: Connection) -> MirrorReader:
    """A snapshot of the mirror, as a source wants it: of now or of its moment. Reads the disk; raises NotCovered."""
    if source.reader is not None:
        return source.reader
    mirror = connection.mirror
    return mirror.snapshot(connection.now()) if source.moment is None else mirror.as_of(source.moment)


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
