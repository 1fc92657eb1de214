"""Schemas that are extended by the computed fields of a query: expressions, and values of related records. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..errors import QueryError

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema


@lru_cache(maxsize=1024)
def _extended(base: ResourceSchema, fields: tuple[Any, ...]) -> ResourceSchema:
    return base.extended(fields)


def extended(schema: ResourceSchema, fields: Iterable[Any]) -> ResourceSchema:
    """Return a schema that has these fields besides, and those that they need; the same schema for the same fields.

    :raises QueryError: another field has the name of one of them.
    """
    found: dict[str, Any] = {name: schema.computed[name] for name in schema.expressions}
    for one in [each for field in fields for each in (*field.needs, field)]:
        if one.name in schema.columns:  # a field by its own name, such as a result of groups that is a part of a time
            continue
        if found.setdefault(one.name, one) != one:
            raise QueryError(f"{one.name} is {found[one.name].text} already: it cannot be {one.text} as well")
    base = schema.base
    return _extended(base, tuple(found[name] for name in sorted(found))) if found else base


def joined(one: ResourceSchema, other: ResourceSchema) -> ResourceSchema:
    """Return the schema that has the expressions of two.

    :raises QueryError: a name means one thing in the one and another thing in the other.
    """
    return extended(one, [other.computed[name] for name in other.expressions])
