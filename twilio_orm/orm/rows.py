"""The methods that ``values()`` and its groups have in common. Building rows sends nothing, iterating does."""

from __future__ import annotations

from collections import deque, namedtuple
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import repeat, starmap
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from ..errors import MultipleObjectsReturned, QueryError
from ..exports.methods import ExportMethods
from ..query.aggregates import Aggregate
from .asynchronous import chunks, each, in_thread

if TYPE_CHECKING:
    from datetime import timedelta

    from typing_extensions import Self

    from ..connection import Connection
    from ..mirror.coverage.sweeps import Sweep
    from ..query.ast import Query
    from ..query.bound_aggregates import BoundAggregate
    from ..query.q import Q
    from ..schema.moments import When
    from ..schema.resource_schema import ResourceSchema
    from ..sync.report import Report
    from .cached import Freshness

T = TypeVar("T")

DICTS, TUPLES, FLAT, NAMED = "dicts", "tuples", "flat", "named"
"""The forms of a row: a dict, a tuple, the one value itself, a namedtuple."""
WHOLE = (0, None)
"""The slice of all rows."""


def bind_aggregates(
    schema: ResourceSchema,
    aggregates: Iterable[Any],
    named: Mapping[str, Any],
    zone: str,
    taken: Iterable[str] = (),
) -> dict[str, BoundAggregate]:
    """The aggregates of a call, checked, by the names of their results. Raises QueryError.

    :param schema: the resource.
    :param aggregates: the aggregates without a name.
    :param named: the aggregates by name.
    :param zone: the time zone of the parts of times.
    :param taken: names that are not free.
    """
    found: dict[str, Any] = {}
    for one in aggregates:
        if not isinstance(one, Aggregate):
            raise QueryError(
                f"annotate() and aggregate() takes aggregates, such as n=Count() or Sum('price'), not a {type(one).__name__}"
            )
        if one.default_name() in found:
            raise QueryError(f"two aggregates are called {one.default_name()}: give them names, such as n=Count()")
        found[one.default_name()] = one
    for name, one in named.items():
        if not isinstance(one, Aggregate):
            raise QueryError(f"{name} takes an aggregate such as Count() or Sum('price'), not a {type(one).__name__}")
        if name in found:
            raise QueryError(f"two aggregates are called {name}: give the other one a name, too")
        found[name] = one
    for name in found.keys() & {*taken}:
        raise QueryError(f"{name} is the name of a field of values() already: give the aggregate another name")
    return {name: one.bound(schema, zone) for name, one in found.items()}


def with_aggregates(query: Query, aggregates: Mapping[str, BoundAggregate]) -> Query:
    """The query with the expressions that some aggregates of its records read. Raises QueryError."""
    schema = query.schema
    for one in aggregates.values():
        if one.schema is not schema:
            from ..query.extension import joined

            schema = joined(schema, one.schema)
    return query if schema is query.schema else replace(query, schema=schema)


@lru_cache(maxsize=256)
def row_class(names: tuple[str, ...]) -> Any:
    """The namedtuple of rows with these names."""
    return namedtuple("Row", names)  # noqa: PYI024


def check_form(names: tuple[str, ...], flat: bool, named: bool) -> str:
    """The form of the rows of ``values_list()``. Raises QueryError."""
    if flat and named:
        raise QueryError("flat=True gives the values themselves and named=True namedtuples: choose one")
    if flat and len(names) != 1:
        raise QueryError("flat=True takes one field")
    return FLAT if flat else NAMED if named else TUPLES


def formed(rows: Iterable[tuple[Any, ...]], names: tuple[str, ...], form: str) -> Iterable[Any]:
    """Rows, which are tuples, in another form."""
    if form == DICTS:
        return map(dict, map(zip, repeat(names), rows))
    if form == FLAT:
        return map(itemgetter(0), rows)
    return starmap(row_class(names), rows) if form == NAMED else rows


def sliced(inside: tuple[int, int | None], part: slice) -> tuple[int, int | None]:
    """A slice of a slice, as its start and its end. Raises QueryError for a slice that counts from the end.

    :param inside: the first slice.
    :param part: the second slice, counted within the first.
    """
    if (part.start or 0) < 0 or (part.stop or 0) < 0:
        raise QueryError("a slice is counted from the front: reverse()[:3] has the last three, from the last one")
    low, high = inside
    ends = [end for end in (high, None if part.stop is None else low + part.stop) if end is not None]
    start = low + (part.start or 0)
    return start, max(start, min(ends)) if ends else None


class SourceMethods:
    """The methods of a query set that say where its records come from, for rows that are made of its records."""

    _source: Any

    def _with_source(self, source: Any) -> Self:
        """The same rows of another query set. Sends nothing."""
        raise NotImplementedError

    def offline(self, partial: bool = False, *, unknown: str = "error") -> Self:
        """The same rows, answered by the mirror. Sends nothing, then or now. See :meth:`QuerySet.offline`."""
        return self._with_source(self._source.offline(partial, unknown=unknown))

    def at(self, when: When, partial: bool = False) -> Self:
        """The same rows, answered by the mirror as it was at a moment. Sends nothing. See :meth:`QuerySet.at`."""
        return self._with_source(self._source.at(when, partial))

    def cached(self, max_age: timedelta | None = None) -> Self:
        """The same rows, answered by the mirror once the gaps are fetched. Sends nothing yet. See :meth:`QuerySet.cached`.

        :param max_age: how old the answer may be; None for the same as there.
        """
        return self._with_source(self._source.cached() if max_age is None else self._source.cached(max_age))

    def with_deleted(self) -> Self:
        """The same rows, deleted records included. Sends nothing. See :meth:`QuerySet.with_deleted`."""
        return self._with_source(self._source.with_deleted())

    def strict(self, on: bool = True) -> Self:
        """The same rows; QueryError rather than read a whole list. Sends nothing. See :meth:`QuerySet.strict`."""
        return self._with_source(self._source.strict(on))

    def across_accounts(self) -> Self:
        """The same rows of every active account. Sends nothing. See :meth:`QuerySet.across_accounts`."""
        return self._with_source(self._source.across_accounts())

    def using(self, connection: Connection) -> Self:
        """The same rows, on another connection. Sends nothing."""
        return self._with_source(self._source.using(connection))

    @property
    def as_of(self) -> Any:
        """The moment from which the last answer is known to be complete; None until the mirror has answered. Sends nothing."""
        return self._source.as_of

    @property
    def skipped(self) -> Any:
        """The accounts that the last answer of ``across_accounts()`` skipped. Sends nothing."""
        return self._source.skipped

    @property
    def unknown_records(self) -> Any:
        """How many records ``offline(unknown="null")`` has None for, unknown as a value was. Sends nothing."""
        return self._source.unknown_records

    def explain(self) -> str:
        """The requests of the records that the rows are made of. Sends nothing. See :meth:`QuerySet.explain`."""
        return self._source.explain()  # type: ignore[no-any-return]

    def freshness(self) -> Freshness:
        """Since when the mirror knows the records. Reads the disk, sends nothing. See :meth:`QuerySet.freshness`."""
        return self._source.freshness()  # type: ignore[no-any-return]

    def coverage(self) -> list[Sweep]:
        """The sweeps that have to do with the records. Reads the disk. See :meth:`QuerySet.coverage`."""
        return self._source.coverage()  # type: ignore[no-any-return]

    def sync(self, progress: Callable[[Report], object] | None = None) -> Report:
        """Fetch the records completely and store them. Calls Twilio; writes to the disk. See :meth:`QuerySet.sync`."""
        return self._source.sync(progress)  # type: ignore[no-any-return]


class Rows(SourceMethods, ExportMethods, Generic[T]):
    """Rows made of a query set's records. Lazy and immutable: each iteration, and each index, evaluates the query again."""

    if TYPE_CHECKING:

        def filter(self, *conditions: Q, **lookups: Any) -> Self: ...
        def order_by(self, *names: str) -> Self: ...
        def reverse(self) -> Self: ...

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError

    def _identity(self) -> tuple[Any, ...]:
        """All that distinguishes these rows from others, the query set first."""
        raise NotImplementedError

    def _sliced(self, part: slice) -> Self:
        """Some of the rows. Raises QueryError for a slice that counts from the end."""
        raise NotImplementedError

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Self: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            if at.step not in (None, 1):
                raise QueryError("a slice of rows takes no step: list(rows)[::2] takes every second row")
            return self._sliced(at)
        if isinstance(at, bool) or not hasattr(at, "__index__"):
            raise TypeError(f"rows take a number or a slice in brackets, not a {type(at).__name__}")
        if at < 0:
            raise QueryError("rows are counted from the front: last() is the last one, reverse()[1] the one before")
        for row in self._sliced(slice(at, at + 1)):
            return row
        raise IndexError(f"no row at {at}")

    def all(self) -> Self:
        """The same rows. Sends nothing."""
        return self._with_source(self._source)

    def none(self) -> Self:
        """No rows. Sends nothing, then or now."""
        return self._with_source(self._source.none())

    def first(self) -> T | None:
        """The first row, or None. Calls Twilio."""
        return next(iter(self[:1]), None)

    def last(self) -> T | None:
        """The last row in order, None where there is none. Calls Twilio.

        :raises QueryError: the rows have no order.
        """
        return next(iter(deque(self, maxlen=1)), None)

    def count(self) -> int:
        """The number of rows. Calls Twilio."""
        return sum(1 for _ in self)

    def exists(self) -> bool:
        """Whether there is any row. Calls Twilio."""
        return any(True for _ in self[:1])

    def get(self, /, *conditions: Q, **lookups: Any) -> T:
        """The one row. Calls Twilio.

        :param conditions: as in ``filter``.
        :param lookups: as in ``filter``.
        :raises DoesNotExist: there is none.
        :raises MultipleObjectsReturned: there are several.
        """
        found = list((self.filter(*conditions, **lookups) if conditions or lookups else self)[:2])
        name = self._source.model.__name__
        if len(found) > 1:
            raise MultipleObjectsReturned(f"there are several such rows of {name}: get() takes one")
        if not found:
            raise self._source.model.DoesNotExist(f"there is no such row of {name}")
        return found[0]

    def earliest(self, *names: str) -> T:
        """The first row in the order of these names. Calls Twilio. See ``latest``.

        :param names: as in ``latest``.
        :raises DoesNotExist: there is none.
        :raises QueryError: as ``latest``.
        """
        return self._extreme("earliest", names, reverse=False)

    def latest(self, *names: str) -> T:
        """The last row in the order of these names. Calls Twilio.

        Rows that lack one of them are not considered. Another order is dropped.

        :param names: as in ``order_by``; none for the time by which the resource is listed, where the rows are of records.
        :raises DoesNotExist: there is none.
        :raises QueryError: there is a slice; or no name is given and there is no such time.
        """
        return self._extreme("latest", names, reverse=True)

    _window: str | None = None
    """The name that ``latest`` goes by if it is given none."""

    def _extreme(self, method: str, names: tuple[str, ...], reverse: bool) -> T:
        """The last or the first row in the order of these names. Raises DoesNotExist."""
        wanted = names or tuple(filter(None, [self._window]))
        if not wanted:
            raise QueryError(f"{method}() of such rows takes a name: {method}('…')")
        ordered = self.filter(**{f"{name.removeprefix('-')}__isnull": False for name in wanted}).order_by(*wanted)
        return (ordered.reverse() if reverse else ordered)[:1].get()

    def in_bulk(self, *_: Any, **__: Any) -> dict[Any, T]:
        """Refused: rows have no SID of their own.

        :raises QueryError: always; it says what to call.
        """
        raise QueryError("in_bulk() gives records by SID, and rows are no records: call it before values()")

    def __aiter__(self) -> AsyncIterator[T]:
        return each(chunks(self))

    async def alist(self) -> list[T]:
        """All rows. Calls Twilio, in threads."""
        return [row async for row in self]

    aget, afirst, alast, acount = in_thread(get), in_thread(first), in_thread(last), in_thread(count)
    aexists = in_thread(exists)
    alatest, aearliest = in_thread(latest), in_thread(earliest)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rows):
            return NotImplemented
        return type(self) is type(other) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash((type(self), self._identity()[0]))

    def __len__(self) -> int:
        raise TypeError("rows have no len(): it would fetch every record. Use count().")

    def __bool__(self) -> bool:
        raise TypeError("rows have no truth value: it would fetch records. Use exists().")

    def __reduce__(self) -> Any:
        raise TypeError("rows are bound to a connection and cannot be pickled: pickle list(rows) instead")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._source!r}>"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            kind = type(self).__name__
            if name.startswith("_"):
                raise AttributeError(f"{kind} has no attribute {name!r}")
            if hasattr(type(self._source), name):
                raise AttributeError(f"{kind} has no {name}(): its rows are no records. Call {name}() before values()")
            from .other_names import refusal  # a mistake is rare

            raise AttributeError(refusal(kind, name, [one for one in dir(type(self)) if not one.startswith("_")]))
