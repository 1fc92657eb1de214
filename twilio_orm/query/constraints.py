"""The constraints that certainly follow from a query: equal values, spans of times and days, flags. Pure.

Planning and coverage reason with constraints alone: a query lies within a request, or within a sweep, if its constraints are
subsumed by theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..schema.times import TICK, instant, instant_text
from .ast import And, Condition, Node, Not, Or, Query, Ref
from .intervals import EVER, Span, hull, intersection, next_day, within

if TYPE_CHECKING:
    from ..schema.field import Column
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Constraints(Value):
    """Conditions that every record of a set satisfies.

    :param equal: fields and the canonical values that they have.
    :param spans: times and days, and the half-open spans that they lie within.
    :param flags: the parameters that change what Twilio lists, and their values.
    """

    equal: Mapping[str, Any] = field(default_factory=dict)
    spans: Mapping[str, Span] = field(default_factory=dict)
    flags: tuple[tuple[str, Any], ...] = ()

    def is_subsumed_by(self, other: Constraints) -> bool:
        """Tell whether every record that satisfies these constraints satisfies ``other`` too."""
        if self.flags != other.flags:
            return False
        if any(name not in self.equal or self.equal[name] != value for name, value in other.equal.items()):
            return False
        return all(name in self.spans and within(self.spans[name], span) for name, span in other.spans.items())

    def common(self, other: Constraints) -> Constraints:
        """Return what records satisfy that satisfy either of two constraints with the same flags."""
        equal = {name: value for name, value in self.equal.items() if name in other.equal and other.equal[name] == value}
        spans = {name: hull(span, other.spans[name]) for name, span in self.spans.items() if name in other.spans}
        return Constraints(equal, spans, self.flags)

    def nodes(self) -> tuple[Node, ...]:
        """Return the equal values and the spans as conditions."""
        nodes: list[Node] = [
            Condition(name, "isnull", True) if value is None else Condition(name, "exact", value)
            for name, value in self.equal.items()
        ]
        for name, (low, high) in self.spans.items():
            nodes += [Condition(name, "gte", low)] * (low is not None) + [Condition(name, "lt", high)] * (high is not None)
        return tuple(nodes)


def query_constraints(query: Query) -> Constraints:
    """Return the constraints that follow from a query's conjunction."""
    equal: dict[str, Any] = {}
    spans: dict[str, Span] = {}
    for node in conditions(query.where):
        if node.field in query.schema.expressions:
            continue
        column = query.schema.column(node.field)
        if node.lookup == "exact" or (node.lookup == "in" and len(node.value) == 1):
            equal.setdefault(node.field, node.value if node.lookup == "exact" else node.value[0])
        span = _span(column, node)
        if span is not None:
            spans[node.field] = intersection(spans.get(node.field, EVER), span)
    return Constraints(equal, spans, query.flags)


def row_constraints(schema: ResourceSchema, row: Row) -> Constraints:
    """Return the constraints that a row satisfies: its values, and for times and days the span of each alone."""
    equal: dict[str, Any] = {}
    spans: dict[str, Span] = {}
    for name, column in schema.columns.items():
        value = column.normalized(schema.codec.stored(row, name))
        if value is not None and column.kind in ("datetime", "date"):
            spans[name] = (value, next_day(value) if column.kind == "date" else instant_text(instant(value) + TICK))
        elif value is not None:
            equal[name] = value
    return Constraints(equal, spans)


def conjuncts(nodes: Iterable[Node]) -> Iterator[Node]:
    """Flatten a conjunction: conditions within an "and", an "or" of one node, or a double negation stand on their own."""
    for node in nodes:
        if isinstance(node, And) or (isinstance(node, Or) and len(node.nodes) == 1):
            yield from conjuncts(node.nodes)
        elif isinstance(node, Not) and isinstance(inner := _only(node.node), Not):
            yield from conjuncts((inner.node,))
        else:
            yield node


def _only(node: Node) -> Node:
    """Unwrap an "and" or an "or" of one node."""
    while isinstance(node, (And, Or)) and len(node.nodes) == 1:
        (node,) = node.nodes
    return node


def conditions(nodes: Iterable[Node]) -> Iterator[Condition]:
    """Return the conditions of a conjunction that compare a field's whole value with a value."""
    for node in conjuncts(nodes):
        if isinstance(node, Condition) and not node.part and not isinstance(node.value, Ref):
            yield node


def disjuncts(query: Query, most: int = 20) -> list[Query]:
    """Split a query at its "or": the union of the returned queries is the query.

    :param most: the greatest number of queries to split it into; an "or" of more nodes is not split.
    """
    flat = list(conjuncts(query.where))
    either = next((node for node in flat if isinstance(node, Or) and 1 < len(node.nodes) <= most), None)
    if either is None:
        return [query]
    rest = tuple(node for node in flat if node is not either)
    share = most // len(either.nodes)
    return [one for node in either.nodes for one in disjuncts(replace(query, where=(*rest, node)), share)]


def _span(column: Column[Any], node: Condition) -> Span | None:
    """Return the span that a condition limits a time or a day to; None if it sets no limit."""
    if column.kind not in ("datetime", "date"):
        return None
    value = node.value
    if node.lookup == "span":
        return (value[0], value[1])
    if node.lookup == "spans" and value:
        return (min(low for low, _ in value), max(high for _, high in value))
    if column.kind == "datetime":
        return {"gte": (value, None), "lt": (None, value)}.get(node.lookup)
    spans: dict[str, Span] = {
        "exact": (value, value), "gte": (value, None), "gt": (value, None), "lt": (None, value), "lte": (None, value),
    }  # fmt: skip
    low, high = value if node.lookup == "range" else spans.get(node.lookup, EVER)
    if node.lookup == "gt":
        low = next_day(low)
    if high is not None and node.lookup in ("exact", "lte", "range"):
        high = next_day(high)
    return None if low is None and high is None else (low, high)
