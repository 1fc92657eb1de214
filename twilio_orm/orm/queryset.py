"""QuerySet: a lazy query, bound to a connection. An executor (:mod:`twilio_orm.orm.executors`) answers it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Generator, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, overload

from ..connecting import current
from ..connection import Connection, chosen
from ..errors import BadValue, ConfirmationRequired, MultipleObjectsReturned, NotFound, QueryError
from ..exports.methods import ExportMethods
from ..query.accounts import check_own_account
from ..query.ast import And, Condition, Not, Query, related_nodes
from ..query.constraints import query_constraints
from ..query.planner import MOST_REQUESTS, Plan
from ..query.q import Q
from ..schema.moments import When, moment
from ..schema.text_fields import Sid
from ..schema.timezones import zone_name
from ..sync.scan import check_mirrored, scan_query
from . import coverage_report, prefetch, row_expressions
from .asynchronous import each, each_event, in_thread
from .cached import Freshness, check_age
from .executor import FRESH, UNKNOWN, Context, Executor, LastAnswer, Source
from .executors import (
    LIVE,
    OFFLINE,
    PARTIAL,
    LiveExecutor,
    MirrorExecutor,
    PrefetchedExecutor,
    ReadThroughExecutor,
    mirror_reader,
)
from .rows import DICTS, bind_aggregates, check_form, with_aggregates
from .values import Values

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..archive.archiver import ArchiveReport
    from ..changes import compare
    from ..changes.events import HandlerSubscription, RecordEvent
    from ..changes.plan import Applied, WritePlan
    from ..exports.columns import Result
    from ..mirror.coverage.sweeps import Sweep
    from ..mirror.select import MirrorReader
    from ..query.aggregates import Aggregate
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from ..sync.report import Report
    from .account_tree import SkippedAccount
    from .dates import Dates
    from .unread_fields import ReadFields

R = TypeVar("R", bound=Any)


class QuerySet(ExportMethods, Generic[R]):
    """The records that match a query. Immutable: each method returns a new query set. Building one sends nothing.

    "Calls Twilio" is said of a live query set: ``offline()`` has the mirror answer, and ``cached()`` sends only what it lacks.

    It is bound to the connection that is current when it is made. ``as_of`` is None until the mirror has answered; then it is the
    moment from which that answer is known to be complete.
    """

    _prefetched: tuple[str, ...] = ()
    _page_size: int | None = None
    _strict: bool | None = None
    _executor: Executor | None = None
    _fields: ReadFields | None = None
    relation: tuple[str, Any] | None = None
    """The table and the relation of the record that this query set was read from, for the error of a missing attribute."""

    def __init__(self, model: Any, query: Query, connection: Connection | None = None, source: Source = LIVE) -> None:
        self.model = model
        self.query = query
        self.source = source
        self._answer = LastAnswer()
        self._connection = connection if connection is not None else chosen()
        if self._connection is not None:
            self._check_account(self._connection)

    ##########################################
    # METHODS THAT RETURN QUERY SETS         #
    ##########################################

    def filter(self, *conditions: Q, **lookups: Any) -> Self:
        """The records that match every condition: ``status="completed"``, ``duration__gt=60``. Sends nothing.

        :param conditions: conditions joined as ``Q(...) | Q(...)``.
        :param lookups: values by field, part and lookup; those on one relation are about the same related record. ``tz`` is the
            time zone of the days and parts in this call: a name, a ZoneInfo or a datetime.timezone.
        :raises QueryError: an unknown field or lookup, a value of the wrong type, or another account's ``account_sid``.
        """
        query, nodes, flags = row_expressions.parsed(self, lookups, conditions)
        return self.with_query(query.filtered(*nodes, flags=flags))

    def exclude(self, *conditions: Q, **lookups: Any) -> Self:
        """The exact complement of ``filter`` with the same arguments, records with nulls included. Sends nothing.

        An empty ``Q()`` excludes nothing.

        :param conditions: as in ``filter``.
        :param lookups: as in ``filter``.
        :raises QueryError: as ``filter``; or there is no condition, or one that changes what Twilio lists.
        """
        query, nodes, flags = row_expressions.parsed(self, lookups, conditions)
        if flags:
            raise QueryError(f"{', '.join(flags)} changes what Twilio lists and cannot be excluded: pass it to filter()")
        if not nodes and not conditions:
            raise QueryError("exclude() takes at least one condition")
        return self.with_query(query.filtered(*([Not(And(nodes))] if nodes else [])))

    def involving(self, number: str, /) -> Self:
        """The records that are to or from this address. Sends nothing; evaluated, one request is sent for each side.

        :param number: a phone number or another address.
        :raises QueryError: the resource does not have both a ``to`` and a ``from_``.
        """
        if not {"to", "from_"} <= self.query.schema.columns.keys():
            raise QueryError(f"{self.query.schema.name} has no to and from_: involving() is for calls and messages")
        return self.filter(Q(to=number) | Q(from_=number))

    def all(self) -> Self:
        """The same records. Sends nothing."""
        return self.with_query(self.query)

    def none(self) -> Self:
        """No records. Sends nothing, then or now."""
        whole = replace(self.query, low=0, high=None)
        return self.with_query(whole.filtered(Condition(whole.schema.key[-1], "in", ())))

    def __or__(self, other: QuerySet[R]) -> Self:
        return self._combined(other, "|") if isinstance(other, QuerySet) else NotImplemented

    def __and__(self, other: QuerySet[R]) -> Self:
        return self._combined(other, "&") if isinstance(other, QuerySet) else NotImplemented

    def __xor__(self, other: QuerySet[R]) -> Self:
        return self._combined(other, "^") if isinstance(other, QuerySet) else NotImplemented

    def union(self, *others: QuerySet[R], all: bool = False) -> Self:
        """The records of any of these query sets, each once: ``one | other``. Sends nothing.

        :param others: query sets of the same resource and connection, answered by the same source.
        :param all: only False: no record comes twice.
        :raises QueryError: they cannot be one query, such as slices.
        """
        if all:
            raise QueryError(
                "union() gives each record once: for those of two query sets one after the other, use itertools.chain"
            )
        return self._combine_all(others, "|")

    def intersection(self, *others: QuerySet[R]) -> Self:
        """The records of all these query sets: ``one & other``. Sends nothing.

        :param others: as in ``union``.
        :raises QueryError: as ``union``.
        """
        return self._combine_all(others, "&")

    def difference(self, *others: QuerySet[R]) -> Self:
        """The records of this query set that are in none of the others. Sends nothing.

        :param others: as in ``union``.
        :raises QueryError: as ``union``.
        """
        return self._combine_all(others, "-")

    def annotate(self, *unnamed: Any, tz: Any = None, **expressions: Any) -> QuerySet[Any]:
        """The same records, each with these expressions as attributes: ``annotate(wait=F("start_time") - F("date_created"))``.

        Sends nothing. ``filter``, ``order_by``, ``values`` and aggregates after it take their names like those of fields.

        :param unnamed: none: each expression needs a name.
        :param tz: the time zone of parts of times in the expressions.
        :param expressions: by name, expressions of one record, ``F("duration") / 60``, ``TruncMonth("start_time")``, and
            aggregates of its related records, ``Count("recordings")``.
        :raises QueryError: a name that is not free, or an expression whose kinds do not go together.
        """
        return self.with_query(row_expressions.annotated(self.model, self.query, unnamed, expressions, tz, shown=True))

    def alias(self, *unnamed: Any, tz: Any = None, **expressions: Any) -> Self:
        """The same records; conditions, orders and aggregates may name these expressions. Sends nothing. See ``annotate``.

        :param unnamed: as in ``annotate``.
        :param tz: as in ``annotate``.
        :param expressions: as in ``annotate``; the records do not have them.
        """
        return self.with_query(row_expressions.annotated(self.model, self.query, unnamed, expressions, tz, shown=False))

    def order_by(self, *names: Any, tz: Any = None) -> Self:
        """The same records in the order of these fields; nulls below everything, ties by key. Sends nothing.

        Twilio does not sort: a live query reads the whole answer before it gives the first record.

        :param names: fields and parts of times, also of a single related record, ``-`` before a name for descending; expressions,
            ``F("duration").desc()``.
        :param tz: the time zone of parts of times.
        """
        return self.with_query(row_expressions.ordered(self.query, names, tz))

    def reverse(self) -> Self:
        """The same records in the opposite order, ties included. Sends nothing.

        :raises QueryError: there is no order, or there is a slice.
        """
        return self.with_query(self.query.reversed())

    def distinct(self) -> Self:
        """The same records: no record comes twice. Of ``values()`` it removes repeated rows. Sends nothing."""
        return self.all()

    def offline(self, partial: bool = False, *, unknown: str = "error") -> Self:
        """The same query, answered by a snapshot of the mirror, taken when evaluation begins. Sends nothing, then or now.

        :param partial: answer with the records that there are, rather than raise NotCovered where the mirror has not fetched the
            query completely; of records with unknown fields, only those that certainly match.
        :param unknown: what ``values()`` and exports do where the mirror does not know a value, such as the price of a call that
            a webhook has just ended: ``"error"`` to raise NotLoaded, ``"null"`` for None, and ``unknown_records`` counts those
            records. A value that was redacted or is excluded raises NotCovered all the same.
        :raises BadValue: ``unknown`` is another text.
        """
        if unknown not in UNKNOWN:
            raise BadValue(f"offline(unknown=…) is 'error' or 'null', not {unknown!r}")
        source, now = PARTIAL if partial else OFFLINE, self.source
        if now.deleted or now.moment is not None or now.across or unknown == "null":
            null = unknown == "null"
            source = replace(source, deleted=now.deleted, moment=now.moment, across=now.across, unknown_as_null=null)
        return self._copy(self.query, self._connection, source)

    def at(self, when: When, partial: bool = False) -> Self:
        """The same query, answered by the mirror as it was at a moment. Sends nothing, then or now.

        A query that the mirror had not fetched completely by then raises NotCovered. ``as_of`` of the answer is the moment from
        which it was complete.

        :param when: a datetime, a date (its first instant, in UTC), ISO text, or how long ago as a timedelta.
        :param partial: answer with the records that there were.
        :raises BadValue: ``when`` is none of these.
        """
        then = moment(when, self.bound_connection().now)
        now, source = self.source, PARTIAL if partial else OFFLINE
        null = now.unknown_as_null
        source = replace(source, deleted=now.deleted, moment=then, across=now.across, unknown_as_null=null)
        return self._copy(self.query, self._connection, source)

    def cached(self, max_age: timedelta = FRESH) -> Self:
        """The same query, answered by the mirror; when it is evaluated, what was not fetched recently enough is fetched first.

        Sends nothing yet. ``get(sid)`` of a record that never changes again is answered from memory.

        :param max_age: how old the answer may be, a timedelta.
        :raises BadValue: ``max_age`` is not a timedelta, or negative.
        """
        if self.source.moment is not None:
            raise QueryError("cached() reads the present state, and this query set reads an earlier moment: use offline()")
        now = self.source
        source = Source(ReadThroughExecutor, deleted=now.deleted, max_age=check_age(max_age), across=now.across)
        return self._copy(self.query, self._connection, source)

    def with_deleted(self) -> Self:
        """The same query, deleted records included: those that the mirror alone still has. Sends nothing.

        ``with_gone()`` is the former name.

        :raises QueryError: Twilio would answer the query, which has no deleted records: call ``offline()`` or ``cached()`` first.
        """
        if self.source.is_live:
            raise QueryError("Twilio does not list deleted records, the mirror has them: offline().with_deleted()")
        return self._copy(self.query, self._connection, replace(self.source, deleted=True))

    with_gone = with_deleted

    def strict(self, on: bool = True) -> Self:
        """The same query, which raises QueryError rather than read a whole list from Twilio. Sends nothing.

        ``connect(strict=True)`` is the default for all queries of a connection; ``strict(False)`` is the exception.

        :param on: whether to raise.
        """
        made = self.all()
        made._strict = on
        return made

    def across_accounts(self) -> Self:
        """The same query of every active account: the connection's and its subaccounts. Sends nothing.

        Each evaluation lists the accounts first. Those that are suspended or closed are skipped, and named by ``skipped``. Live,
        each account is sent the requests of the query; offline it is one SQL query, and NotCovered names the accounts that lack
        it. Conditions on ``account_sid`` narrow the accounts. Each record has a connection to its own account. Usage is that of
        each account alone, without its subaccounts, so that nothing counts twice.

        :raises QueryError: the resource is not a list of each account, such as one below a parent; the error says what to call.
        """
        if self.query.schema.rooted:  # the list of accounts is of all accounts
            return self.all()
        from .account_tree import check_model

        check_model(self.model)
        source = LIVE if self.source.records is not None else self.source
        return self._copy(replace(self.query, parent_path=""), self._connection, replace(source, across=True))

    def using(self, connection: Connection) -> Self:
        """The same query, on another connection. Sends nothing.

        :param connection: the connection.
        :raises QueryError: it is something else, such as the name of one.
        """
        check_connection(connection)
        source = LIVE if self.source.records is not None else self.source
        return self._copy(self.query, connection, source)

    def prefetch(self, *names: str) -> Self:
        """The same records with their related records, fetched for a thousand records at a time. Sends nothing yet.

        ``call.recordings`` of a record is then answered without a request. Live, one list is read where Twilio has one; below a
        parent, one request is sent for each record. Offline it is one SQL query a relation. ``select_related()`` and
        ``prefetch_related()`` are Django's names for it.

        :param names: relations, and after ``__`` relations of the related records: ``"recordings__transcriptions"``.
        :raises QueryError: there is no such relation.
        """
        for name in names:
            prefetch.check(self.model, name)
        made = self.all()
        made._prefetched = tuple(dict.fromkeys((*self._prefetched, *names)))
        return made

    select_related = prefetch_related = prefetch

    def only(self, *names: str) -> Self:
        """The same records, of which only these fields are read. Sends nothing.

        Offline, the mirror reads these columns alone. Live, Twilio sends what it always sends, and the records are the same ones.
        Reading another field raises NotLoaded; ``refresh()`` fetches it. The key, the account and the parents are always read.
        It has no effect on ``values()`` and on filters.

        :param names: fields of the resource itself.
        :raises QueryError: there is no such field, or none is named.
        """
        from .unread_fields import ReadFields

        return self._reading((self._fields or ReadFields()).only(self.query.schema, names))

    def defer(self, *names: str | None) -> Self:
        """The same records, of which these fields are not read. Sends nothing. See ``only``.

        :param names: fields of the resource itself; None alone reads every field again.
        :raises QueryError: there is no such field, or none is named.
        """
        if names == (None,):
            return self._reading(None)
        from .unread_fields import ReadFields

        return self._reading((self._fields or ReadFields()).defer(self.query.schema, names))  # type: ignore[arg-type]

    def dates(self, field: str, kind: str, order: str = "ASC", tz: Any = None) -> Dates[date]:
        """The days, weeks, months or years of a field, each once, as the date of its first day. Sends nothing yet.

        :param field: a field that is a time or a day; records without it give none.
        :param kind: ``year``, ``month``, ``week`` (from Monday) or ``day``.
        :param order: ``ASC`` or ``DESC``.
        :param tz: the time zone of the days; UTC without it.
        :raises QueryError: another field, kind or order; or there is a slice.
        """
        from .dates import Dates

        return Dates.of(self, "dates", field, kind, order, tz)

    def datetimes(self, field: str, kind: str, order: str = "ASC", tz: Any = None) -> Dates[datetime]:
        """The moments at which the years, months, weeks, days, hours, minutes or seconds of a time begin, each once.

        Sends nothing yet.

        :param field: a field that is a time; records without it give none.
        :param kind: ``year``, ``month``, ``week`` (from Monday), ``day``, ``hour``, ``minute`` or ``second``.
        :param order: ``ASC`` or ``DESC``.
        :param tz: the time zone of the moments; UTC without it.
        :raises QueryError: another field, kind or order; or there is a slice.
        """
        from .dates import Dates

        return Dates.of(self, "datetimes", field, kind, order, tz)

    def values(self, *names: Any, tz: Any = None, **expressions: Any) -> Values[dict[str, Any]]:
        """The records as dicts of these fields, or of all. Lazy; ``annotate`` groups them.

        :param names: fields, those of a single related record such as ``call__status``, parts of times such as
            ``start_time__date``, and expressions, which have their text as their name.
        :param tz: the time zone of the parts.
        :param expressions: expressions by name: ``minutes=F("duration") / 60``.
        """
        query, terms, zone = row_expressions.terms(self.query, names, expressions, tz)
        return Values(self if query is self.query else self.with_query(query), terms, DICTS, zone)

    def values_list(self, *names: Any, flat: bool = False, named: bool = False, tz: Any = None) -> Values[Any]:
        """The records as tuples of these fields, or of all. Lazy. See ``values``.

        :param names: as in ``values``.
        :param flat: the values of the one field themselves, instead of tuples.
        :param named: namedtuples, whose values have the names of the fields.
        :param tz: the time zone of the parts.
        :raises QueryError: ``flat`` with more than one field, or with ``named``.
        """
        query, terms, zone = row_expressions.terms(self.query, names, {}, tz)
        form = check_form(tuple(one.name for one in terms), flat, named)
        return Values(self if query is self.query else self.with_query(query), terms, form, zone)

    ##########################################
    # METHODS THAT EVALUATE THE QUERY        #
    ##########################################

    def __iter__(self) -> Iterator[R]:
        return chain.from_iterable(self._lists())  # which makes no step in Python for a record

    def _lists(self) -> Iterator[Iterable[R]]:
        """The records in lists that hold them all, the first of which is read when it is wanted."""
        if self._prefetched:
            yield from self.batches()
        else:
            yield self._finished(self.executor().records(self.query))

    @overload
    def __getitem__(self, at: int) -> R: ...
    @overload
    def __getitem__(self, at: slice) -> Self: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            if at.step not in (None, 1):
                raise QueryError(
                    "a slice of a query set takes no step: list(query_set)[::2] takes every second record, and reverse() gives"
                    " the opposite order"
                )
            return self.with_query(self.query.sliced(at.start, at.stop))
        if hasattr(at, "__index__") and at < 0:
            raise QueryError(
                "an index counts from the front: last() gives the last record in order, reverse() the opposite order"
            )
        if isinstance(at, bool) or not hasattr(at, "__index__"):
            raise TypeError(f"a query set takes a number or a slice in brackets, not a {type(at).__name__}: get() takes a SID")
        found = next(iter(self.with_query(self.query.sliced(at, at + 1))), None)
        if found is None:
            raise IndexError(f"no record at {at}")
        return found

    def pages(self, page_size: int | None = None) -> Iterator[list[R]]:
        """The records in lists of at most ``page_size``, which is also the size of Twilio's pages. Lazy.

        :param page_size: 1 up to the largest that the list allows, which is the default.
        :raises QueryError: another page size.
        """
        most = self.query.schema.page_size
        size = most if page_size is None else page_size
        if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= most:
            raise QueryError(f"page_size of {self.query.schema.name} is a whole number from 1 to {most}, not {page_size!r}")
        records = self.iterator(size)
        return iter(lambda: list(islice(records, size)), [])

    def iterator(self, chunk_size: int | None = None) -> Iterator[R]:
        """The records one by one, as iterating gives them, with pages of a size. Calls Twilio page by page, as it is read.

        :param chunk_size: records a page of Twilio's list; None for the largest page.
        :raises QueryError: ``chunk_size`` is not a whole number from 1.
        """
        return iter(self.with_page_size(chunk_size))

    def first(self) -> R | None:
        """The first record in order; without an order any record; None where there is none. Calls Twilio."""
        return next(iter(self[:1]), None)

    def last(self) -> R | None:
        """The last record in order, None where there is none. Calls Twilio.

        :raises QueryError: there is no order.
        """
        if not self.query.order:
            raise QueryError("last() needs an order: call order_by() first")
        if self.query.low or self.query.high is not None:
            return next(iter(deque(self, maxlen=1)), None)
        return self.reverse().first()

    def latest(self, *names: str) -> R:
        """The record that is last in the order of these fields: ``latest("start_time")``. Calls Twilio.

        Records that lack one of the fields are not considered. Another order is dropped.

        :param names: fields, ``-`` before a name for descending; none for the time by which the resource is listed.
        :raises DoesNotExist: there is none.
        :raises QueryError: there is a slice; or no field is named and the resource has no such time.
        """
        return self._extreme("latest", names, reverse=True)

    def earliest(self, *names: str) -> R:
        """The record that is first in the order of these fields. Calls Twilio. See ``latest``.

        :param names: as in ``latest``.
        :raises DoesNotExist: there is none.
        :raises QueryError: as ``latest``.
        """
        return self._extreme("earliest", names, reverse=False)

    def contains(self, record: Any, /) -> bool:
        """Whether a record is one of these. Calls Twilio: fetches this record alone where Twilio has a path for it.

        :param record: a record; one of another resource is not contained.
        :raises QueryError: it is no record, or one without a key.
        """
        schema = self.query.schema.base
        other = getattr(type(record), "api_schema", None)
        if other is None:
            raise QueryError(f"contains() takes a record of {schema.name}, not a {type(record).__name__}: filter() takes a SID")
        if other is not schema:
            return False
        key = {name: record.stored_value(name) for name in schema.key}
        if None in key.values():
            raise QueryError(f"this {schema.name} has no {schema.key[-1]}: contains() takes a record that Twilio has")
        if self.query.low or self.query.high is not None:
            return any(one == record for one in self)
        if not self.source.across and key.pop("account_sid", None) not in (None, self.bound_connection().account_sid):
            return False
        return self.filter(**key).exists()

    def in_bulk(self, sids: Iterable[Any] | None = None, /) -> dict[str, R]:
        """The records of these SIDs that match the query, by SID, in this order. Calls Twilio.

        Live, up to twenty are fetched one by one; more are looked for in one list, unless fetching each takes fewer requests.

        :param sids: SIDs or records; None for all records of the query.
        :raises QueryError: one of them is not a SID.
        """
        key = self.query.schema.key[-1]
        if sids is None:
            return {getattr(record, key): record for record in self}
        wanted: list[str] = list(dict.fromkeys(self.query.schema.column(key).canonical(one) for one in sids))
        made = self.filter(**{f"{key}__in": wanted})
        one_by_one = len(wanted) <= MOST_REQUESTS or made.source is not LIVE or bool(self.query.schema.related)
        found = list(made) if one_by_one else prefetch.bulk(self, key, wanted, self._prefetched)
        found = found if one_by_one or self._fields is None else list(self._masked(found))
        by_sid = {getattr(record, key): record for record in found}
        return {sid: by_sid[sid] for sid in wanted if sid in by_sid}

    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Any) -> R:
        """The one record that matches. Calls Twilio: fetches the record's own path where its SID is given.

        :param sid: its SID (or, of a nested resource, the last part of its key); or a ``Q``.
        :param conditions: as in ``filter``.
        :param lookups: as in ``filter``.
        :raises DoesNotExist: there is none; where Twilio answered 404 for the record's path, a NotFound too.
        :raises MultipleObjectsReturned: there are several.
        """
        by_key = type(sid) is str and not conditions and not lookups and not self.query.where
        executor = self.executor()
        if by_key and not self._prefetched and self._fields is None and not self.query.annotations:
            found = executor.find(self.query, sid)
            if found is not None:
                return found  # type: ignore[no-any-return]
        if isinstance(sid, Q):
            sid, conditions = None, (sid, *conditions)
        if sid is not None:
            lookups = {self.query.schema.key[-1]: sid, **lookups}
        schema = self.query.schema
        narrowed = self.filter(*conditions, **lookups) if lookups or conditions else self
        # Two records tell that there are several. A record's own path has one; without the slice, the mirror keeps its sweep.
        limited = narrowed if by_key and self.source.executor is ReadThroughExecutor else narrowed[:2]
        try:
            records = list(islice(limited, 2))
        except NotFound as absent:
            raise self.model.own_not_found(absent) if self.query.schema.singleton else absent from None
        if len(records) > 1:
            raise MultipleObjectsReturned(
                f"several {self.model.__name__} records match {_described(schema, lookups)}: get() takes one"
            )
        if not records:
            raise narrowed.executor().absence(narrowed.query, f"no {self.model.__name__} matches {_described(schema, lookups)}")
        if by_key and self._fields is None:
            executor.remember(records[0], narrowed.as_of)
        return records[0]

    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Any) -> R | None:
        """The one record that matches, or None. Calls Twilio. See ``get``.

        :raises MultipleObjectsReturned: there are several.
        """
        try:
            return self.get(sid, *conditions, **lookups)
        except self.model.DoesNotExist:
            return None

    def ref(self, sid: str, /) -> R:
        """A record below the parents that this query names, of which only the key is known. Sends nothing.

        :param sid: the last part of its key.
        """
        self._one_account("ref")
        schema, connection = self.query.schema, self._connection
        key = schema.column(schema.key[-1]).canonical(sid)
        account = connection.account_sid if connection is not None else None
        row = schema.codec.read({}, {"account_sid": account, **query_constraints(self.query).equal})
        at = schema.index[schema.key[-1]]
        return self.model.from_row((*row[:at], key, *row[at + 1 :]), connection, None, self.query.parent_path)  # type: ignore[no-any-return]

    def count(self) -> int:
        """The number of records that match. Calls Twilio; live it reads the whole answer, since Twilio does not count."""
        return self.executor().count(self.query)

    def exists(self) -> bool:
        """Whether any record matches. Calls Twilio."""
        return self.executor().exists(self.query.sliced(0, 1))

    def aggregate(self, /, *aggregates: Aggregate, tz: Any = None, **named_ones: Aggregate) -> dict[str, Any]:
        """Counts, sums, means and extremes of these records: ``aggregate(n=Count(), cost=Sum("price"))``. Calls Twilio.

        Offline it is one SELECT; live every record is read.

        :param aggregates: aggregates under their default names: the result of ``Sum("price")`` is ``price__sum``.
        :param tz: the time zone of parts such as ``Count("start_time__date", distinct=True)``.
        :param named_ones: aggregates by the names of their results.
        :raises QueryError: an unknown field, or one that cannot be aggregated so.
        """
        tallies = bind_aggregates(self.query.schema, aggregates, named_ones, "" if tz is None else zone_name(tz))
        if not tallies:
            raise QueryError("aggregate() takes aggregates, such as n=Count() or Sum('price')")
        query = with_aggregates(self.query, tallies)
        ((_, states),) = self.executor().groups(query, [], list(tallies.values()))
        return {name: one.result(state) for (name, one), state in zip(tallies.items(), states, strict=True)}

    @property
    def ordered(self) -> bool:
        """Whether the records have an order of their own, by ``order_by``. Sends nothing."""
        return bool(self.query.order)

    @property
    def as_of(self) -> datetime | None:
        """The moment from which the last answer is known to be complete; None until the mirror has answered. Sends nothing."""
        return self._answer.as_of

    @property
    def skipped(self) -> tuple[SkippedAccount, ...]:
        """The accounts that the last answer of ``across_accounts()`` skipped: SID, name and status. Sends nothing."""
        return self._answer.skipped

    @property
    def matched(self) -> int | None:
        """How many records matched before the last ordered slice was taken, live; None where not all were read. Sends nothing."""
        return self._answer.matched

    @property
    def unknown_records(self) -> int:
        """How many records the last answer of ``offline(unknown="null")`` has None for, unknown as a value was. Sends nothing."""
        return self._answer.unknown_records

    def explain(self) -> str:
        """The requests of this query, the conditions that are checked here, and what the mirror covers, in English.

        Sends nothing; reads the disk where there is a mirror.
        """
        return self._reporting().explain(self)  # type: ignore[no-any-return]

    def freshness(self) -> Freshness:
        """Since when the mirror knows the answer, and which parts it lacks. Reads the disk, sends nothing."""
        check_mirrored(self.query.schema)
        return self._reporting().freshness(self)  # type: ignore[no-any-return]

    def coverage(self) -> list[Sweep]:
        """The sweeps of this resource that have to do with this query, the latest first. Reads the disk."""
        return self._reporting().sweeps(self)  # type: ignore[no-any-return]

    def sync(self, progress: Callable[[Report], object] | None = None) -> Report:
        """Fetch this query completely, once, and store every record. Calls Twilio; writes to the disk.

        :param progress: called after each page with the report so far.
        :returns: the numbers of new, changed and unchanged records, requests and seconds.
        :raises QueryError: the resource is not mirrored, or the query has a slice.
        """
        check_mirrored(self.query.schema)
        if self.source.across:
            return self._reporting().sync(self, progress)  # type: ignore[no-any-return]
        return scan_query(self.bound_connection(), self.api_plan(), progress)

    def tail(
        self, poll: timedelta | float = 10, *, since: When | None = None, volatile: bool = False
    ) -> Generator[RecordEvent[R], None, None]:
        """Sync the resource again and again, and yield each event of the matching records once. Calls Twilio; writes to the disk.

        An event is a record that is new to the mirror, changed, deleted or returned, with ``record`` as it was from then on.
        Events come in the order in which the mirror recorded them, whoever stored them: these syncs, a webhook, another process.
        An event is yielded if the record matches the conditions from then on; a deleted record, if it did at last.

        ``tail()`` itself syncs once, so that "from now on" begins when it returns. Of a list that the mirror has never fetched
        completely, such as that of an empty mirror, it syncs only the records that begin on that day or later: what happens to
        older ones is not followed until ``Model.sync()`` has fetched them. A resource without a time filter is listed
        completely. While your code has an event, no transaction is open and no lock is held. ``close()`` and Ctrl-C end it.

        A sync that Twilio answers with 429 or 5xx, or that finds it unreachable or the mirror's file locked, is logged, with a
        ``MirrorWarning``, and the next one goes on. Any other error is raised, such as that of wrong credentials.

        :param poll: how long to wait after each sync: a timedelta, or seconds; at most a day.
        :param since: begin with the events that the mirror recorded after this moment, and do not sync before. Of a list that
            the mirror has never fetched completely, the records that begin on its day or later are synced.
        :param volatile: also yield changes of fields that change by themselves.
        :raises BadValue: ``poll`` is no such time.
        :raises QueryError: the query set is offline, sorted or a slice, or has conditions on related records.
        :raises NotCovered: the mirror's history does not reach back to ``since``, or a condition is about an excluded field.
        """
        from ..changes import tail  # few programs follow a resource

        self._one_account("tail")
        return tail.tail(self, self._followed(), poll, since, volatile)

    def diff(
        self,
        against: compare.Against | None = None,
        *,
        since: When | None = None,
        until: When | None = None,
        key: str | None = None,
        fields: Collection[str] | None = None,
        volatile: bool = False,
    ) -> compare.LiveDiff:
        """The differences between Twilio and the mirror, or whatever else is named. Calls Twilio; writes nothing.

        The result is false where nothing differs. Without ``against`` and ``since``, Twilio is compared with the mirror. A record
        that the mirror has and Twilio's list does not show is fetched by its SID: it is *changed* where it only does not match
        any more, and *missing* where Twilio does not have it. Of more than twenty such records, one more list is read; what
        both lists lack is missing where the mirror has fetched the query completely. Fields whose value the mirror does not know
        are ``unknown``.

        :param against: a file (``.json``, ``.csv``, ``.yaml``) with the wanted state, or another account: its connection, or a
            query set on it. It is the first side, Twilio the second; of a file, only the fields that it names are compared.
        :param since: a moment: compares the mirror as it was then with the mirror now, or at ``until``. Sends nothing.
        :param until: the later moment; a day is included whole.
        :param key: the field that says which records belong together, such as ``phone_number``; the SID by default.
        :param fields: compare only these fields.
        :param volatile: compare fields that change by themselves, too.
        :raises QueryError: two things that cannot be compared, before anything is sent; a key that is missing or not unique.
        """
        from ..changes import compare  # most programs compare nothing

        self._one_account("diff")
        if since is not None or until is not None:
            if against is not None or key is not None or since is None:
                raise QueryError("diff() between moments takes since= and, unless that is now, until=; not against= or key=")
            return compare.over_time(self, since, until, fields, volatile)
        if against is None:
            if key is not None:
                raise QueryError("Twilio's records and the mirror's are matched by SID: key= is for a file or another account")
            return compare.with_mirror(self, fields, volatile)
        if isinstance(against, (str, os.PathLike)):
            return compare.with_file(self, against, key, fields, volatile)
        other = self.using(against) if isinstance(against, Connection) else against
        if not isinstance(other, QuerySet):
            raise QueryError(f"against takes the path of a file, a connection or a query set, not a {type(against).__name__}")
        return compare.diff(other, self, key=key, fields=fields, volatile=volatile)

    def __len__(self) -> int:
        raise TypeError("QuerySet has no len(): it would fetch every record. Use count().")

    def __bool__(self) -> bool:
        raise TypeError("QuerySet has no truth value: it would fetch records. Use exists().")

    ##########################################
    # METHODS THAT WRITE                     #
    ##########################################

    def create(self, *args: Any, **params: Any) -> R:
        """A new record at Twilio, on this query's connection and below the parents that the query names. Calls Twilio.

        :param args: what the resource requires, in the order of its reference page.
        :param params: writable fields and other parameters of the resource.
        """
        self._one_account("create")
        params, path = {**self._parents(), **params}, self.query.parent_path
        return self.model.create_below(self.bound_connection(), args, params, path)  # type: ignore[no-any-return]

    def get_or_create(self, /, defaults: dict[str, Any] | None = None, **lookups: Any) -> tuple[R, bool]:
        """The one record that matches, or a new one made of the lookups and ``defaults``. Calls Twilio.

        :param defaults: parameters of the new record besides.
        :param lookups: as in ``filter``.
        :returns: the record, and whether it was created.
        :raises QueryError: the query set is not live, or no record can be created of the lookups and ``defaults``, such as with a
            SID, which Twilio chooses: whether there is such a record or not, nothing was sent.
        :raises ReadOnly: Twilio does not create such records; nothing was sent.
        """
        if not self.source.is_live:
            raise QueryError("get_or_create() has to read Twilio, since the mirror may be old: use a live query set")
        self._one_account("get_or_create")
        key = self.query.schema.key[-1]
        if key == "sid" and not {key, "pk"}.isdisjoint(lookups):
            raise QueryError(f"get_or_create() cannot create a {self.model.__name__} of a SID, which Twilio chooses: use get()")
        params = {**lookups, **(defaults or {})}
        self.model.check_create({**self._parents(), **params}, self.query.parent_path)
        try:
            return self.get(**lookups), False
        except self.model.DoesNotExist:
            return self.create(**params), True

    def update_or_create(
        self, /, defaults: dict[str, Any] | None = None, create_defaults: dict[str, Any] | None = None, **lookups: Any
    ) -> tuple[R, bool]:
        """The one record that matches, with these values, or a new one made of the lookups and the values. Calls Twilio.

        An update sends the values that differ from the record's, and nothing if none does; commands such as ``url`` are always
        sent. A create whose outcome is unknown is not repeated: OutcomeUnknown is raised, and calling again looks first.

        :param defaults: the values that the record is to have.
        :param create_defaults: the parameters of a new record in place of ``defaults``.
        :param lookups: as in ``filter``; they say which record is meant.
        :returns: the record, and whether it was created.
        :raises QueryError: the query set is not live, or Twilio does not take one of the values; nothing was sent.
        :raises ReadOnly: Twilio does not update such records, or does not create them; nothing was sent.
        :raises MultipleObjectsReturned: several records match.
        """
        if not self.source.is_live:
            raise QueryError("update_or_create() has to read Twilio, since the mirror may be old: use a live query set")
        values = dict(defaults or {})
        self.model.check_update_or_create(values, self.query.parent_path)
        record: Any = self._reading(None).get_or_none(**lookups)
        if record is None:
            return self.create(**{**lookups, **(values if create_defaults is None else create_defaults)}), True
        changes = record.differing(values)
        return (record.update(**changes) if changes else record), False

    def plan_update(self, **changes: Any) -> WritePlan:
        """A plan that gives these records these values, record by record. Calls Twilio to read them; changes nothing.

        Every value is computed and checked now, and journaled in the mirror with the present one. ``apply()`` sends the changes.

        :param changes: by field, a value, or a function of the record that returns one, such as
            ``voice_url=lambda number: number.voice_url.replace("old.", "new.")``. ``""`` clears a field.
        :raises QueryError: an unknown field, a wrong value, a command or a secret; a function raised; or the query is not live.
        :raises ReadOnly: Twilio does not update such records, or not this field.
        :raises ConfirmationRequired: a change that cannot be undone.
        """
        from ..changes import plan, plan_builder  # few programs make plans

        records = self._to_write("plan_update")
        plan_builder.check_changes(self.model, self.query.parent_path, changes)
        return plan.plan_update(self.bound_connection(), self.model, self.query.parent_path, records, changes)

    def plan_delete(self, *, archived_in: str | os.PathLike[str] | None = None) -> WritePlan:
        """A plan that deletes these records. Calls Twilio to read them; deletes nothing.

        Calls and messages that are not final yet are skipped, and named: Twilio does not delete them. With ``archived_in``, a
        record whose file does not lie in the archive with the size and checksum of the manifest is skipped, too. The file is read
        now, and again by ``apply()`` right before the record is deleted.

        :param archived_in: the manifest of an archive (``archive(…).manifest``), or its folder.
        :raises ReadOnly: Twilio does not delete such records.
        :raises ConfirmationRequired: such records are not deleted by a plan.
        :raises QueryError: the query is not live, or the records have no files to archive.
        :raises BadValue: there is no such manifest, or it cannot be read.
        """
        from ..changes import plan, plan_builder

        records = self._to_write("plan_delete")
        plan_builder.check_deletable(self.model)
        return plan.plan_delete(self.bound_connection(), self.model, records, archived_in)

    def archive(
        self,
        pattern: str | os.PathLike[str],
        *,
        workers: int = 4,
        verify: bool = False,
        dry_run: bool = False,
        progress: Callable[[int, int], object] | None = None,
    ) -> ArchiveReport:
        """Download the files of these recordings or media to a folder. Calls Twilio; writes to the disk; deletes nothing.

        A file appears at its path when it is complete and on the disk. ``manifest.jsonl`` in the folder has a line for each file,
        with its size and SHA-256. Files that lie there already are not downloaded again, so that the same call continues a run
        that was interrupted. A file that is not in the manifest is never replaced.

        :param pattern: the paths, such as ``"rec/{date}/{call_sid}-{sid}.mp3"``: names of fields in braces, ``{date}`` for the
            record's day in UTC and ``{ext}`` for the file's ending. The folder is what stands before the first part with a brace.
            Recordings are ``.mp3`` or ``.wav``; ``.{ext}`` is ``.wav`` for them, and the ending of its type for each media.
        :param workers: the number of downloads at a time, 1 to 32.
        :param verify: compare the checksums of the files that lie there, and not only their sizes.
        :param dry_run: download nothing, and report what would be downloaded.
        :param progress: called with the number of records processed and the number of all.
        :returns: what became of each record. A file that Twilio does not have (404) is reported as missing; recordings that are
            not final are skipped.
        :raises BadValue: a wrong pattern, two records with the same path, or a path outside the folder; nothing was downloaded.
        :raises NotLoaded: a record was read without a field of the pattern; nothing was downloaded.
        :raises QueryError: these records have no files.
        :raises Conflict: another process is archiving to the folder.
        """
        from ..archive import archiver  # few programs archive

        records = self._reading(None)
        how = {"workers": workers, "verify": verify, "dry_run": dry_run, "progress": progress}
        return archiver.archive(self.bound_connection(), self.model, records, pattern, **how)  # type: ignore[arg-type]

    def update(self, /, confirm: bool | int | None = None, **changes: Any) -> Applied:
        """Give these records these values: ``plan_update(…).apply()``. Calls Twilio; writes to the disk.

        :param confirm: True; of a query without any condition, the number of records.
        :param changes: see :meth:`plan_update`.
        :returns: the outcome for each record; ``undo()`` gives the opposite plan.
        :raises ConfirmationRequired: ``confirm`` is missing or another number; the error names the number. Nothing was changed.
        """
        from ..changes import plan, plan_builder

        made = self._to_write("update")
        plan_builder.check_changes(self.model, self.query.parent_path, changes)
        records = made._confirmed("update", confirm)
        return plan.plan_update(self.bound_connection(), self.model, self.query.parent_path, records, changes).apply()

    def delete(self, confirm: bool | int | None = None) -> Applied:
        """Delete these records: ``plan_delete().apply()``. Calls Twilio; writes to the disk. It cannot be undone.

        :param confirm: True; of a query without any condition, the number of records.
        :raises ConfirmationRequired: ``confirm`` is missing or another number; the error names the number. Nothing was deleted.
        """
        from ..changes import plan, plan_builder

        made = self._to_write("delete")
        plan_builder.check_deletable(self.model)
        return plan.plan_delete(self.bound_connection(), self.model, made._confirmed("delete", confirm)).apply()

    ##########################################
    # ASYNCHRONOUS METHODS                   #
    ##########################################

    def __aiter__(self) -> AsyncIterator[R]:
        return each(self.batches())

    def aiterator(self, chunk_size: int | None = None) -> AsyncIterator[R]:
        """The records one by one, for ``async for``; each page is fetched in a thread. Calls Twilio. See ``iterator``.

        :param chunk_size: records a page of Twilio's list; None for the largest page.
        :raises QueryError: ``chunk_size`` is not a whole number from 1.
        """
        return each(self.with_page_size(chunk_size).batches())

    def atail(
        self, poll: timedelta | float = 10, *, since: When | None = None, volatile: bool = False
    ) -> AsyncGenerator[RecordEvent[R], None]:
        """The events of ``tail()``, for ``async for``: syncs run in threads, waits do not. Calls Twilio; writes to the disk.

        Nothing is sent before the first event is waited for. ``aclose()``, and cancelling the task, end it at once, also in a
        wait; a sync that runs then ends after the page that it is reading, which is stored.

        :param poll: as in ``tail``.
        :param since: as in ``tail``.
        :param volatile: as in ``tail``.
        :raises BadValue, QueryError, NotCovered: as ``tail``, before anything is sent.
        """
        from ..changes.tail import Follower

        self._one_account("atail")
        return each_event(Follower(self, self._followed(), "atail()", poll, since, volatile))

    async def alist(self) -> list[R]:
        """All records. Calls Twilio page by page, each in a thread; a task that is cancelled reads no further page."""
        return [record async for record in self]

    aget, aget_or_none, ain_bulk = in_thread(get), in_thread(get_or_none), in_thread(in_bulk)
    afirst, alast, alatest, aearliest = in_thread(first), in_thread(last), in_thread(latest), in_thread(earliest)
    acount, aexists, acontains = in_thread(count), in_thread(exists), in_thread(contains)
    aaggregate, aexplain = in_thread(aggregate), in_thread(explain)
    acreate, aget_or_create, aupdate_or_create = in_thread(create), in_thread(get_or_create), in_thread(update_or_create)
    aupdate, adelete, aarchive = in_thread(update), in_thread(delete), in_thread(archive)

    ##########################################
    # METHODS FOR OTHER MODULES              #
    ##########################################

    def bound_connection(self) -> Connection:
        """The connection of this query set, else the current one. Sends nothing.

        :raises ConfigurationError: there is none.
        """
        if self._connection is None:
            connection = current()
            self._check_account(connection)
            return connection
        return self._connection

    def executor(self, *, store: bool = True) -> Executor:
        """The executor that answers this query set. Sends nothing.

        :param store: whether rows that Twilio sends are stored in the mirror.
        """
        if self._executor is not None and store:
            return self._executor
        found = self._answering(self.source, store)
        if self._connection is not None and store:
            self._executor = found
        return found

    def batches(self) -> Iterator[list[R]]:
        """The records as iterating gives them, in the lists in which they are fetched: a page of Twilio's each. Calls Twilio."""
        if not self._prefetched:
            batches = self.executor().batches(self.query)
            plain = self._fields is None and not self._shows_more
            yield from batches if plain else (list(self._finished(batch)) for batch in batches)
            return
        source: Source = self.source
        alike: Callable[[QuerySet[Any]], QuerySet[Any]] | None = None
        if source.is_offline:  # one snapshot answers for the records and for their relations
            source = replace(source, reader=self.mirror_reader())
            alike = partial(_answered_by, Source(MirrorExecutor, source.partial, reader=source.reader))
        records = iter(self._finished(self._answering(source).records(self.query)))
        while batch := list(islice(records, prefetch.BATCH)):
            for part in prefetch.by_account(batch) if source.across else [batch]:
                for name in self._prefetched:
                    prefetch.attach(part, name, alike)
            yield batch

    def rows(self, names: Collection[str] = (), *, store: bool = True) -> Iterator[Row]:
        """The rows of the records that match. Calls Twilio; prefetched records are listed again.

        :param names: the fields that are read of the rows; a cached query calls Twilio if the mirror does not know one of them.
        :param store: whether rows that Twilio sends are stored in the mirror.
        """
        query_set = self if self.source.records is None else self._copy(self.query, self._connection, LIVE)
        return (row for row, _ in query_set.executor(store=store).rows(self.query, names))

    def export_result(self, columns: Iterable[str] | None = None, tz: Any = None) -> Result:
        """The columns of an export of the records, and a function that reads them. Sends nothing.

        :param columns: fields, and parts of times; None for all fields that are stored.
        :param tz: the time zone of the parts.
        """
        from ..exports.columns import check_names

        unread = self._unread()
        stored = [name for name, column in self.query.schema.columns.items() if not column.unlisted and name not in unread]
        stored += getattr(self.query, "annotations", ())
        return self.values_list(*(stored if columns is None else check_names(columns)), tz=tz).export_result()

    def changed_after(self, revision: int, deleted: bool) -> Self:
        """The records of an offline query, or those deleted since, that changed after a revision of the mirror. Sends nothing.

        :param revision: the revision.
        :param deleted: whether the deleted ones are wanted.
        """
        return self._copy(self.query, self._connection, replace(self.source, deleted=True, newer=(revision, deleted)))

    def subscription(self, handler: Callable[[Any], object]) -> HandlerSubscription:
        """The subscription by which ``connection.on()`` calls a function with the events of these records. Reads the disk.

        :param handler: the function.
        """
        from ..changes.events import HandlerSubscription  # few programs have handlers

        return HandlerSubscription(self, handler)

    def api_plan(self) -> Plan:
        """The requests that answer this query at Twilio. Calls Twilio only for conditions on related records."""
        self._one_account("api_plan")
        return LiveExecutor(self._context(self.source)).plan(self.query)

    def mirror_reader(self) -> MirrorReader:
        """A snapshot of the mirror, of now or of the moment of the query set. Reads the disk; raises NotCovered."""
        return mirror_reader(self.source, self.bound_connection())

    def mirror_query(self) -> tuple[MirrorReader, Query]:
        """A snapshot of the mirror, and the query to put to it. Reads the disk; raises NotCovered."""
        self._one_account("mirror_query")
        return MirrorExecutor(self._context(self.source)).resolve(self.query)

    def with_query(self, query: Query) -> Self:
        """A query set like this one for another query of the same resource. Sends nothing.

        :param query: the query. Prefetched records answer it too, unless they are too few for it or it is about their relations.
        """
        source = self.source
        about_others = query.schema.related or any(True for _ in related_nodes(query.where))
        if source.records is not None and (query.flags != self.query.flags or about_others):
            source = LIVE
        return self._copy(query, self._connection, source)

    def with_page_size(self, page_size: int | None) -> Self:
        """The same query, with pages of a size. Sends nothing.

        :param page_size: records a page of Twilio's list; None for the largest page.
        :raises QueryError: it is not a whole number from 1.
        """
        if page_size is not None and (not isinstance(page_size, int) or isinstance(page_size, bool) or page_size < 1):
            raise QueryError(f"chunk_size is a whole number from 1, not {page_size!r}")
        made = self.all()
        made._page_size = page_size
        return made

    def with_records(self, records: tuple[R, ...]) -> Self:
        """The same query, answered by records that were prefetched. Sends nothing.

        :param records: the records that match the query.
        """
        return self._copy(self.query, self._connection, Source(PrefetchedExecutor, records=records))

    def within_parent(self, parent_path: str) -> Self:
        """The same query, sent to the path below a parent where Twilio has one. Sends nothing.

        :param parent_path: the field that names the parent.
        """
        if parent_path not in self.query.schema.parent_paths:
            return self
        return self.with_query(replace(self.query, parent_path=parent_path))

    ##########################################
    # PRIVATE METHODS                        #
    ##########################################

    def _check_account(self, connection: Connection) -> None:
        """Refuse a query about records of another account than the connection's. Raises BadValue."""
        if self.query.where and connection.knows_account and not self.source.across:
            check_own_account(self.query.schema, self.query.where, connection.account_sid)

    def _copy(self, query: Query, connection: Connection | None, source: Source) -> Self:
        made = type(self)(self.model, query, connection, source)
        made._prefetched, made._strict, made._fields = self._prefetched, self._strict, self._fields
        return made

    def _answering(self, source: Source, store: bool = True) -> Executor:
        """The executor of a source, of one account or of all."""
        context = self._context(source, store)
        if not source.across:
            return source.executor(context)
        from .accounts import across  # most queries are about one account

        return across(context)

    def _reporting(self) -> Any:
        """The module that says what the mirror covers of a query about one account, or about all."""
        if not self.source.across:
            return coverage_report
        from . import accounts_report

        return accounts_report

    def _parents(self) -> dict[str, Any]:
        """The fields of the path that this query names."""
        known = query_constraints(self.query).equal
        return {name: known[name] for name in self.query.schema.urls.scope(self.query.parent_path) if name in known}

    def _followed(self) -> Callable[[datetime, Callable[[object], object]], object]:
        """The sync of ``tail()``."""
        from ..sync import nested  # it starts threads

        return partial(nested.sync_from, self.bound_connection(), Query(self.model.api_schema))

    def _one_account(self, method: str) -> None:
        """Refuse a method that is about the records of one account. Raises QueryError."""
        if self.source.across:
            raise QueryError(
                f"{method}() is for the records of one account: call it for each, on"
                f" {self.model.__name__}.using(connection.under(sid))"
            )

    def _context(self, source: Source, store: bool = True) -> Context:
        connection = self.bound_connection()
        strict = connection.strict if self._strict is None else self._strict
        return Context(source, self.model, connection, self._answer, self._page_size, strict, store, self._unselected())

    def _reading(self, fields: ReadFields | None) -> Self:
        """The same query set with other fields that are read of its records."""
        made = self.all()
        made._fields = fields
        return made

    def _unread(self) -> frozenset[str]:
        """The columns that are not read of the records."""
        if self._fields is None:
            return frozenset()
        relations = [getattr(self.model, path.partition("__")[0]) for path in self._prefetched]
        return self._fields.unread(self.query.schema, [name for one in relations for name in (one.by, one.after, *one.scope)])

    def _unselected(self) -> frozenset[str]:
        """The columns that are not read of the records, and of which no annotation is computed."""
        schema = self.query.schema
        return self._unread() - {column for name in self.query.annotations for column in schema.reads(name)}

    @property
    def _shows_more(self) -> bool:
        """Whether the records that an executor returns have more than their own fields."""
        return bool(self.query.annotations or self.query.schema.related)

    def _finished(self, records: Iterable[R]) -> Iterable[R]:
        """The records with their annotations, and without the fields that are not read."""
        found = row_expressions.shown(self.query, records) if self._shows_more else records
        return found if self._fields is None else self._masked(found)

    def _masked(self, records: Iterable[R]) -> Iterator[R]:
        """The records without the fields that are not read."""
        from .unread_fields import RowMask

        return RowMask(self.query.schema, self._unread()).records(records)

    def _combined(self, other: QuerySet[R], sign: str) -> Self:
        """The query set of the records of two. Raises QueryError."""
        if self.query.schema.base is not other.query.schema.base:
            raise QueryError(
                f"{sign} takes query sets of one resource, not of {self.query.schema.name} and {other.query.schema.name}"
            )
        if self._connection is not other._connection:
            raise QueryError(f"{sign} takes query sets of one connection: using(connection) gives this query on another one")
        if not self.source.same_as(other.source):
            raise QueryError(
                f"{sign} takes query sets that one source answers, not one that is {self.source.label} and one that is"
                f" {other.source.label}, or of two moments: combine first, then call offline(), cached() or at()"
            )
        from ..query import combine

        source = self.source if self.source.records is None else LIVE  # prefetched records are too few
        return self._copy(combine.combined(self.query, other.query, sign, self.model.complete_query), self._connection, source)

    def _combine_all(self, others: tuple[QuerySet[R], ...], sign: str) -> Self:
        made = self.all()
        for other in others:
            if not isinstance(other, QuerySet):
                raise QueryError(f"union(), intersection() and difference() take query sets, not a {type(other).__name__}")
            made = made._combined(other, sign)
        return made

    def _extreme(self, method: str, names: tuple[str, ...], reverse: bool) -> R:
        """The last or the first record in the order of these fields. Raises DoesNotExist."""
        window = self.query.schema.window
        if not names and window is None:
            raise QueryError(f"{method}() of {self.query.schema.name} needs a field: {method}('…')")
        names = names or (str(window),)
        ordered = self.filter(**{f"{name.removeprefix('-')}__isnull": False for name in names}).order_by(*names)
        found = (ordered.reverse() if reverse else ordered).first()
        if found is None:
            raise self.model.DoesNotExist(f"no {self.model.__name__} of the query has {', '.join(names)}")
        return found

    def _to_write(self, method: str) -> Self:
        """The same query, live. Raises QueryError where its records are not certain, or it is not live."""
        self._one_account(method)
        schema = self.query.schema
        if not self.source.is_live:
            raise QueryError(
                f"{method}() changes records at Twilio, and the mirror may be old: use a live query set, without offline(),"
                " cached() or at()"
            )
        if not schema.fetches or not (schema.keyed or schema.singleton):
            raise QueryError(f"{method}() fetches each record first, and Twilio does not fetch a {schema.name} by its key")
        if (self.query.low or self.query.high is not None) and not self.query.order:
            raise QueryError(f"a slice without an order may hold any records: call order_by() before {method}()")
        return self._reading(None)._copy(self.query, self._connection, LIVE)

    def _confirmed(self, method: str, confirm: bool | int | None) -> list[R]:
        """The records, read from Twilio, if their change was confirmed. Raises ConfirmationRequired."""
        limited = bool(self.query.where) or self.query.high is not None or self.query.low > 0
        found = list(self)
        if confirm is True and limited:
            return found
        if confirm is not None and confirm is not True and confirm is not False and confirm == len(found):
            return found
        many = f"{len(found)} {self.model.__name__} record{'' if len(found) == 1 else 's'}"
        if limited:
            raise ConfirmationRequired(f"{method}() would touch {many}: pass confirm=True, or look at plan_{method}() first")
        raise ConfirmationRequired(
            f"{method}() without a condition would touch all {many}: pass confirm={len(found)}, or look at plan_{method}() first"
        )

    def __await__(self) -> NoReturn:
        raise TypeError(
            "a query set cannot be awaited: `await query_set.alist()` fetches the records, and `async for record in query_set`"
            " gives them one by one"
        )

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            model = self.__dict__.get("model")
            if model is None or name.startswith("_"):
                raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
            from . import other_names

            if name in other_names.INSTEAD or not hasattr(model, name):
                known = [one for one in dir(type(self)) if not one.startswith("_")]
                raise AttributeError(other_names.refusal(f"{type(self).__name__} of {model.__name__}", name, known))
            if self.relation is None:
                raise AttributeError(
                    f"this is a query set of {model.__name__} records; call .get() or .first() to fetch the record, then read"
                    f" {name}"
                )
            table, relation = self.relation
            path = f"{table}.{relation.attribute}"
            call = (
                f"get() to fetch the record: {path}.get().{name}"
                if relation.kind == "one"
                else f"get() or .first() to fetch the record, then read {name}"
            )
            raise AttributeError(
                f"{path} is a query set; call .{call}. prefetch({relation.attribute!r}) fetches those of many records at once"
            )

    def __repr__(self) -> str:
        conditions = f" of {len(self.query.where)} conditions" if self.query.where else ""
        return f"<QuerySet[{self.model.__name__}]{conditions}, {self.source.label}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, QuerySet):
            return NotImplemented
        same = self.model is other.model and self.query == other.query and self._connection is other._connection
        return same and self.source.same_as(other.source)

    def __hash__(self) -> int:
        return hash((self.model, self.source.label))

    def __reduce__(self) -> Any:
        raise TypeError("a query set is bound to a connection and cannot be pickled: pickle list(query_set) instead")


def check_connection(connection: Any) -> None:
    """Refuse what is no connection, such as the alias of a database. Raises QueryError."""
    if not isinstance(connection, Connection):
        raise QueryError(
            f"using() takes a connection, not a {type(connection).__name__}: pass what connect() returned, or"
            " connection.under(sid)"
        )


def _answered_by(source: Source, query_set: QuerySet[Any]) -> QuerySet[Any]:
    """The same query, answered by another source."""
    return query_set._copy(query_set.query, query_set._connection, source)


def _described(schema: ResourceSchema, lookups: dict[str, Any]) -> str:
    """Some lookups for an error: SIDs with their values, others by their names alone, because their values may be private."""
    shown = {name for name, value in lookups.items() if type(value) is str and isinstance(schema.columns.get(name), Sid)}
    return ", ".join(f"{name}={lookups[name]}" if name in shown else name for name in sorted(lookups)) or "the query"
