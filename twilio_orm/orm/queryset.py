"""The lazy answer: a question bound to a connection, asked of Twilio or the mirror when it is iterated."""

from __future__ import annotations

import heapq
import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import cmp_to_key, lru_cache, partial
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any, overload

from ..changes import compare
from ..connecting import current
from ..connection import Connection
from ..errors import MultipleObjectsReturned, NotFound, QueryError
from ..mirror import exclusions
from ..mirror.coverage.sweeps import Sweep
from ..mirror.select import MirrorReader, not_covered
from ..query.aggregates import Aggregate
from ..query.api_requests import FetchRequest
from ..query.ast import Condition, Query, Term, about
from ..query.constraints import query_constraints
from ..query.parser import parse_term
from ..query.planner import MOST_REQUESTS, Plan, offline_plan, plan
from ..query.predicates import predicate, sort_key
from ..query.q import Q
from ..schema.moments import When, moment
from ..schema.resource_schema import ResourceSchema
from ..schema.row_codec import Row
from ..schema.timezones import named
from ..sync import scan as passes
from . import cached, prefetch, related_filters
from .building import CACHED, LIVE, OFFLINE, PARTIAL, R
from .changing import Changing
from .values import DICTS, FLAT, TUPLES, Values, gathered, tallied

if TYPE_CHECKING:
    from typing_extensions import Self


class QuerySet(Changing[R]):
    """Records that answer a question. Immutable: each word gives a new one. Building it asks nothing.

    It is bound to the connection that is current when it is made. ``as_of`` is None until an offline answer was
    given; then it is the moment from which that answer is known to be whole.
    """

    @overload
    def __getitem__(self, at: int) -> R: ...
    @overload
    def __getitem__(self, at: slice) -> Self: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            if at.step not in (None, 1):
                raise QueryError("a slice takes every record: no step; list(…)[::2] is every second one of them")
            return self._with(self.query.sliced(at.start, at.stop))
        if isinstance(at, bool) or not hasattr(at, "__index__"):
            raise TypeError(
                f"a record is taken by its number, several by a slice, not by a {type(at).__name__}: get() takes a SID"
            )
        found = next(iter(self._with(self.query.sliced(at, at + 1))), None)
        if found is None:
            raise IndexError(f"no record at {at}")
        return found

    # -- asking

    def __iter__(self) -> Iterator[R]:
        if not self._prefetched:
            yield from self._records()
            return
        offline = self.mode in (OFFLINE, PARTIAL)
        mirror = self._mirror(self.bound_connection()) if offline else None
        records = self._records(mirror)
        alike = None if mirror is None else partial(self._alike, mirror)
        while batch := list(islice(records, prefetch.BATCH)):
            for name in self._prefetched:
                prefetch.attach(batch, name, alike)
            yield from batch

    def _alike(self, mirror: MirrorReader, other: QuerySet[Any]) -> QuerySet[Any]:
        """Another question, answered as this one is: by this mirror, at the same moment."""
        made = other.offline(self.mode == PARTIAL)
        made._read = mirror
        return made

    def _records(self, mirror: MirrorReader | None = None) -> Iterator[R]:
        if self._recalls():
            connection = self.bound_connection()
            return self.model.from_rows(self._recall(connection, mirror), connection, self.query.parent_path)  # type: ignore[no-any-return]
        return self._unrecalled()

    def _unrecalled(self, names: Iterable[str] = ()) -> Iterator[R]:
        """The records that answer, of those that are held, or as Twilio has them.

        :param names: the fields that are read of them, where they have to be known.
        """
        if self._held is not None:
            yield from self._served(self._held, names)
            return
        connection, make, parent_path = self.bound_connection(), self.model.from_row, self.query.parent_path
        for row, hidden in self._live(connection):
            yield make(row, connection, hidden, parent_path)

    def _served(self, held: tuple[R, ...], names: Iterable[str] = ()) -> list[R]:
        """Of the records that are held, those that answer, in order. Raises NotCovered where that is not known of one."""
        schema, names = self.query.schema, list(names)
        connection = self._connection
        left = connection.mirror.excluded if connection is not None else {}
        for record in held:
            hidden = exclusions.unknown_in(left, self.query, names, record._row)
            if hidden:
                raise hidden
        keep = predicate(schema, self.query.where)
        found = [record for record in held if keep(record._row)]
        if self.query.order:
            order = self._sorting()
            found.sort(key=lambda record: order((record._row, None)))
        return found[self.query.low : self.query.high]

    def bound_connection(self) -> Connection:
        """The connection of this query set, else the current one. Sends nothing.

        :raises ConfigurationError: there is none.
        """
        if self._connection is None:
            connection = current()
            self._check(connection)
            return connection
        return self._connection

    def _rows(self, connection: Connection, names: Collection[str] = ()) -> Iterator[tuple[Row, dict[str, Any] | None]]:
        if self._recalls(names):
            return ((row, None) for row in self._recall(connection))
        return self._unrecalled_rows(connection, names)

    def _unrecalled_rows(self, connection: Connection, names: Iterable[str] = ()) -> Iterator[tuple[Row, dict[str, Any] | None]]:
        """The rows of :meth:`_unrecalled`, with what is never stored."""
        if self._held is not None:
            return ((record._row, None) for record in self._served(self._held, names))
        return self._live(connection)

    def _recalls(self, names: Iterable[str] = ()) -> bool:
        """Whether the mirror answers. Of a cached question, what it lacks is asked for first.

        :param names: the fields that are read of the records: Twilio is asked for what the mirror does not know of them.
        """
        if self._held is not None or self.mode == LIVE:
            return False
        if self.mode != CACHED:
            return True
        connection, schema = self.bound_connection(), self.query.schema
        if not schema.mirrored:
            return False
        asked, names = self._plan(connection), list(names)
        scope = passes.scope(schema, connection.account_sid)
        put = replace(asked.query, where=(*scope, *asked.query.where))
        self.as_of = cached.ready(connection, put, asked, self._max_age, names, gone=self._gone)
        self._resolved = put if self.as_of is not None else None
        return self.as_of is not None

    def _plan(self, connection: Connection) -> Plan:
        """The plan. Asks nothing, but for the questions about related records, which come first."""
        return plan(related_filters.asked(self.model.complete_query(self.query), connection), connection.account_sid)

    # -- for diffs

    def rows(self, names: Collection[str] = ()) -> Iterator[Row]:
        """Internal: the rows of the matching records, of which the fields ``names`` are known."""
        return (row for row, _ in self._rows(self.bound_connection(), names))

    def api_plan(self) -> Plan:
        """Internal: the requests to Twilio and the residual filter. Calls Twilio if the query is about related records."""
        return self._plan(self.bound_connection())

    def check_strict(self, plan: Plan) -> None:
        """Internal: raise QueryError if a plan reads a whole list and the query or connection is strict."""
        self._bearable(self.bound_connection(), plan)

    def mirror_reader(self) -> MirrorReader:
        """Internal: the mirror at one moment. Reads the disk; raises NotCovered."""
        return self._mirror(self.bound_connection())

    def mirror_query(self) -> tuple[MirrorReader, Query]:
        """Internal: the mirror at one moment, and the query as it is put to it. Reads the disk; raises NotCovered."""
        return self._recalled(self.bound_connection())

    # -- the parts

    def _recall(self, connection: Connection, mirror: MirrorReader | None = None) -> Iterator[Row]:
        mirror, query = self._recalled(connection, mirror)
        return mirror.select(query, with_deleted=self._gone)

    def _mirror(self, connection: Connection) -> MirrorReader:
        """The mirror, as it is when it is first read, or as it was. Reads the disk; raises NotCovered."""
        if self._read is not None:
            return self._read
        mirror = connection.mirror
        return mirror.snapshot(connection.now()) if self._moment is None else mirror.as_of(self._moment)

    def at(self, when: When, partial: bool = False) -> Self:
        """The same question, answered by the mirror as it knew it at a moment; nothing is sent.

        A question that it had not heard whole by then raises NotCovered, as it would have then. ``as_of`` of the answer is the
        moment from which it was known.

        :param when: a datetime, a day (its first instant, in UTC), ISO text, or how long ago as a timedelta.
        :param partial: take what there was.
        :raises BadValue: it is none of these.
        """
        made = self.offline(partial)
        made._moment = moment(when, self.bound_connection().now)
        return made

    def _recalled(self, connection: Connection, mirror: MirrorReader | None = None) -> tuple[MirrorReader, Query]:
        """The mirror of one moment, and the question to put to it, which it has heard. Reads the disk; raises NotCovered."""
        self._only_mirrored()
        mirror = self._mirror(connection) if mirror is None else mirror
        scope = passes.scope(self.query.schema, connection.account_sid)
        if self.mode == CACHED and self._resolved is not None:
            return mirror, self._resolved
        whole = related_filters.OfflineQuery(self.model.complete_query(self.query), connection, mirror, self.mode == PARTIAL)
        since, missing, asked = whole.covered(connection.account_sid)
        if missing and self.mode != PARTIAL:
            raise not_covered(asked, missing)
        self.as_of = min([since, *whole.since]) if since is not None else None
        put = replace(whole.query, where=(*scope, *whole.query.where))
        return mirror, mirror.certain_query(put) if self.mode == PARTIAL else put

    def _only_mirrored(self) -> None:
        if not self.query.schema.mirrored:
            raise QueryError(f"{self.query.schema.name} is not mirrored: what Twilio says of it holds for the moment only")

    def _live(self, connection: Connection) -> Iterator[tuple[Row, dict[str, Any] | None]]:
        asked = self._plan(connection)
        low, high = self.query.low, self.query.high
        if high is not None and high <= low:
            return iter(())
        self._bearable(connection, asked)
        size = high if high is not None and asked.exact and not self.query.order else self._page_size
        found = self._kept(passes.Scan(connection, asked, page_size=size))
        if self.query.order:
            key = self._sorting()
            found = iter(heapq.nsmallest(high, found, key) if high is not None else sorted(found, key=key))
        return islice(found, low, high)

    def _bearable(self, connection: Connection, asked: Plan) -> None:
        """Where it is so wished, refuse to read a whole list. Raises QueryError."""
        strict = connection.strict if self._strict is None else self._strict
        short = self.query.high is not None and not self.query.order and asked.exact
        if strict and asked.reads_everything and not short:
            schema = self.query.schema
            words = sorted(schema.filterable(asked.requests[0].parent_path))
            can = f"say something about {', '.join(words)}" if words else "Twilio cannot be asked for less"
            raise QueryError(f"this would read every {schema.name} there is: {can}; or strict(False), offline(), a slice")

    def _kept(self, sweep: passes.Scan) -> Iterator[tuple[Row, dict[str, Any] | None]]:
        schema = self.query.schema
        keep = predicate(schema, (*passes.scope(schema, sweep.connection.account_sid), *sweep.plan.query.where))
        for page in sweep.pages():
            if page.hidden:
                yield from (pair for pair in zip(page.rows, page.hidden, strict=True) if keep(pair[0]))
            else:
                yield from zip(filter(keep, page.rows), repeat(None))

    def _sorting(self) -> Callable[[tuple[Row, Any]], Any]:
        schema = self.query.schema
        keys = [(sort_key(schema, name), descends) for name, descends in self.query.order]
        keys += [(sort_key(schema, name), False) for name in schema.key]

        def order(one: tuple[Row, Any], other: tuple[Row, Any]) -> int:
            for key, descends in keys:
                left, right = key(one[0]), key(other[0])
                if left != right:
                    return -1 if (left < right) != descends else 1
            return 0

        return cmp_to_key(order)

    def pages(self, page_size: int | None = None) -> Iterator[list[R]]:
        """The records in lists of at most ``page_size``, as many as Twilio is then asked for at a time. Lazy.

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
        """The records one by one, of which none is kept: what iterating does, with pages of a size. Asks as it is read.

        :param chunk_size: how many records Twilio is asked for at a time, at most a page; nothing for the largest page.
        :raises QueryError: it is no whole number from 1.
        """
        if chunk_size is not None and (not isinstance(chunk_size, int) or isinstance(chunk_size, bool) or chunk_size < 1):
            raise QueryError(f"chunk_size is a whole number from 1, not {chunk_size!r}")
        asked = self._with(self.query)
        asked._page_size = chunk_size
        return iter(asked)

    def first(self) -> R | None:
        """The first record in order, or, unordered, any one, as served; None where there is none. Asks."""
        return next(iter(self[:1]), None)

    def last(self) -> R | None:
        """The last record in order, None where there is none. Asks. Raises QueryError where there is no order."""
        if not self.query.order:
            raise QueryError("without an order there is no last record: order_by() first")
        if self.query.low or self.query.high is not None:
            return next(iter(deque(self, maxlen=1)), None)
        return self.reverse().first()

    def in_bulk(self, sids: Iterable[Any], /) -> dict[str, R]:
        """The records of these SIDs that answer, by SID, in this order; those that are not there are left out. Asks.

        Live, up to twenty are asked for one by one; more are looked for in one list, unless that turns out the longer way.

        :param sids: SIDs or records. :raises QueryError: one is none.
        """
        key = self.query.schema.key[-1]
        wanted: list[str] = list(dict.fromkeys(self.query.schema.column(key).canonical(one) for one in sids))
        asked = self.filter(**{f"{key}__in": wanted})
        few = len(wanted) <= MOST_REQUESTS or asked._held is not None or asked.mode != LIVE
        found = list(asked) if few else prefetch.bulk(self, key, wanted)
        by_sid = {getattr(record, key): record for record in found}
        return {sid: by_sid[sid] for sid in wanted if sid in by_sid}

    def get(self, sid: Any = None, /, *questions: Q, **words: Any) -> R:
        """The one record that answers. Asks: one record's own address where its SID is given.

        :param sid: its SID (or, of a nested resource, the last part of its identity); or a ``Q``.
        :raises DoesNotExist: there is none; live, that of an instance is a NotFound too.
        :raises MultipleObjectsReturned: there are several.
        """
        if self._stash is not None and not words and not questions:
            row = self._stash.find(sid)
            if row is not None:
                return self.model.from_row(row, self._connection)  # type: ignore[no-any-return]
        if self.mode == CACHED and type(sid) is str and not questions and not words and not self.query.where:
            return self._remembered(sid)
        if type(sid) is str and self.mode in (OFFLINE, PARTIAL) and not questions and not words:
            known = self._found(sid)
            if known is not None:
                return known
        if isinstance(sid, Q):
            sid, questions = None, (sid, *questions)
        if sid is not None:
            words = {self.query.schema.key[-1]: sid, **words}
        asked = self.filter(*questions, **words) if words or questions else self
        try:
            found = list(asked[:2])
        except NotFound as absent:
            raise self.model._none(absent) if self.query.schema.singleton else absent from None
        if len(found) > 1:
            raise MultipleObjectsReturned(f"more than one {self.model.__name__} answers: {self._spelled(words)}")
        if not found:
            raise self._missing(asked, words)
        return found[0]

    def _found(self, sid: str) -> R | None:
        """The record of a SID, where the mirror holds it and one statement tells that it answers; None for a closer look."""
        query = self.query
        if query.where or query.high is not None or query.low or query.flags or not _plain(self.model):
            return None
        if self._moment is not None or self._held is not None or self._prefetched:
            return None
        connection, schema = self.bound_connection(), query.schema
        row = connection.mirror.current_row(schema, connection.account_sid, schema.columns[schema.key[0]].canonical(sid))
        return None if row is None else self.model.from_row(row, connection, None, query.parent_path)

    def _remembered(self, sid: str) -> R:
        """The record of a SID, from memory where it is kept there."""
        if self._stash is None and self.query.schema.mirrored:
            self._stash = cached.RecordCache(self.bound_connection(), self.query.schema, self._max_age)
            return self.get(sid)
        words = {self.query.schema.key[-1]: sid}
        asked = self.filter(**words)
        found = next(iter(asked), None)
        if found is None:
            raise self._missing(asked, words)
        if self._stash is not None and found._row is not None:
            now = self.bound_connection().now()
            self._stash.keep(found._row, now - (asked.as_of or now))
        return found

    def _missing(self, asked: Self, words: dict[str, Any]) -> Exception:
        text = f"no {self.model.__name__} answers: {self._spelled(words)}"
        told = asked.mode != LIVE or asked._held is not None or any(True for _ in about(asked.query.where))
        request = () if told else asked._plan(asked.bound_connection()).requests
        if told or not all(isinstance(one, FetchRequest) for one in request):
            return self.model.DoesNotExist(text)  # type: ignore[no-any-return]
        path = request[0].path + ".json" if request else ""
        return self.model.NotFound(text, status=404, code=20404, method="GET", path=path)  # type: ignore[no-any-return]

    def _spelled(self, words: dict[str, Any]) -> str:
        return ", ".join(sorted(words)) or "the question"

    def get_or_none(self, sid: Any = None, /, *questions: Q, **words: Any) -> R | None:
        """The one record that answers, or None. Asks; raises MultipleObjectsReturned."""
        try:
            return self.get(sid, *questions, **words)
        except self.model.DoesNotExist:
            return None

    def get_or_create(self, defaults: dict[str, Any] | None = None, **words: Any) -> tuple[R, bool]:
        """The one record that answers, or a new one made of the words and ``defaults``. Asks Twilio, never the mirror.

        :returns: the record, and whether it was created.
        """
        if self.mode != LIVE:
            raise QueryError("get_or_create() asks Twilio: an offline answer may be old, and what it lacks may exist")
        try:
            return self.get(**words), False
        except self.model.DoesNotExist:
            return self.create(**{**words, **(defaults or {})}), True

    def create(self, *args: Any, **params: Any) -> R:
        """A new record at Twilio, on this query's connection and below the parents it names. Touches the network."""
        equal = self._equal()
        given = {name: equal[name] for name in self.query.schema.urls.scope(self.query.parent_path) if name in equal}
        return self.model._create(self.bound_connection(), args, {**given, **params}, self.query.parent_path)  # type: ignore[no-any-return]

    def ref(self, sid: str, /) -> R:
        """A record below the parents that this query names, of which only the identity is known. Asks nothing."""
        schema, connection = self.query.schema, self._connection
        key = schema.column(schema.key[-1]).canonical(sid)
        account = connection.account_sid if connection is not None else None
        row = schema.codec.read({}, {"account_sid": account, **self._equal()})
        at = schema.index[schema.key[-1]]
        return self.model.from_row((*row[:at], key, *row[at + 1 :]), connection, None, self.query.parent_path)  # type: ignore[no-any-return]

    def _equal(self) -> dict[str, Any]:
        return dict(query_constraints(self.query).equal)

    def count(self) -> int:
        """How many records answer. Asks; live it reads the whole answer, since Twilio does not count."""
        connection = self.bound_connection()
        if self._recalls():
            mirror, query = self._recalled(connection)
            return mirror.count(query, with_deleted=self._gone)
        return sum(1 for _ in self._rows(connection))

    def exists(self) -> bool:
        """Whether any record answers. Asks."""
        connection, one = self.bound_connection(), self._with(self.query.sliced(0, 1))
        if one._recalls():
            mirror, query = one._recalled(connection)
            return mirror.exists(query, with_deleted=self._gone)
        return next(iter(one._live(connection) if self._held is None else one._served(self._held)), None) is not None

    def values(self, *names: str, tz: Any = None) -> Values[dict[str, Any]]:
        """The records as dicts of these fields, or of all. Lazy; ``annotate`` groups them.

        :param names: fields, and parts of times such as ``start_time__date``. :param tz: the time zone of the parts.
        """
        terms, zone = self._terms(names, tz)
        return Values(self, terms, DICTS, zone)

    def values_list(self, *names: str, flat: bool = False, tz: Any = None) -> Values[Any]:
        """The records as tuples of these fields, or of all; ``flat`` gives the one field itself. Lazy. See ``values``."""
        terms, zone = self._terms(names, tz)
        if flat and len(terms) != 1:
            raise QueryError("flat=True takes one field")
        return Values(self, terms, FLAT if flat else TUPLES, zone)

    def _terms(self, names: tuple[str, ...], tz: Any) -> tuple[list[Term], str]:
        schema, zone = self.query.schema, "" if tz is None else named(tz)
        every = [name for name, column in schema.columns.items() if not column.unlisted]
        return [parse_term(schema, name, zone) for name in names or (*every, *schema.derived)], zone

    def aggregate(self, *aggregates: Aggregate, tz: Any = None, **named_ones: Aggregate) -> dict[str, Any]:
        """Counts, sums, means and ends over these records: ``aggregate(n=Count(), cost=Sum("price"))``. Asks.

        Offline it is one SELECT; live every record is read, as it comes.

        :param aggregates: ``Sum("price")`` is called ``price__sum``. :param tz: the time zone of parts such as
            ``Count("start_time__date", distinct=True)``.
        :raises QueryError: a field that is not there, or has no sum.
        """
        found = {**{one.default(): one for one in aggregates if isinstance(one, Aggregate)}, **named_ones}
        tallies = tallied(self.query.schema, found, "" if tz is None else named(tz))
        if not tallies or any(not isinstance(one, Aggregate) for one in aggregates):
            raise QueryError("aggregate() takes aggregates, such as n=Count() or Sum('price')")
        ((_, states),) = gathered(self, [], list(tallies.values()))
        return {name: one.result(state) for (name, one), state in zip(tallies.items(), states, strict=True)}

    # -- about it

    def explain(self) -> str:
        """What would be asked of Twilio, what would be kept here, and what the mirror has heard of it, in English.

        Sends nothing; reads the disk where there is a mirror.
        """
        connection = self.bound_connection()
        return related_filters.explained(self.model.complete_query(self.query), connection, self._told(connection))

    def _told(self, connection: Connection) -> list[str]:
        """What the mirror has heard of the question, a line for each part."""
        schema = self.query.schema
        if not schema.mirrored or not connection.mirror.file_exists():
            return []
        lines, mirror = [], self._mirror(connection)
        for request in related_filters.outlined(self.model.complete_query(self.query), connection)[0].requests:
            cover = mirror.coverage(connection.account_sid, schema, request.constraints)
            lines.append(cover.describe())
        hidden = self._hidden_fields(connection)
        return lines + [f"depends on {', '.join(hidden)}, which the mirror does not know"] * bool(hidden)

    def _hidden_fields(self, connection: Connection) -> list[str]:
        """The fields because of which the mirror cannot tell the answer: excluded, or redacted in some record. Reads the disk."""
        mirror, query = self._mirror(connection), self.model.complete_query(self.query)
        mirror.open()
        put = replace(query, where=(*passes.scope(query.schema, connection.account_sid), *query.where))
        return exclusions.fields_among(connection.mirror.excluded, put) or mirror.uncertain_fields(put, with_deleted=self._gone)

    def freshness(self) -> cached.Freshness:
        """Since when the mirror knows the answer, and what it is missing. Reads the disk, sends nothing."""
        connection = self.bound_connection()
        self._only_mirrored()
        asked = offline_plan(self.model.complete_query(self.query), connection.account_sid)
        since, gaps = cached.coverage_of(connection, self.query.schema, asked, None)
        now = connection.now()
        missing = [cached.spelled(gap) for gap in gaps]
        missing += [f"{one}, which the mirror does not know of every record" for one in self._hidden_fields(connection)]
        return cached.Freshness(min([now, *since]) if since else None, now, tuple(missing))

    def coverage(self) -> list[Sweep]:
        """What was heard whole of this resource that has to do with this question, the latest first. Reads the disk."""
        connection = self.bound_connection()
        known = query_constraints(self.model.complete_query(self.query))
        return [
            sweep
            for sweep in connection.mirror.snapshot(connection.now()).sweeps(connection.account_sid, self.query.schema)
            if all(known.equal.get(name, value) == value for name, value in sweep.constraints.equal.items())
        ]

    def sync(self, progress: Callable[[passes.Report], object] | None = None) -> passes.Report:
        """Hear this question whole, once, and store every record. Touches network and disk.

        :param progress: called after each page with the report so far.
        :returns: records new, changed, unchanged; requests; seconds.
        """
        self._only_mirrored()
        if self.query.low or self.query.high is not None:
            raise QueryError("a slice is not a question that can be heard whole: sync() without slicing")
        connection = self.bound_connection()
        return passes.run(connection, self._plan(connection), progress)

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
        """What differs between Twilio and the mirror, or what else is named. Eager; writes nothing, falsy where nothing does.

        Without ``against`` and ``since``, Twilio is asked and compared with what the mirror holds. A record that the mirror holds
        and Twilio's list does not show is looked up by its SID: it is changed where it only does not answer any more, and missing
        where Twilio does not have it. (Of more than twenty, one more list is read; what both lack is missing where the mirror has
        heard the question whole.) Fields of which the mirror does not know the value are ``unknown``.

        :param against: a file (``.json``, ``.csv``, ``.yaml``) that says what is wanted, or another account: its connection, or a
            query set on it. It is the first side, Twilio the second; of a file, only the fields that it names are compared.
        :param since: a moment: what the mirror knew then against what it knows now, or knew ``until`` then, a day included whole.
            Nothing is sent.
        :param key: the field that says which records belong together, such as ``phone_number``; the SID unless said.
        :param fields: only these. :param volatile: also fields that move by themselves.
        :raises QueryError: what cannot be compared, before anything is sent; a key that is lacking or not unique.
        """
        if since is not None or until is not None:
            if against is not None or key is not None or since is None:
                raise QueryError("a diff between moments takes since=, and until= where that is not now, alone")
            return compare.over_time(self, since, until, fields, volatile)
        if against is None:
            if key is not None:
                raise QueryError("records and the mirror's have one SID: key= is for a file or another account")
            return compare.with_mirror(self, fields, volatile)
        if isinstance(against, (str, os.PathLike)):
            return compare.with_file(self, against, key, fields, volatile)
        other = self.using(against) if isinstance(against, Connection) else against
        if not isinstance(other, QuerySet):
            raise QueryError(f"against takes the path of a file, a connection or a query set, not a {type(against).__name__}")
        return compare.diff(other, self, key=key, fields=fields, volatile=volatile)


@lru_cache(maxsize=256)
def _plain(model: Any) -> bool:
    """Whether a record's SID says all of a question: it is one part, a row tells its account, and nothing is left unsaid."""
    schema: ResourceSchema = model.api_schema
    if not schema.mirrored or not schema.keyed or len(schema.key) != 1 or schema.rooted or "account_sid" not in schema.columns:
        return False
    asked = Query(schema, (Condition(schema.key[0], "exact", ""),))
    return model.complete_query(asked) is asked
