"""Which conditions and names each resource takes: the parser says it of each candidate. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ...errors import QueryError
from ...query.ast import Query
from ...query.expressions import ordered
from ...query.keywords import check_part, parse_term, resolve
from ...query.related_fields import with_related
from ...schema.registry import SCHEMAS, resources
from ...schema.timezones import PARTS
from .value_types import lookups, related_lookups

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema

UNRELATED = frozenset({"uri", "subresource_uris"})
"""Fields that few conditions on related records are about: the stubs do not know them there, nor the records of an account."""


def schemas() -> list[ResourceSchema]:
    """Return the schemas of all resources, by their names."""
    resources()
    return sorted(SCHEMAS, key=lambda one: one.name)


def _known(method: Callable[[], object]) -> bool:
    try:
        method()
    except QueryError:
        return False
    return True


def accepts(schema: ResourceSchema, keyword: str) -> bool:
    """Tell whether the parser knows a keyword of a condition."""

    def parse() -> None:
        found = resolve(schema, keyword)
        part = "date" if found.lookup == "date" else found.part
        if part:
            check_part(found.schema, found.field, part)

    return _known(parse)


def is_value(schema: ResourceSchema, name: str) -> bool:
    """Tell whether ``values`` takes a name."""
    return _known(lambda: parse_term(with_related(schema, name), name))


def is_order(schema: ResourceSchema, name: str) -> bool:
    """Tell whether ``order_by`` takes a name."""
    return _known(lambda: ordered(Query(schema), [name]))


def own_names(schema: ResourceSchema) -> tuple[str, ...]:
    """Return the names by which queries call the fields of a resource: fields, their aliases, and ``pk``."""
    return (*schema.fields, *schema.aliases, *(["pk"] if accepts(schema, "pk") else []))


def conditions(schema: ResourceSchema, name: str) -> dict[str, str]:
    """Return the keywords of a field, and the types of their values.

    :param name: one of ``own_names``.
    """
    column = schema.column(schema.key[0] if name == "pk" else schema.aliases.get(name, name))
    found = {f"{name}__{one}": kind for one, kind in lookups(column).items()}
    if name != "from":  # no keyword of Python
        found = {name: found[f"{name}__exact"], **found}
    known = {key: kind for key, kind in found.items() if accepts(schema, key)}
    return {key: kind for key, kind in known.items() if not resolve(schema, key).links}  # or it belongs to the relation


def related_conditions(schema: ResourceSchema, relation: str) -> dict[str, str]:
    """Return the keywords about a relation's records that the stubs know, and the types of their values."""
    link = schema.links[relation]
    found = {f"{relation}__isnull": "bool"}
    for field in link.other().fields if link.kind != "below" else ():
        if field not in UNRELATED:
            types = related_lookups(link.other().column(field))
            found |= {f"{relation}__{field}" + (f"__{one}" if one != "exact" else ""): kind for one, kind in types.items()}
    known = {key: kind for key, kind in found.items() if accepts(schema, key)}
    return {key: kind for key, kind in known.items() if resolve(schema, key).links}


def value_names(schema: ResourceSchema, name: str) -> list[str]:
    """Return the names that ``values`` takes of a field: its own, and those of its parts.

    :param name: one of ``own_names``, or the keyword of a field of a related record.
    """
    return [one for one in (name, *(f"{name}__{part}" for part in ("date", *PARTS))) if is_value(schema, one)]


def related_names(schema: ResourceSchema, relation: str) -> Iterator[str]:
    """Yield the names that ``values`` takes of a relation's record: the fields that conditions name, too."""
    other = schema.links[relation].other()
    for field in other.fields:
        is_read = field not in UNRELATED and related_lookups(other.column(field))
        if is_read and is_value(schema, f"{relation}__{field}"):
            yield f"{relation}__{field}"
