"""What a question says for certain: values that must be equal, spans of time, flags. Pure.

A question implies what was heard where everything that fits the question fits it: that is all that planning and coverage
reason with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from .._frozen import Value
from ..schema.field import Column
from ..schema.resource_schema import ResourceSchema
from ..schema.row_codec import Row
from ..schema.times import ONE_DAY, TICK, instant, instant_text
from .ast import And, Condition, Node, Or, Query, Ref

Span = tuple[Any, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Constraints(Value):
    """What a conjunction says for certain: ``equal`` values, half-open ``spans`` (None: no end), ``flags``."""

    equal: Mapping[str, Any] = field(default_factory=dict)
    spans: Mapping[str, Span] = field(default_factory=dict)
    flags: tuple[tuple[str, Any], ...] = ()

    def is_subsumed_by(self, other: Constraints) -> bool:
        """Whether everything that fits these facts fits ``other`` too."""
        if self.flags != other.flags:
            return False
        if any(name not in self.equal or self.equal[name] != value for name, value in other.equal.items()):
            return False
        return all(_within(self.spans.get(name), span) for name, span in other.spans.items())

    def nodes(self) -> tuple[Node, ...]:
        """The facts as conditions."""
        nodes: list[Node] = [
            Condition(name, "isnull", True) if value is None else Condition(name, "exact", value)
            for name, value in self.equal.items()
        ]
        for name, (low, high) in self.spans.items():
            nodes += [Condition(name, "gte", low)] * (low is not None) + [Condition(name, "lt", high)] * (high is not None)
        return tuple(nodes)


def of_row(schema: ResourceSchema, row: Row) -> Constraints:
    """What is certain of a record that is at hand."""
    equal: dict[str, Any] = {}
    spans: dict[str, Span] = {}
    for name, column in schema.columns.items():
        value = column.normalized(schema.codec.stored(row, name))
        if value is not None and column.kind in ("datetime", "date"):
            spans[name] = (value, _after(value))
        elif value is not None:
            equal[name] = value
    return Constraints(equal, spans)


def _after(value: str) -> str:
    """The next value there is after a time or a day."""
    return next_day(value) if len(value) == 10 else instant_text(instant(value) + TICK)


def _within(inner: Span | None, outer: Span) -> bool:
    if inner is None:
        return False
    low_fits = outer[0] is None or (inner[0] is not None and inner[0] >= outer[0])
    high_fits = outer[1] is None or (inner[1] is not None and inner[1] <= outer[1])
    return bool(low_fits and high_fits)


def constraints(query: Query) -> Constraints:
    """What the question's conjunction says for certain."""
    equal: dict[str, Any] = {}
    spans: dict[str, Span] = {}
    for node in conditions(query.where):
        column = query.schema.column(node.field)
        if node.lookup == "exact" or (node.lookup == "in" and len(node.value) == 1):
            equal.setdefault(node.field, node.value if node.lookup == "exact" else node.value[0])
        span = _span(column, node)
        if span is not None:
            spans[node.field] = narrow(spans.get(node.field), span)
    return Constraints(equal, spans, query.flags)


def sides(query: Query, most: int = 20) -> list[Query]:
    """The sides of a query, which together are the query: of ``a | b`` the queries a and b; at most so many."""
    flat = list(_flat(query.where))
    either = next((node for node in flat if isinstance(node, Or) and 1 < len(node.nodes) <= most), None)
    if either is None:
        return [query]
    rest = tuple(node for node in flat if node is not either)
    share = most // len(either.nodes)
    return [one for side in either.nodes for one in sides(replace(query, where=(*rest, side)), share)]


def _flat(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        if isinstance(node, And):
            yield from _flat(node.nodes)
        else:
            yield node


def conditions(nodes: tuple[Node, ...]) -> Iterator[Condition]:
    """The conditions of a conjunction that compare a field's whole value with a value."""
    for node in nodes:
        if isinstance(node, Condition):
            if not node.part and not isinstance(node.value, Ref):
                yield node
        elif isinstance(node, And):
            yield from conditions(node.nodes)


def _span(column: Column[Any], node: Condition) -> Span | None:
    """The half-open span that a condition on a time or a day confines its field to."""
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
    low, high = value if node.lookup == "range" else spans.get(node.lookup, (None, None))
    if node.lookup in ("gt",):
        low = next_day(low)
    if high is not None and node.lookup in ("exact", "lte", "range"):
        high = next_day(high)
    return None if low is None and high is None else (low, high)


def next_day(day: str) -> str:
    """The day after a day, as text."""
    try:
        return (date.fromisoformat(day) + ONE_DAY).isoformat()
    except OverflowError:
        return "9999-12-32"  # sorts after every day there is


def day_before(day: str) -> str:
    """The day before a day, as text."""
    try:
        return (date.fromisoformat(day) - ONE_DAY).isoformat()
    except OverflowError:
        return day


def narrow(old: Span | None, new: Span) -> Span:
    """What lies within both spans."""
    if old is None:
        return new
    lows = [end for end in (old[0], new[0]) if end is not None]
    highs = [end for end in (old[1], new[1]) if end is not None]
    return (max(lows) if lows else None, min(highs) if highs else None)
