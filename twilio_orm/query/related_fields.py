"""Values of related records as fields of the extended schema of a query: ``call__status``, ``Count("recordings")``. Pure.

A :class:`RelatedField` is a computed field whose values follow from other records. A row has them after its own values, in the
order of ``schema.related``. In SQL each reads a table expression, which the statement begins with
(:mod:`twilio_orm.mirror.related_tables`): it has the related rows, with the key by which they are found.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import QueryError, UnknownField
from ..schema.derived import Computed
from ..schema.number_fields import Money, Number, Whole
from . import arithmetic
from .aggregate_functions import AGGREGATE_FUNCTIONS
from .aggregates import Aggregate, Avg, Count, Max, Min, Sum
from .ast import Node, Query, Related, Term, named_fields
from .bound_aggregates import BoundAggregate, value_reader
from .expressions import extended
from .keywords import part_column, resolve
from .predicates import predicate
from .q import Combined, Expression, F, Q
from .sql import part_sql, value_sql

if TYPE_CHECKING:
    from ..schema.resource_schema import Link, ResourceSchema
    from ..schema.row_layout import Row

KEY, ACCOUNT, VALUE = "related_key", "related_account", "related_value"
"""The columns of the table expression of a field."""
LOW = 2**32 - 1
NOT_MATERIALIZED = "NOT MATERIALIZED " if sqlite3.sqlite_version_info >= (3, 35) else ""
"""Keeps SQLite from copying the related rows: it finds each by the index of the key. Earlier versions never copy them."""


class RelatedField(Computed[Any]):
    """A value of related records as a field of the extended schema of a query.

    ``node`` names the related records, and the conditions that they have to satisfy; ``term`` is what is read of them, None to
    count them.

    :param schema: the schema of the records.
    :param name: the name of the field.
    :param node: the related records.
    :param term: the field of them, or a part of it.
    :param aggregate: the aggregate over them; None for the value of the one related record.
    """

    related = True
    needs: tuple[Any, ...] = ()

    def __init__(
        self, schema: ResourceSchema, name: str, node: Related, term: Term | None, aggregate: BoundAggregate | None = None
    ) -> None:
        column: Any = copy(_column(node.other, term, aggregate))
        super().__init__(column, node.local_field)
        self.name, self.node, self.term, self.aggregate = name, node, term, aggregate
        column.name = column.column_name = name
        column.pushdown = column.write = None
        self._table = f'"related {schema.table} {name}"'
        self._by_account = "account_sid" in schema.columns and "account_sid" in node.other.columns and not node.other.rooted
        self._identity = (name, node, term, None if aggregate is None else (type(aggregate.aggregate), aggregate))
        self._default: Any = None
        if aggregate is not None and aggregate.aggregate.default is not None:
            self._default = column.canonical(aggregate.default())

    @property
    def text(self) -> str:
        """The value in English."""
        if self.aggregate is None:
            return f"{self.term.name if self.term else ''} of its {self.node.name}"
        of = f" of the {self.term.name}" if self.term else ""
        some = " that match its filter" if self.node.nodes else ""
        return f"{type(self.aggregate.aggregate).__name__}{of} of its {self.node.name}{some}"

    def __eq__(self, other: object) -> bool:
        return self._identity == other._identity if isinstance(other, RelatedField) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.name, self.node.name))

    # -- in Python

    def value(self, rows: Iterable[Row]) -> Any:
        """Return its canonical value for a record that has these related records."""
        other = self.node.other
        if self.aggregate is None:
            first = next(iter(rows), None)
            return None if first is None or self.term is None else other.codec.stored(first, self.term.field)
        function = AGGREGATE_FUNCTIONS[self.aggregate.function]
        read, matches, state = value_reader(other, self.aggregate), predicate(other, self.node.nodes), function.start()
        for row in rows:
            if matches(row):
                function.step(state, read(row), "")
        found = self._of_state(state)
        return self._default if found is None else found

    def _of_state(self, state: list[Any]) -> Any:
        """Return the canonical value that the state of the aggregate stands for."""
        if self.aggregate is None or self.aggregate.function != "int_sum":
            return state[0]
        total, count = state
        if not count or not arithmetic.LEAST <= total <= arithmetic.GREATEST:
            return None
        if not isinstance(self.aggregate.aggregate, Avg):
            return total
        return arithmetic.share(total, count) if self.column.kind == "duration" else arithmetic.exact("/", total, count)

    def compute(self, *values: Any) -> Any:  # noqa: ARG002
        """Refused: the row has the value."""
        raise TypeError(f"{self.name} does not follow from the record's own fields")

    # -- in SQL

    def sql(self, *values: str) -> str:
        """Return its SQL expression, given that of the field that identifies the related records."""
        account = f' AND {ACCOUNT} IS "account_sid"' if self._by_account else ""
        found = f"(SELECT {self._aggregate_sql()} FROM {self._table} WHERE {KEY} = {values[0]}{account})"
        if self._default is None:
            return found
        literal = str(self._default) if isinstance(self._default, int) else f"'{self._default.replace(chr(39), chr(39) * 2)}'"
        return f"ifnull({found}, {literal})"

    def _aggregate_sql(self) -> str:
        if self.aggregate is None:
            return VALUE
        function = self.aggregate.function
        if function != "int_sum":
            return AGGREGATE_FUNCTIONS[function].sql(VALUE, "")[0]
        high, low = f"(sum({VALUE} >> 32) + (sum({VALUE} & {LOW}) >> 32))", f"(sum({VALUE} & {LOW}) & {LOW})"
        total = f"(CASE WHEN {high} BETWEEN -2147483648 AND 2147483647 THEN ({high} << 32) | {low} END)"
        if not isinstance(self.aggregate.aggregate, Avg):
            return total
        if self.column.kind == "duration":
            return f"duration_share({total}, count({VALUE}))"
        return f"decimal_arithmetic('/', {total}, nullif(count({VALUE}), 0))"

    def table(self, rows: str) -> str:
        """Return its table expression, for WITH.

        :param rows: what follows the selected expressions: FROM, and WHERE with the conditions of the related rows.
        """
        other = self.node.other
        key = value_sql(other, self.node.remote_field)
        account = '"account_sid"' if self._by_account else "NULL"
        value = "1" if self.term is None else _value_sql(other, self.term)
        select = f"SELECT {key}, {account}, {value} {rows} AND {key} IS NOT NULL"
        return f"{self._table} ({KEY}, {ACCOUNT}, {VALUE}) AS {NOT_MATERIALIZED}({select})"


def _value_sql(schema: ResourceSchema, term: Term) -> str:
    return part_sql(schema, term.field, term.part, term.zone) if term.part else value_sql(schema, term.field)


def _column(schema: ResourceSchema, term: Term | None, aggregate: BoundAggregate | None) -> Any:
    """Return the column that the values of a field would have. The unit of an amount is another field of its record."""
    if term is None or (aggregate is not None and aggregate.function.startswith("count")):
        return Whole()
    column: Any = part_column(term.part) if term.part else schema.column(term.field)
    if isinstance(column, Money):
        return Number(places=column.places)
    if aggregate is not None and isinstance(aggregate.aggregate, Avg) and column.kind != "duration":
        return Number()
    return column


# ---------------------------------------------------------------- fields that a caller names


def with_related(schema: ResourceSchema, keyword: Any) -> ResourceSchema:
    """Return the schema with the field of a related record that a keyword names; the same one where it names none.

    :param keyword: a field or a part of one, such as ``call__start_time__hour``.
    :raises UnknownField: there is no such field, or it is one of several related records.
    """
    if not isinstance(keyword, str) or keyword.partition("__")[0] not in schema.links or "__" not in keyword:
        return schema
    found = resolve(schema, keyword)
    return extended(schema, [_value_field(schema, found.links, found.field, keyword)]) if found.links and found.field else schema


def with_expression(schema: ResourceSchema, expression: Any) -> ResourceSchema:
    """Return the schema with the fields of related records that an expression names. See ``with_related``."""
    if isinstance(expression, Combined):
        return with_expression(with_expression(schema, expression.left), expression.right)
    name = expression.name if isinstance(expression, F) else getattr(expression, "field", "")
    return with_related(schema, name) if isinstance(expression, Expression) else schema


def _value_field(schema: ResourceSchema, links: Sequence[tuple[str, Link]], field: str, keyword: str) -> RelatedField:
    (name, link), *rest = links
    if link.kind != "one":
        raise UnknownField(
            f"{keyword} is a field of several related records: annotate(most=Max({keyword!r})) gives each {schema.name} one value"
            f" of them, and {link.target}.values({field!r}) their values"
        )
    other = link.other()
    if rest:
        inner = _value_field(other, rest, field, keyword)
        other, field = extended(other, [inner]), inner.name
    node = Related(name, link.local_field, link.remote_field or other.key[-1], other, link.kind)
    return RelatedField(schema, f"{name}__{field}", node, Term(field))


def is_of_many(schema: ResourceSchema, aggregate: Any) -> bool:
    """Return whether an aggregate is of the records of a relation of each record: ``Count("recordings")``."""
    name = aggregate.field.partition("__")[0] if isinstance(aggregate.field, str) else ""
    return name in schema.links and schema.links[name].kind != "one"


def aggregate_field(schema: ResourceSchema, name: str, aggregate: Aggregate, zone: str) -> RelatedField:
    """Return the field of an aggregate of related records.

    :param schema: the schema of the records.
    :param name: the name of the field.
    :param aggregate: an aggregate of which ``is_of_many`` is true.
    :param zone: the time zone of parts of times, "" for UTC.
    :raises QueryError: an unknown field, or an aggregate that cannot be computed for each record.
    """
    relation, _, rest = aggregate.field.partition("__")
    link, kind = schema.links[relation], type(aggregate)
    given = f"{kind.__name__}({aggregate.field!r})"
    groups = f"{link.target}.values({link.remote_field!r}).annotate({name}={kind.__name__}({rest!r}{', …' * bool(aggregate.option)}))"
    if link.kind == "below":
        raise QueryError(
            f"{given} would list the {relation} of every account: {link.target}.across_accounts().values('account_sid')"
            f".annotate({name}=Count()) counts them by account"
        )
    if kind not in (Count, Sum, Avg, Min, Max):
        raise QueryError(f"annotate() on records takes Count, Sum, Avg, Min and Max of related records: {groups} has {kind.__name__}")
    if not rest and kind is not Count:
        raise QueryError(f"{given} takes a field of the {relation}, such as {kind.__name__}('{relation}__duration')")
    own: Any = kind(rest, aggregate.distinct and bool(rest), filter=_own(aggregate.filter, relation), default=aggregate.default)
    bound = own.bound(link.other(), zone)
    if bound.schema.related:
        raise QueryError(f"{given} reaches over two relations: annotate() takes the fields of the {relation} themselves")
    is_number = bound.term is not None and bound.function != "count_values" and isinstance(_read(bound), Number)
    if bound.function not in ("count_rows", "count_values", "count_distinct", "int_sum", "min", "max") or is_number:
        raise QueryError(f"{given} is of decimals, which have units of their own: {groups} sums them up by {link.remote_field}")
    node = Related(relation, link.local_field, link.remote_field, bound.schema, link.kind, bound.condition)
    return RelatedField(schema, name, node, bound.term, bound)


def _read(bound: BoundAggregate) -> Any:
    """Return the column that an aggregate reads."""
    assert bound.term is not None
    return part_column(bound.term.part) if bound.term.part else bound.schema.column(bound.term.field)


def _own(q: Q | None, relation: str) -> Q | None:
    """Return the conditions of related records as conditions of these records themselves.

    :raises QueryError: a condition is about something else.
    """
    if not q:
        return None
    own, prefix = dict[str, Any](), f"{relation}__"
    for keyword, value in q.conditions:
        if keyword != "tz" and not keyword.startswith(prefix):
            raise QueryError(
                f"filter= of an aggregate of {relation} takes conditions on these: Q({prefix}…=…), not {keyword};"
                " filter() takes conditions on the records"
            )
        if isinstance(value, Expression):
            raise QueryError(f"filter= of an aggregate of {relation} compares with values, not with expressions")
        own[keyword.removeprefix(prefix)] = value
    parts = [_own(one, relation) or Q() for one in q.parts]
    if q.operator == "not":
        return ~parts[0]
    if q.operator == "or":
        made = parts[0]
        for one in parts[1:]:
            made |= one
        return made
    return Q(*parts, **own)


# ---------------------------------------------------------------- queries with such fields


def depends(schema: ResourceSchema, name: str) -> bool:
    """Return whether a field follows from related records."""
    if name not in schema.expressions:
        return False
    return name in schema.related or any(depends(schema, one) for one in schema.computed[name].inputs)


def split(query: Query) -> tuple[Query, tuple[Node, ...]]:
    """Return the query without what follows from related records, and the conditions that do.

    It has the order and the slice of the query if these need no related records.
    """
    schema = query.schema
    own = extended(schema.base, [schema.computed[one] for one in schema.expressions if not depends(schema, one)])  # type: ignore[misc]
    rest = tuple(node for node in query.where if any(depends(schema, name) for name in named_fields((node,))))
    where = tuple(node for node in query.where if node not in rest)
    plain = replace(query, schema=own, where=where, annotations=())
    if rest or any(depends(schema, name) for name, _ in query.order):
        plain = replace(plain, order=(), low=0, high=None)
    return plain, rest
