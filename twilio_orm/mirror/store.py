"""Rows enter the mirror here and nowhere else, a page a transaction, only what changed; what they were before is kept.

A row keeps the revision of its last change. A page whose request left before a row's last change does not overwrite it: the
caller notes ``revision()`` before it asks, and hands it in with the page.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from .. import _forks
from .._frozen import Value
from ..errors import ConfigurationError, MirrorError, NotCovered
from ..query import sql
from ..query.ast import Node
from ..query.constraints import Constraints
from ..schema.resource_schema import ResourceSchema
from ..schema.row_codec import Row
from ..schema.times import UTC, instant, instant_text
from . import exclusions, history, tables
from .as_of import AsOfMirror
from .coverage import absence, page_cache, sweeps
from .coverage import checkpoints as places
from .coverage.checkpoints import Checkpoint
from .coverage.page_cache import PageCache, PageFingerprint
from .coverage.sync_state import SyncState
from .database import MirrorConnection, MirrorDatabase, bulk
from .history import keyed
from .redaction import Erasing, finish, is_due, without_fields
from .select import MirrorReader, rows_of
from .tables import FINGERPRINT, HEARD

if TYPE_CHECKING:
    from .sizes import Sizes

CHUNK = 10_000
HASTE = 0.1
"""Seconds that opening a file waits for others, to clear up after what was forgotten."""
LEFT_OUT = "leave_out"
"""The word of ``mirror_about`` for what is left out."""
REPLY = "reply"
"""The kind of a revision whose rows came in reply to a write."""


@dataclass(frozen=True, eq=False, repr=False)
class Absorbed(Value):
    """What one page did: records not seen before, that differ, as they were, and without the identity that storing needs."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    unnamed: int = 0


class Mirror(MirrorReader, SyncState, Erasing):
    """The mirror of an account tree in one file.

    :param path: the file's path, or ``":memory:"``.
    :param shapes: the resources it holds.
    :param host: the API's host; ``region`` its region: a file is of one of each.
    :param readonly: whether the file is there and is only read: its own host and region are taken, nothing is ever written, and
        what an earlier release left is read from a copy in memory, since it would have to be upgraded.

    Nothing is opened before the first use.
    """

    def __init__(
        self, path: str, schemas: Iterable[ResourceSchema], host: str = "", region: str = "", *, readonly: bool = False
    ) -> None:
        self.path, self.host, self.region, self.readonly = path, host, region, readonly
        self.database = self._file = MirrorDatabase(path, tables.admit_to_read if readonly else tables.admit, readonly=readonly)
        self._copying = _forks.lock()
        self._schemas = {schema.table: schema for schema in schemas if schema.mirrored}
        self._ready: object = None
        self._batches: list[None] = []
        self._pending = ""
        self.wanted: exclusions.Exclusions | None = None

    def open(self) -> MirrorDatabase:
        """The database, its tables made ready once for each opening. Touches the disk; raises MirrorError."""
        opening = self.database.opening
        if self._ready is not opening and self.readonly:
            self._open_to_read()
        elif self._ready is not opening:
            tables.ensure(self.database, self._schemas.values(), self.host, self.region)
            self._ready = opening
            self._clear_up()
            self._leave_out()
        return self.database

    def _open_to_read(self) -> None:
        """Take the file as it is, or a copy where this release would have to add to it."""
        with self._copying:
            database, opening = self._file, self._file.opening
            with database.reading() as connection:
                self.host, self.region = tables.home(connection)
                ready = tables.is_ready(connection, self._schemas.values())
            if not ready:
                database = self._file.copy()
                tables.ensure(database, self._schemas.values(), self.host, self.region)
                database.readonly, opening = True, database.opening
            with database.reading() as connection:
                self.excluded = exclusions.decode(_about(connection, LEFT_OUT))
            self.database, self._ready = database, opening

    def _clear_up(self) -> None:
        """Let go of what was forgotten while somebody else had the file open."""
        with self.database.reading() as connection:
            due = is_due(connection)
        if due:
            try:
                self._pending = finish(self.database, HASTE)
            except MirrorError as error:  # no room for a copy of the file is no reason not to open it
                self._pending = str(error)

    def _leave_out(self) -> None:
        """Settle what is left out: what the file says, and what this connection wants besides while there is nothing."""
        with self.database.reading() as connection:
            held = exclusions.decode(_about(connection, LEFT_OUT))
            late = [
                table for table in exclusions.more(self.wanted or {}, held)
                if connection.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone() is not None
            ]  # fmt: skip
        if late:
            self._ready = None
            names = ", ".join(sorted(self._schemas[table].name for table in late))
            raise ConfigurationError(
                f"{self.path} holds records of {names} with fields that exclude_fields names: name a new path for the mirror,"
                " or the same exclude_fields as before"
            )
        self.excluded = exclusions.union(self.wanted or {}, held)
        if exclusions.encode(self.excluded) != exclusions.encode(held):
            with self.database.writing() as connection:
                text = exclusions.encode(self.excluded)
                connection.execute("INSERT OR REPLACE INTO mirror_about VALUES (?, ?)", (LEFT_OUT, text))

    def exclude(self, left: exclusions.Exclusions | None) -> None:
        """Let fields be left out, of what is opened next. Touches nothing.

        :raises ConfigurationError: the file is open already, and holds them.
        """
        if left is None or not exclusions.more(left, exclusions.union(self.wanted or {}, self.excluded)):
            return
        if self._ready is not None and self._ready is self.database.opening:
            raise ConfigurationError(f"{self.path} is open already with another exclude_fields: name another path for the mirror")
        self.wanted = exclusions.union(self.wanted or {}, left)

    def close(self) -> None:
        """Close every connection to the file; what was forgotten and is still in it is tried once more to be let go."""
        try:
            if self._pending:
                finish(self.database, HASTE)
        finally:
            self._pending = ""
            self.database.close_all()
            self._file.close_all()
        self._ready = None

    # -- writing

    def revision(self) -> int:
        """The revision of the last change of any record: what a request about to leave will have seen."""
        with self.open().reading() as connection:
            last = f"SELECT coalesce(max(id), 0) FROM mirror_revisions WHERE kind IS NOT '{HEARD}'"  # to the letter of its index
            return int(connection.execute(last).fetchone()[0])

    def absorb(
        self,
        schema: ResourceSchema,
        rows: Iterable[Row],
        seen: int,
        now: datetime | None = None,
        *,
        reply: bool = False,
        checkpoints: Iterable[tuple[str, Checkpoint]] = (),
        fingerprints: Iterable[int | None] | None = None,
        pages: Iterable[PageFingerprint] = (),
    ) -> Absorbed:
        """Store a page's rows in one transaction. Returns what changed; raises MirrorError and then stores nothing.

        :param reply: whether they came in reply to a write: lists may not show them yet.
        :param cursors: accounts' checkpoints to be put after these rows' pages, in the same transaction.
        :param digests: those of the texts that the rows were read from, one for each.
        :param pages: what these pages, of which
            the rows are what was not known, will be recognised by.
        """
        page: dict[tuple[Any, ...], Row] = {}
        texts: dict[tuple[Any, ...], int | None] = {}
        unnamed = 0
        if fingerprints is None:
            for row in rows:
                key = schema.codec.identity(row)
                if None in key:
                    unnamed += 1
                else:
                    page[key] = row
        else:
            found = list(rows)
            keys = schema.codec.identities(found)
            page, texts = dict(zip(keys, found, strict=True)), dict(zip(keys, fingerprints, strict=True))
        moved, marked = list(checkpoints), list(pages)
        if not page and not moved and not marked:
            return Absorbed(unnamed=unnamed)
        at = schema.codec.revision_slot
        with self.open().writing() as connection:
            for old in rows_of(connection, schema, schema.codec.identities(schema.codec.partial(page.values()))):
                key = schema.codec.identity(old)
                page[key] = schema.codec.merge(old, page[key])
                texts.pop(key, None)  # it is not what the text alone says
            for key, row in page.items() if self.excluded.get(schema.table) else ():
                page[key] = without_fields(schema, row, self.excluded[schema.table])
            revision, last = _next_revision(connection), _last_rowid(connection, schema)
            before = connection.total_changes
            connection.earlier.clear()
            stamped = [(*row[:at], revision, None, texts.get(key)) for key, row in page.items()]
            bulk(connection, partial(_upsert, schema), stamped, seen)
            changes = connection.total_changes - before
            new = _last_rowid(connection, schema) - last if changes else 0
            history.keep(connection, schema, connection.earlier, revision)
            if marked:
                _recognise(connection, schema, texts, marked, range(last + 1, last + 1 + new), seen, revision)
            resolved = 0
            if absence.has_suspects(connection, schema):
                for where, values in keyed(schema, list(page)):
                    resolved += absence.clear_suspects(connection, schema, where, values, revision)
            if changes or resolved:
                _stamp(connection, revision, now, HEARD if not changes else REPLY if reply else None)
            for account, checkpoint in moved:
                if exclusions.touches(self.excluded, schema, checkpoint.constraints):
                    continue
                places.move(connection, account, schema, checkpoint)
        return Absorbed(new, changes - new, len(page) - changes, unnamed)

    def tombstone(
        self,
        schema: ResourceSchema,
        nodes: tuple[Node, ...],
        keep: Iterable[tuple[Any, ...]] = (),
        now: datetime | None = None,
        *,
        request_revision: int | None = None,
    ) -> int:
        """Mark the records that fit ``nodes``, but those of the keys ``keep``, as gone. Returns how many were there.

        :param seen: the revision before the question was asked: what changed after it is not judged by the answer.
        """
        where, values = sql.where(schema, nodes)
        kept = set(keep)
        keys = ", ".join(f'"{schema.columns[name].column_name}"' for name in schema.key)
        with self.open().writing() as connection:
            rows = connection.execute(
                f'SELECT rowid, {keys} FROM "{schema.table}" WHERE ({where}) AND mirror_gone IS NULL'
                " AND (? IS NULL OR mirror_revision <= ?)",
                (*values, request_revision, request_revision),
            ).fetchall()
            left = [row[0] for row in rows if row[1:] not in kept]
            if left:
                revision = _next_revision(connection)
                _bury(connection, schema, left, revision)
                _stamp(connection, revision, now)
        return len(left)

    def record_sweep(
        self, account: str, schema: ResourceSchema, constraints: Constraints, began: datetime, ended: datetime
    ) -> None:
        """Remember that a question was heard whole. Only said after its last page was stored."""
        self.open()
        if exclusions.touches(self.excluded, schema, constraints):
            return
        with self.open().writing() as connection:
            revision = _next_revision(connection)
            sweeps.record_sweep(connection, account, schema, constraints, began, ended, revision)
            _stamp(connection, revision, ended, HEARD)

    def finish_listing(self, account: str, schema: ResourceSchema, listing: absence.CompleteListing) -> absence.Absences:
        """A list came to its end: judge what it lacks, remember what was heard, and remove its checkpoint, in one transaction."""
        with self.open().writing() as connection:
            revision = _next_revision(connection)
            judged, gone = absence.find_missing(connection, schema, listing, revision)
            _bury(connection, schema, gone, revision)
            page_cache.drop_old(connection, schema)
            if not exclusions.touches(self.excluded, schema, listing.constraints):
                sweeps.record_sweep(connection, account, schema, listing.constraints, listing.began, listing.ended, revision)
                places.drop(connection, account, schema, listing.constraints, listing.began)
            places.remove(connection, listing.owner)  # the clocks may have been put back since it was made
            _stamp(connection, revision, listing.ended, None if gone else HEARD)
        return judged

    def add_account(self, account: str, root: str) -> None:
        """Note that the file holds records of this account, of the tree of ``root``."""
        with self.open().reading() as connection:
            page_cache = connection.execute("SELECT 1 FROM mirror_accounts WHERE sid = ?", (account,)).fetchone()
        if not page_cache:
            with self.open().writing() as connection:
                connection.execute("INSERT OR IGNORE INTO mirror_accounts VALUES (?, ?)", (account, root))

    # -- what was

    def page_cache(self, schema: ResourceSchema, *, full_rows: bool) -> PageCache | None:
        """What is known of a resource's records, so that a list's page need not be read. See :class:`KnownRecords`.

        :param whole: whether rows are wanted whole; None where they are not, since fields of them are left out.
        """
        self.open()
        left = full_rows and self.excluded.get(schema.table)
        return None if left or not (schema.is_plain and schema.mirrored) else PageCache(self.reading, schema, full_rows=full_rows)

    def as_of(self, at: datetime) -> AsOfMirror:
        """The mirror as it was at a moment. Reads the disk; raises NotCovered where what was is not known any more."""
        with self.reading() as connection:
            return AsOfMirror(self, _known_at(connection, at), at)

    def snapshot(self, now: datetime | None = None) -> AsOfMirror:
        """The mirror as it is when it is first read, whatever is stored later. Reads nothing yet.

        :param now: the instant that it is: what is dated later counts for nothing.
        """
        return AsOfMirror(self, now=now)

    def versions(self, schema: ResourceSchema, key: tuple[Any, ...]) -> list[tuple[datetime, Row]]:
        """What a record was, and since when each time, the oldest first. Reads the disk."""
        at = schema.codec.revision_slot
        with self.reading() as connection:
            return [(_when(connection, row[at]), row) for row in history.versions(connection, schema, key)]

    def changes(
        self, schema: ResourceSchema, since: datetime | None, until: datetime | None
    ) -> Iterator[tuple[datetime, history.Step]]:
        """What happened to a resource's records, in order, a chunk at a time. Reads the disk.

        :param since: excluded, as the state at that moment is known; ``until`` included.
        :raises MirrorError: what is still to come was pruned meanwhile.
        """
        opening = self.open().opening
        with self.reading() as connection:
            low = _known_at(connection, since) if since is not None else 0
            high = _known_at(connection, until) if until is not None else _next_revision(connection) - 1
            kept = history.since(connection)
        place = history.behind(low)
        while True:
            self._check(opening)
            with self.reading() as connection:
                if (now := history.since(connection)) > kept and history.behind(now) > place:
                    raise MirrorError(f"what happened in {self.path} was pruned while it was being read: ask again")
                chunk = history.steps(connection, schema, place, high)
                told = {step[0] for _, step in chunk}
                when = {revision: _when(connection, revision) for revision in told}
            yield from ((when[step[0]], step) for _, step in chunk)
            if not chunk:
                return
            place = chunk[-1][0]

    def prune(self, older_than: timedelta, now: datetime) -> int:
        """Drop what records were before; returns how many versions. Nothing that is goes. See :meth:`Connection.prune`."""
        from . import journal  # pruned once in a while

        with self.open().writing() as connection:
            until = max(_revision_at(connection, now - older_than), history.since(connection))
            connection.execute("INSERT OR REPLACE INTO mirror_about VALUES (?, ?)", (tables.HISTORY_SINCE, str(until)))
            journal.prune(connection, instant_text(now - older_than))
            for table in ("mirror_sweeps_history", "mirror_missed_history"):
                connection.execute(f"DELETE FROM {table} WHERE until <= ?", (until,))
        dropped = 0
        for schema in self._schemas.values():
            some = CHUNK
            while some == CHUNK:
                with self.open().writing() as connection:
                    some = history.prune(connection, schema, until, CHUNK)
                dropped += some
        return dropped

    # -- about the file

    def sizes(self) -> Sizes:
        """How much room each table takes. Reads the disk."""
        from . import sizes  # asked for once in a while

        with self.reading() as connection:
            return sizes.measure(connection, self._schemas.values())

    def accounts(self) -> dict[str, str]:
        """The accounts whose records the file holds, each with the root of its tree. Reads the disk."""
        with self.reading() as connection:
            return tables.accounts(connection)

    def file_exists(self) -> bool:
        """Whether there is anything to read, without making it: a file, or a memory that was opened."""
        return self._ready is not None or (not self.database.memory and os.path.exists(self.path))


# ---------------------------------------------------------------- SQL


@lru_cache(maxsize=256)
def _upsert(schema: ResourceSchema, rows: int) -> str:
    """Insert, or update what differs: an unchanged row, and one that changed after the page was asked for, stay untouched."""
    names = [str(column.column_name) for column in schema.columns.values()] + ["mirror_extras", "mirror_absent"]
    keys = ", ".join(f'"{schema.columns[name].column_name}"' for name in schema.key)
    stored = (*names, "mirror_revision", "mirror_gone", FINGERPRINT)
    columns = ", ".join(f'"{name}"' for name in stored)
    rest = [name for name in (*names, "mirror_gone") if name not in schema.key]
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in (*rest, "mirror_revision", FINGERPRINT))
    differs = " OR ".join(f'"{schema.table}"."{name}" IS NOT excluded."{name}"' for name in rest)
    was = ", ".join(f'"{schema.table}"."{name}"' for name in (*names, "mirror_revision", "mirror_gone"))
    one = f"({', '.join('?' * len(stored))})"
    return (
        f'INSERT INTO "{schema.table}" ({columns}) VALUES {", ".join([one] * rows)}'
        f" ON CONFLICT ({keys}) DO UPDATE SET {sets}"
        f' WHERE "{schema.table}".mirror_revision <= ? AND ({differs}) AND earlier({was})'
    )


def _recognise(
    connection: MirrorConnection,
    schema: ResourceSchema,
    texts: dict[tuple[Any, ...], int | None],
    pages: list[PageFingerprint],
    new: range,
    seen: int,
    revision: int,
) -> None:
    """Let rows be known by the texts that they were just read from, and pages by their rows.

    :param new: the numbers of the rows that were new, in the order of ``texts``.
    """
    before = {key for page in pages for key in page.numbers}
    changed, key = {*schema.codec.identities(connection.earlier)}, schema.columns[schema.key[0]].column_name
    connection.executemany(  # what is as it was, but was read from another text
        f'UPDATE "{schema.table}" SET {FINGERPRINT} = ? WHERE "{key}" = ? AND mirror_revision <= ?',
        [(fingerprint, *name, seen) for name, fingerprint in texts.items() if name[0] in before and name not in changed],
    )
    brought = [name for (name,) in texts if name not in before]
    alone = len(brought) == len(new)  # else another page brought some of them meanwhile
    numbers = dict(zip(brought, new, strict=True)) if alone else page_cache.numbers(connection, schema, brought)
    page_cache.remember_pages(connection, schema, pages, numbers, revision)


def _about(connection: sqlite3.Connection, name: str) -> str | None:
    found = connection.execute("SELECT value FROM mirror_about WHERE name = ?", (name,)).fetchone()
    return found[0] if found else None


def _next_revision(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(id), 0) + 1 FROM mirror_revisions").fetchone()[0])


def _revision_at(connection: sqlite3.Connection, at: datetime) -> int:
    """The last revision until a moment, 0 before the first."""
    told = "SELECT id FROM mirror_revisions WHERE at <= ? ORDER BY at DESC, id DESC LIMIT 1"
    return int((connection.execute(told, (instant_text(at),)).fetchone() or (0,))[0])


def _known_at(connection: sqlite3.Connection, at: datetime) -> int:
    """The same, or NotCovered where what was then is not known any more."""
    revision, since = _revision_at(connection, at), history.since(connection)
    if revision < since:
        start = instant_text(_when(connection, since))
        raise NotCovered(f"the mirror remembers what was from {start} on, not at {instant_text(at)}: ask for later")
    return revision


def _when(connection: sqlite3.Connection, revision: int) -> datetime:
    return instant(connection.execute("SELECT at FROM mirror_revisions WHERE id = ?", (revision,)).fetchone()[0])


def _last_rowid(connection: sqlite3.Connection, schema: ResourceSchema) -> int:
    """The greatest rowid. Rows are never deleted, so each new one is one more."""
    return int(connection.execute(f'SELECT coalesce(max(rowid), 0) FROM "{schema.table}"').fetchone()[0])


def _stamp(connection: sqlite3.Connection, revision: int, now: datetime | None, kind: str | None = None) -> None:
    """Date a revision; time does not run backwards from one to the next, whatever the clock does."""
    connection.execute(
        "INSERT INTO mirror_revisions VALUES"
        " (?, max(?, coalesce((SELECT at FROM mirror_revisions ORDER BY id DESC LIMIT 1), '')), ?)",
        (revision, instant_text(now or datetime.now(UTC)), kind),
    )


def _bury(connection: sqlite3.Connection, schema: ResourceSchema, rowids: list[int], revision: int) -> None:
    """Mark rows as gone; what was in doubt about them no longer is."""
    if not rowids:
        return
    history.keep_rowids(connection, schema, rowids, revision)
    connection.executemany(
        f'UPDATE "{schema.table}" SET mirror_gone = ?, mirror_revision = ?, {FINGERPRINT} = NULL WHERE rowid = ?',
        [(revision, revision, rowid) for rowid in rowids],
    )
    for start in range(0, len(rowids), 900):
        part = rowids[start : start + 900]
        absence.clear_suspects(connection, schema, f"rowid IN ({', '.join('?' * len(part))})", part, revision)
