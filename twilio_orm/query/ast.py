"""A question as a value: conditions and the query that holds them. Frozen, ignorant of how it is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from .._frozen import Value
from ..errors import QueryError, UnknownField, suggest
from ..schema.resource_schema import ResourceSchema


@dataclass(frozen=True, eq=False, repr=False)
class Ref(Value):
    """The value of another field of the same record, where a value was expected."""

    field: str


@dataclass(frozen=True, repr=False)
class Condition(Value):
    """``field`` looked up by ``lookup`` for the canonical ``value``.

    ``part`` reads a part of a time instead of all of it (``hour``), on the clocks of ``zone``.
    """

    field: str
    lookup: str
    value: Any
    part: str = ""
    zone: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Term(Value):
    """What is read of a record where no condition is: a field, or a part of it on the clocks of a zone."""

    field: str
    part: str = ""
    zone: str = ""

    @property
    def name(self) -> str:
        """Its name in an answer."""
        return f"{self.field}__{self.part}" if self.part else self.field

    def compared(self, schema: ResourceSchema, stored: Any) -> Any:
        """What tells values apart: numbers that are equal are the same."""
        return stored if stored is None or self.part else schema.column(self.field).comparable(stored)

    def value(self, schema: ResourceSchema, stored: Any) -> Any:
        """A value that was read, in Python."""
        if self.part:
            return date.fromisoformat(stored) if self.part == "date" and stored is not None else stored
        return schema.column(self.field).python_value(stored)

    def shared(self, schema: ResourceSchema, stored: Any) -> Any:
        """A value that several records have in common, in Python: of equal decimals the usual spelling."""
        column: Any = schema.column(self.field)
        return column.decimal(stored) if self.field in schema.numbers and stored is not None else self.value(schema, stored)


@dataclass(frozen=True, eq=False, repr=False)
class Unredacted(Value):
    """The value of ``field`` is known: the mirror's row was not redacted there."""

    field: str


@dataclass(frozen=True, eq=False, repr=False)
class Not(Value):
    """The exact complement of ``node``."""

    node: Node


@dataclass(frozen=True, eq=False, repr=False)
class And(Value):
    """Every one of ``nodes``."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Or(Value):
    """At least one of ``nodes``."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Related(Value):
    """Some record of ``other``, whose field ``theirs`` holds what the field ``hers`` of this one holds, fits ``nodes``.

    ``name`` is the relation's word, ``kind`` what it is: ``one``, ``many`` or ``below``.
    """

    name: str
    local_field: str
    remote_field: str
    other: ResourceSchema
    kind: str
    nodes: tuple[Node, ...] = ()


Node = Condition | Unredacted | Not | And | Or | Related


@dataclass(frozen=True, repr=False)
class Query(Value):
    """What is asked of one resource.

    ``where`` is a conjunction; ``order`` pairs of a field's name and whether it descends; ``low`` and ``high`` the
    slice; ``flags`` the parameters that change the set; ``way`` the field of the parent below which to ask.
    """

    schema: ResourceSchema
    where: tuple[Node, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    low: int = 0
    high: int | None = None
    flags: tuple[tuple[str, Any], ...] = ()
    parent_path: str = ""

    def filtered(self, *nodes: Node, flags: Mapping[str, Any] | None = None) -> Query:
        """This question, narrowed."""
        if self.low or self.high is not None:
            raise QueryError("a slice cannot be filtered: filter first, then slice")
        return replace(self, where=self.where + nodes, flags=tuple(sorted({**dict(self.flags), **(flags or {})}.items())))

    def ordered(self, *names: str) -> Query:
        """This question, in another order."""
        if self.low or self.high is not None:
            raise QueryError("a slice cannot be ordered: order first, then slice")
        order = []
        for name in names:
            field = queryable_field(self.schema, name.removeprefix("-"))
            order.append((field, name.startswith("-")))
        return replace(self, order=tuple(order))

    def reversed(self) -> Query:
        """This question, in the opposite of its order, ties included. Raises QueryError where it has none."""
        if not self.order:
            raise QueryError("without an order there is no other end: order_by() first")
        said = {name for name, _ in self.order}
        keys = tuple((name, False) for name in self.schema.key if name not in said)
        order = tuple((name, not descends) for name, descends in (*self.order, *keys))
        return replace(self.ordered(), order=order)

    def sliced(self, start: int | None, stop: int | None) -> Query:
        """This question's answer from ``start`` up to ``stop``, within the slice there is."""
        if (start or 0) < 0 or (stop is not None and stop < 0):
            raise QueryError("a slice counts from the front: order the other way round instead of counting from the end")
        low = self.low + (start or 0)
        high = self.high if stop is None else self.low + stop if self.high is None else min(self.high, self.low + stop)
        return replace(self, low=low, high=None if high is None else max(low, high))


def related_nodes(nodes: tuple[Node, ...]) -> Iterator[Related]:
    """What a conjunction says of related records, at any depth, but not what that says of others."""
    for node in nodes:
        if isinstance(node, Related):
            yield node
        elif isinstance(node, Not):
            yield from related_nodes((node.node,))
        elif isinstance(node, (And, Or)):
            yield from related_nodes(node.nodes)


def replace_related(nodes: tuple[Node, ...], swap: Callable[[Related], Node]) -> tuple[Node, ...]:
    """The same nodes with something else in place of each that is about related records."""

    def one(node: Node) -> Node:
        if isinstance(node, Related):
            return swap(node)
        if isinstance(node, Not):
            return Not(one(node.node))
        return replace(node, nodes=tuple(map(one, node.nodes))) if isinstance(node, (And, Or)) else node

    return tuple(map(one, nodes))


def find_field(schema: ResourceSchema, name: str) -> str:
    """The field that ``name`` means. Raises UnknownField with a suggestion."""
    name = schema.aliases.get(name, name)
    if name in schema.columns or name in schema.derived:
        return name
    known = sorted({*schema.columns, *schema.derived, *schema.flags})
    near = suggest(name, [*known, *schema.links])
    raise UnknownField(f"{schema.name} has no field {name!r}{near} Its fields: {', '.join(known)}")


def queryable_field(schema: ResourceSchema, name: str) -> str:
    """The field that ``name`` means where a query is about it. See :func:`find`.

    :raises QueryError: lists do not show it, so that Twilio and the mirror cannot have one answer.
    """
    field = find_field(schema, name)
    if field in schema.columns and schema.columns[field].unlisted:
        raise QueryError(
            f"no query, diff or changes(fields=…) can be about {schema.name}.{field}: Twilio's list does not show it."
            " Read it of single records, and compare it in Python"
        )
    return field
