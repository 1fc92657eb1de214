"""The mirror: rows enter it by :meth:`Mirror.absorb`, a page a transaction, only what changed.

A row keeps the revision of its last change, and the history what it was before. A page that was requested before a row's last
change does not overwrite the row: callers read ``revision()`` before they send the request, and pass it with the page. Rows of
callbacks alone enter another way: :mod:`twilio_orm.mirror.callbacks`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..errors import ConfigurationError, MirrorError, NotCovered
from ..schema.times import instant_text
from . import bulk_load, callback_table, exclusions, history, metadata, residual, revisions, row_writer
from .as_of import AsOfMirror
from .coverage import absence, checkpoints, page_cache, sweeps
from .coverage.page_cache import PageCache, PageFingerprint
from .coverage.sync_state import SyncState
from .mirror_file import MirrorFile
from .redaction import MirrorRedaction, without_fields
from .select import MirrorReader, rows_of

if TYPE_CHECKING:
    from ..query.ast import Node
    from ..query.constraints import Constraints
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .coverage.checkpoints import Checkpoint
    from .revisions import Unit
    from .sizes import Sizes

PRUNED_AT_ONCE = 10_000
"""Versions that one transaction prunes."""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Absorbed(Value):
    """The effect of one page: how many records are new, changed, or unchanged, and how many lack the key that storing needs."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    unnamed: int = 0


class Mirror(MirrorFile, MirrorReader, SyncState, MirrorRedaction):
    """The mirror of an account tree in one file. See :class:`twilio_orm.mirror.mirror_file.MirrorFile` for its parameters."""

    # -- writing

    def revision(self) -> int:
        """Return the revision of the last change of any record, which a request sent now will see. Reads the disk."""
        with self.open().reading() as connection:
            return revisions.last_change(connection)

    def absorb(
        self,
        schema: ResourceSchema,
        rows: Iterable[Row],
        request_revision: int,
        now: datetime | None = None,
        *,
        reply: bool = False,
        checkpoints: Iterable[tuple[str, Checkpoint]] = (),
        fingerprints: Iterable[int | None] | None = None,
        pages: Iterable[PageFingerprint] = (),
        more: bool = False,
    ) -> Absorbed:
        """Store a page's rows in one transaction. Writes the disk.

        :param request_revision: the mirror's revision before the rows were requested.
        :param now: when they came; None for this machine's clock.
        :param reply: whether they came in reply to a write: lists may not show them yet.
        :param checkpoints: accounts' checkpoints to move behind the pages of these rows, in the same transaction.
        :param fingerprints: those of the texts that the rows were read from, one for each row.
        :param pages: the fingerprints of whole pages, of which ``rows`` are the rows that were not recognised.
        :param more: whether more new rows are to come, see :mod:`twilio_orm.mirror.bulk_load`.
        :returns: what changed.
        :raises MirrorError: the file cannot be written; then nothing is stored.
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
        moved, recognised = list(checkpoints), list(pages)
        if not page and not moved and not recognised:
            return Absorbed(unnamed=unnamed)
        database, excluded = self.open(), self.excluded.get(schema.table)

        def work(unit: Unit) -> Absorbed:
            connection, rows, fingerprints = unit.connection, page, texts
            incomplete = schema.codec.identities(schema.codec.partial(page.values()))
            if incomplete:
                olds = {schema.codec.identity(old): old for old in rows_of(connection, schema, incomplete)}
                rows = page | {key: schema.codec.merge(old, page[key]) for key, old in olds.items()}
                # such a row is not what its text alone says
                fingerprints = {key: one for key, one in texts.items() if key not in olds}
            if excluded:
                rows = {key: without_fields(schema, row, excluded) for key, row in rows.items()}
            stored = row_writer.store_rows(unit, schema, rows, fingerprints, request_revision)
            if recognised:
                row_writer.remember_pages(unit, schema, fingerprints, recognised, stored, request_revision)
            cleared = row_writer.clear_suspects(unit, schema, rows.keys())
            changes, new = stored.changes, len(stored.new)
            if changes or cleared:
                unit.stamp(now, revisions.NO_CHANGE if not changes else revisions.REPLY if reply else None)
            else:
                unit.may_be_lost = True  # the next sync reads the page again
            self._move_checkpoints(connection, schema, moved)
            return Absorbed(new, changes - new, len(rows) - changes, unnamed)

        return bulk_load.run_unit(database, schema, len(page), more, work)

    def _move_checkpoints(self, connection: Any, schema: ResourceSchema, moved: list[tuple[str, Checkpoint]]) -> None:
        for account, checkpoint in moved:
            if not exclusions.touches(self.excluded, schema, checkpoint.constraints):
                checkpoints.move(connection, account, schema, checkpoint)

    def tombstone(
        self,
        schema: ResourceSchema,
        nodes: tuple[Node, ...],
        keep: Iterable[tuple[Any, ...]] = (),
        now: datetime | None = None,
        *,
        request_revision: int | None = None,
    ) -> int:
        """Mark the records that satisfy a conjunction as deleted. Writes the disk.

        :param keep: the keys of records that are not marked.
        :param request_revision: the mirror's revision before the request whose answer lacks them: what changed since then stays.
        :returns: how many were marked.
        """
        kept = set(keep)
        keys = ", ".join(f'"{schema.columns[name].column_name}"' for name in schema.key)

        def work(unit: Unit) -> int:
            where, values = residual.where_exactly(unit.connection, self.dialect, schema, nodes)
            where = f"({where}) AND mirror_gone IS NULL"
            if request_revision is not None:
                where, values = f"{where} AND mirror_revision <= ?", [*values, request_revision]
            rows = unit.connection.execute(f'SELECT rowid, {keys} FROM "{schema.table}" WHERE {where}', values).fetchall()
            deleted = [row[0] for row in rows if row[1:] not in kept]
            if deleted:
                row_writer.tombstone(unit, schema, deleted)
                unit.stamp(now)
            return len(deleted)

        return self.open().unit(work)

    def record_sweep(
        self, account: str, schema: ResourceSchema, constraints: Constraints, began: datetime, ended: datetime
    ) -> None:
        """Remember a complete listing. Writes the disk. To be called after its last page was stored."""
        self.open()
        if exclusions.touches(self.excluded, schema, constraints):
            return

        def work(unit: Unit) -> None:
            sweeps.record_sweep(unit.connection, account, schema, constraints, began, ended, unit.revision)
            unit.stamp(ended, revisions.NO_CHANGE)

        self.open().unit(work)

    def finish_listing(self, account: str, schema: ResourceSchema, listing: absence.CompleteListing) -> absence.Absences:
        """Finish a listing: judge the records that it lacks, remember the sweep and remove the checkpoint, in one transaction.

        Writes the disk.
        """
        database = self.open()

        def work(unit: Unit) -> absence.Absences:
            connection, revision = unit.connection, unit.revision
            absences, deleted = absence.find_missing(connection, schema, listing, revision)
            row_writer.tombstone(unit, schema, deleted)
            page_cache.drop_old(connection, schema)
            if not exclusions.touches(self.excluded, schema, listing.constraints):
                sweeps.record_sweep(connection, account, schema, listing.constraints, listing.began, listing.ended, revision)
                checkpoints.drop(connection, account, schema, listing.constraints, listing.began)
            checkpoints.remove(connection, listing.owner)  # by owner too: the clock may have been put back since it was made
            unit.stamp(listing.ended, None if deleted else revisions.NO_CHANGE)
            return absences

        return database.unit(work)

    def add_account(self, account: str, root: str) -> None:
        """Note that the file holds records of an account. Writes the disk the first time.

        :param root: the account at the root of its tree.
        """
        with self.open().reading() as connection:
            found = connection.execute("SELECT 1 FROM mirror_accounts WHERE sid = ?", (account,)).fetchone()
        if not found:
            self.open().unit(lambda unit: metadata.add_account(unit.connection, account, root))

    # -- earlier moments

    def page_cache(self, schema: ResourceSchema, *, full_rows: bool, summary: bool = False) -> PageCache | None:
        """Return the page cache of a resource; None if it has none. Reads the disk as it is used.

        :param full_rows: whether whole rows are needed: there are none where fields of the resource are excluded.
        :param summary: whether the summary of a recognised page is enough.
        """
        self.open()
        if (full_rows and self.excluded.get(schema.table)) or not (schema.is_plain and schema.mirrored):
            return None
        return PageCache(lambda: self.open().reading(), schema, full_rows=full_rows, summary=summary)

    def as_of(self, at: datetime) -> AsOfMirror:
        """Return the mirror as it was at a moment. Reads the disk.

        :raises NotCovered: what records were then was pruned.
        """
        with self.reading() as connection:
            return AsOfMirror(self, revisions.kept_revision_at(connection, at), at)

    def snapshot(self, now: datetime | None = None) -> AsOfMirror:
        """Return the mirror as it is at the first reading, whatever is stored later. Reads nothing yet.

        :param now: the present instant: what is dated later counts for nothing.
        """
        return AsOfMirror(self, now=now)

    def versions(self, schema: ResourceSchema, key: tuple[Any, ...]) -> list[tuple[datetime, Row]]:
        """Return the versions of a record, the oldest first, each with the date from which on it held. Reads the disk."""
        at = schema.codec.revision_slot
        with self.reading() as connection:
            return [(revisions.date_of(connection, row[at]), row) for row in history.versions(connection, schema, key)]

    def changes(
        self, schema: ResourceSchema, since: datetime | None, until: datetime | None
    ) -> Iterator[tuple[datetime, history.Change]]:
        """Return the changes of a resource's records, in order. Reads the disk, a chunk at a time.

        :param since: changes after this moment; None for the beginning.
        :param until: changes until this moment, included; None for now.
        :raises MirrorError: changes that may have been still to come were pruned meanwhile.
        """
        with self.open().reading() as connection:
            low = revisions.kept_revision_at(connection, since) if since is not None else 0
            high = revisions.kept_revision_at(connection, until) if until is not None else revisions.latest(connection)
        return self.changes_between(schema, low, high)

    def changes_between(self, schema: ResourceSchema, low: int, high: int) -> Iterator[tuple[datetime, history.Change]]:
        """Return the changes of a resource's records after one revision until another, in order.

        Reads the disk, a chunk at a time. Between two chunks nothing is open: what reads them may take its time.

        :param low: changes after this revision; 0 for the beginning.
        :param high: changes until this revision, included.
        :raises MirrorError: changes that may have been still to come were pruned meanwhile.
        """
        opening = self.open().opening
        with self.reading() as connection:
            kept = revisions.since(connection)
        position = history.behind(low)
        while True:
            self.check_opening(opening)
            with self.reading() as connection:
                if (now := revisions.since(connection)) > kept and history.behind(now) > position:
                    raise MirrorError(f"what happened in {self.path} was pruned while it was being read: repeat the query")
                chunk = history.changes(connection, schema, position, high)
                dates = {revision: revisions.date_of(connection, revision) for revision in {change[0] for _, change in chunk}}
            yield from ((dates[change[0]], change) for _, change in chunk)
            if not chunk:
                return
            position = chunk[-1][0]

    def kept_revision_at(self, at: datetime) -> int:
        """Return the last revision until a moment, 0 before the first. Reads the disk.

        :raises NotCovered: what changed since then was pruned.
        """
        with self.open().reading() as connection:
            return revisions.kept_revision_at(connection, at)

    def prune(self, older_than: timedelta, now: datetime) -> int:
        """Drop versions that were replaced long ago. No present row goes. Writes the disk. See :meth:`Connection.prune`.

        :returns: how many versions were dropped.
        """
        from . import journal  # used once in a while

        def begin(unit: Unit) -> int:
            connection = unit.connection
            until = max(revisions.revision_at(connection, now - older_than), revisions.since(connection))
            metadata.write(connection, metadata.HISTORY_SINCE, str(until))
            journal.prune(connection, instant_text(now - older_than))
            callback_table.prune(connection, instant_text(now - older_than))
            for table in ("mirror_sweeps_history", "mirror_missed_history"):
                connection.execute(f"DELETE FROM {table} WHERE until <= ?", (until,))
            if database.words is not None:
                database.words.forget_removed(connection)
            return until

        database, dropped = self.open(), 0
        until = database.unit(begin)
        for schema in self.schemas.values():

            def prune(unit: Unit, schema: ResourceSchema = schema) -> int:
                return history.prune(unit.connection, schema, until, PRUNED_AT_ONCE)

            some = PRUNED_AT_ONCE
            while some == PRUNED_AT_ONCE:
                some = database.unit(prune)
                dropped += some
        return dropped

    # -- bookmarks of exports

    def bookmark(self, name: str) -> str | None:
        """Return the text of a bookmark, None where there is none. Reads the disk."""
        return self.metadata(metadata.BOOKMARK + name)

    def set_bookmark(self, name: str, text: str) -> None:
        """Store the text of a bookmark. Writes the disk."""
        self.set_metadata(metadata.BOOKMARK + name, text)

    def at_revision(self, revision: int) -> AsOfMirror:
        """Return the mirror as it was at a revision. Reads the disk.

        :raises NotCovered: what records were then was pruned.
        """
        with self.open().reading() as connection:
            if revision < revisions.since(connection):
                raise NotCovered("what the mirror held at the last export was pruned: export everything, under another name")
            return AsOfMirror(self, revision, revisions.date_of(connection, revision))

    def revision_at(self, at: datetime) -> int:
        """Return the last revision until a moment, 0 before the first. Reads the disk."""
        with self.open().reading() as connection:
            return revisions.revision_at(connection, at)

    # -- the index of words

    def index_words(self, schema: ResourceSchema, *, drop: bool = False) -> int:
        """Make the index of the words of a resource's texts, or make it anew, in one transaction. Writes the disk.

        :param drop: whether to drop it instead.
        :returns: how many texts it has.
        :raises ConfigurationError: the texts are excluded from the mirror, or its engine does not support an index.
        """
        database = self.open()
        words = database.words
        if words is None:
            raise ConfigurationError(f"{self.path} has no index of words: only a mirror in a SQLite file can have one")
        excluded = sorted({words.FIELDS.get(schema.table, "")} & self.excluded.get(schema.table, frozenset()))
        if excluded and not drop:
            raise ConfigurationError(f"{schema.name}.{excluded[0]} is excluded from this mirror: there are no texts to index")

        def work(unit: Unit) -> int:
            if drop:
                words.drop(unit.connection, schema)
            return 0 if drop else words.make(unit.connection, schema)

        return database.unit(work)

    def stale_word_indexes(self) -> list[str]:
        """Return the names of the resources whose index of words is there and cannot be used. Reads the disk."""
        words = self.open().words
        if words is None:
            return []
        with self.database.reading() as connection:
            return [self.schemas[table].name for table in words.stale_tables(connection)]

    # -- the file

    def sizes(self) -> Sizes:
        """Return how much space each table takes. Reads the disk, every page of the file."""
        return self.open().sizes(self.schemas.values())

    def accounts(self) -> dict[str, str]:
        """Return the accounts whose records the file holds, each with the root of its tree. Reads the disk."""
        with self.reading() as connection:
            return metadata.accounts(connection)
