"""The revisions of a mirror: each transaction that stores something has a number and a date.

Every change of the mirror is a *unit*: a function that is given to the database's ``unit()``. It runs statements, and nothing
else: it sends no request, and changes nothing outside of what it returns. So a transaction that was rolled back can be repeated.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from .._frozen import cached_property
from ..errors import NotCovered
from ..schema.times import UTC, instant, instant_text
from . import metadata

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .engine import Executor
    from .sqlite.connections import MirrorConnection

NO_CHANGE = "heard"
"""The kind of a revision that changed no record, but coverage or checkpoints."""
REPLY = "reply"
"""The kind of a revision whose rows came in reply to a write."""
LATEST = "SELECT coalesce(max(id), 0) FROM mirror_revisions"
"""The SQL of the number of the last revision, 0 before the first."""
_LAST_CHANGE = f"SELECT coalesce(max(id), 0) FROM mirror_revisions WHERE kind IS NOT '{NO_CHANGE}'"  # as its index spells it


class StoredRows(NamedTuple):
    """What :meth:`Unit.put_rows` did.

    :param changes: how many rows it inserted or updated.
    :param new: the numbers of the rows that it inserted, in their order.
    :param earlier: the rows that it updated, as they were.
    """

    changes: int
    new: range
    earlier: list[Row]


class Unit:
    """One transaction that writes, while it is open. Each engine has its own.

    :param connection: the connection that holds it.
    """

    def __init__(self, connection: MirrorConnection) -> None:
        self.connection = connection
        self.discarded = False

    @cached_property
    def revision(self) -> int:
        """The number of the revision that this transaction makes, if it is stamped. Reads the disk the first time."""
        return latest(self.connection) + 1

    def stamp(self, now: datetime | None, kind: str | None = None) -> None:
        """Store the revision with its date, which is never before that of the one before, whatever the clock does.

        :param now: its date; None for this machine's clock.
        :param kind: ``NO_CHANGE``, ``REPLY`` or None for any other change of records.
        """
        self.connection.execute(
            "INSERT INTO mirror_revisions VALUES"
            " (?, max(?, coalesce((SELECT at FROM mirror_revisions ORDER BY id DESC LIMIT 1), '')), ?)",
            (self.revision, instant_text(now or datetime.now(UTC)), kind),
        )

    def put_rows(self, schema: ResourceSchema, rows: list[Row], request_revision: int) -> StoredRows:
        """Insert rows, and update those that differ from what is stored.

        :param rows: no two of one key, each with this unit's revision, null in place of a deletion, and its fingerprint.
        :param request_revision: rows that changed after this revision stay as they are.
        """
        raise NotImplementedError

    def discard(self) -> None:
        """Have the transaction rolled back at its end. What the function returns is returned all the same."""
        self.discarded = True


def last_change(connection: Executor) -> int:
    """Return the revision of the last change of any record, 0 before the first."""
    return int(connection.execute(_LAST_CHANGE).fetchone()[0])


def latest(connection: Executor) -> int:
    """Return the number of the last revision, 0 before the first."""
    return int(connection.execute(LATEST).fetchone()[0])


def since(connection: Executor) -> int:
    """Return the revision from which on the history is complete. Reads the disk."""
    return int(metadata.read(connection, metadata.HISTORY_SINCE) or 0)


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
    revision, first = revision_at(connection, at), since(connection)
    if revision < first:
        start = instant_text(date_of(connection, first))
        raise NotCovered(
            f"the mirror has the versions of records from {start} on, not of {instant_text(at)}: query a later moment"
        )
    return revision
