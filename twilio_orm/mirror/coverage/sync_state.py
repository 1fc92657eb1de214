"""What syncs read and store in the mirror besides records: gaps, mutable records, checkpoints, and how far they have come."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from ...schema.clocks import CLOCK_TOLERANCE
from ...schema.times import instant_text
from .. import metadata
from ..callback_table import are_stored, is_unconfirmed, unconfirmed_index
from ..readable import ReadableMirror
from . import absence, checkpoints, sweeps

if TYPE_CHECKING:
    from ...query.constraints import Constraints
    from ...query.intervals import Span
    from ...schema.resource_schema import ResourceSchema
    from ..revisions import Unit
    from .checkpoints import Checkpoint

_DATED = (
    "FROM mirror_revisions WHERE at > ?",
    "FROM mirror_sweeps WHERE began_at > ?",
    "FROM mirror_cursors WHERE began_at > ?",
    "FROM mirror_about WHERE (name LIKE 'full %' OR name LIKE 'looked %') AND value > ?",
)
"""All rows that have a date. Those with a wrong date are deleted, except revisions."""


class SyncState(ReadableMirror):
    """The part of a mirror that syncs keep."""

    _dates_checked: tuple[object, datetime, float] = (None, datetime.max, 0.0)
    """The opening, the latest instant and the second of :func:`time.monotonic` of the last :meth:`discard_future_dates`."""

    def discard_future_dates(self, latest: datetime, *, unless_within: float = 0.0) -> None:
        """Delete what is dated later than it can be: the clock that dated it was wrong. Writes the disk.

        Such sweeps have to be repeated, and interrupted listings start again. Changes of records stay in order and are dated now.

        :param latest: the latest instant that it can be now.
        :param unless_within: seconds; do nothing if this was done in the last of them, and it can be as late now as then.
        """
        opening, before, monotonic = self._dates_checked
        checked = self.open().opening, latest, time.monotonic()
        if opening is checked[0] and before <= latest and checked[2] - monotonic < unless_within:
            return
        self._discard_future_dates(latest)
        self._dates_checked = checked

    def _discard_future_dates(self, latest: datetime) -> None:
        at, beyond = instant_text(latest), (instant_text(latest + CLOCK_TOLERANCE),)
        with self.open().reading() as connection:
            any_there = " OR ".join(f"EXISTS (SELECT 1 {one})" for one in _DATED)
            if connection.execute(f"SELECT {any_there}", beyond * len(_DATED)).fetchone() == (0,):
                return

        def work(unit: Unit) -> None:
            unit.limit_dates(at, *beyond)
            for table in ("mirror_missed", "mirror_missed_history"):
                unit.connection.execute(f"UPDATE {table} SET at = ? WHERE at > ?", (at, *beyond))
            unit.connection.execute(
                "DELETE FROM mirror_cursor_pages WHERE cursor IN (SELECT id FROM mirror_cursors WHERE began_at > ?)", beyond
            )
            for one in _DATED[1:]:
                unit.connection.execute(f"DELETE {one}", beyond)

        self.open().unit(work)

    def uncovered(
        self,
        account: str,
        schema: ResourceSchema,
        constraints: Constraints,
        oldest: datetime | None = None,
        newest: datetime | None = None,
    ) -> tuple[list[Span], bool]:
        """Return what a sync still has to fetch. Reads the disk. See :func:`twilio_orm.mirror.coverage.sweeps.uncovered`."""
        with self.open().reading() as connection:
            return sweeps.uncovered(connection, account, schema, constraints, oldest, newest)

    def mutable_records(self, account: str, schema: ResourceSchema, since: datetime) -> tuple[list[tuple[str, str | None]], int]:
        """Return the mutable records that began since a moment, and how many began before it. Reads the disk.

        Those that a callback changed are none of them: see :meth:`unconfirmed_records`.

        :returns: the keys and window times of the former, and the number of the latter.
        """
        finality, window = schema.finality, f'"{schema.window}"'
        if finality is None or schema.window is None:
            return [], 0
        key = f'"{schema.columns[schema.key[-1]].column_name}"'
        began = f"coalesce({window}, date_created, '')"
        with self.open().reading() as connection:
            dialect = connection.dialect
            confirmed = f" AND ({is_unconfirmed(dialect)}) IS NOT TRUE" if are_stored(connection) else ""
            source = dialect.by_index(f'"{schema.table}"', f"{schema.table}_unsettled")
            rows = connection.execute(
                f"SELECT {key}, {window}, {began} >= ? FROM {source} WHERE account_sid = ? AND mirror_gone IS NULL"
                f" AND {finality.sql()}{confirmed} ORDER BY {dialect.ordered(window, False)}",
                (instant_text(since), account),
            ).fetchall()
        return [(sid, at) for sid, at, young in rows if young], sum(1 for row in rows if not row[2])

    def unconfirmed_records(self, account: str, schema: ResourceSchema, since: datetime) -> list[tuple[str, str | None]]:
        """Return the records that a callback changed since a moment, and that were not read since then. Reads the disk.

        :returns: their keys and window times.
        """
        key, window = f'"{schema.columns[schema.key[-1]].column_name}"', f'"{schema.window}"' if schema.window else "NULL"
        with self.open().reading() as connection:
            if not are_stored(connection):
                return []
            order = f"{connection.dialect.ordered(window, False)}, {key}" if schema.window else key
            return connection.execute(
                f'SELECT {key}, {window} FROM "{schema.table}" JOIN mirror_revisions r ON r.id = mirror_revision'
                f" WHERE account_sid = ? AND mirror_gone IS NULL AND {is_unconfirmed(connection.dialect)} AND r.at >= ?"
                f" ORDER BY {order}",
                (account, instant_text(since)),
            ).fetchall()

    def count_unconfirmed(self, account: str, schema: ResourceSchema) -> int:
        """Return how many records a callback made or changed that were not read from Twilio's API since. Reads the disk."""
        with self.open().reading() as connection:
            if not connection.has_index(unconfirmed_index(schema.table).name):
                return 0  # no callback has made or changed a record of this table
            where = f"account_sid = ? AND mirror_gone IS NULL AND {is_unconfirmed(connection.dialect)}"
            return int(connection.execute(f'SELECT count(*) FROM "{schema.table}" WHERE {where}', (account,)).fetchone()[0])

    def is_empty(self, account: str, schema: ResourceSchema) -> bool:
        """Return whether the mirror holds no record of a resource for an account. Reads the disk."""
        with self.open().reading() as connection:
            return not connection.execute(f'SELECT 1 FROM "{schema.table}" WHERE account_sid = ? LIMIT 1', (account,)).fetchall()

    def count_between(self, account: str, schema: ResourceSchema, low: str, high: str | None) -> int:
        """Return how many of an account's records lie in a window. Reads the disk.

        :param high: its end, excluded; None for no end.
        """
        with self.open().reading() as connection:
            until = "" if high is None else f' AND "{schema.window}" < ?'  # with an OR, SQLite would read the index to its end
            found = connection.execute(
                f'SELECT count(*) FROM "{schema.table}" WHERE account_sid = ? AND "{schema.window}" >= ?{until}',
                (account, low, *([] if high is None else [high])),
            ).fetchone()
        return int(found[0])

    def missing_days(self, schema: ResourceSchema, listing: absence.CompleteListing) -> list[str]:
        """Return the days of the records that a listing lacks, in order. Reads the disk."""
        with self.open().reading() as connection:
            return absence.missing_days(connection, schema, listing)

    def checkpoints(self, account: str, schema: ResourceSchema) -> list[Checkpoint]:
        """Return the checkpoints of a resource, those that stand after the most pages last. Reads the disk."""
        with self.open().reading() as connection:
            return checkpoints.load(connection, account, schema)

    def drop_checkpoint(self, owner: str) -> None:
        """Remove the checkpoint of a listing that is not resumed. Writes the disk."""
        self.open().unit(lambda unit: checkpoints.remove(unit.connection, owner))

    def set_listed_until(self, account: str, schema: ResourceSchema, until: str) -> None:
        """Note that a complete list of a resource was read. Writes the disk.

        :param until: when its newest record was made, by Twilio's clock.
        """
        if until > (self.listed_until(account, schema) or ""):
            self.set_metadata(f"looked {account} {schema.table}", until)

    def listed_until(self, account: str, schema: ResourceSchema) -> str | None:
        """Return until when records without a window time were listed, by Twilio's clock; None for never. Reads the disk."""
        return self.metadata(f"looked {account} {schema.table}")

    def set_metadata(self, name: str, value: str | None) -> None:
        """Store a named text in the file, or delete it if it is None. Writes the disk."""
        self.open().unit(lambda unit: metadata.write(unit.connection, name, value))

    def metadata(self, name: str) -> str | None:
        """Return a named text, or None. Reads the disk."""
        with self.open().reading() as connection:
            return metadata.read(connection, name)
