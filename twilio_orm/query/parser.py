"""A caller's words -> the nodes of a question: ``Q``, ``F``, fields, parts, lookups, relations. What does not fit is refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from .._frozen import Value
from ..errors import BadValue, QueryError, UnknownField, UnknownLookup, suggest
from ..schema.field import Column, many, pair
from ..schema.number_fields import Whole
from ..schema.resource_schema import Link, ResourceSchema
from ..schema.time_fields import Day, Time
from ..schema.timezones import PART_RANGES, PARTS, UnevenDay, zone_name
from .ast import And, Condition, Node, Not, Or, Ref, Related, Term, queryable_field
from .lookups import COMPARING, PUBLIC
from .q import F, Q

NUMBERS = frozenset({"int", "decimal", "money"})
TEXTS = frozenset({"text", "sid", "address", "url"})


# ---------------------------------------------------------------- a whole call


def parse(
    schema: ResourceSchema, words: Mapping[str, Any], questions: Iterable[Q] = ()
) -> tuple[tuple[Node, ...], dict[str, Any]]:
    """What ``filter`` was given -> nodes and flags. Raises QueryError before anything is asked."""
    flags, rest = {}, {}
    for word, value in words.items():
        if word not in schema.flags:
            rest[word] = value
        elif value is not None:
            flags[word] = schema.flags[word].canonical(value)
    return joined(_nodes(schema, Q(*questions, **rest), "")), flags


def _nodes(schema: ResourceSchema, asked: Q, zone: str) -> list[Node]:
    """The conjunction that a Q stands for; ``zone`` is that of the call around it."""
    words = dict(asked._words)
    zone = zone_name(words.pop("tz")) if words.get("tz") is not None else zone
    words.pop("tz", None)
    if asked._joint == "not":
        return [Not(And(tuple(joined(_nodes(schema, asked._parts[0], zone)))))]
    if asked._joint == "or":
        return [_either([_one(joined(_nodes(schema, part, zone))) for part in asked._parts])]
    inner = [node for part in asked._parts for node in _nodes(schema, part, zone)]
    return inner + [node for word, value in words.items() for node in _word(schema, word, value, zone)]


def _one(nodes: tuple[Node, ...]) -> Node:
    return nodes[0] if len(nodes) == 1 else And(nodes)


def _either(nodes: list[Node]) -> Node:
    """At least one of these; where all are of one relation, that is one question about it."""
    related = [node for node in nodes if isinstance(node, Related)]
    if len(related) == len(nodes) and len({node.name for node in related}) == 1:
        return replace(related[0], nodes=(Or(tuple(_one(node.nodes) for node in related)),))
    return Or(tuple(nodes))


def joined(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """A conjunction in which what is said of one relation is said of the same related record."""
    out: list[Node] = []
    places: dict[str, int] = {}
    for node in nodes:
        at = places.get(node.name) if isinstance(node, Related) else None
        if at is None:
            if isinstance(node, Related):
                places[node.name] = len(out)
            out.append(node)
        else:
            before: Any = out[at]
            out[at] = replace(before, nodes=joined((*before.nodes, *node.nodes)))  # type: ignore[union-attr]
    return tuple(out)


# ---------------------------------------------------------------- one word


@dataclass(frozen=True, eq=False, repr=False)
class Asked(Value):
    """What a word asks: ``field`` of ``shape``, reached by ``links``; a ``part`` of it or all, and the ``lookup``."""

    links: tuple[tuple[str, Link], ...]
    schema: ResourceSchema
    field: str
    part: str
    lookup: str


@lru_cache(maxsize=4096)
def resolve(schema: ResourceSchema, word: str) -> Asked:
    """``start_time__hour__gte``, ``call__status`` -> what it asks; ``from__in`` and ``from___in`` both mean ``from_``.

    :raises UnknownField, UnknownLookup: with a suggestion.
    """
    known = (*schema.columns, *schema.derived, *schema.aliases, *schema.links)
    fitting = [name for name in known if word == name or word.startswith(name + "__")]
    if not fitting:
        return Asked((), schema, queryable_field(schema, word.partition("__")[0] or word), "", "exact")
    name = max(fitting, key=len)
    rest = word[len(name) + 2 :]
    if name in schema.links and not (name in schema.aliases and rest.partition("__")[0] in ("", *PUBLIC)):
        return _beyond(schema, name, rest)
    field, steps = queryable_field(schema, name), rest.split("__") if word != name else []
    part = steps.pop(0) if steps and steps[0] in (*PARTS, "date") else ""
    lookup = steps.pop(0) if steps else "exact"
    if steps or lookup not in (COMPARING if part else PUBLIC):
        raise _no_lookup(schema, field, part, "__".join([lookup, *steps]))
    return Asked((), schema, field, part, lookup)


def _beyond(schema: ResourceSchema, name: str, rest: str) -> Asked:
    """A word that goes on in a related resource."""
    link = schema.links[name]
    if rest in ("", "isnull"):
        if not rest:
            raise UnknownLookup(f"{schema.name}.{name} is a relation: ask a field of it, such as {name}__sid, or {name}__isnull")
        return Asked(((name, link),), link.other(), "", "", "isnull")
    if rest in link.other().flags:
        raise QueryError(f"{name}__{rest} changes what is listed, it is no condition: related records are asked for without it")
    inner = resolve(link.other(), rest)
    return replace(inner, links=((name, link), *inner.links))


def _no_lookup(schema: ResourceSchema, field: str, part: str, lookup: str) -> UnknownLookup:
    known = COMPARING if part else (*PUBLIC, *PARTS)
    of = f" of the {part}" if part else ""
    return UnknownLookup(
        f"{schema.name}.{field} has no lookup {lookup!r}{of}{suggest(lookup, known)} Lookups: {', '.join(known)}"
    )


def _word(schema: ResourceSchema, word: str, value: Any, zone: str) -> list[Node]:
    """The nodes of one keyword and its value."""
    if word in schema.flags:
        raise QueryError(f"{word} changes what is listed, it is no condition: say it in filter(), outside of Q()")
    asked = resolve(schema, word)
    if asked.links and isinstance(value, F):
        raise BadValue(f"{word} takes a value: F() names a field of the record itself, not of a related one's question")
    node = _condition(asked, value, zone) if asked.field else None
    if node is None and not isinstance(value, bool):
        raise BadValue(f"{word} takes True or False, not {value!r}")
    for name, link in reversed(asked.links):
        there = Related(
            name, link.local_field, link.remote_field or link.other().key[-1], link.other(), link.kind, (node,) if node else ()
        )
        node = Not(there) if not there.nodes and value is True else there
    return [node] if node else []


def parse_term(schema: ResourceSchema, word: str, zone: str = "") -> Term:
    """What a name in ``values`` or an aggregate reads: a field, or a part of it. Raises UnknownField, UnknownLookup."""
    asked = resolve(schema, word) if "__" in word else Asked((), schema, queryable_field(schema, word), "", "exact")
    part = "date" if asked.lookup == "date" else asked.part
    if asked.links:
        raise UnknownField(f"{word} belongs to a related record: values and aggregates are of {schema.name}'s own fields")
    if asked.lookup not in ("exact", "date") or word.endswith("__exact"):
        raise UnknownLookup(f"{word} is a condition: name a field, or a part of one such as start_time__date")
    if part:
        check_part(schema, asked.field, part)
    return Term(asked.field, part, "" if isinstance(schema.column(asked.field), Day) or not part else zone)


def condition(schema: ResourceSchema, name: str, lookup: str, value: Any) -> Node:
    """A caller's value for a field, checked and made canonical."""
    return _condition(Asked((), schema, name, "", lookup), value, "")


def _condition(asked: Asked, value: Any, zone: str) -> Node:
    schema, name, lookup = asked.schema, asked.field, asked.lookup
    column = schema.column(name)
    if lookup == "date":  # what a word of two steps says in one
        asked, lookup = replace(asked, part="date", lookup="exact"), "exact"
    if lookup == "isnull":
        if not isinstance(value, bool):
            raise BadValue(f"{name}__isnull takes True or False, not {value!r}")
        return Condition(name, lookup, value)
    if value is None:
        raise BadValue(f"null matches no lookup: ask {name}__isnull=True (or False)")
    if isinstance(value, F):
        return _field(asked, value)
    if asked.part:
        return _part(asked, value, zone)
    if (
        value == ""
        and lookup == "exact"
        and column.kind == "sid"
        and name not in (*schema.key, *schema.urls.parents(), *schema.parent_paths)
    ):
        return Condition(name, lookup, "")  # Twilio says "" and null alike where a SID is none
    return _plain(column, lookup, value, zone)


def _plain(column: Column[Any], lookup: str, value: Any, zone: str) -> Node:
    """A comparison with a whole value; a day that is no one span is told apart by what the clocks show."""
    try:
        return Condition(column.name, *column.terms(lookup, value, zone))
    except UnevenDay:
        if lookup == "in":
            return Or(tuple(_plain(column, "exact", one, zone) for one in value))
        if lookup == "range":
            low, high = pair(column, value)
            return And((_plain(column, "gte", low, zone), _plain(column, "lte", high, zone)))
        return Condition(column.name, lookup, column.day(value, zone).isoformat(), "date", zone)  # type: ignore[attr-defined]


# ---------------------------------------------------------------- fields and parts


def _field(asked: Asked, value: F) -> Node:
    """A field compared with another of the same record."""
    schema, name = asked.schema, asked.field
    if asked.part or asked.lookup not in ("exact", "gt", "gte", "lt", "lte"):
        lookup = "__".join(filter(None, (asked.part, asked.lookup if asked.lookup != "exact" else "")))
        raise UnknownLookup(f"{name}__{lookup} does not compare with a field: F() goes with exact, gt, gte, lt and lte")
    other = queryable_field(schema, value.name)
    mine, theirs = schema.column(name), schema.column(other)
    if not any({mine.kind, theirs.kind} <= family for family in (NUMBERS, TEXTS, {mine.kind})):
        raise BadValue(f"{name} is {mine.description} and {other} is {theirs.description}: F() compares fields of one kind")
    return Condition(name, asked.lookup, Ref(other))


def _part(asked: Asked, value: Any, zone: str) -> Node:
    """A part of a time or a day, compared. A date and a year are spans, so that Twilio can be asked by them."""
    name, part, lookup = asked.field, asked.part, asked.lookup
    column = asked.schema.column(name)
    check_part(asked.schema, name, part)
    zone = "" if isinstance(column, Day) else zone
    if part == "date":
        found: Any = [column.day(one, zone) for one in _listed(column, lookup, value)]  # type: ignore[attr-defined]
        return _plain(column, lookup, found if lookup in ("in", "range") else found[0], zone)
    numbers = tuple(_number(name, part, lookup, one) for one in _listed(column, lookup, value))
    if lookup == "range" and numbers[0] > numbers[1]:
        raise BadValue(f"{name}__{part}__range takes two ends, the lower one first")
    if part == "year" and all(1 <= one < 9999 for one in numbers):
        node = _years(column, lookup, numbers, zone)
        if node is not None:
            return node
    return Condition(name, lookup, numbers if lookup in ("in", "range") else numbers[0], part, zone)


def check_part(schema: ResourceSchema, name: str, part: str) -> None:
    """Refuse a part that a field does not have. Raises UnknownLookup."""
    column = schema.column(name)
    if not isinstance(column, (Time, Day)):
        days = "days" if part == "date" else f"{part.replace('_', ' ')}"
        raise UnknownLookup(f"{schema.name}.{name} is {column.description}, it has no {days}: `{part}` is for times")
    if part == "hour" and isinstance(column, Day):
        raise UnknownLookup(f"{schema.name}.{name} is a day, it has no hours")


def _listed(column: Column[Any], lookup: str, value: Any) -> list[Any]:
    if lookup == "range":
        return list(pair(column, value))
    return list(many(column, lookup, value)) if lookup == "in" else [value]


def _number(name: str, part: str, lookup: str, value: Any) -> int:
    """A value of a part: a whole number, and one that there is where it is asked for itself."""
    checked = Whole()
    checked.name = f"{name}__{part}"
    number: int = checked.canonical(value)
    low, high = PART_RANGES[part]
    if lookup in ("exact", "in") and not low <= number <= high:
        raise BadValue(f"{name}__{part} is a whole number from {low} to {high}, not {number}")
    return number


def _years(column: Column[Any], lookup: str, years: tuple[int, ...], zone: str) -> Condition | None:
    """Years as the span between two days, or None where the clocks of a zone make it none."""
    first = [date(year, 1, 1) for year in years]
    after = [date(year + 1, 1, 1) for year in years]
    try:
        starts, ends = ([column.terms("gte", day, zone)[1] for day in days] for days in (first, after))
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


def field_names(schema: ResourceSchema, fields: Collection[str]) -> set[str]:
    """These fields by the names that they have here. Raises UnknownField, QueryError; see :func:`queryable_field`."""
    if isinstance(fields, str):
        raise QueryError(f"fields takes several names, such as ({fields!r},)")
    found = {schema.aliases.get(name, name) for name in fields}
    for name in sorted(found):
        if name not in schema.columns:
            raise UnknownField(f"{schema.name} has no field {name!r}{suggest(name, list(schema.columns))}")
        queryable_field(schema, name)
    return found


def check_own_account(schema: ResourceSchema, nodes: Iterable[Node], account: str) -> None:
    """Refuse a conjunction about records that are not ``account``'s, which its connection never shows. Raises BadValue."""
    for other in _others(schema, nodes, account):
        raise BadValue(
            f"account_sid: on this connection every {schema.name} is one of {account}; for another account's ask on"
            f" connection.under({other!r}), on the command line with --account-sid"
        )


def _others(
    schema: ResourceSchema, nodes: Iterable[Node], account: str, field: str = "account_sid", meant: bool = True
) -> Iterator[str]:
    """The accounts besides this one whose records a conjunction asks for by name.

    :param field: what holds the account's SID. :param meant: False within what is to be left out, where they are no loss.
    """
    for node in nodes:
        if isinstance(node, Not):
            yield from _others(schema, (node.node,), account, field, not meant)
        elif isinstance(node, (And, Or)):
            yield from _others(schema, node.nodes, account, field, meant)
        elif isinstance(node, Related):
            if node.kind != "below":  # those below an account are of many accounts
                yield from _others(
                    node.other, node.nodes, account, "sid" if node.local_field == "account_sid" else "account_sid", meant
                )
        elif isinstance(node, Condition) and meant and node.field == field and not isinstance(node.value, Ref):
            if node.lookup == "iexact" and node.value.casefold() != account.casefold():
                yield node.value
            named = node.value if node.lookup == "in" else (node.value,) if node.lookup == "exact" else ()
            yield from (one for one in named if one != account)
