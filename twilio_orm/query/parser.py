"""Parse a caller's conditions: keywords such as ``start_time__hour__gte=9``, ``Q`` and ``F``, into the nodes of a query. Pure.

Names and values are checked here, so that a mistake raises before any request is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from ..errors import BadValue, QueryError, UnknownField, UnknownLookup, suggest
from ..schema.field import Column, many, pair
from ..schema.number_fields import Whole
from ..schema.time_fields import Day
from ..schema.timezones import PART_RANGES, UnevenDay, zone_name
from .ast import And, Condition, Node, Not, Or, Ref, Related, Subquery, queryable_field
from .keywords import Keyword, check_part, part_column, resolve
from .q import Expression, F, Q

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema

COMPARABLE_KINDS = (frozenset({"int", "decimal", "money"}), frozenset({"text", "sid", "address", "url"}))
"""Kinds of fields that compare with one another; every kind compares with itself."""
UNEQUAL_KINDS = frozenset({"decimal", "money", "json", "texts", "duration"})
"""Kinds of fields of which equal values may be stored as different texts, or which have no column of their own."""

Bind = Callable[["ResourceSchema", Expression, str], Any]
"""Makes a field of an expression, read in a time zone: :func:`twilio_orm.query.expressions.expression_field`."""


# ---------------------------------------------------------------- conjunctions


def parse(
    schema: ResourceSchema, conditions: Mapping[str, Any], qs: Iterable[Q] = (), bind: Bind | None = None
) -> tuple[tuple[Node, ...], dict[str, Any]]:
    """Parse the arguments of ``filter``.

    :param conditions: keywords and their values.
    :param qs: other conditions that have to be satisfied too.
    :param bind: makes a field of an expression; None where a field can be compared with a field only.
    :returns: the nodes of the conjunction, and the flags with their canonical values.
    :raises QueryError: a keyword or a value is wrong.
    """
    flags, rest = {}, {}
    for keyword, value in conditions.items():
        if keyword not in schema.flags:
            rest[keyword] = value
        elif value is not None:
            flags[keyword] = schema.flags[keyword].canonical(value)
    return merge_related(_q_nodes(schema, Q(*qs, **rest), "", bind)), flags


def _q_nodes(schema: ResourceSchema, q: Q, zone: str, bind: Bind | None) -> list[Node]:
    """Return the conjunction that a Q stands for.

    :param zone: the time zone of the call or the Q around it, "" for UTC.
    """
    conditions = dict(q.conditions)
    zone = zone_name(conditions.pop("tz")) if conditions.get("tz") is not None else zone
    conditions.pop("tz", None)
    if q.operator == "not":
        return [Not(And(merge_related(_q_nodes(schema, q.parts[0], zone, bind))))]
    if q.operator == "or":
        return [_or([_and(merge_related(_q_nodes(schema, part, zone, bind))) for part in q.parts])]
    nodes = [node for part in q.parts for node in _q_nodes(schema, part, zone, bind)]
    return nodes + [_keyword_node(schema, keyword, value, zone, bind) for keyword, value in conditions.items()]


def _and(nodes: tuple[Node, ...]) -> Node:
    return nodes[0] if len(nodes) == 1 else And(nodes)


def _or(nodes: list[Node]) -> Node:
    """Join nodes by "or"; if all are about one relation, the "or" is about its record."""
    related = [node for node in nodes if isinstance(node, Related) and not node.is_subquery]
    if len(related) == len(nodes) and len({node.name for node in related}) == 1:
        return replace(related[0], nodes=(Or(tuple(_and(node.nodes) for node in related)),))
    return Or(tuple(nodes))


def merge_related(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Merge the nodes of a conjunction that are about one relation: they are about the same related record."""
    merged: list[Node] = []
    places: dict[str, int] = {}
    for node in nodes:
        name = node.name if isinstance(node, Related) and not node.is_subquery else ""
        at = places.get(name)
        if at is None:
            if name:
                places[name] = len(merged)
            merged.append(node)
        else:
            before: Any = merged[at]
            merged[at] = replace(before, nodes=merge_related((*before.nodes, *node.nodes)))  # type: ignore[union-attr]
    return tuple(merged)


# ---------------------------------------------------------------- conditions


def _keyword_node(schema: ResourceSchema, keyword: str, value: Any, zone: str, bind: Bind | None) -> Node:
    """Return the node of one keyword and its value."""
    if keyword in schema.flags:
        raise QueryError(f"{keyword} changes what Twilio lists: pass it to filter(), outside of Q()")
    found = resolve(schema, keyword)
    if found.links and isinstance(value, Expression):
        raise BadValue(f"{keyword} takes a value: F() compares two fields of one record, not of a related one")
    node: Node | None = _condition(found, value, zone, bind) if found.field else None
    if node is None and not isinstance(value, bool):
        raise BadValue(f"{keyword} takes True or False, not {value!r}")
    for name, link in reversed(found.links):
        other = link.other()
        nodes = () if node is None else (node,)
        related = Related(name, link.local_field, link.remote_field or other.key[-1], other, link.kind, nodes)
        node = Not(related) if not nodes and value is True else related
    assert node is not None  # a keyword names a field or a relation
    return node


def _condition(keyword: Keyword, value: Any, zone: str, bind: Bind | None) -> Node:
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
    if isinstance(value, Expression):
        return _field_condition(keyword, value, zone, bind)
    if isinstance(value, Subquery):
        return _subquery_condition(keyword, value)
    if hasattr(value, "export_result"):
        raise BadValue(f"{name}__{lookup} takes no query set here, filter() and exclude() of a query set do: pass list(…) of it")
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


def _field_condition(keyword: Keyword, value: Expression, zone: str, bind: Bind | None) -> Node:
    """Compare a field, or a part of it, with another field of the same record or with an expression."""
    schema, name = keyword.schema, keyword.field
    if keyword.lookup not in ("exact", "gt", "gte", "lt", "lte"):
        lookup = "__".join(filter(None, (keyword.part, keyword.lookup)))
        raise UnknownLookup(f"{name}__{lookup} does not compare with a field: F() goes with exact, gt, gte, lt and lte")
    left = schema.column(name)
    if keyword.part:
        made = _bound(schema, F(f"{name}__{keyword.part}"), zone, bind)
        name, left = made.name, made.column
    if isinstance(value, F) and (not isinstance(value.name, str) or "__" not in value.name):
        other = queryable_field(schema, value.name)
        right = schema.column(other)
    else:
        made = _bound(schema, value, zone, bind)
        other, right = made.name, made.column
    if left.kind != right.kind and not any({left.kind, right.kind} <= kinds for kinds in COMPARABLE_KINDS):
        raise BadValue(f"{name} is {left.description} and {other} is {right.description}: F() compares fields of one kind")
    return Condition(name, keyword.lookup, Ref(other))


def _subquery_condition(keyword: Keyword, value: Subquery) -> Related:
    """Compare a field with that of the records of another query, as a condition on related records."""
    schema, name, query = keyword.schema, keyword.field, value.query
    other = query.schema
    if keyword.lookup != "in" or keyword.part:
        lookup = "__".join(filter(None, (keyword.part, keyword.lookup)))
        raise UnknownLookup(f"{name}__{lookup} takes no query set: only {name}__in does; list(…) evaluates it first")
    kinds = [schema.column(name).kind, other.columns[value.field].kind]
    comparable = kinds[0] == kinds[1] and kinds[0] not in UNEQUAL_KINDS or {*kinds} <= COMPARABLE_KINDS[1]
    if name not in schema.columns or not comparable:
        raise BadValue(
            f"{name}__in cannot be compared with {other.name}.{value.field} in one query: list(…) evaluates the query set first"
        )
    links = [one for one in schema.links.values() if one.kind == "many" and one.other() is other]
    is_many = any((one.local_field, one.remote_field) == (name, value.field) for one in links)
    return Related(other.name, name, value.field, other, "many" if is_many else "one", query.where, is_subquery=True)


def _bound(schema: ResourceSchema, expression: Expression, zone: str, bind: Bind | None) -> Any:
    """Return the field that an expression becomes."""
    if bind is None:
        raise QueryError(
            "only a field can be compared with a field here: give the expression a name by annotate() or alias() first"
        )
    return bind(schema, expression, zone)


def _part_condition(keyword: Keyword, value: Any, zone: str) -> Node:
    """Compare a part of a time or a day. A date and a year become spans, which can be pushed down to Twilio."""
    name, part, lookup = keyword.field, keyword.part, keyword.lookup
    column = keyword.schema.column(name)
    check_part(keyword.schema, name, part)
    zone = "" if isinstance(column, Day) else zone
    if part == "date":
        days: Any = [column.day(one, zone) for one in _values(column, lookup, value)]  # type: ignore[attr-defined]
        return _value_condition(column, lookup, days if lookup in ("in", "range") else days[0], zone)
    if part not in PART_RANGES:
        own = part_column(part)
        own.name = f"{name}__{part}"
        starts = tuple(own.canonical(one) for one in _values(own, lookup, value))
        if lookup == "range" and starts[0] > starts[1]:
            raise BadValue(f"{name}__{part}__range takes two ends, the earlier one first")
        return Condition(name, lookup, starts if lookup in ("in", "range") else starts[0], part, zone)
    numbers = tuple(_part_number(name, part, lookup, one) for one in _values(column, lookup, value))
    if lookup == "range" and numbers[0] > numbers[1]:
        raise BadValue(f"{name}__{part}__range takes two ends, the lower one first")
    if part == "year" and all(1 <= one < 9999 for one in numbers):
        node = _year_condition(column, lookup, numbers, zone)
        if node is not None:
            return node
    return Condition(name, lookup, numbers if lookup in ("in", "range") else numbers[0], part, zone)


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
