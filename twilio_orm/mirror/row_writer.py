"""Stores rows in the tables of resources: only what changed, with what it was before. All runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import history
from .coverage import absence, page_cache
from .table_layout import FINGERPRINT, keyed

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .coverage.page_cache import PageFingerprint
    from .revisions import StoredRows, Unit

Key = tuple[Any, ...]


def store_rows(
    unit: Unit, schema: ResourceSchema, rows: Mapping[Key, Row], fingerprints: Mapping[Key, int | None], request_revision: int
) -> StoredRows:
    """Insert rows, update those that differ, and keep what these were.

    :param rows: the rows by key.
    :param fingerprints: those of the texts that rows were read from, by key.
    :param request_revision: the mirror's revision before the rows were requested: rows that changed since then stay.
    :returns: what was stored, with the numbers of the new rows in the order of ``rows``.
    """
    at = schema.codec.revision_slot
    stored = unit.put_rows(
        schema, [(*row[:at], unit.revision, None, fingerprints.get(key)) for key, row in rows.items()], request_revision
    )
    history.keep(unit.connection, schema, stored.earlier, unit.revision)
    return stored


def remember_pages(
    unit: Unit,
    schema: ResourceSchema,
    fingerprints: Mapping[Key, int | None],
    pages: Sequence[PageFingerprint],
    stored: StoredRows,
    request_revision: int,
) -> None:
    """Let pages be recognised by their text the next time, and their rows, which were just stored, by theirs.

    :param fingerprints: those of the rows' texts, by key.
    :param stored: what was stored of the rows, in the order of ``fingerprints``.
    :param request_revision: the mirror's revision before the pages were requested.
    """
    before = {key for page in pages for key in page.numbers} if fingerprints else frozenset()
    changed, key = {*schema.codec.identities(stored.earlier)}, schema.columns[schema.key[0]].column_name
    unit.connection.executemany(  # rows that did not change, but were read from another text than before
        f'UPDATE "{schema.table}" SET {FINGERPRINT} = ? WHERE "{key}" = ? AND mirror_revision <= ?',
        [
            (fingerprint, *name, request_revision)
            for name, fingerprint in fingerprints.items()
            if name[0] in before and name not in changed
        ],
    )
    brought = [name for (name,) in fingerprints if name not in before]
    alone = len(brought) == len(stored.new)  # else another page stored some of them meanwhile
    numbers = dict(zip(brought, stored.new, strict=True)) if alone else page_cache.numbers(unit.connection, schema, brought)
    page_cache.remember_pages(unit.connection, schema, pages, numbers, unit.revision)


def clear_suspects(unit: Unit, schema: ResourceSchema, keys: Collection[Key]) -> int:
    """Clear the suspicion of records that were read again. Return how many entries there were."""
    if not keys or not absence.has_suspects(unit.connection, schema):
        return 0
    return sum(
        absence.clear_suspects(unit.connection, schema, where, values, unit.revision)
        for where, values in keyed(schema, list(keys))
    )


def tombstone(unit: Unit, schema: ResourceSchema, numbers: list[int]) -> None:
    """Mark rows as deleted, and clear the suspicion of their records. Their versions are in the order of the rows' numbers.

    :param numbers: the rowids, in any order.
    """
    if not numbers:
        return
    connection, revision = unit.connection, unit.revision
    numbers = sorted(numbers)  # engines select rows in different orders, and changes are told in that of the versions
    history.keep_rowids(connection, schema, numbers, revision)
    connection.executemany(
        f'UPDATE "{schema.table}" SET mirror_gone = ?, mirror_revision = ?, {FINGERPRINT} = NULL WHERE rowid = ?',
        [(revision, revision, number) for number in numbers],
    )
    for start in range(0, len(numbers), 900):
        part = numbers[start : start + 900]
        absence.clear_suspects(connection, schema, f"rowid IN ({', '.join('?' * len(part))})", part, revision)
