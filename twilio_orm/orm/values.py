"""What is made of a query set's records: dicts, tuples and groups. Building them asks nothing, iterating does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from ..errors import QueryError, unreadable
from ..query.aggregates import Aggregate, BoundAggregate
from ..query.amounts import Amounts
from ..query.ast import Term
from ..schema.resource_schema import ResourceSchema

if TYPE_CHECKING:
    from typing_extensions import Self


T = TypeVar("T")


def tallied(
    schema: ResourceSchema, found: Mapping[str, Any], zone: str, taken: tuple[str, ...] = ()
) -> dict[str, BoundAggregate]:
    """Aggregates by the names of their results, checked. Raises QueryError."""
    for name, one in found.items():
        if not isinstance(one, Aggregate):
            raise QueryError(f"{name} takes an aggregate such as Count() or Sum('price'), not a {type(one).__name__}")
        if name in taken:
            raise QueryError(f"{name} is the name of a group already: give the aggregate another one")
    return {name: one.bound(schema, zone) for name, one in found.items()}


DICTS, TUPLES, FLAT = "dicts", "tuples", "flat"


class Rows(Generic[T]):
    """Rows that are made of a query set's records. Lazy: iterating asks, each time anew, and so does an index."""

    if TYPE_CHECKING:

        def __iter__(self) -> Iterator[T]: ...

    _numbered = True

    def _said(self) -> tuple[Any, ...]:
        """All that tells these rows from others."""
        raise NotImplementedError

    def _sliced(self, part: slice) -> Self:
        """These of the rows. Raises QueryError for what counts from the end or leaves out."""
        raise NotImplementedError

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Self: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            if at.step not in (None, 1):
                raise QueryError("a slice takes every row: no step; list(…)[::2] is every second one of them")
            return self._sliced(at)
        if not self._numbered:
            raise QueryError("groups are taken from the front by a slice, [:3], or first(), not by a number: list(…) has all")
        if isinstance(at, bool) or not hasattr(at, "__index__"):
            raise TypeError(f"a row is taken by its number, several by a slice, not by a {type(at).__name__}")
        if at < 0:
            raise QueryError(
                "rows count from the front: order_by() the other way round, and take the first, rather than the last"
            )
        for row in self._sliced(slice(at, at + 1)):
            return row
        raise IndexError(f"no row at {at}")

    def first(self) -> T | None:
        """The first row, or None. Asks."""
        return next(iter(self[:1]), None)

    def exists(self) -> bool:
        """Whether there is any row. Asks."""
        return any(True for _ in self[:1])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rows):
            return NotImplemented
        return type(self) is type(other) and self._said() == other._said()

    def __hash__(self) -> int:
        return hash((type(self), self._said()[0]))

    def __len__(self) -> int:
        raise TypeError("len() would ask Twilio behind your back: count() asks in the open")

    def __bool__(self) -> bool:
        raise TypeError("the truth of rows would ask Twilio behind your back: exists() asks in the open")


class Values(Rows[T]):
    """What ``values`` and ``values_list`` give: iterating asks.

    :param form: what is made of the terms' values of a record: ``DICTS``, ``TUPLES``, or the one value itself, ``FLAT``.
    """

    def __init__(
        self,
        source: Any,
        terms: list[Term],
        form: str,
        zone: str = "",
        unique: bool = False,
        part: tuple[int, int | None] = (0, None),
    ) -> None:
        self._source, self._terms, self._form, self._zone = source, terms, form, zone
        self._unique, self._part = unique, part

    def __iter__(self) -> Iterator[T]:
        return islice(self._each(), *self._part)

    def _each(self) -> Iterator[T]:
        for rows in self._source.executor().values(self._source.query, self._terms, self._unique):
            yield from self._formed(rows)

    def _formed(self, rows: Iterable[tuple[Any, ...]]) -> Iterable[Any]:
        if self._form == FLAT:
            return map(itemgetter(0), rows)
        if self._form == TUPLES:
            return rows
        return map(dict, map(zip, repeat([one.name for one in self._terms]), rows))

    def distinct(self) -> Values[T]:
        """The same without repeated rows: of equal ones the first; numbers that are equal are the same. Asks nothing."""
        if self._part != (0, None):
            raise QueryError("a slice cannot be made distinct: distinct() first, then slice")
        source = self._source
        if source.query.low or source.query.high is not None:
            raise QueryError("a slice cannot be made distinct: distinct() first, then slice")
        return Values(source, self._terms, self._form, self._zone, True)

    def annotate(self, **aggregates: Aggregate) -> Groups:
        """A row for each different row, with aggregates over its records: ``annotate(n=Count())``. Asks nothing.

        :param aggregates: by the names that they have in the rows. :raises QueryError: a name or an aggregate that does not fit.
        """
        if self._unique or self._part != (0, None):
            raise QueryError("annotate() groups records: values() first, then annotate(), then slices")
        names = tuple(one.name for one in self._terms)
        found = tallied(self._source.query.schema, aggregates, self._zone, names)
        if not found:
            raise QueryError("annotate() takes at least one aggregate, such as n=Count()")
        return Groups(self._source, self._terms, found)

    def count(self) -> int:
        """How many there are. Asks."""
        return sum(1 for _ in self) if self._unique else self._source.count()

    def _said(self) -> tuple[Any, ...]:
        return self._source, self._terms, self._form, self._zone, self._unique, self._part

    def _sliced(self, part: slice) -> Self:
        if not self._unique:
            return type(self)(self._source[part], self._terms, self._form, self._zone)
        return type(self)(self._source, self._terms, self._form, self._zone, True, sliced(self._part, part))

    def __repr__(self) -> str:
        return f"<Values of {self._source!r}>"


def sliced(inside: tuple[int, int | None], part: slice) -> tuple[int, int | None]:
    """A slice of a slice. Raises QueryError for what counts from the end."""
    if (part.start or 0) < 0 or (part.stop or 0) < 0:
        raise QueryError("a slice counts from the front: order_by() the other way round, rather than count from the end")
    low, high = inside
    ends = [end for end in (high, None if part.stop is None else low + part.stop) if end is not None]
    start = low + (part.start or 0)
    return start, max(start, min(ends)) if ends else None


class Groups(Rows[dict[str, Any]]):
    """What ``values(...).annotate(...)`` gives: a dict for each group. Lazy: iterating asks, each time anew.

    They come in the order of what they have in common, nulls first, unless ``order_by`` says.
    """

    _numbered = False  # for each number all groups would be reckoned anew

    def __init__(
        self,
        source: Any,
        terms: list[Term],
        tallies: dict[str, BoundAggregate],
        order: tuple[str, ...] = (),
        part: tuple[int, int | None] = (0, None),
    ) -> None:
        self._source, self._terms, self._tallies, self._order, self._part = source, terms, tallies, order, part

    def order_by(self, *names: str) -> Groups:
        """In the order of these fields or aggregates, ``-`` for descending, ties by the groups' values. Asks nothing.

        Amounts of money have an order where all are of one unit.

        :raises QueryError: a name that is neither.
        """
        if self._part != (0, None):
            raise QueryError("a slice cannot be ordered: order first, then slice")
        aliases = self._source.query.schema.aliases
        known = [*(one.name for one in self._terms), *self._tallies]
        found = []
        for name in names:
            bare = aliases.get(name.removeprefix("-"), name.removeprefix("-"))
            if bare not in known:
                raise QueryError(f"these groups have no {bare!r}: they have {', '.join(known)}")
            found.append("-" * name.startswith("-") + bare)
        return Groups(self._source, self._terms, self._tallies, tuple(found), self._part)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._rows())

    def _rows(self) -> list[dict[str, Any]]:
        schema = self._source.query.schema
        groups = self._source.executor().groups(self._source.query, self._terms, list(self._tallies.values()))
        keyed = []
        for stored, states in groups:
            row = {one.name: one.shared(schema, value) for one, value in zip(self._terms, stored, strict=True)}
            places = {
                one.name: _place(one.compared(schema, value)) for one, value in zip(self._terms, stored, strict=True)
            }  # fmt: skip
            for (name, tally), state in zip(self._tallies.items(), states, strict=True):
                row[name] = tally.result(state)
                places[name] = _place(row[name])
            keyed.append((places, row))
        try:
            keyed.sort(key=lambda one: [one[0][term.name] for term in self._terms])
        except TypeError:  # values of one field are of one kind
            raise unreadable("a value of a group") from None
        for name in reversed(self._order):
            bare = name.removeprefix("-")
            self._one_unit(bare, [row[bare] for _, row in keyed])
            keyed.sort(key=lambda one: one[0][bare], reverse=name != bare)  # noqa: B023
        return [row for _, row in keyed][slice(*self._part)]

    def _one_unit(self, name: str, values: list[Any]) -> None:
        """Refuse to put amounts of several units in an order."""
        units = {unit for one in values if isinstance(one, Amounts) for unit in one}
        if len(units) > 1:
            raise QueryError(
                f"{name} is in {', '.join(sorted(units))}, which have no order among each other: ask for the records of one unit"
            )

    def count(self) -> int:
        """How many groups there are. Asks."""
        return len(self._rows())

    def _said(self) -> tuple[Any, ...]:
        return self._source, self._terms, self._tallies, self._order, self._part

    def _sliced(self, part: slice) -> Self:
        return type(self)(self._source, self._terms, self._tallies, self._order, sliced(self._part, part))

    def __repr__(self) -> str:
        return f"<Groups of {self._source!r}>"


def _place(value: Any) -> tuple[int, Any]:
    """Where a value stands in an order: null below everything."""
    if isinstance(value, Amounts):
        value = next(iter(value.values()), None)
    return (0, 0) if value is None else (1, value)
