"""What a sync has to know of the mirror, and writes down in it: what was not heard, what may still change, where it broke off."""

from __future__ import annotations

from datetime import datetime

from ...query.constraints import Constraints
from ...query.intervals import Span
from ...schema.clocks import CLOCK_TOLERANCE
from ...schema.resource_schema import ResourceSchema
from ...schema.times import instant_text
from ..database import MirrorDatabase
from . import absence, sweeps
from . import checkpoints as places
from .checkpoints import Checkpoint

_DATED = (
    "FROM mirror_revisions WHERE at > ?1",
    "FROM mirror_sweeps WHERE began_at > ?1",
    "FROM mirror_cursors WHERE began_at > ?1",
    "FROM mirror_about WHERE (name LIKE 'full %' OR name LIKE 'looked %') AND value > ?1",
)
"""What is dated; all but the revisions is let go where it is dated wrongly."""


class SyncState:
    """The part of a mirror that syncs keep."""

    def open(self) -> MirrorDatabase:
        """The database."""
        raise NotImplementedError

    def discard_future_dates(self, latest: datetime) -> None:
        """Let go of what is dated later than it can be: it was dated by a clock that was wrong. Touches the disk.

        What was heard then is to be heard again, lists that broke off are begun anew; changes of records keep their order and
        are dated now.
        """
        beyond = (instant_text(latest + CLOCK_TOLERANCE),)
        with self.open().reading() as connection:
            any_there = " OR ".join(f"EXISTS (SELECT 1 {one})" for one in _DATED)
            if connection.execute(f"SELECT {any_there}", beyond).fetchone() == (0,):
                return
        with self.open().writing() as connection:
            for table in ("mirror_revisions", "mirror_missed", "mirror_missed_history"):
                connection.execute(f"UPDATE {table} SET at = ?2 WHERE at > ?1", (*beyond, instant_text(latest)))
            connection.execute(
                "DELETE FROM mirror_cursor_pages WHERE cursor IN (SELECT id FROM mirror_cursors WHERE began_at > ?1)", beyond
            )
            for one in _DATED[1:]:
                connection.execute(f"DELETE {one}", beyond)

    def uncovered(
        self,
        account: str,
        schema: ResourceSchema,
        constraints: Constraints,
        oldest: datetime | None = None,
        newest: datetime | None = None,
    ) -> tuple[list[Span], bool]:
        """What a sync has yet to hear of a question. Reads the disk. See :func:`coverage.unheard`."""
        with self.open().reading() as connection:
            return sweeps.uncovered(connection, account, schema, constraints, oldest, newest)

    def mutable_records(self, account: str, schema: ResourceSchema, since: datetime) -> tuple[list[tuple[str, str | None]], int]:
        """Records that may still change: their keys and window times; and how many more there are that began before ``since``.

        Reads the disk.
        """
        told, window = schema.finality, f'"{schema.window}"'
        if told is None or schema.window is None:
            return [], 0
        key = f'"{schema.columns[schema.key[-1]].column_name}"'
        began = f"coalesce({window}, date_created, '')"
        with self.open().reading() as connection:
            rows = connection.execute(
                f'SELECT {key}, {window}, {began} >= ? FROM "{schema.table}" INDEXED BY "{schema.table}_unsettled"'
                f" WHERE account_sid = ? AND mirror_gone IS NULL AND {told.sql()} ORDER BY {window}",
                (instant_text(since), account),
            ).fetchall()
        return [(sid, at) for sid, at, young in rows if young], sum(1 for row in rows if not row[2])

    def is_empty(self, account: str, schema: ResourceSchema) -> bool:
        """Whether nothing of a resource is held for an account. Reads the disk."""
        with self.open().reading() as connection:
            return not connection.execute(f'SELECT 1 FROM "{schema.table}" WHERE account_sid = ? LIMIT 1', (account,)).fetchall()

    def count_between(self, account: str, schema: ResourceSchema, low: str, high: str | None) -> int:
        """How many of an account's records lie in a window. Reads the disk."""
        with self.open().reading() as connection:
            until = "" if high is None else f' AND "{schema.window}" < ?'  # an OR would read the index to its end
            found = connection.execute(
                f'SELECT count(*) FROM "{schema.table}" WHERE account_sid = ? AND "{schema.window}" >= ?{until}',
                (account, low, *([] if high is None else [high])),
            ).fetchone()
        return int(found[0])

    def missing_days(self, schema: ResourceSchema, listing: absence.CompleteListing) -> list[str]:
        """The days of the records that a list should have shown and did not, in order. Reads the disk."""
        with self.open().reading() as connection:
            return absence.missing_days(connection, schema, listing)

    def checkpoints(self, account: str, schema: ResourceSchema) -> list[Checkpoint]:
        """The checkpoints of a resource, those that stand after the most pages last. Reads the disk."""
        with self.open().reading() as connection:
            return places.load(connection, account, schema)

    def drop_checkpoint(self, owner: str) -> None:
        """Remove the checkpoint of a list that is not gone on with."""
        with self.open().writing() as connection:
            places.remove(connection, owner)

    def set_listed_until(self, account: str, schema: ResourceSchema, until: str) -> None:
        """Note that lists of everything were read whose newest record was made then: ``until`` is a time by Twilio's clock."""
        if until > (self.listed_until(account, schema) or ""):
            self.set_metadata(f"looked {account} {schema.table}", until)

    def listed_until(self, account: str, schema: ResourceSchema) -> str | None:
        """Until when records without the window's time were looked for, by Twilio's clock; None for never. Reads the disk."""
        return self.metadata(f"looked {account} {schema.table}")

    def set_metadata(self, name: str, value: str | None) -> None:
        """Write a word down in the file, or strike it out."""
        with self.open().writing() as connection:
            connection.execute("DELETE FROM mirror_about WHERE name = ?", (name,))
            if value is not None:
                connection.execute("INSERT INTO mirror_about VALUES (?, ?)", (name, value))

    def metadata(self, name: str) -> str | None:
        """A word that was written down, or None. Reads the disk."""
        with self.open().reading() as connection:
            found = connection.execute("SELECT value FROM mirror_about WHERE name = ?", (name,)).fetchone()
        return found[0] if found else None
