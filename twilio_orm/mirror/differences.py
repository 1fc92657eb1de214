"""What rows that came differ in from those that are stored, as the upsert of SQLite judges it. Pure.

Engines that read the stored rows before they write use it: :class:`twilio_orm.mirror.sqlite.units.SqliteUnit` has SQLite compare.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row


class Differences(NamedTuple):
    """The rows that came, each in one of three lists, in the order in which they came.

    :param new: those of keys that are not stored.
    :param changed: those that differ from what is stored, each after the stored row.
    :param unchanged: those that leave what is stored as it is.
    """

    new: list[Row]
    changed: list[tuple[Row, Row]]
    unchanged: list[Row]


def compare(schema: ResourceSchema, olds: Iterable[Row], rows: Iterable[Row], request_revision: int) -> Differences:
    """Compare rows that came with those that are stored.

    Revisions and fingerprints are not compared. A deleted record that came again has changed. A record that changed after the
    request was sent stays as it is stored.

    :param olds: the stored rows of their keys, deleted ones included.
    :param rows: the rows that came, no two of one key, null in place of a deletion; more values may follow those of a row.
    :param request_revision: the mirror's revision before the request was sent.
    """
    codec, found = schema.codec, Differences([], [], [])
    stored = {codec.identity(row): row for row in olds}
    revision, deleted = codec.revision_slot, codec.deleted_slot
    for row in rows:
        old = stored.get(codec.identity(row))
        if old is None:
            found.new.append(row)
        elif old[revision] <= request_revision and (old[deleted] != row[deleted] or old[:revision] != row[:revision]):
            found.changed.append((old, row))
        else:
            found.unchanged.append(row)
    return found
