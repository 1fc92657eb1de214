"""The revisions of a mirror: each transaction that stores something has a number and a date.

Every change of the mirror is a *unit*: a function that is given to the database's ``unit()``. It runs statements, and nothing
else: it sends no request, and changes nothing outside of what it returns. So a transaction that was rolled back can be repeated.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from .._frozen import cached_property
from ..errors import NotCovered
from ..schema.times import UTC, instant, instant_text
from . import metadata

if TYPE_CHECKING:
    from ..query.dialect import Dialect
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .engine import Executor

NO_CHANGE = "heard"
"""The kind of a revision that changed no record, but coverage or checkpoints."""
REPLY = "reply"
"""The kind of a revision whose rows came in reply to a write."""
LOADED = "loaded"
"""The kind of a revision whose rows came from a file, which is older than the revision."""
LATEST = "SELECT coalesce(max(id), 0) FROM mirror_revisions"
"""The SQL of the number of the last revision, 0 before the first."""
_LAST_DATE = "SELECT at FROM mirror_revisions ORDER BY id DESC LIMIT 1"


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
    ``refusals`` are the exceptions that say that a value cannot be stored. ``may_be_lost`` says whether a crash of the database's
    machine may undo it after its commit: then nobody waits for its disk.
    """

    refusals: tuple[type[Exception], ...] = (ValueError, OverflowError)

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.discarded = self.may_be_lost = False

    @cached_property
    def revision(self) -> int:
        """The number of the revision that this transaction makes, if it is stamped. Reads the disk the first time."""
        return latest(self.connection) + 1

    def stamp(self, now: datetime | None, kind: str | None = None) -> None:
        """Store the revision with its date, which is never before that of the one before, whatever the clock does.

        :param now: its date; None for this machine's clock.
        :param kind: ``NO_CHANGE``, ``REPLY``, ``LOADED`` or None for any other change of records.
        """
        at, last = instant_text(now or datetime.now(UTC)), self.connection.execute(_LAST_DATE).fetchone()
        values = (self.revision, at if last is None else max(at, last[0]), kind)
        self.connection.execute("INSERT INTO mirror_revisions (id, at, kind) VALUES (?, ?, ?)", values)

    def limit_dates(self, latest: str, beyond: str) -> None:
        """Give the revisions whose dates are wrong the latest one that they can have.

        :param latest: that date.
        :param beyond: later dates than this one are wrong.
        """
        self.connection.execute("UPDATE mirror_revisions SET at = ? WHERE at > ?", (latest, beyond))

    def put_rows(self, schema: ResourceSchema, rows: list[Row], request_revision: int) -> StoredRows:
        """Insert rows, and update those that differ from what is stored.

        :param rows: no two of one key, each with this unit's revision, null in place of a deletion, and its fingerprint.
        :param request_revision: rows that changed after this revision stay as they are.
        """
        raise NotImplementedError

    def adopt_numbers(self) -> None:
        """Go on counting revisions and rows behind those that are stored, after they were inserted with their numbers.

        An engine that counts by what is stored has nothing to do.
        """

    def discard(self) -> None:
        """Have the transaction rolled back at its end. What the function returns is returned all the same."""
        self.discarded = True


def is_change(dialect: Dialect) -> str:
    """Return the SQL that tells whether a revision changed any record, as the index that finds such revisions spells it. Pure."""
    return dialect.differs.format("kind", f"'{NO_CHANGE}'")


def last_change(connection: Executor) -> int:
    """Return the revision of the last change of any record, 0 before the first."""
    text = f"SELECT coalesce(max(id), 0) FROM mirror_revisions WHERE {is_change(connection.dialect)}"
    return int(connection.execute(text).fetchone()[0])


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
