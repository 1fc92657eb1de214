"""Named texts that describe a mirror's file: the table ``mirror_about``. Everything runs in the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .engine import Executor, Session

EXCLUDED = "leave_out"
"""The fields that the mirror does not store, by table."""
REDACTED = "redacted"
"""The fields that were redacted in any record, by table."""
ERASING = "erasing"
"""Present while the file holds pages with redacted text: see :mod:`twilio_orm.mirror.erased_bytes`."""
BOOKMARK = "bookmark "
"""The beginning of the name of a bookmark: the revision up to which an export was written."""
VIEWS = "views"
"""The version of the file's views: see :data:`twilio_orm.mirror.mirror_file.VIEWS`."""
WORDS = "words "
"""The beginning of the name of the state of an index: see :mod:`twilio_orm.mirror.word_index`."""
HISTORY_SINCE = "history_since"
"""The revision before which what records were is not known."""

CALLBACKS_PRUNED = "callbacks_pruned"
"""The moment before which callbacks were pruned, the last time that there were any."""


def read(connection: Executor, name: str) -> str | None:
    """Return a text, or None. Reads the disk."""
    found = connection.execute("SELECT value FROM mirror_about WHERE name = ?", (name,)).fetchone()
    return found[0] if found else None


def write(connection: Session, name: str, value: str | None) -> None:
    """Store a text, or delete it if it is None."""
    if value is None:
        connection.execute("DELETE FROM mirror_about WHERE name = ?", (name,))
    else:
        connection.execute("INSERT OR REPLACE INTO mirror_about VALUES (?, ?)", (name, value))
