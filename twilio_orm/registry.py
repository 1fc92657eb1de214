"""Which resources there are: their classes and schemas by name, and the classes that a SID's prefix belongs to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

CLASSES: dict[str, Any] = {}
"""Every resource class by its name."""
SHAPES: list[Any] = []
"""The schema of every resource, in the order of declaration."""
OWNERS: dict[str, list[str]] = {}
"""The names of the resources whose SIDs begin with a prefix (``CA``), the likelier first."""


def resources() -> Mapping[str, Any]:
    """Return every resource class by its name, sorted."""
    return MappingProxyType(dict(sorted(CLASSES.items())))


def by_prefix(prefix: str) -> list[Any]:
    """Return the resource classes whose records have SIDs of this prefix (``CA``), the likelier first."""
    return [CLASSES[name] for name in OWNERS.get(prefix, ())]
