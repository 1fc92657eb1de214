"""Differences between two mirrors: which records only one of them has, and which fields differ. They send nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import QueryError
from ..mirror.row_batches import key_columns
from ..mirror.store import Mirror
from ..mirror.table_layout import columns
from ..query.parser import field_names
from ..schema.registry import SCHEMAS
from .diff import Diff, compare
from .mirror_copies import Place, kept_place, opened

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row

PAGE = 2000
"""Rows that are read at a time."""


def compare_mirrors(
    first: Place, second: Place, *models: Any, fields: Collection[str] | None = None, volatile: bool = False
) -> tuple[Diff, ...]:
    """The differences between the records of two mirrors, a :class:`Diff` for each resource that differs. Reads the disk.

    All accounts are compared, deleted records count as missing, and earlier versions and coverage are not compared. Both mirrors
    are read in pages in the order of keys; let nothing write them meanwhile.

    :param first: the path or URL of the mirror that is the first side.
    :param second: the path or URL of the second side.
    :param models: compare only these resources.
    :param fields: compare only these fields, of one resource.
    :param volatile: also compare fields that change by themselves, such as ``date_updated``.
    :raises QueryError: an unknown field, or a resource that is not mirrored.
    :raises ConfigurationError: there is no such mirror.
    """
    schemas: list[ResourceSchema] = [one.api_schema for one in models] or [one for one in SCHEMAS if one.mirrored]
    for schema in schemas:
        if not schema.mirrored:
            raise QueryError(f"{schema.name} is not mirrored: no mirror has its records")
    if fields is not None and len(schemas) != 1:
        raise QueryError("fields= goes with one resource: compare_mirrors(first, second, Call, fields=['status'])")
    names = None if fields is None else field_names(schemas[0], fields)
    with (
        opened(Mirror(kept_place(first), SCHEMAS, readonly=True)) as left,
        opened(Mirror(kept_place(second), SCHEMAS, readonly=True)) as right,
    ):
        found = [_compared(left, right, one, names, volatile) for one in schemas]
    return tuple(one for one in found if one)


def _compared(left: Mirror, right: Mirror, schema: ResourceSchema, fields: Collection[str] | None, volatile: bool) -> Diff:
    """The differences of one resource. Only rows that differ are kept in memory."""
    before, after, compared = dict[Any, "Row"](), dict[Any, "Row"](), 0
    parts = (schema.codec.revision_slot, schema.codec.deleted_slot)
    for key, old, new in _side_by_side(_rows(left, schema), _rows(right, schema)):
        compared += 1
        if old is not None and new is not None and _without(old, parts) == _without(new, parts):
            continue
        if old is not None:
            before[key] = old
        if new is not None:
            after[key] = new
    found = compare(schema, before, after, fields=fields, volatile=volatile, sides=(left.path, right.path))
    return replace(found, compared=compared)


def _without(row: Row, slots: Collection[int]) -> list[Any]:
    return [value for slot, value in enumerate(row) if slot not in slots]


def _side_by_side(
    left: Iterator[tuple[Any, Row]], right: Iterator[tuple[Any, Row]]
) -> Iterator[tuple[Any, Row | None, Row | None]]:
    """Return the rows of two sides, each in the order of its keys, key by key; None where a side has no such row."""
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None
            yield one[0], one[1], None
            one = next(left, None)
        elif one is None or other[0] < one[0]:
            yield other[0], None, other[1]
            other = next(right, None)
        else:
            yield one[0], one[1], other[1]
            one, other = next(left, None), next(right, None)


def _rows(mirror: Mirror, schema: ResourceSchema) -> Iterator[tuple[Any, Row]]:
    """Return the rows of records that are not deleted, in the order of their keys, each behind its key. Reads the disk."""
    keys = key_columns(schema)
    names, marks = ", ".join(keys), ", ".join("?" * len(keys))
    select = f'SELECT {columns(schema)} FROM "{schema.table}" WHERE mirror_gone IS NULL'
    last: tuple[Any, ...] = ()
    while True:
        beyond = f" AND ({names}) > ({marks})" if last else ""
        with mirror.reading() as connection:
            rows = connection.execute(f"{select}{beyond} ORDER BY {names} LIMIT {PAGE}", last).fetchall()
        for row in rows:
            yield schema.codec.identity(row), row
        if len(rows) < PAGE:
            return
        last = schema.codec.identity(rows[-1])
