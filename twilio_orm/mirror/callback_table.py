"""The table ``mirror_callbacks``: callbacks as they came, with their parameters and what became of them, and no headers.

It is made when the first callback is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..schema.row_layout import UNCONFIRMED
from . import metadata
from .table_definition import UNNUMBERED, Index, Table, columns_of, id_column

if TYPE_CHECKING:
    from ..query.dialect import Dialect
    from .engine import Executor, Session

TABLE = "mirror_callbacks"
REMOVED = "mirror_callbacks_removed"
"""The table of the records whose callbacks were deleted by redacting, erasing or deleting; made when the first ones are."""
STORED, UNCHANGED, IGNORED, FAILED = "stored", "unchanged", "ignored", "failed"
"""The outcomes of a callback: it changed a record, changed nothing, is not of a kind that changes any, or an error came."""
TABLES = (
    Table(
        TABLE,
        (
            *id_column(counted=True),
            *columns_of(
                "account_sid TEXT!, token TEXT!, received_at TEXT!, kind TEXT!, resource TEXT, key TEXT, sequence INTEGER,"
                " parameters TEXT!, outcome TEXT!, why TEXT"
            ),
        ),
        ("id",),
        (
            Index(f"{TABLE}_token", ("account_sid", "token"), unique=True),
            Index(f"{TABLE}_record", ("key", "resource"), "key IS NOT NULL"),
            Index(f"{TABLE}_failed", ("id",), f"outcome = '{FAILED}'"),
        ),
    ),
    Table(
        REMOVED,
        columns_of("key TEXT!, resource TEXT!, received_at TEXT!"),
        ("key", "resource"),
        numbers=UNNUMBERED,
    ),
)
"""The tables of callbacks. SQLite makes each of them when it is first written."""


def make(connection: Session) -> None:
    """Make the table; in the caller's transaction."""
    connection.make_table(TABLES[0])


def is_unconfirmed(dialect: Dialect) -> str:
    """Return the SQL that tells whether a callback made or changed a row, as the index that finds such rows spells it. Pure."""
    return dialect.contains.format("mirror_absent", f'"{UNCONFIRMED}"')


def unconfirmed_index(table: str) -> Index:
    """Return the index of those rows of a table that a callback made or changed. SQLite makes it when the first callback does."""
    return Index(f"{table}_unconfirmed", ("account_sid",), is_unconfirmed)


def are_stored(connection: Executor) -> bool:
    """Return whether the file has the table of callbacks. Reads the disk."""
    return connection.has_table(TABLE)


def were_removed(connection: Executor) -> bool:
    """Return whether the file has the table of records whose callbacks were deleted. Reads the disk."""
    return connection.has_table(REMOVED)


def prune(connection: Session, before: str) -> None:
    """Drop the callbacks that came before a moment; in the caller's transaction."""
    if are_stored(connection) and connection.execute(f"DELETE FROM {TABLE} WHERE received_at < ?", (before,)).rowcount:
        metadata.write(connection, metadata.CALLBACKS_PRUNED, before)
    if were_removed(connection):
        connection.execute(f"DELETE FROM {REMOVED} WHERE received_at < ?", (before,))


def note_removal(connection: Session, where: str, values: Sequence[Any] = ()) -> None:
    """Note the records whose callbacks are about to be deleted; in the caller's transaction.

    :param where: SQL that selects the callbacks.
    :param values: its parameters.
    """
    connection.make_table(TABLES[1])
    connection.execute(
        f"INSERT INTO {REMOVED} (key, resource, received_at) SELECT key, resource, max(received_at) FROM {TABLE}"
        f" WHERE key IS NOT NULL AND resource IS NOT NULL AND {where} GROUP BY key, resource"
        " ON CONFLICT (key, resource) DO UPDATE SET received_at = excluded.received_at",
        values,
    )


def forget_records(connection: Session, resource: str, keys: Iterable[str]) -> int:
    """Delete the callbacks about records; in the caller's transaction.

    :param resource: the name of the records' class.
    :param keys: their keys, as JSON.
    :returns: how many there were.
    """
    if not are_stored(connection):
        return 0
    several = [(key, resource) for key in keys]
    for one in several:
        note_removal(connection, "key = ? AND resource = ?", one)
    return connection.executemany(f"DELETE FROM {TABLE} WHERE key = ? AND resource = ?", several).rowcount if several else 0
