"""Queries as immutable values: nodes, which are conditions and their combinations, and the query that holds them. Pure.

A query does not know how it will be answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..errors import QueryError, UnknownField, suggest

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Ref(Value):
    """Another field of the same record, or an expression, in place of a condition's value.

    :param field: the field's name; an expression that a caller did not name has its text as its name.
    """

    field: str


@lazy_dataclass(frozen=True, repr=False)
class Condition(Value):
    """A comparison of a field with a value.

    :param field: the field's name.
    :param lookup: the name of the lookup that compares, see :mod:`twilio_orm.query.lookups`.
    :param value: the value to compare with, in canonical form.
    :param part: the part of a time or a day to compare, such as ``hour``; "" for all of it.
    :param zone: the time zone in which the part is read, "" for UTC.
    """

    field: str
    lookup: str
    value: Any
    part: str = ""
    zone: str = ""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Term(Value):
    """A field, or a part of it, that is read from records to be returned or aggregated.

    :param field: the field's name.
    :param part: the part of a time or a day, "" for all of it.
    :param zone: the time zone in which the part is read, "" for UTC.
    """

    field: str
    part: str = ""
    zone: str = ""

    @property
    def name(self) -> str:
        """Its name in a result."""
        return f"{self.field}__{self.part}" if self.part else self.field

    def compared(self, schema: ResourceSchema, stored: Any) -> Any:
        """Return what a stored value is grouped by: equal numbers have one group, however they are spelled."""
        return stored if stored is None or self.part else schema.column(self.field).comparable(stored)

    def value(self, schema: ResourceSchema, stored: Any) -> Any:
        """Return the Python value of a stored value."""
        if self.part:
            if not isinstance(stored, str):
                return stored
            return date.fromisoformat(stored) if len(stored) == 10 else datetime.fromisoformat(f"{stored}+00:00")
        return schema.column(self.field).python_value(stored)

    def shared(self, schema: ResourceSchema, stored: Any) -> Any:
        """Return the Python value of a stored value that stands for a group; of equal decimals the usual spelling."""
        column: Any = schema.column(self.field)
        if not self.part and stored is not None and (self.field in schema.numbers or hasattr(column, "decimal")):
            return column.decimal(stored)
        return self.value(schema, stored)


class KeyTerm(Term):
    """The key, under Django's name for it."""

    @property
    def name(self) -> str:
        """Its name in a result."""
        return "pk"


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Unredacted(Value):
    """The condition that a field was not redacted in the mirror.

    :param field: the field's name.
    """

    field: str


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Not(Value):
    """The exact complement of a node: true wherever the node is not true."""

    node: Node


@lazy_dataclass(frozen=True, eq=False, repr=False)
class And(Value):
    """A conjunction: every node is true."""

    nodes: tuple[Node, ...]


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Or(Value):
    """A disjunction: at least one node is true."""

    nodes: tuple[Node, ...]


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Related(Value):
    """The condition that a related record exists and satisfies a conjunction.

    :param name: the relation's name.
    :param local_field: the field of this record that identifies the related records.
    :param remote_field: the field of the related records that equals it.
    :param other: the schema of the related records.
    :param kind: the kind of the relation: ``one``, ``many`` or ``below`` (everything below an account).
    :param nodes: the conjunction.
    :param answers: tells of a row whether it has such a record, where that takes a request for each row; None elsewhere.
    """

    name: str
    local_field: str
    remote_field: str
    other: ResourceSchema
    kind: str
    nodes: tuple[Node, ...] = ()
    answers: Callable[[Any], bool] | None = None


Node = Condition | Unredacted | Not | And | Or | Related


@lazy_dataclass(frozen=True, repr=False)
class Query(Value):
    """A query about one resource.

    :param schema: the schema of the resource, extended by the expressions of the query (:mod:`twilio_orm.query.expressions`).
    :param where: the conjunction that the records satisfy.
    :param order: pairs of a field's name and whether it descends.
    :param low: how many records of the result to skip.
    :param high: the place in the result before which to stop, None for its end.
    :param flags: the parameters that change what Twilio lists, and their values.
    :param parent_path: the field of the parent below which to list, "" for the resource's usual path.
    :param annotations: the expressions that the records show as fields.
    """

    schema: ResourceSchema
    where: tuple[Node, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    low: int = 0
    high: int | None = None
    flags: tuple[tuple[str, Any], ...] = ()
    parent_path: str = ""
    annotations: tuple[str, ...] = ()

    @property
    def read_names(self) -> list[str]:
        """The fields that the answer needs besides those of its conditions: for the order, and what the records show."""
        return [*(name for name, _ in self.order), *self.annotations]

    def filtered(self, *nodes: Node, flags: Mapping[str, Any] | None = None) -> Query:
        """Return this query with more conditions.

        :param nodes: the conditions to add.
        :param flags: the flags to set.
        :raises QueryError: the query is sliced.
        """
        if self.low or self.high is not None:
            raise QueryError("a slice cannot be filtered: filter first, then slice")
        return replace(self, where=self.where + nodes, flags=tuple(sorted({**dict(self.flags), **(flags or {})}.items())))

    def ordered(self, *names: str) -> Query:
        """Return this query in another order.

        :param names: names of fields; a leading ``-`` makes one descend.
        :raises UnknownField: there is no such field.
        :raises QueryError: the query is sliced.
        """
        if self.low or self.high is not None:
            raise QueryError("a slice cannot be ordered: order first, then slice")
        order = []
        for name in names:
            field = queryable_field(self.schema, name.removeprefix("-"))
            order.append((field, name.startswith("-")))
        return replace(self, order=tuple(order))

    def reversed(self) -> Query:
        """Return this query in the opposite order, ties included.

        :raises QueryError: the query has no order, or is sliced.
        """
        if not self.order:
            raise QueryError("a query without an order cannot be reversed: call order_by() first")
        ordered = {name for name, _ in self.order}
        keys = tuple((name, False) for name in self.schema.key if name not in ordered)
        order = tuple((name, not descends) for name, descends in (*self.order, *keys))
        return replace(self.ordered(), order=order)

    def sliced(self, start: int | None, stop: int | None) -> Query:
        """Return a slice of this query's result, within the slice that it is already.

        :param start: how many records to skip.
        :param stop: the place before which to stop, None for the end.
        :raises QueryError: a place is negative.
        """
        if (start or 0) < 0 or (stop is not None and stop < 0):
            raise QueryError("a slice counts from the front: order the other way round instead of counting from the end")
        low = self.low + (start or 0)
        high = self.high if stop is None else self.low + stop if self.high is None else min(self.high, self.low + stop)
        return replace(self, low=low, high=None if high is None else max(low, high))


def related_nodes(nodes: tuple[Node, ...]) -> Iterator[Related]:
    """Return the nodes about related records in a conjunction, at any depth, but not those within another such node."""
    for node in nodes:
        if isinstance(node, Related):
            yield node
        elif isinstance(node, Not):
            yield from related_nodes((node.node,))
        elif isinstance(node, (And, Or)):
            yield from related_nodes(node.nodes)


def leaf_nodes(nodes: tuple[Node, ...]) -> Iterator[Condition | Unredacted | Related]:
    """Return the nodes of a conjunction that are no combinations of others, at any depth, but not those within related nodes."""
    for node in nodes:
        if isinstance(node, Not):
            yield from leaf_nodes((node.node,))
        elif isinstance(node, (And, Or)):
            yield from leaf_nodes(node.nodes)
        else:
            yield node


def named_fields(nodes: tuple[Node, ...]) -> Iterator[str]:
    """Return the fields of the record itself that a conjunction compares, at any depth; those of related records are not."""
    for node in leaf_nodes(nodes):
        yield node.local_field if isinstance(node, Related) else node.field
        if isinstance(node, Condition) and isinstance(node.value, Ref):
            yield node.value.field


def replace_related(nodes: tuple[Node, ...], replacement: Callable[[Related], Node]) -> tuple[Node, ...]:
    """Return the conjunction with each node about related records replaced.

    :param replacement: returns what to put in place of such a node.
    """

    def one(node: Node) -> Node:
        if isinstance(node, Related):
            return replacement(node)
        if isinstance(node, Not):
            return Not(one(node.node))
        return replace(node, nodes=tuple(map(one, node.nodes))) if isinstance(node, (And, Or)) else node

    return tuple(map(one, nodes))


def find_field(schema: ResourceSchema, name: str) -> str:
    """Return the name of a field in the schema, for a name that may be an alias.

    :raises UnknownField: there is no such field; with a suggestion.
    """
    name = key_field(schema) if name == "pk" else schema.aliases.get(name, name)
    if name in schema.columns or name in schema.derived or name in schema.computed:
        return name
    names = sorted({*filter(str.isidentifier, schema.fields), *schema.flags})
    near = suggest(name, [*names, *schema.links])
    raise UnknownField(f"{schema.name} has no field {name!r}{near} Its fields: {', '.join(names)}")


def key_field(schema: ResourceSchema) -> str:
    """Return the name of the field that is the key of a resource, for Django's name ``pk``.

    :raises QueryError: the key is several fields.
    """
    if len(schema.key) > 1:
        raise QueryError(f"pk is one field, and the key of a {schema.name} is several: name them, {', '.join(schema.key)}")
    return schema.key[0]


def queryable_field(schema: ResourceSchema, name: str) -> str:
    """Return the name of a field that a query may be about, for a name that may be an alias.

    :raises UnknownField: there is no such field; with a suggestion.
    :raises QueryError: Twilio's lists do not show the field, so a query could not have the same result live and offline.
    """
    field = find_field(schema, name)
    if field in schema.columns and schema.columns[field].unlisted:
        raise QueryError(
            f"no query, diff or changes(fields=…) can be about {schema.name}.{field}: Twilio's list does not show it."
            " Read it of single records, and compare it in Python"
        )
    return field
