"""The results of ``values()``: dicts, tuples and groups of a query set's records. Building them sends nothing, iterating does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from ..errors import QueryError, unreadable
from ..query.aggregates import Aggregate, BoundAggregate
from ..query.amounts import Amounts

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..query.ast import Term
    from ..schema.resource_schema import ResourceSchema


T = TypeVar("T")


def tallied(
    schema: ResourceSchema, found: Mapping[str, Any], zone: str, taken: tuple[str, ...] = ()
) -> dict[str, BoundAggregate]:
    """Aggregates, checked, by the names of their results. Raises QueryError.

    :param schema: the resource.
    :param found: the aggregates by name.
    :param zone: the time zone of the parts of times.
    :param taken: names that are not free.
    """
    for name, one in found.items():
        if not isinstance(one, Aggregate):
            raise QueryError(f"{name} takes an aggregate such as Count() or Sum('price'), not a {type(one).__name__}")
        if name in taken:
            raise QueryError(f"{name} is the name of a field of values() already: give the aggregate another name")
    return {name: one.bound(schema, zone) for name, one in found.items()}


DICTS, TUPLES, FLAT = "dicts", "tuples", "flat"


class Rows(Generic[T]):
    """Rows made of a query set's records. Lazy: each iteration, and each index, calls Twilio again."""

    if TYPE_CHECKING:

        def __iter__(self) -> Iterator[T]: ...

    _indexable = True

    def _identity(self) -> tuple[Any, ...]:
        """All that distinguishes these rows from others."""
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
        if not self._indexable:
            raise QueryError("groups take a slice from the front, [:3], or first(), not a number: list(groups) has all of them")
        if isinstance(at, bool) or not hasattr(at, "__index__"):
            raise TypeError(f"rows take a number or a slice in brackets, not a {type(at).__name__}")
        if at < 0:
            raise QueryError("rows are counted from the front: order_by() in the opposite order, and take the first")
        for row in self._sliced(slice(at, at + 1)):
            return row
        raise IndexError(f"no row at {at}")

    def first(self) -> T | None:
        """The first row, or None. Calls Twilio."""
        return next(iter(self[:1]), None)

    def exists(self) -> bool:
        """Whether there is any row. Calls Twilio."""
        return any(True for _ in self[:1])

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


class Values(Rows[T]):
    """The result of ``values()`` and ``values_list()``. Iterating calls Twilio.

    :param source: the query set.
    :param terms: the fields and parts of times.
    :param form: ``DICTS``, ``TUPLES``, or ``FLAT``: the value of the one term itself.
    :param zone: the time zone of the parts.
    :param unique: whether repeated rows are removed.
    :param part: the slice, as its start and its end.
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
        """The same without repeated rows: of equal rows the first; equal numbers are the same value. Sends nothing."""
        if self._part != (0, None):
            raise QueryError("distinct() of a slice is not possible: call distinct() first, then slice")
        source = self._source
        if source.query.low or source.query.high is not None:
            raise QueryError("distinct() of a slice is not possible: call distinct() first, then slice")
        return Values(source, self._terms, self._form, self._zone, True)

    def annotate(self, **aggregates: Aggregate) -> Groups:
        """A row for each distinct row, with aggregates of its records: ``annotate(n=Count())``. Sends nothing.

        :param aggregates: aggregates by the names of their results.
        :raises QueryError: a name that is not free, or an aggregate that does not fit its field.
        """
        if self._unique or self._part != (0, None):
            raise QueryError("annotate() groups the records of values(): call annotate() before distinct() and slices")
        names = tuple(one.name for one in self._terms)
        found = tallied(self._source.query.schema, aggregates, self._zone, names)
        if not found:
            raise QueryError("annotate() takes at least one aggregate, such as n=Count()")
        return Groups(self._source, self._terms, found)

    def count(self) -> int:
        """The number of rows. Calls Twilio."""
        return sum(1 for _ in self) if self._unique else self._source.count()

    def _identity(self) -> tuple[Any, ...]:
        return self._source, self._terms, self._form, self._zone, self._unique, self._part

    def _sliced(self, part: slice) -> Self:
        if not self._unique:
            return type(self)(self._source[part], self._terms, self._form, self._zone)
        return type(self)(self._source, self._terms, self._form, self._zone, True, sliced(self._part, part))

    def __repr__(self) -> str:
        return f"<Values of {self._source!r}>"


def sliced(inside: tuple[int, int | None], part: slice) -> tuple[int, int | None]:
    """A slice of a slice, as its start and its end. Raises QueryError for a slice that counts from the end.

    :param inside: the first slice.
    :param part: the second slice, counted within the first.
    """
    if (part.start or 0) < 0 or (part.stop or 0) < 0:
        raise QueryError("a slice is counted from the front: order_by() in the opposite order, and slice from the front")
    low, high = inside
    ends = [end for end in (high, None if part.stop is None else low + part.stop) if end is not None]
    start = low + (part.start or 0)
    return start, max(start, min(ends)) if ends else None


class Groups(Rows[dict[str, Any]]):
    """The result of ``values(...).annotate(...)``: a dict for each group. Lazy: each iteration calls Twilio again.

    The groups are in the order of the values that they share, nulls first, unless ``order_by`` is called.

    :param source: the query set.
    :param terms: the fields and parts of times that the records of a group share.
    :param tallies: the aggregates by the names of their results.
    :param order: the names to sort by, with ``-`` for descending.
    :param part: the slice, as its start and its end.
    """

    _indexable = False  # each index would compute all groups again

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
        """The groups in the order of these fields or aggregates, ties by the values that they share. Sends nothing.

        Amounts of money can be sorted if all have one unit.

        :param names: fields of ``values()`` and names of aggregates, ``-`` before a name for descending.
        :raises QueryError: a name that is neither.
        """
        if self._part != (0, None):
            raise QueryError("a slice cannot be sorted: call order_by() first, then slice")
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
            keys = {
                one.name: _sort_key(one.compared(schema, value)) for one, value in zip(self._terms, stored, strict=True)
            }  # fmt: skip
            for (name, tally), state in zip(self._tallies.items(), states, strict=True):
                row[name] = tally.result(state)
                keys[name] = _sort_key(row[name])
            keyed.append((keys, row))
        try:
            keyed.sort(key=lambda one: [one[0][term.name] for term in self._terms])
        except TypeError:  # the values of one field have one type
            raise unreadable("a value of a group") from None
        for name in reversed(self._order):
            bare = name.removeprefix("-")
            self._one_unit(bare, [row[bare] for _, row in keyed])
            keyed.sort(key=lambda one: one[0][bare], reverse=name != bare)  # noqa: B023
        return [row for _, row in keyed][slice(*self._part)]

    def _one_unit(self, name: str, values: list[Any]) -> None:
        """Refuse to sort amounts of several units. Raises QueryError."""
        units = {unit for one in values if isinstance(one, Amounts) for unit in one}
        if len(units) > 1:
            raise QueryError(
                f"{name} has amounts in {', '.join(sorted(units))}, which cannot be compared: filter the records of one unit"
            )

    def count(self) -> int:
        """The number of groups. Calls Twilio."""
        return len(self._rows())

    def _identity(self) -> tuple[Any, ...]:
        return self._source, self._terms, self._tallies, self._order, self._part

    def _sliced(self, part: slice) -> Self:
        return type(self)(self._source, self._terms, self._tallies, self._order, sliced(self._part, part))

    def __repr__(self) -> str:
        return f"<Groups of {self._source!r}>"


def _sort_key(value: Any) -> tuple[int, Any]:
    """A sort key of a value: null below everything."""
    if isinstance(value, Amounts):
        value = next(iter(value.values()), None)
    return (0, 0) if value is None else (1, value)
