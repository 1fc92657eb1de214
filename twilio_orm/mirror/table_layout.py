"""The layout of the tables that hold records: names, columns, indexes and keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..schema.row_layout import REDACTED

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from .engine import Executor

FINGERPRINT = "mirror_digest"
"""The column, no part of a row, with the fingerprint of the text that the row was read from: see
:mod:`twilio_orm.mirror.coverage.page_cache`."""
ANY_REDACTED = f"instr(mirror_absent, '\"{REDACTED}') > 0"
"""The SQL that tells whether any field of a row was redacted, as the index that finds such rows spells it."""
DESCRIBING = {
    "mirror_countries": (
        "digits TEXT PRIMARY KEY, shortest INTEGER NOT NULL, longest INTEGER NOT NULL, country TEXT",
        "WITHOUT ROWID",
    ),
    "mirror_error_texts": ("code INTEGER PRIMARY KEY, text TEXT NOT NULL", ""),
    "mirror_tables": ("name TEXT PRIMARY KEY, kind TEXT NOT NULL, description TEXT NOT NULL", "WITHOUT ROWID"),
    "mirror_fields": (
        "table_name TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, unit TEXT,"
        " description TEXT NOT NULL, PRIMARY KEY (table_name, position)",
        "WITHOUT ROWID",
    ),
}
"""The columns of tables that say the same in every mirror, and their options. They hold nothing of an account."""


def history_table(schema: ResourceSchema) -> str:
    """Return the name of the table of a resource's earlier versions. It is made when the first record changes."""
    return f"{schema.table}_history"


def definitions(schema: ResourceSchema) -> dict[str, str]:
    """Return the columns of a row with their SQL types. Only keys are NOT NULL: Twilio may omit anything else."""
    out = {}
    for name, column in schema.columns.items():
        words = [column.field_type]
        if name in schema.key:
            words.append("NOT NULL")
        if column.refers:
            words.append(f'REFERENCES "{column.refers}" (sid)')
        out[str(column.column_name)] = " ".join(words)
    own = {"mirror_extras": "TEXT", "mirror_absent": "TEXT", "mirror_revision": "INTEGER", "mirror_gone": "INTEGER"}
    return {**out, **own}


def indexes(schema: ResourceSchema) -> list[tuple[str, ...]]:
    """Return the fields of each index. There are few, each for common queries: an account's records by time, related records."""
    out: list[tuple[str, ...]] = []
    if "account_sid" in schema.columns and schema.keyed:
        out.append(("account_sid", schema.window) if schema.window else ("account_sid",))
    out += [(name,) for name, column in schema.columns.items() if column.index]
    return out


def columns(schema: ResourceSchema) -> str:
    """Return the columns of a resource's table, in the order of a row. Pure."""
    return ", ".join(f'"{name}"' for name in definitions(schema))


def keyed(schema: ResourceSchema, keys: list[tuple[Any, ...]]) -> Iterator[tuple[str, list[Any]]]:
    """Return conditions that select the rows of these keys, each with few enough parameters for any SQLite. Pure."""
    names = [f'"{schema.columns[name].column_name}"' for name in schema.key]
    step = 900 // len(names)
    for start in range(0, len(keys), step):
        part = keys[start : start + step]
        one = f"({', '.join('?' * len(names))})" if len(names) > 1 else "(?)"
        left = f"({', '.join(names)})" if len(names) > 1 else names[0]
        yield f"{left} IN (VALUES {', '.join([one] * len(part))})", [value for key in part for value in key]


def is_kept(connection: Executor, schema: ResourceSchema) -> bool:
    """Return whether any earlier version of a resource is stored. Reads the disk."""
    return is_there(connection, history_table(schema))


def is_there(connection: Executor, name: str, kind: str = "table") -> bool:
    """Return whether the file has a table, or an index, of this name. Reads the disk."""
    found = connection.execute(f"SELECT 1 FROM sqlite_master WHERE type = '{kind}' AND name = ?", (name,))
    return found.fetchone() is not None
