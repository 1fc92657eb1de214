"""What happened to a record, as the mirror saw it: first seen, changed, gone, returned. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..schema.resource_schema import Row, Shape
from .diff import UNKNOWN, Change, changes, unknown

SEEN, CHANGED, GONE, RETURNED = "first seen", "changed", "gone", "returned"


@dataclass(frozen=True)
class Event:
    """One thing that happened to one record.

    :param resource: the class's name; ``key`` the values of the record's key.
    :param revision: the mirror's number of it; ``at`` when the mirror saw it, which is not before it happened.
    :param kind: ``first seen``, ``changed``, ``gone`` or ``returned``; one that returned may have changed as well.
    :param changes: the fields that differ from what they were before, and those that were redacted, which may.
    """

    resource: str
    key: tuple[Any, ...]
    revision: int
    at: datetime
    kind: str
    changes: tuple[Change, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.at:%Y-%m-%d %H:%M:%S}Z  {'/'.join(map(str, self.key))}  {self.kind}"]
        for one in self.changes:
            told = one.told() if one.kind == UNKNOWN else f"{one.before!r} -> {one.after!r}"
            lines.append(f"    {one.field}: {told}")
        return "\n".join(lines)


def event(
    shape: Shape, before: Row | None, after: Row, at: datetime, fields: Collection[str] | None = None, volatile: bool = False
) -> Event | None:
    """What the step from one version to the next is; None where nothing differs that was asked about.

    :param before: None where the record was not there. :param fields: only these. :param volatile: also what moves by itself.
    """
    kind = _kind(shape, before, after)
    found: list[Change] = []
    if before is not None:
        found = changes(shape, before, after, fields=fields, volatile=volatile)
        found += unknown(shape, before, after, fields=fields, volatile=volatile) if kind != GONE else []  # which changes no field
    if kind == CHANGED and not found:
        return None
    return Event(shape.name, shape.identity(after), after[shape.index["mirror_revision"]], at, kind, tuple(found))


def _kind(shape: Shape, before: Row | None, after: Row) -> str:
    gone = shape.index["mirror_gone"]
    if before is None:
        return SEEN
    if (before[gone] is None) == (after[gone] is None):
        return CHANGED
    return RETURNED if after[gone] is None else GONE
