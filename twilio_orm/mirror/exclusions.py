"""What a mirror does not know of its records: fields that are excluded, and fields that were redacted. It asks nothing.

Which fields are excluded is said by ``connect(leave_out=…)``, for every record of a resource; no query about them is answered.
Which are redacted each row says. A query is answered where it certainly has the same answer whatever the redacted values were:
:func:`certainly` and :func:`possibly` make the two queries between which it lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..errors import ConfigurationError, NotCovered, suggest
from ..query.ast import And, Condition, Node, Not, Or, Query, Ref, Related, Unredacted
from ..query.constraints import Facts
from ..query.faces import tester
from ..schema.exact_json import dumps, loads
from ..schema.resource_schema import Row, Shape

PERSONAL = "personal"
NEEDED = frozenset({"account_sid", "status", "price", "date_created", "date_updated"})
"""What syncs and sums go by."""
Left = Mapping[str, frozenset[str]]
"""Fields by table: those that are excluded, or those that were redacted in some record."""
KINDS = frozenset({"text", "url", "address", "json", "texts", "country"})
"""The kinds of fields that can hold what somebody wrote, and may have been redacted."""


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
    """The fields among these that a query depends on, as ``Call.to``.

    :param names: fields of its records that are read besides.
    """
    if not left:
        return []
    own = [*((query.shape, name) for name, _ in query.order), *((query.shape, name) for name in names)]
    found = [*_fields(query.shape, query.where), *own]
    return sorted({f"{shape.name}.{name}" for shape, name in found if name in left.get(shape.table, ())})


def redactable(query: Query, names: Iterable[str] = ()) -> bool:
    """Whether a query depends on any field that may have been redacted. See :func:`asked`."""
    fields = [*_fields(query.shape, query.where), *((query.shape, name) for name in (*(name for name, _ in query.order), *names))]
    return any(name in shape.derived or shape.columns[name].kind in KINDS for shape, name in fields)


def refuse(left: Left, query: Query, names: Iterable[str] = ()) -> None:
    """Raises NotCovered where a query depends on what is excluded."""
    found = asked(left, query, names)
    if found:
        raise left_out(found)


def hidden(left: Left, query: Query, names: Iterable[str], row: Row) -> NotCovered | None:
    """The error for a query whose answer depends on what a record that is held lacks, None where it does not.

    :param left: the fields that are excluded, where the row came from the mirror; of others it lacks none of them.
    :param names: the fields that are read of the record.
    """
    if row is None or row[query.shape.index["mirror_absent"]] is None:
        return None
    shape, names = query.shape, list(names)
    redacted = {shape.table: frozenset(shape.redacted(row))}
    may, unsure = doubtful(query, names, redacted)
    if tester(shape, (*may, unsure))(row):
        return redacted_away(asked(redacted, query, names))
    lacks = {shape.table: left.get(shape.table, frozenset()) & {*shape.absent(row)}}
    found = asked(lacks, query, names)
    return left_out(found) if found else None


def left_out(fields: Iterable[str]) -> NotCovered:
    """The error for a query that depends on what is excluded."""
    return NotCovered(f"{', '.join(fields)} is left out of this mirror: ask Twilio (without offline())")


def redacted_away(fields: Iterable[str]) -> NotCovered:
    """The error for a query whose answer depends on what was redacted."""
    return NotCovered(
        f"{', '.join(fields)} of some records was forgotten in this mirror, and the answer depends on it: ask Twilio (without"
        " offline()), read those records again (sync(full=True)), or take what is certain with offline(partial=True)"
    )


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
            yield node.other, node.theirs
            yield from _fields(node.other, node.nodes)


# ---------------------------------------------------------------- what is certain of redacted records


def certainly(shape: Shape, nodes: Iterable[Node], left: Left) -> tuple[Node, ...]:
    """A conjunction that holds for a record only where the given one does whatever the redacted values were.

    :param left: the fields that may have been redacted, by table.
    """
    return tuple(_bound(shape, node, left, sure=True) for node in nodes)


def possibly(shape: Shape, nodes: Iterable[Node], left: Left) -> tuple[Node, ...]:
    """A conjunction that holds for a record wherever the given one may hold, for some redacted values."""
    return tuple(_bound(shape, node, left, sure=False) for node in nodes)


def relates(nodes: Iterable[Node], left: Left) -> bool:
    """Whether a conjunction depends on redacted fields of related records."""
    for node in nodes:
        if isinstance(node, Related) and any(
            name in left.get(other.table, ()) for other, name in _fields(node.other, node.nodes)
        ):
            return True
        if isinstance(node, Related) and node.theirs in left.get(node.other.table, ()):
            return True
        inner = (node.node,) if isinstance(node, Not) else node.nodes if isinstance(node, (And, Or)) else ()
        if relates(inner, left):
            return True
    return False


def doubtful(query: Query, names: Iterable[str], left: Left) -> tuple[tuple[Node, ...], Node]:
    """Which redacted records leave the answer to a query uncertain: those that may answer, and do not certainly, or lack what is
    read of them.

    :param names: fields that are read of the records besides. :param left: the fields that may have been redacted, by table.
    """
    shape, where = query.shape, query.where
    reads = dict.fromkeys([*(name for name, _ in query.order), *names])
    lacks = [Not(Unredacted(name)) for name in reads if name in left.get(shape.table, ())]
    return possibly(shape, where, left), Or((Not(And(certainly(shape, where, left))), *lacks))


def _bound(shape: Shape, node: Node, left: Left, *, sure: bool) -> Node:
    """The nearest node on the one side of a node, or on the other."""
    if isinstance(node, Not):
        return Not(_bound(shape, node.node, left, sure=not sure))
    if isinstance(node, (And, Or)):
        return replace(node, nodes=tuple(_bound(shape, one, left, sure=sure) for one in node.nodes))
    if isinstance(node, Related):
        if not sure and node.theirs in left.get(node.other.table, ()):
            return And(())  # whose records those are is not known
        node = replace(node, nodes=tuple(_bound(node.other, one, left, sure=sure) for one in node.nodes))
        names = [node.hers]
    elif isinstance(node, Condition):
        names = [node.field, *([node.value.field] if isinstance(node.value, Ref) else [])]
    else:
        return node
    names = [name for name in names if name in left.get(shape.table, ())]
    if not names:
        return node
    return And((node, *map(Unredacted, names))) if sure else Or((node, *(Not(Unredacted(name)) for name in names)))
