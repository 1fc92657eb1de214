"""The layout of the tables that hold records: names, columns, indexes and keys."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..schema.row_layout import REDACTED
from .table_definition import COUNTED, GIVEN, Index, Table, TableColumn

if TYPE_CHECKING:
    from ..query.dialect import Dialect
    from ..schema.resource_schema import ResourceSchema
    from .engine import Executor

FINGERPRINT = "mirror_digest"
"""The column, no part of a row, with the fingerprint of the text that the row was read from: see
:mod:`twilio_orm.mirror.coverage.page_cache`."""


def history_table(schema: ResourceSchema) -> str:
    """Return the name of the table of a resource's earlier versions."""
    return f"{schema.table}_history"


def definitions(schema: ResourceSchema) -> dict[str, TableColumn]:
    """Return the columns of a row, by name. Only keys are NOT NULL: Twilio may omit anything else."""
    found = [
        TableColumn(str(column.column_name), column.field_type, name in schema.key, column.refers or "")
        for name, column in schema.columns.items()
    ]
    own = {"mirror_extras": "TEXT", "mirror_absent": "TEXT", "mirror_revision": "INTEGER", "mirror_gone": "INTEGER"}
    found += [TableColumn(name, kind) for name, kind in own.items()]
    return {column.name: column for column in found}


@lru_cache(maxsize=256)
def record_table(schema: ResourceSchema) -> Table:
    """Return the table of a resource, without the indexes that SQLite makes late."""
    found = []
    for names in indexes(schema):
        columns = tuple([str(schema.columns[name].column_name) for name in names])
        # No lookup finds nulls by an index of one column, and there are many.
        where = f'"{columns[0]}" IS NOT NULL' if len(columns) == 1 else ""
        found.append(Index(f"{schema.table}_{'_'.join(names)}", columns, where))
    if schema.finality is not None and schema.window is not None:  # holds the few mutable rows
        found.append(Index(f"{schema.table}_unsettled", ("account_sid", schema.window), schema.finality.sql()))
    stored = (*definitions(schema).values(), TableColumn(FINGERPRINT, "INTEGER"))
    return Table(schema.table, stored, _key(schema), (*found,), GIVEN)


@lru_cache(maxsize=256)
def version_table(schema: ResourceSchema) -> Table:
    """Return the table of a resource's earlier versions.

    It has two indexes: for the versions of a record, and for the changes since a revision. SQLite makes it when the first record
    changes.
    """
    name = history_table(schema)
    found = (Index(f"{name}_record", (*_key(schema), "mirror_until")), Index(f"{name}_until", ("mirror_until",)))
    columns = (*definitions(schema).values(), TableColumn("mirror_until", "INTEGER", required=True))
    return Table(name, columns, (), found, COUNTED)


def redacted_index(table: str) -> Index:
    """Return the index of the redacted rows of a table of records. SQLite makes it when the first record is redacted."""
    return Index(f"{table}_redacted", ("mirror_revision",), any_redacted)


def _key(schema: ResourceSchema) -> tuple[str, ...]:
    return tuple([str(schema.columns[name].column_name) for name in schema.key])


def indexes(schema: ResourceSchema) -> list[tuple[str, ...]]:
    """Return the fields of each index. There are few, each for common queries: an account's records by time, related records."""
    out: list[tuple[str, ...]] = []
    if "account_sid" in schema.columns and schema.keyed:
        out.append(("account_sid", schema.window) if schema.window else ("account_sid",))
    out += [(name,) for name, column in schema.columns.items() if column.index]
    return out


@lru_cache(maxsize=256)
def field_indexes(schema: ResourceSchema) -> tuple[Index, ...]:
    """Return the indexes of single fields, whose values come in no order: a table may be filled without them. Pure."""
    wanted = {(str(schema.columns[name].column_name),) for name in fields_indexed(schema)}
    return tuple([one for one in record_table(schema).indexes if one.columns in wanted])


@lru_cache(maxsize=256)
def fields_indexed(schema: ResourceSchema) -> frozenset[str]:
    """Return the fields that have an index of their own. Pure."""
    return frozenset(name for name, *others in indexes(schema) if not others and name != "account_sid")


def any_redacted(dialect: Dialect) -> str:
    """Return the SQL that tells whether any field of a row was redacted, as the index that finds such rows spells it. Pure."""
    return dialect.contains.format("mirror_absent", f'"{REDACTED}')


@lru_cache(maxsize=256)
def column_names(schema: ResourceSchema) -> tuple[str, ...]:
    """Return the names of the columns of a row, in its order. Pure."""
    return tuple(definitions(schema))


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
    return connection.has_table(history_table(schema))
