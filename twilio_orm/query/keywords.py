"""Resolve keywords such as ``call__start_time__hour__gte``: relations, a field, a part of it and a lookup. Pure."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..errors import QueryError, UnknownField, UnknownLookup, suggest
from ..schema.field import WORDED
from ..schema.number_fields import Whole
from ..schema.time_fields import Day, Time
from ..schema.timezones import CLOCK_PARTS, DAY_PARTS, PARTS, TIME_PARTS
from .ast import KeyTerm, Term, key_field, queryable_field
from .lookups import COMPARING, PUBLIC

if TYPE_CHECKING:
    from ..schema.field import Column
    from ..schema.resource_schema import Link, ResourceSchema


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
    parts = {name for name in schema.expressions if "__" in name}  # orders and conditions of parts: no caller named them
    names = (*(name for name in schema.fields if name not in parts), *schema.aliases, *schema.links)
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
    if lookup == "search" and (column := schema.column(field)).kind not in WORDED:
        raise UnknownLookup(f"{schema.name}.{field} is {column.description}, it has no words: `search` is for text")
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


def parse_term(schema: ResourceSchema, keyword: str, zone: str = "") -> Term:
    """Parse the name of a field, or of a part of one, in ``values`` or an aggregate.

    :param zone: the time zone in which parts of times are read, "" for UTC.
    :raises UnknownField: there is no such field, or it is one of a related record.
    :raises UnknownLookup: the field has no such part.
    """
    found = resolve(schema, keyword) if "__" in keyword else Keyword((), schema, queryable_field(schema, keyword))
    part = "date" if found.lookup == "date" else found.part
    if found.links:
        found = replace(found, field="__".join([*(name for name, _ in found.links), found.field]))
        if found.field not in schema.related:
            raise UnknownField(
                f"{keyword} is a field of a related record, and this takes {schema.name}'s own fields: values(), order_by() and"
                " annotate() take those of a related record, too"
            )
    if found.lookup not in ("exact", "date") or keyword.endswith("__exact"):
        raise UnknownLookup(f"{keyword} is a condition: name a field, or a part of one such as start_time__date")
    if part:
        check_part(schema, found.field, part)
    if keyword == "pk":
        return KeyTerm(found.field)
    return Term(found.field, part, "" if not part or isinstance(schema.column(found.field), Day) else zone)


def check_part(schema: ResourceSchema, name: str, part: str) -> None:
    """Check that a field has a part.

    :raises UnknownLookup: it does not.
    """
    column = schema.column(name)
    if not isinstance(column, (Time, Day)):
        missing = "days" if part == "date" else part.replace("_", " ")
        raise UnknownLookup(f"{schema.name}.{name} is {column.description}, it has no {missing}: `{part}` is for times")
    if part in CLOCK_PARTS and isinstance(column, Day):
        raise UnknownLookup(f"{schema.name}.{name} is a day, it has no {part.partition('_')[0]}s")


def part_column(part: str) -> Column[Any]:
    """Return the column that the values of a part of a time would have."""
    return Day() if part in DAY_PARTS else Time() if part in TIME_PARTS else Whole()
