"""Stores rows in the tables of resources: only what changed, with what it was before. All runs in the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from . import history
from .coverage import absence, page_cache
from .sqlite.statements import bulk
from .table_layout import FINGERPRINT, keyed

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .coverage.page_cache import PageFingerprint
    from .sqlite.connections import MirrorConnection

Key = tuple[Any, ...]


def store_rows(
    connection: MirrorConnection,
    schema: ResourceSchema,
    rows: Mapping[Key, Row],
    fingerprints: Mapping[Key, int | None],
    request_revision: int,
    revision: int,
) -> tuple[int, range]:
    """Insert rows, update those that differ, and keep what these were.

    :param rows: the rows by key.
    :param fingerprints: those of the texts that rows were read from, by key.
    :param request_revision: the mirror's revision before the rows were requested: rows that changed since then stay.
    :param revision: the revision that is being made.
    :returns: how many rows were inserted or changed, and the numbers of the new ones, in the order of ``rows``.
    """
    at, last = schema.codec.revision_slot, _last_number(connection, schema)
    connection.earlier.clear()
    stored = [(*row[:at], revision, None, fingerprints.get(key)) for key, row in rows.items()]
    changes = bulk(connection, partial(upsert_sql, schema), stored, request_revision)
    new = _last_number(connection, schema) - last if changes else 0
    history.keep(connection, schema, connection.earlier, revision)
    return changes, range(last + 1, last + 1 + new)


@lru_cache(maxsize=256)
def upsert_sql(schema: ResourceSchema, rows: int) -> str:
    """Return the statement that inserts rows or updates those that differ.

    Rows that do not differ, and rows that changed after the page was requested, stay untouched. ``earlier()`` comes last in the
    condition, so it is called for exactly the rows that are updated.
    """
    names = [str(column.column_name) for column in schema.columns.values()] + ["mirror_extras", "mirror_absent"]
    keys = ", ".join(f'"{schema.columns[name].column_name}"' for name in schema.key)
    stored = (*names, "mirror_revision", "mirror_gone", FINGERPRINT)
    columns = ", ".join(f'"{name}"' for name in stored)
    rest = [name for name in (*names, "mirror_gone") if name not in schema.key]
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in (*rest, "mirror_revision", FINGERPRINT))
    differs = " OR ".join(f'"{schema.table}"."{name}" IS NOT excluded."{name}"' for name in rest)
    old = ", ".join(f'"{schema.table}"."{name}"' for name in (*names, "mirror_revision", "mirror_gone"))
    one = f"({', '.join('?' * len(stored))})"
    return (
        f'INSERT INTO "{schema.table}" ({columns}) VALUES {", ".join([one] * rows)}'
        f" ON CONFLICT ({keys}) DO UPDATE SET {sets}"
        f' WHERE "{schema.table}".mirror_revision <= ? AND ({differs}) AND earlier({old})'
    )


def _last_number(connection: sqlite3.Connection, schema: ResourceSchema) -> int:
    """The greatest rowid. A new row gets the next one: rows are never deleted within such a transaction."""
    return int(connection.execute(f'SELECT coalesce(max(rowid), 0) FROM "{schema.table}"').fetchone()[0])


def remember_pages(
    connection: MirrorConnection,
    schema: ResourceSchema,
    fingerprints: Mapping[Key, int | None],
    pages: Sequence[PageFingerprint],
    new: range,
    request_revision: int,
    revision: int,
) -> None:
    """Let pages be recognised by their text the next time, and their rows, which were just stored, by theirs.

    :param fingerprints: those of the rows' texts, by key.
    :param new: the numbers of the rows that were new, in the order of ``fingerprints``.
    :param request_revision: the mirror's revision before the pages were requested.
    """
    before = {key for page in pages for key in page.numbers}
    changed, key = {*schema.codec.identities(connection.earlier)}, schema.columns[schema.key[0]].column_name
    connection.executemany(  # rows that did not change, but were read from another text than before
        f'UPDATE "{schema.table}" SET {FINGERPRINT} = ? WHERE "{key}" = ? AND mirror_revision <= ?',
        [
            (fingerprint, *name, request_revision)
            for name, fingerprint in fingerprints.items()
            if name[0] in before and name not in changed
        ],
    )
    brought = [name for (name,) in fingerprints if name not in before]
    alone = len(brought) == len(new)  # else another page stored some of them meanwhile
    numbers = dict(zip(brought, new, strict=True)) if alone else page_cache.numbers(connection, schema, brought)
    page_cache.remember_pages(connection, schema, pages, numbers, revision)


def clear_suspects(connection: MirrorConnection, schema: ResourceSchema, keys: Collection[Key], revision: int) -> int:
    """Clear the suspicion of records that were read again. Return how many entries there were."""
    if not absence.has_suspects(connection, schema):
        return 0
    return sum(absence.clear_suspects(connection, schema, where, values, revision) for where, values in keyed(schema, list(keys)))


def tombstone(connection: MirrorConnection, schema: ResourceSchema, numbers: list[int], revision: int) -> None:
    """Mark rows as deleted, and clear the suspicion of their records.

    :param numbers: the rowids.
    """
    if not numbers:
        return
    history.keep_rowids(connection, schema, numbers, revision)
    connection.executemany(
        f'UPDATE "{schema.table}" SET mirror_gone = ?, mirror_revision = ?, {FINGERPRINT} = NULL WHERE rowid = ?',
        [(revision, revision, number) for number in numbers],
    )
    for start in range(0, len(numbers), 900):
        part = numbers[start : start + 900]
        absence.clear_suspects(connection, schema, f"rowid IN ({', '.join('?' * len(part))})", part, revision)
