"""The registry of resources: their classes and schemas by name, and the classes by the prefix of their SIDs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..errors import MissingScope

CLASSES: dict[str, Any] = {}
"""Every resource class by its name."""
SCHEMAS: list[Any] = []
"""The schema of every resource, in the order of declaration."""
OWNERS: dict[str, list[str]] = {}
"""The names of the resources whose SIDs begin with a prefix (``CA``), the likelier first."""


def resources() -> Mapping[str, Any]:
    """Return every resource class by its name, sorted."""
    return MappingProxyType(dict(sorted(CLASSES.items())))


def by_prefix(prefix: str) -> list[Any]:
    """Return the resource classes whose records have SIDs of this prefix (``CA``), the likelier first."""
    return [CLASSES[name] for name in OWNERS.get(prefix, ())]


def parent_of(model: Any) -> Any:
    """Return the class of the nearest parent of a nested resource.

    :raises MissingScope: the parent is no resource of this library.
    """
    by = model.api_schema.urls.parents()[-1]
    for link in model.api_schema.links.values():
        if link.kind == "one" and link.local_field == by:
            return CLASSES[link.target]
    raise MissingScope(f"{model.__name__} lives below a parent: name it, {model.__name__}.filter({by}=…)")
