"""The lazy answer: a question bound to a connection, asked of Twilio or the mirror when it is iterated."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import cmp_to_key
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from . import prefetching
from . import sync as passes
from .connection import Connection, chosen, current
from .diff import Diff, compare
from .errors import MissingScope, MultipleObjectsReturned, NotFound, QueryError
from .mirror.store import not_covered
from .plan import Plan, facts, plan, recollection
from .query import And, Not, Query, find, parse, sort_key, tester
from .shape import Row

if TYPE_CHECKING:
    from typing_extensions import Self

    from .resource import Resource

R = TypeVar("R", bound="Resource")
T = TypeVar("T")

LIVE, OFFLINE, PARTIAL = "live", "offline", "partial"


class QuerySet(Generic[R]):
    """Records that answer a question. Immutable: each word gives a new one. Building it asks nothing.

    It is bound to the connection that is current when it is made. ``as_of`` is None until an offline answer was
    given; then it is the moment from which that answer is known to be whole.
    """

    def __init__(self, model: type[R], query: Query, connection: Connection | None = None, mode: str = LIVE) -> None:
        self.model = model
        self.query = query
        self.mode = mode
        self._connection = connection if connection is not None else chosen()
        self.as_of: datetime | None = None
        self._prefetched: tuple[str, ...] = ()
        self._held: tuple[R, ...] | None = None
        self._page_size: int | None = None

    # -- building

    def _with(self, query: Query) -> Self:
        made = self._of(query, self._connection, self.mode)
        if query.flags == self.query.flags:  # what is held answers every narrower question
            made._held = self._held
        return made

    def _of(self, query: Query, connection: Connection | None, mode: str) -> Self:
        made = type(self)(self.model, query, connection, mode)
        made._prefetched = self._prefetched
        return made

    def _holding(self, records: tuple[R, ...]) -> Self:
        """The same question, whose answer is known."""
        made = self._with(self.query)
        made._held = records
        return made

    def _below(self, way: str) -> Self:
        """The same question, asked below the parent that the field ``way`` names, where Twilio has a path for that."""
        return self._with(replace(self.query, way=way)) if way in self.query.shape.ways else self

    def filter(self, **words: Any) -> Self:
        """The records that fit every word: ``status="completed"``, ``duration__gt=60``. Asks nothing.

        :raises QueryError: an unknown field or lookup, or a value of the wrong type.
        """
        conditions, flags = parse(self.query.shape, words)
        return self._with(self.query.ask(*conditions, flags=flags))

    def exclude(self, **words: Any) -> Self:
        """The exact complement of ``filter`` with the same words, records with nulls included. Asks nothing."""
        conditions, flags = parse(self.query.shape, words)
        if flags:
            raise QueryError(f"{', '.join(flags)} changes what is listed, it cannot be excluded: say it in filter()")
        if not conditions:
            raise QueryError("exclude() takes at least one condition")
        return self._with(self.query.ask(Not(And(conditions))))

    def all(self) -> Self:
        """The same records. Asks nothing."""
        return self._with(self.query)

    def order_by(self, *names: str) -> Self:
        """In the order of these fields, ``-`` for descending; nulls below everything, ties by identity. Asks nothing.

        Twilio knows no order: live, the whole answer is read before the first record comes.
        """
        return self._with(self.query.ordered(*names))

    def offline(self, partial: bool = False) -> Self:
        """The same question, answered by the mirror; nothing is sent.

        :param partial: take what there is, rather than raise NotCovered where the question was not heard whole.
        """
        return self._of(self.query, self._connection, PARTIAL if partial else OFFLINE)

    def using(self, connection: Connection) -> Self:
        """The same question, on another connection. Asks nothing."""
        return self._of(self.query, connection, self.mode)

    def prefetch(self, *names: str) -> Self:
        """The same records, with these relations fetched along, a thousand records' at a time. Asks nothing yet.

        ``call.recordings`` of a record is then served without asking. One list is read where one can answer; below a
        parent Twilio is asked for each. Offline it is one query each.

        :param names: relations, and with ``__`` those of the related: ``"recordings__transcriptions"``.
        :raises QueryError: there is no such relation.
        """
        for name in names:
            prefetching.check(self.model, name)
        made = self._with(self.query)
        made._prefetched = tuple(dict.fromkeys((*self._prefetched, *names)))
        return made

    @overload
    def __getitem__(self, at: int) -> R: ...
    @overload
    def __getitem__(self, at: slice) -> Self: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            if at.step not in (None, 1):
                raise QueryError("a slice takes every record: no step")
            return self._with(self.query.sliced(at.start, at.stop))
        found = next(iter(self._with(self.query.sliced(at, at + 1))), None)
        if found is None:
            raise IndexError(f"no record at {at}")
        return found

    # -- asking

    def __iter__(self) -> Iterator[R]:
        records = self._records()
        if not self._prefetched:
            yield from records
            return
        while batch := list(islice(records, prefetching.BATCH)):
            for name in self._prefetched:
                prefetching.attach(batch, name, "" if self.mode == LIVE else self.mode)
            yield from batch

    def _records(self) -> Iterator[R]:
        if self._held is not None:
            yield from self._served(self._held)
            return
        connection = self._asked()
        make, way = self.model._loaded, self.query.way
        for row, hidden in self._rows(connection):
            yield make(row, connection, hidden, way)

    def _served(self, held: tuple[R, ...]) -> list[R]:
        """Of the records that are held, those that answer, in order."""
        keep = tester(self.query.shape, self.query.where)
        found = [record for record in held if keep(record._row)]
        if self.query.order:
            order = self._sorting()
            found.sort(key=lambda record: order((record._row, None)))
        return found[self.query.low : self.query.high]

    def _asked(self) -> Connection:
        return self._connection if self._connection is not None else current()

    def _rows(self, connection: Connection) -> Iterator[tuple[Row, dict[str, Any] | None]]:
        if self._held is not None:
            return ((record._row, None) for record in self._served(self._held))
        if self.mode == LIVE:
            return self._live(connection)
        return ((row, None) for row in self._recall(connection))

    def _plan(self, connection: Connection) -> Plan:
        return plan(self.model._complete(self.query), connection.account_sid)

    def _recall(self, connection: Connection) -> Iterator[Row]:
        return connection.mirror.select(self._recalled(connection))

    def _recalled(self, connection: Connection) -> Query:
        """The question to put to the mirror, once it is known to have heard it. Reads the disk; raises NotCovered."""
        self._only_mirrored()
        whole = self.model._complete(self.query)
        try:
            asked = recollection(whole, connection.account_sid)
            since, missing = connection.mirror.covered(connection.account_sid, asked)
        except MissingScope:  # what there is, below whichever parents
            if self.mode != PARTIAL:
                raise
            since, missing = None, []
        if missing and self.mode != PARTIAL:
            raise not_covered(asked, missing)
        self.as_of = since
        scope = passes.scope(self.query.shape, connection.account_sid)
        return replace(whole, where=(*scope, *whole.where))

    def _only_mirrored(self) -> None:
        if not self.query.shape.mirrored:
            raise QueryError(f"{self.query.shape.name} is not mirrored: what Twilio says of it holds for the moment only")

    def _live(self, connection: Connection) -> Iterator[tuple[Row, dict[str, Any] | None]]:
        asked = self._plan(connection)
        low, high = self.query.low, self.query.high
        if high is not None and high <= low:
            return iter(())
        size = high if high is not None and asked.exact and not self.query.order else self._page_size
        found = self._kept(passes.Pass(connection, asked, page_size=size))
        if self.query.order:
            key = self._sorting()
            found = iter(heapq.nsmallest(high, found, key) if high is not None else sorted(found, key=key))
        return islice(found, low, high)

    def _kept(self, sweep: passes.Pass) -> Iterator[tuple[Row, dict[str, Any] | None]]:
        shape = self.query.shape
        keep = tester(shape, (*passes.scope(shape, sweep.connection.account_sid), *sweep.plan.query.where))
        for page in sweep.pages():
            for at, row in enumerate(page.rows):
                if keep(row):
                    yield row, page.hidden[at] if page.hidden else None

    def _sorting(self) -> Callable[[tuple[Row, Any]], Any]:
        shape = self.query.shape
        keys = [(sort_key(shape, name), descends) for name, descends in self.query.order]
        keys += [(sort_key(shape, name), False) for name in shape.key]

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
        most = self.query.shape.page_size
        size = most if page_size is None else page_size
        if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= most:
            raise QueryError(f"page_size of {self.query.shape.name} is a whole number from 1 to {most}, not {page_size!r}")
        asked = self._with(self.query)
        asked._page_size = size
        records = iter(asked)
        return iter(lambda: list(islice(records, size)), [])

    def first(self) -> R | None:
        """The first record in order, or, unordered, any one, as served; None where there is none. Asks."""
        return next(iter(self[:1]), None)

    def get(self, sid: Any = None, /, **words: Any) -> R:
        """The one record that answers. Asks: one record's own address where its SID is given.

        :param sid: its SID (or, of a nested resource, the last part of its identity).
        :raises DoesNotExist: there is none; live, that of an instance is a NotFound too.
        :raises MultipleObjectsReturned: there are several.
        """
        if sid is not None:
            words = {self.query.shape.key[-1]: sid, **words}
        asked = self.filter(**words) if words else self
        try:
            found = list(asked[:2])
        except NotFound as absent:
            raise self.model._none(absent) if self.query.shape.singleton else absent from None
        if len(found) > 1:
            raise MultipleObjectsReturned(f"more than one {self.model.__name__} answers: {self._spelled(words)}")
        if not found:
            raise self._missing(asked, words)
        return found[0]

    def _missing(self, asked: Self, words: dict[str, Any]) -> Exception:
        single = asked.mode == LIVE and asked._held is None and all(one.single for one in asked._plan(asked._asked()).asks)
        text = f"no {self.model.__name__} answers: {self._spelled(words)}"
        if not single:
            return self.model.DoesNotExist(text)
        ask = asked._plan(asked._asked()).asks
        path = ask[0].path + ".json" if ask else ""
        return self.model.NotFound(text, status=404, code=20404, method="GET", path=path)

    def _spelled(self, words: dict[str, Any]) -> str:
        return ", ".join(sorted(words)) or "the question"

    def get_or_none(self, sid: Any = None, /, **words: Any) -> R | None:
        """The one record that answers, or None. Asks; raises MultipleObjectsReturned."""
        try:
            return self.get(sid, **words)
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
        given = {name: equal[name] for name in self.query.shape.scope(self.query.way) if name in equal}
        return self.model._create(self._asked(), args, {**given, **params}, self.query.way)

    def ref(self, sid: str, /) -> R:
        """A record below the parents that this query names, of which only the identity is known. Asks nothing."""
        shape, connection = self.query.shape, self._connection
        key = shape.column(shape.key[-1]).canonical(sid)
        account = connection.account_sid if connection is not None else None
        row = shape.read({}, {"account_sid": account, **self._equal()})
        at = shape.index[shape.key[-1]]
        return self.model._loaded((*row[:at], key, *row[at + 1 :]), connection, None, self.query.way)

    def _equal(self) -> dict[str, Any]:
        return dict(facts(self.query).equal)

    def count(self) -> int:
        """How many records answer. Asks; live it reads the whole answer, since Twilio does not count."""
        connection = self._asked()
        if self.mode != LIVE and self._held is None:
            return connection.mirror.count(self._recalled(connection))
        return sum(1 for _ in self._rows(connection))

    def exists(self) -> bool:
        """Whether any record answers. Asks."""
        return next(iter(self._with(self.query.sliced(0, 1))._rows(self._asked())), None) is not None

    def values(self, *names: str) -> Values[dict[str, Any]]:
        """The records as dicts of these fields, or of all. Lazy."""
        fields = self._fields(names)
        return Values(self, lambda record: {name: getattr(record, name) for name in fields})

    def values_list(self, *names: str, flat: bool = False) -> Values[Any]:
        """The records as tuples of these fields, or of all; ``flat`` gives the one field itself. Lazy."""
        fields = self._fields(names)
        if flat:
            if len(fields) != 1:
                raise QueryError("flat=True takes one field")
            return Values(self, lambda record: getattr(record, fields[0]))
        return Values(self, lambda record: tuple(getattr(record, name) for name in fields))

    def _fields(self, names: tuple[str, ...]) -> list[str]:
        shape = self.query.shape
        return [find(shape, name) for name in names] or [*shape.columns, *shape.derived]

    # -- about it

    def explain(self) -> str:
        """What would be asked of Twilio and what would be kept here, in English. Asks nothing."""
        return self._plan(self._asked()).describe()

    def sync(self, progress: Callable[[passes.Report], object] | None = None) -> passes.Report:
        """Hear this question whole, once, and store every record. Touches network and disk.

        :param progress: called after each page with the report so far.
        :returns: records new, changed, unchanged; requests; seconds.
        """
        self._only_mirrored()
        if self.query.low or self.query.high is not None:
            raise QueryError("a slice is not a question that can be heard whole: sync() without slicing")
        connection = self._asked()
        return passes.run(connection, self._plan(connection), progress)

    def diff(self) -> Diff:
        """What Twilio says now against what the mirror holds. Asks Twilio, reads the mirror, writes nothing; eager.

        A record that only the mirror holds counts as missing where the mirror has heard the question whole.
        """
        connection = self._asked()
        asked = self._plan(connection)
        shape = self.query.shape
        live = {shape.identity(row): row for row, _ in self._kept(passes.Pass(connection, asked, write=False))}
        held = {shape.identity(row): row for row in self.offline(partial=True)._recall(connection)}
        beyond = connection.mirror.find(shape, live.keys() - held.keys())
        asked = recollection(self.model._complete(self.query), connection.account_sid)
        whole = not connection.mirror.covered(connection.account_sid, asked)[1]
        return compare(shape, {**beyond, **(held if whole else {key: row for key, row in held.items() if key in live})}, live)

    def __repr__(self) -> str:
        words = f" of {len(self.query.where)} conditions" if self.query.where else ""
        return f"<QuerySet[{self.model.__name__}]{words}, {self.mode}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, QuerySet):
            return NotImplemented
        mine, theirs = (self.model, self.query, self.mode), (other.model, other.query, other.mode)
        return mine == theirs and self._connection is other._connection

    def __hash__(self) -> int:
        return hash((self.model, self.mode))

    def __len__(self) -> int:
        raise TypeError("len() would ask Twilio behind your back: count() asks in the open")

    def __bool__(self) -> bool:
        raise TypeError("the truth of a query set would ask Twilio behind your back: exists() asks in the open")

    def __reduce__(self) -> Any:
        raise TypeError("a query set is bound to a connection and does not pickle: pickle list(query) instead")


class Values(Generic[T]):
    """What ``values`` and ``values_list`` give: iterating asks."""

    def __init__(self, source: QuerySet[Any], make: Callable[[Any], T]) -> None:
        self._source, self._make = source, make

    def __iter__(self) -> Iterator[T]:
        return map(self._make, self._source)

    def first(self) -> T | None:
        """The first, or None. Asks."""
        return next(iter(self[:1]), None)

    def __getitem__(self, part: slice) -> Values[T]:
        return Values(self._source[part], self._make)

    def __repr__(self) -> str:
        return f"<Values of {self._source!r}>"
