"""The table ``mirror_callbacks``: callbacks as they came, with their parameters and what became of them, and no headers.

It is made when the first callback is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..schema.row_layout import UNCONFIRMED
from . import metadata
from .table_layout import is_there

if TYPE_CHECKING:
    from .engine import Executor, Session

TABLE = "mirror_callbacks"
REMOVED = "mirror_callbacks_removed"
"""The table of the records whose callbacks were deleted by redacting, erasing or deleting; made when the first ones are."""
STORED, UNCHANGED, IGNORED, FAILED = "stored", "unchanged", "ignored", "failed"
"""The outcomes of a callback: it changed a record, changed nothing, is not of a kind that changes any, or an error came."""
_DEFINITION = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    id INTEGER PRIMARY KEY, account_sid TEXT NOT NULL, token TEXT NOT NULL, received_at TEXT NOT NULL, kind TEXT NOT NULL,
    resource TEXT, key TEXT, sequence INTEGER, parameters TEXT NOT NULL, outcome TEXT NOT NULL, why TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS {TABLE}_token ON {TABLE} (account_sid, token);
CREATE INDEX IF NOT EXISTS {TABLE}_record ON {TABLE} (key, resource) WHERE key IS NOT NULL;
CREATE INDEX IF NOT EXISTS {TABLE}_failed ON {TABLE} (id) WHERE outcome = '{FAILED}';
"""
_REMOVED_DEFINITION = f"""
CREATE TABLE IF NOT EXISTS {REMOVED} (
    key TEXT NOT NULL, resource TEXT NOT NULL, received_at TEXT NOT NULL, PRIMARY KEY (key, resource)
) WITHOUT ROWID
"""
IS_UNCONFIRMED = f"instr(mirror_absent, '\"{UNCONFIRMED}\"') > 0"
"""The SQL that tells whether a callback made or changed a row, as the index that finds such rows spells it."""


def make(connection: Session) -> None:
    """Make the table; in the caller's transaction."""
    for statement in _DEFINITION.split(";"):
        connection.execute(statement)


def are_stored(connection: Executor) -> bool:
    """Return whether the file has the table of callbacks. Reads the disk."""
    return is_there(connection, TABLE)


def were_removed(connection: Executor) -> bool:
    """Return whether the file has the table of records whose callbacks were deleted. Reads the disk."""
    return is_there(connection, REMOVED)


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
    connection.execute(_REMOVED_DEFINITION)
    connection.execute(
        f"INSERT OR REPLACE INTO {REMOVED} SELECT key, resource, max(received_at) FROM {TABLE}"
        f" WHERE key IS NOT NULL AND resource IS NOT NULL AND {where} GROUP BY 1, 2",
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
