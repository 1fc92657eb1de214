"""Values of related records as fields of the extended schema of a query: ``call__status``, ``Count("recordings")``. Pure.

A :class:`RelatedField` is a computed field whose values follow from other records. A row has them after its own values, in the
order of ``schema.related``. In SQL each reads a table expression, which the statement begins with
(:mod:`twilio_orm.mirror.related_tables`): it has the related rows, with the key by which they are found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import QueryError, UnknownField
from ..schema.derived import Computed
from ..schema.number_fields import Money, Number, Whole
from . import arithmetic
from .aggregate_functions import AGGREGATE_FUNCTIONS
from .ast import And, Condition, Node, Not, Or, Query, Related, Term, named_fields
from .bound_aggregates import BoundAggregate, value_reader
from .extension import extended
from .keywords import part_column, resolve
from .predicates import predicate
from .q import Combined, Expression, F
from .sql import part_sql, value_sql

if TYPE_CHECKING:
    from ..schema.resource_schema import Link, ResourceSchema
    from ..schema.row_layout import Row
    from .dialect import Dialect

KEY, ACCOUNT, VALUE = "related_key", "related_account", "related_value"
"""The columns of the table expression of a field."""
OWN_ACCOUNT = '"account_sid"'


class RelatedField(Computed[Any]):
    """A value of related records as a field of the extended schema of a query.

    ``node`` names the related records, and the conditions that they have to satisfy; ``term`` is what is read of them, None to
    count them; ``is_money`` tells of an amount, whose unit is a field of the related record.

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
        read = node.other.column(term.field) if term is not None and not term.part else None
        self.is_money = isinstance(read, Money) or getattr(node.other.computed.get(term.field if term else ""), "is_money", False)
        self._identity = (name, node, term, None if aggregate is None else (type(aggregate.aggregate), aggregate))
        self._default: Any = None
        if aggregate is not None and aggregate.aggregate.default is not None:
            self._default = column.canonical(aggregate.default())

    @property
    def text(self) -> str:
        """The value in English."""
        if self.aggregate is None:
            return f"the {self.term.name if self.term else ''} of its {self.node.name}"
        of = f" of the {self.term.name}" if self.term else ""
        some = " that match its filter" if self.node.nodes else ""
        return f"the {type(self.aggregate.aggregate).__name__.lower()}{of} of its {self.node.name}{some}"

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
        if not self.aggregate.aggregate.rounded:
            return total
        return arithmetic.share(total, count) if self.column.kind == "duration" else arithmetic.exact("/", total, count)

    def compute(self, *values: Any) -> Any:  # noqa: ARG002
        """Refused: the row has the value."""
        raise TypeError(f"{self.name} does not follow from the record's own fields")

    # -- in SQL

    def sql(self, dialect: Any, *values: str) -> str:
        """Return its SQL expression, given that of the field that identifies the related records."""
        account = f" AND {dialect.same(ACCOUNT, OWN_ACCOUNT)}" if self._by_account else ""
        found = f"(SELECT {self._aggregate_sql(dialect)} FROM {self._table} WHERE {KEY} = {values[0]}{account})"
        if self._default is None:
            return found
        literal = str(self._default) if isinstance(self._default, int) else f"'{self._default.replace(chr(39), chr(39) * 2)}'"
        return f"coalesce({found}, {literal})"

    def _aggregate_sql(self, dialect: Dialect) -> str:
        if self.aggregate is None:
            return VALUE
        function = self.aggregate.function
        if function != "int_sum":
            return dialect.aggregate(function, VALUE, "")[0]
        total = dialect.bounded_sum(VALUE)
        if not self.aggregate.aggregate.rounded:
            return total
        if self.column.kind == "duration":
            return dialect.call("duration_share", total, f"count({VALUE})")
        return dialect.call("decimal_arithmetic", "'/'", total, f"nullif(count({VALUE}), 0)")

    def table(self, dialect: Dialect, rows: str, hint: str = "") -> str:
        """Return its table expression, for WITH.

        :param rows: what follows the selected expressions: FROM, and WHERE with the conditions of the related rows.
        :param hint: what to write after AS.
        """
        other = self.node.other
        key = value_sql(dialect, other, self.node.remote_field)
        account = OWN_ACCOUNT if self._by_account else "NULL"
        value = "1" if self.term is None else _value_sql(dialect, other, self.term)
        select = f"SELECT {key}, {account}, {value} {rows} AND {key} IS NOT NULL"
        return f"{self._table} ({KEY}, {ACCOUNT}, {VALUE}) AS {hint}({select})"


def _value_sql(dialect: Dialect, schema: ResourceSchema, term: Term) -> str:
    if term.part:
        return part_sql(dialect, schema, term.field, term.part, term.zone)
    return value_sql(dialect, schema, term.field)


def _column(schema: ResourceSchema, term: Term | None, aggregate: BoundAggregate | None) -> Any:
    """Return the column that the values of a field would have. The unit of an amount is another field of its record."""
    if term is None or (aggregate is not None and aggregate.function.startswith("count")):
        return Whole()
    column: Any = part_column(term.part) if term.part else schema.column(term.field)
    if isinstance(column, Money):
        return Number(places=column.places)
    if aggregate is not None and aggregate.aggregate.rounded and column.kind != "duration":
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


def own_conditions(schema: ResourceSchema, nodes: Iterable[Node]) -> tuple[ResourceSchema, tuple[Node, ...]]:
    """Return a conjunction whose conditions on single related records are conditions on fields, and the schema that has these.

    Conditions on several related records stay.
    """
    found = []
    for node in nodes:
        if isinstance(node, Related) and node.kind == "one":
            schema, made = _of_fields(schema, node, "")
            found.append(made)
        elif isinstance(node, Not):
            schema, (inner,) = own_conditions(schema, (node.node,))
            found.append(Not(inner))
        elif isinstance(node, (And, Or)):
            schema, several = own_conditions(schema, node.nodes)
            found.append(replace(node, nodes=several))
        else:
            found.append(node)
    return schema, tuple(found)


def _of_fields(schema: ResourceSchema, node: Any, path: str) -> tuple[ResourceSchema, Node]:
    """Return a node about the record that a path such as ``call__`` leads to as one about fields, and the schema with these."""
    if isinstance(node, Condition):
        name = path + node.field
        return with_related(schema, name), replace(node, field=name)
    if isinstance(node, Not):
        schema, inner = _of_fields(schema, node.node, path)
        return schema, Not(inner)
    if isinstance(node, Related) and node.kind != "one":
        return schema, node
    nodes, found = node.nodes, list[Node]()
    if isinstance(node, Related):
        path, nodes = f"{path}{node.name}__", (Condition(node.remote_field, "isnull", False), *nodes)
    for one in nodes:
        schema, made = _of_fields(schema, one, path)
        found.append(made)
    return schema, Or(tuple(found)) if isinstance(node, Or) else And(tuple(found))


# ---------------------------------------------------------------- queries with such fields


def depends(schema: ResourceSchema, name: str) -> bool:
    """Return whether a field follows from related records."""
    if name not in schema.expressions:
        return False
    return name in schema.related or any(depends(schema, one) for one in schema.computed[name].inputs)


def check_unit(schema: ResourceSchema, name: str, function: str) -> None:
    """Check that an aggregate adds up and compares no amounts of related records, whose units may differ.

    :param name: the field that it reads.
    :param function: the name of its function.
    :raises QueryError: it does.
    """
    if function.startswith("decimal") and _has_money(schema, name):
        raise QueryError(
            f"{name} is an amount of a related record, and amounts of several units are never added up or compared: aggregate the"
            " related records themselves, such as Call.aggregate(Sum('price'))"
        )


def _has_money(schema: ResourceSchema, name: str) -> bool:
    """Return whether a field follows from an amount of a related record."""
    if name not in schema.expressions:
        return False
    one: Any = schema.computed[name]
    return one.is_money if one.related else any(_has_money(schema, each) for each in one.inputs)


def split(query: Query) -> tuple[Query, tuple[Node, ...]]:
    """Return the query without what follows from related records, and the conditions that do.

    It has the order and the slice of the query if these need no related records.
    """
    schema = query.schema
    own = extended(schema.base, [schema.computed[one] for one in schema.expressions if not depends(schema, one)])
    rest = tuple(node for node in query.where if any(depends(schema, name) for name in named_fields((node,))))
    where = tuple(node for node in query.where if node not in rest)
    plain = replace(query, schema=own, where=where, annotations=())
    if rest or any(depends(schema, name) for name, _ in query.order):
        plain = replace(plain, order=(), low=0, high=None)
    return plain, rest
