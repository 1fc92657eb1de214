"""Parse a caller's conditions: keywords such as ``start_time__hour__gte=9``, ``Q`` and ``F``, into the nodes of a query. Pure.

Names and values are checked here, so that a mistake raises before any request is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..errors import BadValue, QueryError, UnknownField, UnknownLookup, suggest
from ..schema.field import Column, many, pair
from ..schema.number_fields import Whole
from ..schema.time_fields import Day, Time
from ..schema.timezones import PART_RANGES, PARTS, UnevenDay, zone_name
from .ast import And, Condition, KeyTerm, Node, Not, Or, Ref, Related, Term, key_field, queryable_field
from .lookups import COMPARING, PUBLIC
from .q import F, Q

if TYPE_CHECKING:
    from ..schema.resource_schema import Link, ResourceSchema

COMPARABLE_KINDS = (frozenset({"int", "decimal", "money"}), frozenset({"text", "sid", "address", "url"}))
"""Kinds of fields that compare with one another; every kind compares with itself."""


# ---------------------------------------------------------------- conjunctions


def parse(schema: ResourceSchema, conditions: Mapping[str, Any], qs: Iterable[Q] = ()) -> tuple[tuple[Node, ...], dict[str, Any]]:
    """Parse the arguments of ``filter``.

    :param conditions: keywords and their values.
    :param qs: other conditions that have to be satisfied too.
    :returns: the nodes of the conjunction, and the flags with their canonical values.
    :raises QueryError: a keyword or a value is wrong.
    """
    flags, rest = {}, {}
    for keyword, value in conditions.items():
        if keyword not in schema.flags:
            rest[keyword] = value
        elif value is not None:
            flags[keyword] = schema.flags[keyword].canonical(value)
    return merge_related(_q_nodes(schema, Q(*qs, **rest), "")), flags


def _q_nodes(schema: ResourceSchema, q: Q, zone: str) -> list[Node]:
    """Return the conjunction that a Q stands for.

    :param zone: the time zone of the call or the Q around it, "" for UTC.
    """
    conditions = dict(q.conditions)
    zone = zone_name(conditions.pop("tz")) if conditions.get("tz") is not None else zone
    conditions.pop("tz", None)
    if q.operator == "not":
        return [Not(And(merge_related(_q_nodes(schema, q.parts[0], zone))))]
    if q.operator == "or":
        return [_or([_and(merge_related(_q_nodes(schema, part, zone))) for part in q.parts])]
    nodes = [node for part in q.parts for node in _q_nodes(schema, part, zone)]
    return nodes + [_keyword_node(schema, keyword, value, zone) for keyword, value in conditions.items()]


def _and(nodes: tuple[Node, ...]) -> Node:
    return nodes[0] if len(nodes) == 1 else And(nodes)


def _or(nodes: list[Node]) -> Node:
    """Join nodes by "or"; if all are about one relation, the "or" is about its record."""
    related = [node for node in nodes if isinstance(node, Related)]
    if len(related) == len(nodes) and len({node.name for node in related}) == 1:
        return replace(related[0], nodes=(Or(tuple(_and(node.nodes) for node in related)),))
    return Or(tuple(nodes))


def merge_related(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Merge the nodes of a conjunction that are about one relation: they are about the same related record."""
    merged: list[Node] = []
    places: dict[str, int] = {}
    for node in nodes:
        at = places.get(node.name) if isinstance(node, Related) else None
        if at is None:
            if isinstance(node, Related):
                places[node.name] = len(merged)
            merged.append(node)
        else:
            before: Any = merged[at]
            merged[at] = replace(before, nodes=merge_related((*before.nodes, *node.nodes)))  # type: ignore[union-attr]
    return tuple(merged)


# ---------------------------------------------------------------- keywords


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Keyword(Value):
    """A keyword such as ``call__start_time__hour__gte``, resolved.

    :param links: the relations that lead to the field, by their names.
    :param schema: the schema of the resource that has the field.
    :param field: the field's name, "" if the keyword is about the existence of a related record.
    :param part: the part of the field that is compared, "" for all of it.
    :param lookup: the lookup that compares it.
    """

    links: tuple[tuple[str, Link], ...]
    schema: ResourceSchema
    field: str
    part: str = ""
    lookup: str = "exact"


@lru_cache(maxsize=4096)
def resolve(schema: ResourceSchema, keyword: str) -> Keyword:
    """Resolve a keyword; ``from__in`` and ``from___in`` both mean the field ``from_``.

    :raises UnknownField: there is no such field; with a suggestion.
    :raises UnknownLookup: there is no such lookup or part; with a suggestion.
    """
    if keyword == "pk" or keyword.startswith("pk__"):
        keyword = key_field(schema) + keyword[2:]
    names = (*schema.fields, *schema.aliases, *schema.links)
    matching = [name for name in names if keyword == name or keyword.startswith(name + "__")]
    if not matching:
        return Keyword((), schema, queryable_field(schema, keyword.partition("__")[0] or keyword))
    name = max(matching, key=len)
    rest = keyword[len(name) + 2 :]
    if name in schema.links and not (name in schema.aliases and rest.partition("__")[0] in ("", *PUBLIC)):
        return _resolve_related(schema, name, rest)
    field, steps = queryable_field(schema, name), rest.split("__") if keyword != name else []
    part = steps.pop(0) if steps and steps[0] in (*PARTS, "date") else ""
    lookup = steps.pop(0) if steps else "exact"
    lookups = COMPARING if part else PUBLIC
    if steps or lookup not in lookups:
        lookup, known = "__".join([lookup, *steps]), lookups if part else (*PUBLIC, *PARTS)
        of = f" of the {part}" if part else ""
        raise UnknownLookup(
            f"{schema.name}.{field} has no lookup {lookup!r}{of}{suggest(lookup, known)} Lookups: {', '.join(known)}"
        )
    return Keyword((), schema, field, part, lookup)


def _resolve_related(schema: ResourceSchema, name: str, rest: str) -> Keyword:
    """Resolve a keyword that begins with a relation."""
    link = schema.links[name]
    if not rest:
        raise UnknownLookup(f"{schema.name}.{name} is a relation: compare a field of it, such as {name}__sid, or {name}__isnull")
    if rest == "isnull":
        return Keyword(((name, link),), link.other(), "", lookup="isnull")
    if rest in link.other().flags:
        raise QueryError(f"{name}__{rest} is not possible: {rest} changes what Twilio lists, and is not sent for related records")
    inner = resolve(link.other(), rest)
    return replace(inner, links=((name, link), *inner.links))


def _keyword_node(schema: ResourceSchema, keyword: str, value: Any, zone: str) -> Node:
    """Return the node of one keyword and its value."""
    if keyword in schema.flags:
        raise QueryError(f"{keyword} changes what Twilio lists: pass it to filter(), outside of Q()")
    found = resolve(schema, keyword)
    if found.links and isinstance(value, F):
        raise BadValue(f"{keyword} takes a value: F() compares two fields of one record, not of a related one")
    node: Node | None = _condition(found, value, zone) if found.field else None
    if node is None and not isinstance(value, bool):
        raise BadValue(f"{keyword} takes True or False, not {value!r}")
    for name, link in reversed(found.links):
        other = link.other()
        nodes = () if node is None else (node,)
        related = Related(name, link.local_field, link.remote_field or other.key[-1], other, link.kind, nodes)
        node = Not(related) if not nodes and value is True else related
    assert node is not None  # a keyword names a field or a relation
    return node


def parse_term(schema: ResourceSchema, keyword: str, zone: str = "") -> Term:
    """Parse the name of a field, or of a part of one, in ``values`` or an aggregate.

    :param zone: the time zone in which parts of times are read, "" for UTC.
    :raises UnknownField: there is no such field, or it is one of a related record.
    :raises UnknownLookup: the field has no such part.
    """
    found = resolve(schema, keyword) if "__" in keyword else Keyword((), schema, queryable_field(schema, keyword))
    part = "date" if found.lookup == "date" else found.part
    if found.links:
        raise UnknownField(f"{keyword} is a field of a related record: values and aggregates take {schema.name}'s own fields")
    if found.lookup not in ("exact", "date") or keyword.endswith("__exact"):
        raise UnknownLookup(f"{keyword} is a condition: name a field, or a part of one such as start_time__date")
    if part:
        check_part(schema, found.field, part)
    if keyword == "pk":
        return KeyTerm(found.field)
    return Term(found.field, part, "" if isinstance(schema.column(found.field), Day) or not part else zone)


# ---------------------------------------------------------------- conditions


def _condition(keyword: Keyword, value: Any, zone: str) -> Node:
    """Return the condition of a keyword that names a field, its value checked and canonical."""
    schema, name, lookup = keyword.schema, keyword.field, keyword.lookup
    column = schema.column(name)
    if lookup == "date":  # the only part that is also a lookup
        keyword, lookup = replace(keyword, part="date", lookup="exact"), "exact"
    if lookup == "isnull":
        if not isinstance(value, bool):
            raise BadValue(f"{name}__isnull takes True or False, not {value!r}")
        return Condition(name, lookup, value)
    if value is None:
        raise BadValue(f"null matches no lookup: use {name}__isnull=True (or False)")
    if isinstance(value, F):
        return _field_condition(keyword, value)
    if keyword.part:
        return _part_condition(keyword, value, zone)
    sides = keyword.schema.computed[name].sides if name in schema.computed else {}
    if sides and lookup in ("exact", "in"):
        return _side_condition(column, lookup, value, sides)
    may_be_empty = column.kind == "sid" and name not in (*schema.key, *schema.urls.parents(), *schema.parent_paths)
    if value == "" and lookup == "exact" and may_be_empty:
        return Condition(name, lookup, "")  # Twilio sends "" as well as null for a SID that is not set
    return _value_condition(column, lookup, value, zone)


def _value_condition(column: Column[Any], lookup: str, value: Any, zone: str) -> Node:
    """Compare a whole field with a value; a day that is not one span in a zone is compared by its local date."""
    try:
        return Condition(column.name, *column.terms(lookup, value, zone))
    except UnevenDay:
        if lookup == "in":
            return Or(tuple(_value_condition(column, "exact", one, zone) for one in value))
        if lookup == "range":
            low, high = pair(column, value)
            return And((_value_condition(column, "gte", low, zone), _value_condition(column, "lte", high, zone)))
        return Condition(column.name, lookup, column.day(value, zone).isoformat(), "date", zone)  # type: ignore[attr-defined]


def _side_condition(column: Column[Any], lookup: str, value: Any, sides: Mapping[str, tuple[str, ...]]) -> Node:
    """Compare a side of a call or a message as the fields that hold it, since Twilio filters by these.

    :param sides: for each field, the directions in which it is this side.
    """
    found = column.terms(lookup, value)
    nodes = [And((Condition("direction", "in", directions), Condition(name, *found))) for name, directions in sides.items()]
    return Or(tuple(nodes))


def _field_condition(keyword: Keyword, value: F) -> Node:
    """Compare a field with another field of the same record."""
    schema, name = keyword.schema, keyword.field
    if keyword.part or keyword.lookup not in ("exact", "gt", "gte", "lt", "lte"):
        lookup = "__".join(filter(None, (keyword.part, keyword.lookup if keyword.lookup != "exact" else "")))
        raise UnknownLookup(f"{name}__{lookup} does not compare with a field: F() goes with exact, gt, gte, lt and lte")
    other = queryable_field(schema, value.name)
    left, right = schema.column(name), schema.column(other)
    if left.kind != right.kind and not any({left.kind, right.kind} <= kinds for kinds in COMPARABLE_KINDS):
        raise BadValue(f"{name} is {left.description} and {other} is {right.description}: F() compares fields of one kind")
    return Condition(name, keyword.lookup, Ref(other))


def _part_condition(keyword: Keyword, value: Any, zone: str) -> Node:
    """Compare a part of a time or a day. A date and a year become spans, which can be pushed down to Twilio."""
    name, part, lookup = keyword.field, keyword.part, keyword.lookup
    column = keyword.schema.column(name)
    check_part(keyword.schema, name, part)
    zone = "" if isinstance(column, Day) else zone
    if part == "date":
        days: Any = [column.day(one, zone) for one in _values(column, lookup, value)]  # type: ignore[attr-defined]
        return _value_condition(column, lookup, days if lookup in ("in", "range") else days[0], zone)
    numbers = tuple(_part_number(name, part, lookup, one) for one in _values(column, lookup, value))
    if lookup == "range" and numbers[0] > numbers[1]:
        raise BadValue(f"{name}__{part}__range takes two ends, the lower one first")
    if part == "year" and all(1 <= one < 9999 for one in numbers):
        node = _year_condition(column, lookup, numbers, zone)
        if node is not None:
            return node
    return Condition(name, lookup, numbers if lookup in ("in", "range") else numbers[0], part, zone)


def check_part(schema: ResourceSchema, name: str, part: str) -> None:
    """Check that a field has a part.

    :raises UnknownLookup: it does not.
    """
    column = schema.column(name)
    if not isinstance(column, (Time, Day)):
        missing = "days" if part == "date" else part.replace("_", " ")
        raise UnknownLookup(f"{schema.name}.{name} is {column.description}, it has no {missing}: `{part}` is for times")
    if part == "hour" and isinstance(column, Day):
        raise UnknownLookup(f"{schema.name}.{name} is a day, it has no hours")


def _values(column: Column[Any], lookup: str, value: Any) -> list[Any]:
    """Return the single values of a lookup's value."""
    if lookup == "range":
        return list(pair(column, value))
    return list(many(column, lookup, value)) if lookup == "in" else [value]


def _part_number(name: str, part: str, lookup: str, value: Any) -> int:
    """Check the value of a part: a whole number, and one that occurs if the part is to equal it."""
    column = Whole()
    column.name = f"{name}__{part}"
    number: int = column.canonical(value)
    low, high = PART_RANGES[part]
    if lookup in ("exact", "in") and not low <= number <= high:
        raise BadValue(f"{name}__{part} is a whole number from {low} to {high}, not {number}")
    return number


def _year_condition(column: Column[Any], lookup: str, years: tuple[int, ...], zone: str) -> Condition | None:
    """Return years as spans of days; None if a year does not begin with one instant in the zone."""
    first_days = [date(year, 1, 1) for year in years]
    next_days = [date(year + 1, 1, 1) for year in years]
    try:
        starts, ends = ([column.terms("gte", day, zone)[1] for day in days] for days in (first_days, next_days))
    except UnevenDay:
        return None
    if lookup == "in":
        return Condition(column.name, "spans", tuple(dict.fromkeys(zip(starts, ends, strict=True))))
    return Condition(
        column.name,
        *{
            "exact": ("span", (starts[0], ends[0])),
            "range": ("span", (starts[0], ends[-1])),
            "gte": ("gte", starts[0]),
            "gt": ("gte", ends[0]),
            "lt": ("lt", starts[0]),
            "lte": ("lt", ends[0]),
        }[lookup],
    )


# ---------------------------------------------------------------- checks


def field_names(schema: ResourceSchema, fields: Collection[str]) -> set[str]:
    """Return the names of fields in the schema, for names that may be aliases.

    :raises UnknownField: there is no such field; with a suggestion.
    :raises QueryError: no query can be about the field, because Twilio's lists do not show it.
    """
    if isinstance(fields, str):
        raise QueryError(f"fields takes several names, such as ({fields!r},)")
    names = {schema.aliases.get(name, name) for name in fields}
    for name in sorted(names):
        if name in schema.computed:
            raise QueryError(f"{name} is computed from {' and '.join(schema.reads(name))}: name {schema.reads(name)[0]}")
        if name not in schema.columns:
            raise UnknownField(f"{schema.name} has no field {name!r}{suggest(name, list(schema.columns))}")
        queryable_field(schema, name)
    return names
