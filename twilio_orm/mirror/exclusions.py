"""Fields whose values a mirror does not know: excluded fields, and redacted ones. Pure.

``connect(exclude_fields=…)`` names the excluded fields of a resource; no query about them is answered. Each row names its own
redacted fields. A query is answered if its answer is certainly the same whatever the redacted values were: the exact answer lies
between those of the two queries that :func:`certainly` and :func:`possibly` make.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError, NotCovered, suggest, unreadable
from ..query.ast import And, Condition, Node, Not, Or, Query, Ref, Related, Unredacted
from ..query.predicates import predicate
from ..schema.exact_json import dumps, loads
from . import metadata

if TYPE_CHECKING:
    from ..query.constraints import Constraints
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .engine import Executor

PERSONAL = "personal"
NEEDED = frozenset({"account_sid", "status", "price", "date_created", "date_updated"})
"""Fields that syncs and sums need."""
Exclusions = Mapping[str, frozenset[str]]
"""Fields by table: the excluded ones, or those that were redacted in some record."""
IN_ALL_FILES = frozenset(
    ("sid", "account_sid", "call_sid", "conference_sid", "status", "direction", "to", "from_", "body", "duration", "start_time")
    + ("end_time", "date_sent", "date_created", "date_updated")
)
"""Fields that each record of a file has, or nothing is claimed of the file: queries on them alone are not checked."""
KINDS = frozenset({"text", "url", "address", "json", "texts", "country"})
"""The kinds of fields that can hold what a person wrote, and so may have been redacted."""


def resolve(given: Any, schemas: Iterable[ResourceSchema]) -> Exclusions | None:
    """Return the fields that ``connect(exclude_fields=…)`` was given, by table; None if it was given none.

    :raises ConfigurationError: an unknown resource or field, or one that the mirror needs.
    """
    if given is None:
        return None
    mirrored = {schema.name: schema for schema in schemas if schema.mirrored}
    if given == PERSONAL:
        personal = {name: [one for one, column in schema.columns.items() if column.personal] for name, schema in mirrored.items()}
        return {mirrored[name].table: frozenset(fields) - _needed(mirrored[name]) for name, fields in personal.items() if fields}
    if not isinstance(given, Mapping):
        raise ConfigurationError('exclude_fields takes "personal", or fields by resource such as {"Message": ["body"]}')
    out: dict[str, frozenset[str]] = {}
    for resource, fields in given.items():
        name = resource if isinstance(resource, str) else getattr(resource, "__name__", repr(resource))
        if name not in mirrored:
            raise ConfigurationError(
                f"exclude_fields names {name!r}, which is no resource of the mirror{suggest(name, mirrored)}"
            )
        if isinstance(fields, str) or not isinstance(fields, Iterable):
            raise ConfigurationError(f"exclude_fields takes a list of fields for {name}, not {type(fields).__name__}")
        out[mirrored[name].table] = frozenset(_field(mirrored[name], field) for field in fields)
    return out


def _needed(schema: ResourceSchema) -> set[str]:
    finality = schema.finality
    parent_paths = {name for parent_path in ("", *schema.parent_paths) for name in schema.urls.parents(parent_path)}
    return {
        *NEEDED,
        *schema.key,
        schema.window or "",
        *([finality.by, finality.price] if finality else []),
        *parent_paths,
        *_apart(schema),
    }


def _apart(schema: ResourceSchema) -> set[str]:
    """Fields that distinguish the lists of a resource."""
    return {part[0] for part in (schema.partition, schema.branches, schema.hides) if part} | {schema.numbered}


def _field(schema: ResourceSchema, given: Any) -> str:
    name = next((one for one in (given, f"{given}_") if one in schema.columns), None)
    if name is None:
        raise ConfigurationError(f"exclude_fields: {schema.name} has no field {given!r}{suggest(str(given), schema.columns)}")
    if name in _needed(schema):
        raise ConfigurationError(f"exclude_fields: the mirror cannot do without {schema.name}.{name}")
    return name


def encode(unknown: Exclusions) -> str:
    """Return fields as canonical text."""
    return dumps({table: sorted(unknown[table]) for table in sorted(unknown) if unknown[table]})


def decode(text: str | None) -> Exclusions:
    """Return the fields that a text stands for.

    :raises MirrorCorrupt: it is another text than :func:`encode` returns.
    """
    if text is None:  # the hot path: there are none
        return {}
    found = loads(text)
    if not isinstance(found, dict) or not all(isinstance(names, list) for names in found.values()):
        raise unreadable("the list of fields that the mirror does not know")
    return {table: frozenset(names) for table, names in found.items()}


def tables_with_more(wanted: Exclusions, stored: Exclusions) -> list[str]:
    """Return the tables of which more fields are wanted than are stored."""
    return [table for table, names in wanted.items() if names - stored.get(table, frozenset())]


def union(one: Exclusions, other: Exclusions) -> Exclusions:
    """Return the fields of either."""
    return {table: one.get(table, frozenset()) | other.get(table, frozenset()) for table in {*one, *other}}


def touches(unknown: Exclusions, schema: ResourceSchema, constraints: Constraints) -> bool:
    """Return whether constraints name any of these fields."""
    names = unknown.get(schema.table, frozenset())
    return not names.isdisjoint({*constraints.equal, *constraints.spans})


def fields_among(unknown: Exclusions, query: Query, names: Iterable[str] = ()) -> list[str]:
    """Return the fields among these that a query depends on, as ``Call.to``.

    :param unknown: fields by table.
    :param names: fields of its records that are read besides.
    """
    if not unknown:
        return []
    own = [(query.schema, name) for name in _reads(query.schema, [*query.read_names, *names])]
    found = [*_fields(query.schema, query.where), *own]
    return sorted({f"{schema.name}.{name}" for schema, name in found if name in unknown.get(schema.table, ())})


def absent_from_files(query: Query) -> bool:
    """Return whether the conditions or the order of a query depend on any field that files may lack. Pure."""
    names = {*(name for _, name in _fields(query.schema, query.where)), *_reads(query.schema, query.read_names)}
    return not names <= IN_ALL_FILES


def redactable(query: Query, names: Iterable[str] = ()) -> bool:
    """Return whether a query depends on any field that may have been redacted. See :func:`fields_among`."""
    own = _reads(query.schema, [*query.read_names, *names])
    fields = [*_fields(query.schema, query.where), *((query.schema, name) for name in own)]
    return any(name in schema.derived or schema.columns[name].kind in KINDS for schema, name in fields)


def refuse(unknown: Exclusions, query: Query, names: Iterable[str] = ()) -> None:
    """Refuse a query that depends on an excluded field.

    :raises NotCovered: it does.
    """
    found = fields_among(unknown, query, names)
    if found:
        raise excluded(found)


def unknown_in(unknown: Exclusions, query: Query, names: Iterable[str], row: Row) -> NotCovered | None:
    """Return the error for a query whose answer depends on a value that a stored record lacks; None if it does not.

    :param unknown: the excluded fields, if the row came from the mirror.
    :param names: the fields that are read from the record.
    """
    if row is None or row[query.schema.codec.absent_slot] is None:
        return None
    schema, names = query.schema, list(names)
    redacted = {schema.table: frozenset(schema.codec.redacted(row))}
    may, unsure = uncertainty(query, names, redacted)
    if predicate(schema, (*may, unsure))(row):
        return redacted_away(fields_among(redacted, query, names))
    lacks = {schema.table: unknown.get(schema.table, frozenset()) & {*schema.codec.absent(row)}}
    found = fields_among(lacks, query, names)
    return excluded(found) if found else None


def excluded(fields: Iterable[str]) -> NotCovered:
    """Return the error for a query that depends on excluded fields."""
    return NotCovered(f"{', '.join(fields)} is excluded from this mirror: query Twilio instead, without offline()")


def redacted_away(fields: Iterable[str]) -> NotCovered:
    """Return the error for a query whose result depends on redacted fields."""
    return NotCovered(
        f"{', '.join(fields)} of some records was redacted in this mirror, and the result depends on it: query Twilio (without"
        " offline()), fetch those records again (sync(full=True)), or take the certain results with offline(partial=True)"
    )


def _reads(schema: ResourceSchema, names: Iterable[str]) -> list[str]:
    """The stored fields that some fields come from, once each."""
    return [*dict.fromkeys(read for name in names for read in schema.reads(name))]


def _fields(schema: ResourceSchema, nodes: Iterable[Node]) -> Iterator[tuple[ResourceSchema, str]]:
    """The stored fields that a conjunction depends on, with their resources."""
    for node in nodes:
        if isinstance(node, Condition):
            names = [node.field, *([node.value.field] if isinstance(node.value, Ref) else [])]
            yield from ((schema, name) for name in _reads(schema, names))
        elif isinstance(node, Not):
            yield from _fields(schema, (node.node,))
        elif isinstance(node, (And, Or)):
            yield from _fields(schema, node.nodes)
        elif isinstance(node, Related):
            yield schema, node.local_field
            yield node.other, node.remote_field
            yield from _fields(node.other, node.nodes)


# ---------------------------------------------------------------- what is certain of redacted records


def certainly(schema: ResourceSchema, nodes: Iterable[Node], unknown: Exclusions) -> tuple[Node, ...]:
    """Return a conjunction that a record satisfies only if it satisfies the given one whatever its redacted values were.

    :param unknown: the fields that may have been redacted, by table.
    """
    return tuple(_bound(schema, node, unknown, sure=True) for node in nodes)


def possibly(schema: ResourceSchema, nodes: Iterable[Node], unknown: Exclusions) -> tuple[Node, ...]:
    """Return a conjunction that a record satisfies if it satisfies the given one for some redacted values.

    :param unknown: the fields that may have been redacted, by table.
    """
    return tuple(_bound(schema, node, unknown, sure=False) for node in nodes)


def relates(nodes: Iterable[Node], unknown: Exclusions) -> bool:
    """Return whether a conjunction depends on redacted fields of related records."""
    for node in nodes:
        if isinstance(node, Related) and any(
            name in unknown.get(other.table, ()) for other, name in _fields(node.other, node.nodes)
        ):
            return True
        if isinstance(node, Related) and node.remote_field in unknown.get(node.other.table, ()):
            return True
        inner = (node.node,) if isinstance(node, Not) else node.nodes if isinstance(node, (And, Or)) else ()
        if relates(inner, unknown):
            return True
    return False


def uncertainty(query: Query, names: Iterable[str], unknown: Exclusions) -> tuple[tuple[Node, ...], Node]:
    """Return the conditions of the records that leave the answer to a query uncertain.

    They may belong to the answer, and do not certainly, or lack a value that is read from them.

    :param names: fields that are read from the records besides.
    :param unknown: the fields that may have been redacted, by table.
    :returns: the conditions of the records that may belong to the answer, and of the uncertain ones among them.
    """
    schema, where = query.schema, query.where
    reads = _reads(schema, [*query.read_names, *names])
    lacks = [Not(Unredacted(name)) for name in reads if name in unknown.get(schema.table, ())]
    return possibly(schema, where, unknown), Or((Not(And(certainly(schema, where, unknown))), *lacks))


def _bound(schema: ResourceSchema, node: Node, unknown: Exclusions, *, sure: bool) -> Node:
    """The nearest narrower node if ``sure``, else the nearest wider one."""
    if isinstance(node, Not):
        return Not(_bound(schema, node.node, unknown, sure=not sure))
    if isinstance(node, (And, Or)):
        return replace(node, nodes=tuple(_bound(schema, one, unknown, sure=sure) for one in node.nodes))
    if isinstance(node, Related):
        if not sure and node.remote_field in unknown.get(node.other.table, ()):
            return And(())  # which record they belong to is not known
        node = replace(node, nodes=tuple(_bound(node.other, one, unknown, sure=sure) for one in node.nodes))
        names = [node.local_field]
    elif isinstance(node, Condition):
        names = _reads(schema, [node.field, *([node.value.field] if isinstance(node.value, Ref) else [])])
    else:
        return node
    names = [name for name in names if name in unknown.get(schema.table, ())]
    if not names:
        return node
    return And((node, *map(Unredacted, names))) if sure else Or((node, *(Not(Unredacted(name)) for name in names)))


def redacted_fields(connection: Executor) -> Exclusions:
    """Return the fields that were redacted in any record, by table. Reads the disk."""
    return decode(metadata.read(connection, metadata.REDACTED))
