"""The result of ``values(...).annotate(...)``: a row for each group of a query set's records. Building it sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from .._frozen import Value, cached_property, lazy_dataclass
from ..errors import QueryError, unreadable
from ..query.aggregate_functions import AGGREGATE_FUNCTIONS
from ..query.amounts import Amounts
from ..query.ast import And, Node, Not
from ..query.bound_aggregates import value_reader
from ..query.predicates import predicate
from ..query.q import Expression
from ..query.result_schema import ResultTable, one_unit
from ..schema.exact_json import dumps
from ..schema.timezones import zone_name
from .rows import DICTS, WHOLE, Rows, T, bind_aggregates, check_form, formed, sliced, with_aggregates

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..exports.columns import Result
    from ..query.aggregate_functions import State
    from ..query.aggregates import Aggregate
    from ..query.ast import Term
    from ..query.bound_aggregates import BoundAggregate
    from ..query.q import Q


@lazy_dataclass(frozen=True, eq=False, repr=False)
class GroupsQuery(Value):
    """What is wanted of groups, as an immutable value.

    :param terms: the fields and parts of times that the records of a group share.
    :param aggregates: the aggregates by the names of their results.
    :param zone: the time zone of the parts.
    :param shown: the names that a row shows.
    :param form: a row's form, see :mod:`twilio_orm.orm.rows`.
    :param where: the conjunction that the groups satisfy.
    :param order: the names to sort by, with ``-`` for descending.
    :param backwards: whether the order is turned round.
    :param unique: whether repeated rows are removed.
    :param part: the slice, as its start and its end.
    :param expressions: the expressions of the groups' values, as fields.
    :param named: the names of those of them that rows may show.
    """

    terms: tuple[Term, ...]
    aggregates: dict[str, BoundAggregate]
    zone: str = ""
    shown: tuple[str, ...] = ()
    form: str = DICTS
    where: tuple[Node, ...] = ()
    order: tuple[str, ...] = ()
    backwards: bool = False
    unique: bool = False
    part: tuple[int, int | None] = WHOLE
    expressions: tuple[Any, ...] = ()
    named: tuple[str, ...] = ()


class _Group(NamedTuple):
    """One group: the canonical values that it shares, the states of its aggregates, its values by name, and its sort keys."""

    stored: tuple[Any, ...]
    states: list[State]
    values: dict[str, Any]
    keys: dict[str, Any]


class Groups(Rows[T]):
    """The result of ``values(...).annotate(...)``: a row for each group. Lazy: each iteration calls Twilio again.

    The groups are in the order of the values that they share, nulls first, unless ``order_by`` is called.

    :param source: the query set.
    :param query: what is wanted of the groups.
    """

    def __init__(self, source: Any, query: GroupsQuery) -> None:
        self._source, self._query = source, query

    def _with_source(self, source: Any) -> Self:
        return type(self)(source, self._query)

    def _with(self, **changes: Any) -> Self:
        return type(self)(self._source, replace(self._query, **changes))

    @cached_property
    def _table(self) -> ResultTable:
        query = self._query
        return ResultTable(self._source.query.schema, query.terms, query.aggregates, query.expressions, query.named)

    # -- other groups

    def filter(self, *conditions: Q, **lookups: Any) -> Self:
        """The groups that match every condition, as SQL's HAVING: ``filter(n__gt=10)``. Sends nothing.

        Conditions are on what the groups share and on their aggregates, with every lookup; ``F("name")`` is another of them.
        Amounts of money are compared where all have one unit.

        :param conditions: conditions joined as ``Q(...) | Q(...)``.
        :param lookups: values by name and lookup.
        :raises QueryError: a name that the groups do not have, a wrong value, or a slice.
        """
        return self._having(False, conditions, lookups)

    def exclude(self, *conditions: Q, **lookups: Any) -> Self:
        """The exact complement of ``filter`` with the same arguments. Sends nothing.

        :param conditions: as in ``filter``.
        :param lookups: as in ``filter``.
        :raises QueryError: as ``filter``; or there is no condition.
        """
        if not conditions and not lookups:
            raise QueryError("exclude() takes at least one condition")
        return self._having(True, conditions, lookups)

    def _having(self, negated: bool, conditions: tuple[Q, ...], lookups: dict[str, Any]) -> Self:
        self._check_whole("filtered: call filter()")
        given = {"tz": self._query.zone, **lookups} if self._query.zone else lookups
        (nodes, fields), source = self._table.parse(given, conditions), self._source
        whole = not source.query.low and source.query.high is None
        if whole and not conditions and "tz" not in lookups and self._table.about_records(nodes):
            return self._with_source((source.exclude if negated else source.filter)(**given))  # so that Twilio may filter by it
        where = ((Not(And(nodes)),) if nodes else ()) if negated else nodes
        return self._with(where=(*self._query.where, *where), expressions=(*self._query.expressions, *fields))

    def order_by(self, *names: str) -> Self:
        """The groups in the order of these fields or aggregates, ties by the values that they share. Sends nothing.

        Amounts of money can be sorted if all have one unit.

        :param names: fields of ``values()`` and names of aggregates, ``-`` before a name for descending.
        :raises QueryError: a name that is neither.
        """
        self._check_whole("sorted: call order_by()")
        order = ["-" * name.startswith("-") + self._table.column_name(name.removeprefix("-")) for name in names]
        return self._with(order=tuple(order), backwards=False)

    def reverse(self) -> Self:
        """The groups in the opposite order, ties included. Sends nothing."""
        self._check_whole("reversed: call reverse()")
        return self._with(backwards=not self._query.backwards)

    def distinct(self) -> Self:
        """The same without repeated rows, of which there are some if not all names are shown. Sends nothing."""
        self._check_whole("made distinct: call distinct()")
        return self._with(unique=True)

    def values(self, *names: str) -> Groups[dict[str, Any]]:
        """The groups as dicts of these names, or of all. Sends nothing.

        :param names: fields of ``values()`` and names of aggregates.
        :raises QueryError: a name that is neither.
        """
        return self._selected(names, DICTS)

    def values_list(self, *names: str, flat: bool = False, named: bool = False) -> Groups[Any]:
        """The groups as tuples of these names, or of all. Sends nothing.

        :param names: as in ``values``.
        :param flat: the values of the one name themselves, instead of tuples.
        :param named: namedtuples.
        :raises QueryError: as ``values``; or ``flat`` with more than one name.
        """
        return self._selected(names, check_form(names or self._table.names, flat, named))

    def _selected(self, names: tuple[str, ...], form: str) -> Groups[Any]:
        if self._query.unique and self._query.part != WHOLE:
            raise QueryError("a slice of distinct rows has no other names: call values() first, then distinct() and the slice")
        shown = tuple(map(self._table.column_name, names)) or self._table.names
        return Groups(self._source, replace(self._query, shown=shown, form=form))

    def annotate(self, *aggregates: Aggregate, **named: Any) -> Self:
        """The same groups with more aggregates, or expressions of their values: ``annotate(share=F("busy") / F("n"))``.

        Sends nothing. See :meth:`Values.annotate`. Amounts go into an expression where all have one unit.

        :param aggregates: aggregates under their default names.
        :param named: aggregates and expressions by the names of their results.
        """
        query, table = self._query, self._table
        of_values = {name: one for name, one in named.items() if isinstance(one, Expression)}
        of_records = {name: one for name, one in named.items() if name not in of_values}
        source = self._source
        more = bind_aggregates(source.query.schema, aggregates, of_records, query.zone, table.names)
        fields = [table.expression(one, query.zone, name) for name, one in of_values.items()]
        extended = with_aggregates(source.query, more)
        made = replace(
            query,
            aggregates={**query.aggregates, **more},
            shown=(*query.shown, *more, *of_values),
            expressions=(*query.expressions, *fields),
            named=(*query.named, *of_values),
        )
        return type(self)(source if extended is source.query else source.with_query(extended), made)

    # -- evaluation

    def __iter__(self) -> Iterator[T]:
        shown = self._query.shown
        return iter(formed([tuple([one.values[name] for name in shown]) for one in self._found()], shown, self._query.form))

    def _found(self) -> list[_Group]:
        """The groups that are wanted, in order. Calls Twilio."""
        query, found = self._query, _computed(self._source, self._query)
        if query.named:
            _add_expressions(self._table, query.named, [(self._row(one), one) for one in found])
        if query.where:
            for name in self._table.compared_amounts(query.where):
                one_unit(name, [one.values[name] for one in found])
            matches = predicate(self._table.schema, query.where)
            found = [one for one in found if matches(self._row(one))]
        found = _sorted(query, found)
        if query.unique:
            seen = {tuple([_hashable(one.values[name]) for name in query.shown]): one for one in reversed(found)}
            found = [one for one in found if seen[tuple([_hashable(one.values[name]) for name in query.shown])] is one]
        return found[slice(*query.part)]

    def exists(self) -> bool:
        """Whether there is any group. Calls Twilio."""
        if self._query.where or self._query.part != WHOLE:
            return super().exists()
        return self._source.exists()  # type: ignore[no-any-return]

    def _row(self, group: _Group) -> Any:
        """A group as a row of canonical values."""
        return self._table.row(group.stored, group.states, [group.values[name] for name in self._query.aggregates])

    def count(self) -> int:
        """The number of groups. Calls Twilio."""
        return len(self._found())

    def iterator(self, chunk_size: int | None = None) -> Iterator[T]:
        """The rows one by one, as iterating gives them. Calls Twilio with pages of a size, and reads all before the first row.

        :param chunk_size: records a page of Twilio's list; None for the largest page.
        :raises QueryError: ``chunk_size`` is not a whole number from 1.
        """
        return iter(self._with_source(self._source.with_page_size(chunk_size)))

    def aggregate(self, *aggregates: Aggregate, tz: Any = None, **named: Aggregate) -> dict[str, Any]:
        """Aggregates of the groups' own values: ``aggregate(Avg("n"), most=Max("n"))``. Calls Twilio.

        Of amounts they are computed for each unit.

        :param aggregates: aggregates of shared fields and of other aggregates, under their default names.
        :param tz: the time zone of parts of shared times.
        :param named: aggregates by the names of their results.
        :raises QueryError: a name that the groups do not have, or that cannot be aggregated so.
        """
        table = self._table
        for field in [getattr(aggregate, "field", "") for aggregate in (*aggregates, *named.values())]:
            if isinstance(field, str) and field not in ("", "*"):
                table.check(field)
        bound = bind_aggregates(table.schema, aggregates, named, "" if tz is None else zone_name(tz))
        if not bound:
            raise QueryError("aggregate() takes aggregates, such as n=Count() or Avg('n')")
        for one in bound.values():
            table.check_unit(one)
        found = self._found()
        for name in {name for one in bound.values() for name in table.compared_amounts(one.condition)}:
            one_unit(name, [one.values[name] for one in found])
        rows = [(self._row(one), one.values) for one in found]
        return {name: one.result(_state(table, one, rows)) for name, one in bound.items()}

    def export_result(self, columns: Iterable[str] | None = None, tz: Any = None) -> Result:  # noqa: ARG002
        """The columns of an export, and a function that computes the groups. Sends nothing. See :meth:`Values.export_result`.

        :param columns: names of columns; None for all.
        :param tz: unused: ``values(tz=)`` named the zone of parts.
        """
        from ..exports.columns import Result, amounts_column, field_column, from_rows

        table, shown = self._table, self._query.shown
        known = [
            amounts_column(name) if name in table.amounts else field_column(name, table.schema.columns[name]) for name in shown
        ]

        def batches() -> Iterator[list[Any]]:
            return from_rows(known, [[one.values[name] for name in shown] for one in self._found()])

        return Result(known, batches, True).select(columns)

    def _check_whole(self, what: str) -> None:
        """Refuse what is not possible for a slice. Raises QueryError."""
        if self._query.part != WHOLE:
            raise QueryError(f"a slice cannot be {what} first, then slice")

    def _identity(self) -> tuple[Any, ...]:
        return self._source, self._query

    def _sliced(self, part: slice) -> Self:
        return self._with(part=sliced(self._query.part, part))


def _computed(source: Any, query: GroupsQuery) -> list[_Group]:
    """Every group, in no order. Calls Twilio."""
    schema, terms, aggregates = source.query.schema, list(query.terms), query.aggregates
    found = []
    for stored, states in source.executor().groups(source.query, terms, list(aggregates.values())):
        values, keys = dict[str, Any](), dict[str, Any]()
        for one, value in zip(terms, stored, strict=True):
            values[one.name], keys[one.name] = one.shared(schema, value), _sort_key(one.compared(schema, value))
        for (name, aggregate), state in zip(aggregates.items(), states, strict=True):
            values[name] = aggregate.result(state)
            keys[name] = _sort_key(values[name])
        found.append(_Group(stored, states, values, keys))
    return found


def _sorted(query: GroupsQuery, found: list[_Group]) -> list[_Group]:
    """Groups in the wanted order. Raises QueryError for amounts of several units."""
    names = [one.name for one in query.terms]
    try:
        found.sort(key=lambda one: [one.keys[name] for name in names])
    except TypeError:  # the values of one field have one type
        raise unreadable("a value of a group") from None
    for name in reversed(query.order):
        bare = name.removeprefix("-")
        one_unit(bare, [one.values[bare] for one in found])
        found.sort(key=lambda one: one.keys[bare], reverse=name != bare)  # noqa: B023
    return found[::-1] if query.backwards else found


def _add_expressions(table: ResultTable, names: tuple[str, ...], groups: list[tuple[Any, _Group]]) -> None:
    """Add the values of named expressions to groups, each with its row. Raises QueryError for amounts of several units."""
    for name in table.read_amounts(names):
        one_unit(name, [one.values[name] for _, one in groups])
    for name in names:
        column, stored = table.schema.column(name), table.schema.codec.stored
        for row, one in groups:
            value = stored(row, name)
            one.values[name] = column.python_value(value)
            one.keys[name] = _sort_key(None if value is None else column.comparable(value))


def _state(table: ResultTable, aggregate: BoundAggregate, rows: list[tuple[Any, dict[str, Any]]]) -> State:
    """The state of an aggregate of groups, which are rows of canonical values with their values by name."""
    add, matches = AGGREGATE_FUNCTIONS[aggregate.function].step, predicate(aggregate.schema, aggregate.condition)
    name, state = aggregate.term.field if aggregate.term else "", AGGREGATE_FUNCTIONS[aggregate.function].start()
    read, unit = value_reader(aggregate.schema, aggregate), table.schema.index.get(aggregate.unit, -1)
    for row, values in rows:
        if not matches(row):
            continue
        if name not in table.amounts:
            add(state, read(row), row[unit])  # the last value of a row, which is none, where there is no unit
        elif aggregate.amounts:
            for one, amount in values[name].items() or [("", None)]:
                add(state, amount, one)
        else:
            add(state, _hashable(values[name]) if values[name] else None, "")
    return state


def _sort_key(value: Any) -> tuple[int, Any]:
    """A sort key of a value: null below everything."""
    if isinstance(value, Amounts):
        value = next(iter(value.values()), None)
    return (0, 0) if value is None else (1, value)


def _hashable(value: Any) -> Any:
    """A value by which equal values are found."""
    if isinstance(value, Amounts):
        return value.missing, *value.items()
    return dumps(value) if isinstance(value, (dict, list)) else value
