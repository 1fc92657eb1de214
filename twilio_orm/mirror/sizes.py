"""How much space the mirror takes, by table, and how much of it is history. It writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .table_layout import history_table, is_kept

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from .engine import Executor


@dataclass(frozen=True)
class TableSize:
    """The size of one resource: its records, their earlier ``versions``, and the bytes of both with their indexes.

    The bytes are None if the engine does not tell them by table.
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


def by_table(
    connection: Executor, schemas: Iterable[ResourceSchema], bytes_of: Mapping[str, int] | None
) -> tuple[TableSize, ...]:
    """Return the sizes of the resources that have records. Reads the disk.

    :param bytes_of: the bytes of each table with its indexes; None if the engine does not tell them.
    """
    found = []
    for schema in sorted(schemas, key=lambda one: one.table):
        records = _count(connection, schema.table)
        versions = _count(connection, history_table(schema)) if is_kept(connection, schema) else 0
        if records:
            both = [None if bytes_of is None else bytes_of.get(name, 0) for name in (schema.table, history_table(schema))]
            found.append(TableSize(schema.table, records, versions, *both))
    return tuple(found)


def _count(connection: Executor, table: str) -> int:
    return int(connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])
