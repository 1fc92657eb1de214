"""Erases the bytes of redacted text from the file: the tables do not say it any more, but old pages of the file may.

``VACUUM`` rewrites the file, since what SQLite moves leaves copies in the gaps of its pages; a checkpoint that empties the WAL
follows. ``VACUUM`` writes a temporary file, but by then the tables hold nothing that is to go.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .. import metadata
from . import word_index

if TYPE_CHECKING:
    from ..revisions import Unit
    from .connections import MirrorConnection
    from .database import MirrorDatabase

_REWRITTEN = "copied "
"""What the text of ``metadata.ERASING`` begins with once the file was rewritten, and only its old pages are left."""
PATIENCE = 2.0
"""Seconds to wait for other processes that have the file open."""


def erase(database: MirrorDatabase, patience: float = PATIENCE) -> str:
    """Rewrite the file, and empty its WAL. Writes the disk. Not to be called in a transaction.

    A file that was already rewritten, and whose old pages a reader kept, is not written once more.

    :param patience: seconds to wait for other processes.
    :returns: why it could not be done, or ``""``.
    """
    with database.alone() as connection:
        found = metadata.read(connection, metadata.ERASING)
        token, why = found or _REWRITTEN, ""
        if not database.memory and not token.startswith(_REWRITTEN):
            why = _patiently(connection, patience, rewrite_file)
            if not why:
                _set_progress(database, token, _REWRITTEN + token)
                token = _REWRITTEN + token
        if not database.memory and found and not why:
            why = _patiently(connection, patience, _empty_wal)
        if found and not why:
            _set_progress(database, token, None)
    return why


def _set_progress(database: MirrorDatabase, token: str, value: str | None) -> None:
    """Store how far erasing has come, unless more was redacted meanwhile: that has a token of its own."""

    def work(unit: Unit) -> None:
        if value is None:
            unit.connection.execute("DELETE FROM mirror_about WHERE name = ? AND value = ?", (metadata.ERASING, token))
        else:
            changed = (value, metadata.ERASING, token)
            unit.connection.execute("UPDATE mirror_about SET value = ? WHERE name = ? AND value = ?", changed)

    database.unit(work)


def _patiently(connection: MirrorConnection, patience: float, work: Callable[[MirrorConnection], str]) -> str:
    """Do work that other processes may block. Return why it could not be done, or ``""``."""
    before = connection.execute("PRAGMA busy_timeout /* as it was */").fetchone()[0]
    # The timeout is set while a statement is prepared, so a cached one would not set it: hence executescript().
    connection.executescript(f"PRAGMA busy_timeout = {int(patience * 1000)}")
    try:
        return work(connection)
    except sqlite3.OperationalError as error:
        if "locked" not in str(error) and "busy" not in str(error) and "SQL statements in progress" not in str(error):
            raise
        return "the file is being written by somebody else"
    finally:
        connection.executescript(f"PRAGMA busy_timeout = {before}")


def rewrite_file(connection: MirrorConnection) -> str:
    """Rewrite the file. Writes the disk. Return ``""``."""
    with _transaction(connection):
        word_index.forget_removed(connection)
        held = word_index.suspend(connection)
    before = _row_numbers(connection, held)
    for table in ("mirror_pages", "mirror_blocks"):  # they name rows by their numbers, and were made of text that is to go
        connection.execute(f"DELETE FROM {table}")
    connection.execute("VACUUM")
    after = _row_numbers(connection, held)
    for table, numbers in after.items():
        if numbers != before.get(table):  # VACUUM renumbered the rows: which of them are suspect is not known any more
            connection.execute("DELETE FROM mirror_missed WHERE resource = ?", (table,))
            connection.execute("DELETE FROM mirror_missed_history WHERE resource = ?", (table,))
    with _transaction(connection):
        word_index.resume(connection, held, any(after[table] != before[table] for table in held))
    return ""


@contextmanager
def _transaction(connection: MirrorConnection) -> Iterator[None]:
    """Run the block in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _empty_wal(connection: MirrorConnection) -> str:
    """Write the new pages into the file in place of the old ones, and empty the WAL."""
    busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return "somebody else is reading the file" if busy else ""


def _row_numbers(connection: MirrorConnection, indexed: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    """Sums over the numbers of the rows of those tables that have suspect records, and of these."""
    tables = connection.execute("SELECT resource FROM mirror_missed UNION SELECT resource FROM mirror_missed_history").fetchall()
    return {
        table: connection.execute(f'SELECT count(*), min(rowid), max(rowid), total(rowid) FROM "{table}"').fetchone()
        for table in {*indexed, *(table for (table,) in tables)}
    }
