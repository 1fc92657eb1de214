"""How much space a mirror's file takes, by table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..sizes import Sizes, by_table
from . import word_index

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema
    from ..engine import Executor


def measure(connection: Executor, schemas: Iterable[ResourceSchema]) -> Sizes:
    """Measure the file. Reads the disk, every page of the file."""
    tables = by_table(connection, schemas, _bytes_by_table(connection))
    page, pages, free = (
        connection.execute(f"PRAGMA {word}").fetchone()[0] for word in ("page_size", "page_count", "freelist_count")
    )
    return Sizes(page * pages, page * free, tables)


def _bytes_by_table(connection: Executor) -> dict[str, int] | None:
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
