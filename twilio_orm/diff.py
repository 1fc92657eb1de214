"""Two versions of a record, or of a collection, and what differs between them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .columns import Column
from .shape import Row, Shape

@dataclass(frozen=True)
class Change:
    """One field of one record: ``before`` in the mirror, ``after`` at Twilio, in Python values."""

    key: tuple[Any, ...]
    field: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"~ {'/'.join(map(str, self.key))}  {self.field}: {self.before!r} -> {self.after!r}"


@dataclass(frozen=True)
class Diff:
    """What differs: ``changed`` fields, keys ``added`` at Twilio, keys ``missing`` there. Falsy when nothing does."""

    resource: str
    changed: tuple[Change, ...] = ()
    added: tuple[tuple[Any, ...], ...] = ()
    missing: tuple[tuple[Any, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.added or self.missing)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changed)

    def __str__(self) -> str:
        if not self:
            return f"{self.resource}: no difference"
        lines = [f"+ {'/'.join(map(str, key))}" for key in self.added]
        lines += [f"- {'/'.join(map(str, key))}" for key in self.missing]
        return "\n".join([*lines, *map(str, self.changed)])


def compare(
    shape: Shape,
    before: Mapping[tuple[Any, ...], Row],
    after: Mapping[tuple[Any, ...], Row],
    *,
    fields: Collection[str] | None = None,
    volatile: bool = False,
) -> Diff:
    """The differences from one collection to another. See :func:`changes`."""
    changed = [
        change
        for key, row in after.items()
        if key in before
        for change in changes(shape, before[key], row, fields=fields, volatile=volatile)
    ]
    added = tuple(key for key in after if key not in before)
    missing = tuple(key for key in before if key not in after)
    return Diff(shape.name, tuple(changed), added, missing)


def changes(
    shape: Shape, before: Row, after: Row, *, fields: Collection[str] | None = None, volatile: bool = False
) -> list[Change]:
    """What differs between two versions of a record, field by field, unknown keys of Twilio's last.

    Null and ``""`` are the same, as Twilio mixes them; what one of the two was read without is not compared.

    :param fields: only these. :param volatile: also what moves by itself.
    """
    key = shape.identity(after)
    found = []
    absent = {*shape.absent(before), *shape.absent(after)}
    for name, column in shape.columns.items():
        if name in absent or (column.volatile and not volatile and (fields is None or name not in fields)):
            continue
        old, new = before[shape.index[name]], after[shape.index[name]]
        if (fields is None or name in fields) and old != new and not _same(column, old, new):
            found.append(Change(key, name, column.python_value(old), column.python_value(new)))
    old_extras, new_extras = shape.unknown(before), shape.unknown(after)
    for name in sorted(old_extras.keys() | new_extras.keys()):
        if (fields is None or name in fields) and old_extras.get(name) != new_extras.get(name):
            found.append(Change(key, name, old_extras.get(name), new_extras.get(name)))
    return found


def _same(column: Column[Any], old: Any, new: Any) -> bool:
    old, new = (None if value == "" else value for value in (old, new))
    return bool(old == new or (old is not None and new is not None and column.test(old) == column.test(new)))
