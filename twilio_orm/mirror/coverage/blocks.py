"""Blocks of records that lie side by side on pages, by which most of a page is recognised when its records have shifted.

Where a block begins follows from its records alone (see :func:`twilio_orm.sync.splitter.blocks`): a new record at the head of a
list moves the others to other places of their pages, but not to other blocks. A block is stored as the numbers of its rows, with
the sum of their fingerprints. It is recognised as long as every one of them is unchanged. All its records are final.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..._frozen import Value, lazy_dataclass

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema
    from ..engine import Session, TableReader

_STORE = (
    "INSERT INTO mirror_blocks (resource, low, high, fingerprint, total) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (resource, low) DO UPDATE SET high = excluded.high, fingerprint = excluded.fingerprint, total = excluded.total"
)
_KNOWN = (
    "SELECT fingerprint, low, high, total FROM mirror_blocks"
    ' WHERE resource = ? AND low IN (SELECT rowid FROM "{table}" WHERE {listed})'
    ' AND total = (SELECT sum(r.mirror_digest) FROM "{table}" r WHERE r.rowid BETWEEN low AND high)'
    " AND NOT EXISTS (SELECT 1 FROM mirror_missed WHERE resource = ?)"
)


@lazy_dataclass(frozen=True, eq=False, repr=False)
class KnownBlock(Value):
    """A stored block whose rows are all unchanged.

    :param low: the number of its first row.
    :param high: the number of its last row.
    :param total: the sum of its rows' fingerprints.
    """

    low: int
    high: int
    total: int


@lazy_dataclass(frozen=True, eq=False, repr=False)
class NewBlock(Value):
    """A block of a page that is to be stored.

    :param start: the place of its first record on the page.
    :param end: the place behind its last one.
    :param fingerprint: that of its text.
    :param total: the sum of its records' fingerprints.
    """

    start: int
    end: int
    fingerprint: int
    total: int


def known(connection: TableReader, schema: ResourceSchema, keys: Sequence[str]) -> dict[int, KnownBlock]:
    """Return the blocks that begin with some records and whose rows are all unchanged, by their fingerprints. Reads the disk."""
    if not keys:
        return {}
    key, dialect = schema.columns[schema.key[0]].column_name, connection.dialect
    text = _KNOWN.format(table=schema.table, listed=dialect.listed(f'"{key}"'))
    found = connection.execute(text, (schema.table, dialect.list_parameter(keys), schema.table)).fetchall()
    return {row[0]: KnownBlock(*row[1:]) for row in found}


def store(connection: Session, schema: ResourceSchema, blocks: Iterable[NewBlock], numbers: Sequence[int | None]) -> None:
    """Store the blocks of a page whose rows have consecutive numbers; in the caller's transaction.

    :param numbers: the numbers of the page's rows, in its order; None for one that is not known.
    """
    found = []
    for one in blocks:
        low, size = numbers[one.start], one.end - one.start
        if low is not None and list(numbers[one.start : one.end]) == list(range(low, low + size)):
            found.append((schema.table, low, low + size - 1, one.fingerprint, one.total))
    if found:
        connection.executemany(_STORE, found)
