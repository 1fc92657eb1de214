"""The results of groups as records of a schema of their own, so that a query of them means the same as one of records. Pure.

A result has a column for each term that a group shares and for each aggregate. The parser checks conditions on these columns, and
the predicates test them, as they do with the fields of a resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..errors import QueryError, UnknownField
from ..schema.number_fields import Money, Number, Whole
from ..schema.resource_schema import ResourceSchema
from ..schema.row_layout import BOOKKEEPING, Row
from ..schema.time_fields import Duration
from .amounts import Amounts
from .ast import Condition, Node, Ref, leaf_nodes, named_fields
from .keywords import part_column, resolve
from .lookups import COMPARING
from .parser import parse
from .q import Expression, F, Q

if TYPE_CHECKING:
    from ..schema.field import Column
    from .aggregate_functions import State
    from .ast import Term
    from .bound_aggregates import BoundAggregate


def term_column(schema: ResourceSchema, term: Term) -> Column[Any]:
    """Return the column that the values of a term would have."""
    if term.part:
        return part_column(term.part)
    return schema.column(term.field)


def _column(schema: ResourceSchema, term: Term | None, function: str, whole: bool) -> Column[Any]:
    """Return the column that the results of an aggregate would have; of amounts it is a :class:`Money`."""
    column = term_column(schema, term) if term is not None else Whole()
    if function in ("min", "max", "values") or (isinstance(column, Duration) and not function.startswith("count")):
        return column
    if function.startswith("decimal") and isinstance(column, Money):
        return Money(unit=column.unit)
    return Whole() if function.startswith("count") or (function == "int_sum" and whole) else Number()


@lru_cache(maxsize=64)
def _schema(
    source: ResourceSchema, terms: tuple[Term, ...], aggregates: tuple[tuple[str, Term | None, str, bool], ...]
) -> ResourceSchema:
    shared = [(one.name, term_column(source, one)) for one in terms]
    columns = []
    for name, column in [*shared, *((name, _column(source, term, kind, whole)) for name, term, kind, whole in aggregates)]:
        own = copy(column)
        own.name = own.column_name = name
        own.from_request = True  # no body holds it
        columns.append(own)
    names = {column.name for column in columns}
    aliases = {alias: name for alias, name in source.aliases.items() if name in names and alias not in names}
    return ResourceSchema(f"Groups of {source.name}", "", columns, key=(columns[0].name,), mirrored=False, aliases=aliases)


class ResultTable:
    """The results of groups as rows.

    :param source: the schema of the records.
    :param terms: the terms that the records of a group share.
    :param aggregates: the aggregates by the names of their results.
    :param expressions: expressions of these results, as fields.
    :param named: the names of those of the expressions that are results, too.
    """

    def __init__(
        self,
        source: ResourceSchema,
        terms: Sequence[Term],
        aggregates: Mapping[str, BoundAggregate],
        expressions: Sequence[Any] = (),
        named: Sequence[str] = (),
    ) -> None:
        self._source, self._aggregates = source, dict(aggregates)
        self.names = (*(one.name for one in terms), *aggregates, *named)
        self._terms = {one.name: one for one in terms}
        columns = tuple((name, one.term, one.function, one.aggregate.whole) for name, one in aggregates.items())
        self.schema = _schema(source, tuple(terms), columns)
        if expressions:
            from .extension import extended

            self.schema = extended(self.schema, expressions)

    @property
    def amounts(self) -> set[str]:
        """The columns whose values are :class:`Amounts`."""
        return {name for name, one in self._aggregates.items() if one.amounts}

    def column_name(self, name: str) -> str:
        """Return the name of a result, for a name that may be an alias.

        :raises UnknownField: there is no such result.
        """
        found: str = self.schema.aliases.get(name, name)
        if found not in self.names:
            raise self._unknown(name)
        return found

    def check(self, keyword: str) -> None:
        """Check the name of a result, with or without a lookup.

        :raises UnknownField: there is no such result.
        """
        if keyword.partition("__")[0] == "pk":  # no result is the key of the results
            raise self._unknown(keyword)
        try:
            resolve(self.schema, keyword)
        except UnknownField:
            raise self._unknown(keyword) from None

    def check_unit(self, aggregate: BoundAggregate) -> None:
        """Check that the amounts that an aggregate of these results adds up have a unit.

        :raises QueryError: the results do not show it.
        """
        name = aggregate.term.field if aggregate.term else ""
        if self._source.related and name in self._terms:
            from .related_fields import check_unit

            check_unit(self._source, self._terms[name].field, aggregate.function)
        if aggregate.amounts and name not in self.amounts and aggregate.unit not in self.names:
            raise QueryError(f"the groups do not show the unit of {name}: name {aggregate.unit} in values(), too")

    def _unknown(self, name: str) -> UnknownField:
        try:
            known = resolve(self._source, name).field
        except QueryError:
            known = ""
        more = "; conditions on records go into filter() before annotate()" if known else ""
        return UnknownField(f"these groups have no {name!r}: they have {', '.join(self.names)}{more}")

    def parse(self, conditions: Mapping[str, Any], qs: Sequence[Q]) -> tuple[tuple[Node, ...], list[Any]]:
        """Parse the arguments of ``filter`` on groups.

        :returns: the conjunction, and the expressions of it as fields.
        :raises QueryError: a keyword is about neither a shared term nor an aggregate, or a value is wrong.
        """
        for keyword, value in _keywords((*qs, Q(**conditions))):
            self.check(keyword)
            if isinstance(value, F) and isinstance(value.name, str):
                self.check(value.name)
        fields: list[Any] = []

        def bind(schema: ResourceSchema, expression: Expression, zone: str) -> Any:
            fields.append(self.expression(expression, zone, schema=schema))
            return fields[-1]

        return parse(self.schema, conditions, qs, bind)[0], fields

    def expression(self, expression: Expression, zone: str, name: str = "", schema: ResourceSchema | None = None) -> Any:
        """Return an expression of these results as a field.

        :raises QueryError: an unknown result, or kinds that do not go together.
        """
        from .expressions import check_name, expression_field

        if name:
            check_name(self.schema, name)
        return expression_field(schema or self.schema, expression, zone, name)

    def about_records(self, nodes: tuple[Node, ...]) -> bool:
        """Return whether a conjunction, as a filter of the records, has the same truth for a group and for each of its records.

        It compares only shared terms, and parts of times as numbers or days. Equal numbers share a group, however they are
        spelled, so text lookups on numbers differ. A condition on a related record wants that there is one.
        """
        for node in leaf_nodes(nodes):
            if not isinstance(node, Condition) or isinstance(node.value, Ref) or node.field not in self._terms:
                return False
            term = self._terms[node.field]
            if term.field in self._source.related and "__" in term.field:
                return False
            own = self._terms[node.field].part or node.field in self.schema.numbers
            if own and (node.part or node.lookup not in COMPARING):
                return False
        return True

    def row(self, stored: Sequence[Any], states: Sequence[State], results: Sequence[Any]) -> Row:
        """Return a group as a row of canonical values.

        :param stored: the canonical values that the group shares.
        :param states: the states of its aggregates.
        :param results: their results.
        """
        made = map(self._canonical, self._aggregates, self._aggregates.values(), states, results)
        return (*map(_shared, self.schema.columns.values(), stored), *made, *(None for _ in BOOKKEEPING))

    def _canonical(self, name: str, aggregate: BoundAggregate, state: State, result: Any) -> Any:
        if isinstance(result, Amounts):  # where there are several units, nothing compares them: see one_unit()
            result = next(iter(result.values()), None)
        if result is None or isinstance(result, int):
            return result
        column = self.schema.columns[name]
        if isinstance(column, Number):
            return format(result, "f")
        return state[0] if aggregate.function in ("min", "max") and state[0] is not None else column.canonical(result)

    def compared_amounts(self, nodes: tuple[Node, ...]) -> set[str]:
        """Return the columns of amounts that a conjunction compares with something."""
        compared = [one for one in leaf_nodes(nodes) if not (isinstance(one, Condition) and one.lookup == "isnull")]
        return self.read_amounts(named_fields(tuple(compared)))

    def read_amounts(self, names: Iterable[str]) -> set[str]:
        """Return the columns of amounts among these, and among those that the expressions among these read."""
        return {read for name in names for read in self.schema.reads(name)} & self.amounts


def _shared(column: Column[Any], stored: Any) -> Any:
    """Return the canonical value of one that a group shares; of equal decimals the usual spelling."""
    return format(column.decimal(stored), "f") if isinstance(column, Number) and stored is not None else stored


def one_unit(name: str, values: Sequence[Any]) -> None:
    """Refuse to compare amounts of several units.

    :param name: the column.
    :param values: the values of all groups.
    :raises QueryError: they have several units.
    """
    units = {unit for one in values if isinstance(one, Amounts) for unit in one}
    if len(units) > 1:
        raise QueryError(
            f"{name} has amounts in {', '.join(sorted(units))}, which cannot be compared: filter the records of one unit"
        )


def _keywords(qs: Sequence[Q]) -> list[tuple[str, Any]]:
    """Return the keywords of some conditions, at any depth, and their values."""
    own = [(keyword, value) for q in qs for keyword, value in q.conditions if keyword != "tz"]
    return own + [one for q in qs for one in _keywords(q.parts)]
