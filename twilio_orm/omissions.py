"""What a mirror leaves out: which fields of which resources, as they are named, checked and written down. It asks nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .errors import ConfigurationError, NotCovered, suggest
from .facts import Facts
from .jsontext import dumps, loads
from .query import And, Condition, Node, Not, Or, Query, Ref, Related
from .shape import Shape

PERSONAL = "personal"
NEEDED = frozenset({"account_sid", "status", "price", "date_created", "date_updated"})
"""What syncs and sums go by."""
Left = Mapping[str, frozenset[str]]
"""The fields that are left out, by table."""


def resolved(given: Any, shapes: Iterable[Shape]) -> Left | None:
    """What ``connect(leave_out=…)`` was told, by table; None where it was told nothing.

    :raises ConfigurationError: an unknown resource or field, or one that the mirror cannot do without.
    """
    if given is None:
        return None
    known = {shape.name: shape for shape in shapes if shape.mirrored}
    if given == PERSONAL:
        named = {name: [one for one, column in shape.columns.items() if column.personal] for name, shape in known.items()}
        return {known[name].table: frozenset(fields) - _needed(known[name]) for name, fields in named.items() if fields}
    if not isinstance(given, Mapping):
        raise ConfigurationError('leave_out takes "personal", or fields by resource such as {"Message": ["body"]}')
    out: dict[str, frozenset[str]] = {}
    for word, fields in given.items():
        name = word if isinstance(word, str) else getattr(word, "__name__", repr(word))
        if name not in known:
            raise ConfigurationError(f"leave_out names {name!r}, which is no resource of the mirror{suggest(name, known)}")
        if isinstance(fields, str) or not isinstance(fields, Iterable):
            raise ConfigurationError(f"leave_out takes a list of fields for {name}, not {type(fields).__name__}")
        out[known[name].table] = frozenset(_field(known[name], field) for field in fields)
    return out


def _needed(shape: Shape) -> set[str]:
    told = shape.settled
    ways = {name for way in ("", *shape.ways) for name in shape.parents(way)}
    return {*NEEDED, *shape.key, shape.window or "", *([told.by, told.price] if told else []), *ways, *_apart(shape)}


def _apart(shape: Shape) -> set[str]:
    """Fields by which lists are told apart."""
    return {part[0] for part in (shape.partition, shape.branches, shape.hides) if part} | {shape.numbered}


def _field(shape: Shape, word: Any) -> str:
    name = next((one for one in (word, f"{word}_") if one in shape.columns), None)
    if name is None:
        raise ConfigurationError(f"leave_out: {shape.name} has no field {word!r}{suggest(str(word), shape.columns)}")
    if name in _needed(shape):
        raise ConfigurationError(f"leave_out: the mirror cannot do without {shape.name}.{name}")
    return name


def spelled(left: Left) -> str:
    """What is left out, as canonical text."""
    return dumps({table: sorted(left[table]) for table in sorted(left) if left[table]})


def unspelled(text: str | None) -> Left:
    """The same, read."""
    return {table: frozenset(names) for table, names in loads(text or "{}").items()}


def more(wanted: Left, held: Left) -> list[str]:
    """The tables of which more is to be left out than was."""
    return [table for table, names in wanted.items() if names - held.get(table, frozenset())]


def union(one: Left, other: Left) -> Left:
    """What either leaves out."""
    return {table: one.get(table, frozenset()) | other.get(table, frozenset()) for table in {*one, *other}}


def touched(left: Left, shape: Shape, facts: Facts) -> bool:
    """Whether a question that was heard speaks of what is left out."""
    names = left.get(shape.table, frozenset())
    return not names.isdisjoint({*facts.equal, *facts.spans})


def asked(left: Left, query: Query, names: Iterable[str] = ()) -> list[str]:
    """The fields that a question speaks of and that are left out."""
    if not left:
        return []
    own = [*((query.shape, name) for name, _ in query.order), *((query.shape, name) for name in names)]
    found = [*_fields(query.shape, query.where), *own]
    return sorted({f"{shape.name}.{name}" for shape, name in found if name in left.get(shape.table, ())})


def refuse(left: Left, query: Query, names: Iterable[str] = ()) -> None:
    """Raises NotCovered where a question speaks of what is left out."""
    found = asked(left, query, names)
    if found:
        raise NotCovered(f"{', '.join(found)} is left out of this mirror: ask Twilio (without offline())")


def _fields(shape: Shape, nodes: Iterable[Node]) -> Iterator[tuple[Shape, str]]:
    for node in nodes:
        if isinstance(node, Condition):
            yield shape, node.field
            if isinstance(node.value, Ref):
                yield shape, node.value.field
        elif isinstance(node, Not):
            yield from _fields(shape, (node.node,))
        elif isinstance(node, (And, Or)):
            yield from _fields(shape, node.nodes)
        elif isinstance(node, Related):
            yield shape, node.hers
            yield from _fields(node.other, node.nodes)
