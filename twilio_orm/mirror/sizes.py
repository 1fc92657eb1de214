"""How much space the mirror takes, by table, and how much of it is history. It writes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import word_index
from .table_layout import history_table, is_kept

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from .engine import Executor


@dataclass(frozen=True)
class TableSize:
    """The size of one resource: its records, their earlier ``versions``, and the bytes of both with their indexes.

    The bytes are None if this SQLite does not tell them by table.
    """

    table: str
    records: int
    versions: int
    bytes: int | None
    history_bytes: int | None


@dataclass(frozen=True)
class Sizes:
    """The size of the mirror: the ``bytes`` of its file, how many are ``free`` for new records, and each table with records."""

    bytes: int
    free: int
    tables: tuple[TableSize, ...]

    @property
    def versions(self) -> int:
        """The number of earlier versions of all records."""
        return sum(one.versions for one in self.tables)

    def __str__(self) -> str:
        lines = [f"{self.bytes:,} bytes, {self.free:,} of them free; {self.versions:,} earlier versions"]
        for one in self.tables:
            size = "" if one.bytes is None else f", {one.bytes:,} bytes"
            past = "" if one.history_bytes is None else f" ({one.history_bytes:,} bytes)"
            lines.append(f"  {one.table}: {one.records:,} records{size}; {one.versions:,} earlier versions{past}")
        return "\n".join(lines)


def measure(connection: Executor, schemas: Iterable[ResourceSchema]) -> Sizes:
    """Measure the file. Reads the disk, every page of the file."""
    size = _by_table(connection)
    tables = []
    for schema in sorted(schemas, key=lambda one: one.table):
        records = _count(connection, schema.table)
        versions = _count(connection, history_table(schema)) if is_kept(connection, schema) else 0
        if records:
            both = [None if size is None else size.get(name, 0) for name in (schema.table, history_table(schema))]
            tables.append(TableSize(schema.table, records, versions, *both))
    page, pages, free = (
        connection.execute(f"PRAGMA {word}").fetchone()[0] for word in ("page_size", "page_count", "freelist_count")
    )
    return Sizes(page * pages, page * free, tuple(tables))


def _count(connection: Executor, table: str) -> int:
    return int(connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])


def _by_table(connection: Executor) -> dict[str, int] | None:
    """Bytes by table, indexes included; None if SQLite was built without that."""
    try:
        rows = connection.execute(
            "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name GROUP BY 1"
        ).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        return None
    sizes: dict[str, int] = {}
    for name, size in rows:  # an index of words is kept in tables of its own
        table = word_index.owner(name) or name
        sizes[table] = sizes.get(table, 0) + size
    return sizes
