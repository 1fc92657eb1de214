"""Hides what people wrote and said from a connection to a mirror's file: message bodies and the like read as null. Pure.

SQLite calls the authorizer of a connection for each column that a statement reads. So every statement of the connection is
covered: of tables, of views, and any SQL that users write.
"""

from __future__ import annotations

import sqlite3
from typing import Protocol

from .tables import APPLICATION
from .word_index import FIELDS, index_name, is_index

BODIES = {
    "message": ("body",), "transcription": ("transcription_text",), "call_event": ("request", "response"),
    "notification": ("request_variables", "response_headers", "response_body"), "mirror_steps": ("record", "fields"),
    "mirror_callbacks": ("parameters",),
}  # fmt: skip
"""The columns that hold content, by table. The history of a table has the same columns."""
VIEWS = {"messages_enriched": ("body",)}
"""The columns of views that show these columns under their names."""
OWN = ("mirror_extras", "mirror_digest")
"""The mirror's own columns of these tables that may hold content, or a hash of it."""
INDEXES = frozenset(index_name(table) for table, field in FIELDS.items() if field in BODIES[table])
"""The indexes of words of these columns. No statement may name one: which rows have a word says what is in them."""
RAW_PAGES = "sqlite_dbpage"
"""A virtual table of some builds of SQLite, of which ``data`` is the bytes of the file."""


class Connection(Protocol):
    """A connection of ``sqlite3``, or of another module with the same interface."""

    def set_authorizer(self, authorizer: object, /) -> None:
        """Let this function decide about each action of each statement."""

    def execute(self, sql: str, /) -> sqlite3.Cursor:
        """Run a statement."""


def is_mirror_file(connection: Connection) -> bool:
    """Return whether a connection is to a mirror file of whatever release. Reads the disk."""
    try:
        return bool(connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION)
    except sqlite3.DatabaseError:  # no database
        return False


def is_hidden(table: str, column: str) -> bool:
    """Return whether a column of a table reads as null. Pure."""
    if is_index(table):
        return not table.endswith("_config")  # settings of FTS5, which it reads whenever SQLite looks at the schema
    columns = BODIES.get(table.removesuffix("_history")) or VIEWS.get(table)
    return table == RAW_PAGES or (columns is not None and (column in columns or column in OWN))


def hide_bodies(connection: Connection) -> None:
    """Let the connection read null for each of these columns, in whatever statement. It replaces an earlier authorizer."""
    connection.set_authorizer(_authorize)


def _authorize(action: int, first: str | None, second: str | None, *_: object) -> int:
    if action != sqlite3.SQLITE_READ or first is None:
        return sqlite3.SQLITE_OK
    if first.lower() in INDEXES:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_IGNORE if is_hidden(first.lower(), (second or "").lower()) else sqlite3.SQLITE_OK
