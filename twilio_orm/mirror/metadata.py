"""What describes a mirror: named texts (``mirror_about``) and its accounts. Everything runs in the caller's transaction."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .engine import Executor, Session

EXCLUDED = "leave_out"
"""The fields that the mirror does not store, by table."""
REDACTED = "redacted"
"""The fields that were redacted in any record, by table."""
NOT_IN_FILES = "not in files"
"""The fields that any record lacks because the file that it was loaded from does not have them, by table."""
ERASING = "erasing"
"""Present while the file holds pages with redacted text: see :mod:`twilio_orm.mirror.sqlite.erased_bytes`."""
BOOKMARK = "bookmark "
"""The beginning of the name of a bookmark: the revision up to which an export was written."""
VIEWS = "views"
"""The version of the file's views: see :data:`twilio_orm.mirror.mirror_file.VIEWS`."""
TABLES = "tables"
"""The version of the tables, where the engine keeps it nowhere else."""
WORDS = "words "
"""The beginning of the name of the state of an index: see :mod:`twilio_orm.mirror.word_index`."""
COPYING = "copying"
"""Present while the mirror is an incomplete copy of another one: see :mod:`twilio_orm.mirror.copying`."""
HISTORY_SINCE = "history_since"
"""The revision before which what records were is not known."""

CALLBACKS_PRUNED = "callbacks_pruned"
"""The moment before which callbacks were pruned, the last time that there were any."""

_OF_THE_FILE = frozenset({"host", "region", ERASING, VIEWS, COPYING, TABLES})


def is_of_the_file(name: str) -> bool:
    """Return whether a text is about the file, and not about what is in it: a copy has its own. Pure."""
    return name in _OF_THE_FILE or name.startswith(WORDS)


def read(connection: Executor, name: str) -> str | None:
    """Return a text, or None. Reads the disk."""
    found = connection.fetch_own("SELECT value FROM mirror_about WHERE name = ?", (name,))
    return found[0][0] if found else None


def write(connection: Session, name: str, value: str | None) -> None:
    """Store a text, or delete it if it is None."""
    if value is None:
        connection.execute("DELETE FROM mirror_about WHERE name = ?", (name,))
    else:
        connection.execute(
            "INSERT INTO mirror_about (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )


def accounts(connection: Executor) -> dict[str, str]:
    """Return the accounts whose records a mirror holds, each with the root of its tree. Reads the disk."""
    return dict(connection.execute("SELECT sid, root FROM mirror_accounts ORDER BY sid").fetchall())


def add_account(connection: Session, account: str, root: str) -> None:
    """Note that a mirror holds records of an account.

    :param root: the account at the root of its tree.
    """
    added = "INSERT INTO mirror_accounts (sid, root) VALUES (?, ?) ON CONFLICT (sid) DO NOTHING"
    connection.execute(added, (account, root))


# ---------------------------------------------------------------- erasing

DEFERRED = "it is done at the end of what is under way"
"""Why bytes are not erased yet, while :meth:`MirrorFile.defer_erasing` defers it."""


def mark_erasing_due(connection: Session) -> None:
    """Note that bytes of redacted text are to be erased: the tables do not say it any more, but what stores them may."""
    write(connection, ERASING, os.urandom(8).hex())


def is_erasing_due(connection: Executor) -> bool:
    """Return whether bytes that are to be erased may be left. Reads the disk."""
    return read(connection, ERASING) is not None
