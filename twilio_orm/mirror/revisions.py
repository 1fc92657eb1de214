"""The revisions of a mirror: each transaction that stores something has a number and a date.

Everything runs in the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING

from ..errors import NotCovered
from ..schema.times import UTC, instant, instant_text
from . import history

if TYPE_CHECKING:
    from .sqlite.connections import Executor

NO_CHANGE = "heard"
"""The kind of a revision that changed no record, but coverage or checkpoints."""
REPLY = "reply"
"""The kind of a revision whose rows came in reply to a write."""
_LAST_CHANGE = f"SELECT coalesce(max(id), 0) FROM mirror_revisions WHERE kind IS NOT '{NO_CHANGE}'"  # as its index spells it


def last_change(connection: Executor) -> int:
    """Return the revision of the last change of any record, 0 before the first."""
    return int(connection.execute(_LAST_CHANGE).fetchone()[0])


def next_revision(connection: Executor) -> int:
    """Return the number of the revision that is being made."""
    return int(connection.execute("SELECT coalesce(max(id), 0) + 1 FROM mirror_revisions").fetchone()[0])


def stamp(connection: sqlite3.Connection, revision: int, now: datetime | None, kind: str | None = None) -> None:
    """Store a revision with its date, which is never before that of the one before, whatever the clock does.

    :param now: its date; None for this machine's clock.
    :param kind: ``NO_CHANGE``, ``REPLY``, or None for any other change of records.
    """
    connection.execute(
        "INSERT INTO mirror_revisions VALUES"
        " (?, max(?, coalesce((SELECT at FROM mirror_revisions ORDER BY id DESC LIMIT 1), '')), ?)",
        (revision, instant_text(now or datetime.now(UTC)), kind),
    )


def date_of(connection: Executor, revision: int) -> datetime:
    """Return the date of a revision."""
    return instant(connection.execute("SELECT at FROM mirror_revisions WHERE id = ?", (revision,)).fetchone()[0])


def revision_at(connection: Executor, at: datetime) -> int:
    """Return the last revision until a moment, 0 before the first."""
    last = "SELECT id FROM mirror_revisions WHERE at <= ? ORDER BY at DESC, id DESC LIMIT 1"
    return int((connection.execute(last, (instant_text(at),)).fetchone() or (0,))[0])


def kept_revision_at(connection: Executor, at: datetime) -> int:
    """Return the same.

    :raises NotCovered: what records were then was pruned.
    """
    revision, since = revision_at(connection, at), history.since(connection)
    if revision < since:
        start = instant_text(date_of(connection, since))
        raise NotCovered(
            f"the mirror has the versions of records from {start} on, not of {instant_text(at)}: query a later moment"
        )
    return revision
