"""Copies one mirror to another, of whatever engines. It goes on where it was interrupted, and checks every row at the end.

The target is empty at the beginning, and cannot be used until the copy is complete: ``mirror_about`` holds its state, which moves
in the transactions that store rows. A source that changed meanwhile is copied anew by the next run; that run begins by deleting
what the target holds, which is nothing but an incomplete copy.

Not copied are checkpoints, the fingerprints of pages and records, and whatever else is made from records: the index of words and
the views.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..errors import ConfigurationError, MirrorError
from . import bulk_load, callback_table, metadata
from .copied_tables import CopiedTable, Position, copied_tables, fingerprint
from .table_layout import redacted_index

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from .engine import Executor, Session
    from .revisions import Unit
    from .store import Mirror
    from .table_definition import Index

Progress = Callable[[str, int], object]


@lazy_dataclass(frozen=True, eq=False, repr=False)
class TableCopy(Value):
    """What was copied of a table: how many rows, and their fingerprint, which does not depend on their order.

    ``resource`` is the name of the resource whose records or earlier versions it has; ``""`` for a table of the mirror's own.
    """

    table: str
    resource: str
    rows: int
    fingerprint: str = ""


class MirrorCopier:
    """A copy of one mirror to another.

    :param source: the mirror that is read.
    :param target: the mirror that is written, with ``completes_copies`` set.
    :param progress: called with the name of a table and the number of its rows that were copied so far in this run.
    """

    def __init__(self, source: Mirror, target: Mirror, progress: Progress | None = None) -> None:
        self._source, self._target = source, target
        self._progress: Progress = progress or (lambda _table, _rows: None)
        self._origin, self._revision, self._next = "", "", ""
        self._state: str | None = None
        self.resumed = self.restarted = False

    def counts(self) -> list[TableCopy]:
        """Return how many rows of each table a copy would have. Reads the disk, and writes nothing."""
        with self._source.open().snapshot() as connection:
            return [_table_copy(one, one.count(connection)) for one in self._tables()]

    def check_target(self) -> None:
        """Check that the target is empty, or an incomplete copy of the source. Reads the disk.

        :raises ConfigurationError: it holds anything else.
        """
        self._identify()
        with self._target.open().snapshot() as connection:
            self._admitted(connection)

    def run(self) -> list[TableCopy]:
        """Copy what is not copied yet, compare both sides, and complete the target. Reads and writes the disk.

        :raises ConfigurationError: the target holds anything else than an incomplete copy of the source.
        :raises MirrorError: the source changed meanwhile, or a mirror cannot be read or written.
        """
        self._identify()
        state, tables = self._begin(), self._tables()
        at = 0
        if state is not None:
            at = [one.name for one in tables].index(state["table"])
            self._copy(tables[at], state["after"] and tuple(state["after"]))
            at += 1
        for one in tables[at:]:
            self._copy(one, None)
        found = self._compare(tables)
        self._unit(self._complete)
        return found

    def _tables(self) -> list[CopiedTable]:
        return list(copied_tables(self._source.schemas.values()))

    # -- the state

    def _identify(self) -> None:
        """Read which mirror the source is, and at which revision."""
        with self._source.open().snapshot() as connection:
            first = connection.execute("SELECT at FROM mirror_revisions ORDER BY id LIMIT 1").fetchone()
            origin = [self._source.host, self._source.region, *(first or ())]
            self._origin, self._revision = json.dumps(origin), _revision(connection)

    def _admitted(self, connection: Executor) -> dict[str, Any] | None:
        """Return the state of an incomplete copy; None if the target is empty. Raises ConfigurationError."""
        path, text = self._target.path, metadata.read(connection, metadata.COPYING)
        if text is None:
            full = next((one.name for one in self._tables() if one.page(connection, None)[0]), None)
            if full is not None:
                raise ConfigurationError(
                    f"{path} is not empty, there are rows in {full}: a mirror is copied to a new one, name another target"
                )
            return None
        state: dict[str, Any] = json.loads(text)
        if state["origin"] != self._origin:
            raise ConfigurationError(
                f"{path} is an incomplete copy of {state['shown']}, not of {self._source.path}: complete that copy, or name"
                " another target"
            )
        self._state = text
        return state

    def _move(self, connection: Session, table: str | None = None, after: Position | None = None, *, stale: bool = False) -> None:
        """Store how far the copy has come; in the caller's transaction. Raises MirrorError if another process has moved it.

        :param table: the table that is being copied.
        :param after: the position behind the rows that were copied.
        :param stale: whether the copy has to begin anew.
        """
        if metadata.read(connection, metadata.COPYING) != self._state:
            raise MirrorError(f"{self._target.path} is being written by another process: let one copy run at a time")
        found = {"origin": self._origin, "shown": self._source.path, "revision": self._revision, "table": table, "after": after}
        self._next = json.dumps({**found, "stale": stale})
        metadata.write(connection, metadata.COPYING, self._next)

    def _unit(self, work: Callable[[Unit], object], schema: ResourceSchema | None = None, coming: int = 0) -> None:
        """Run work that moves the state.

        :param schema: the resource whose records it stores, ``coming`` of them.
        """
        database = self._target.open()
        if schema is None:
            database.unit(work)
        else:
            bulk_load.run_unit(database, schema, coming, True, work)
        self._state = self._next

    def _begin(self) -> dict[str, Any] | None:
        """Take the target, and return the state to go on with; None for the beginning."""

        def take(unit: Unit) -> dict[str, Any] | None:
            state = self._admitted(unit.connection)
            if state is None:
                self._move(unit.connection)
                self._state = self._next
            return state

        self._state = None
        state = self._target.open().unit(take)
        if state is None:
            return None
        if state["stale"] or state["revision"] != self._revision:
            self._empty()
            self.restarted = True
            return None
        self.resumed = True
        return state if state["table"] is not None else None

    def _empty(self) -> None:
        """Delete the rows of a copy whose source changed, a page a transaction, so that it begins anew."""
        database = self._target.open()
        self._unit(lambda unit: self._move(unit.connection, stale=True))
        for one in reversed(self._tables()):
            while True:
                with database.snapshot() as connection:
                    rows, last = one.page(connection, None)
                if not rows or last is None:
                    break
                self._unit(partial(self._delete, one, last))
        self._unit(lambda unit: self._move(unit.connection))

    def _delete(self, table: CopiedTable, until: Position, unit: Unit) -> None:
        table.delete(unit.connection, until)
        self._move(unit.connection, stale=True)

    # -- copying

    def _copy(self, table: CopiedTable, after: Position | None) -> None:
        """Copy the rows of a table behind a position, a page a transaction. A table without rows is made, too.

        The indexes of a table of records are made at its end, see :mod:`twilio_orm.mirror.bulk_load`.
        """
        schema = table.records_of
        if schema is None:
            self._copy_pages(table, after, None)
            return
        with bulk_load.loading(self._target, schema, lambda: None, _raise):
            self._copy_pages(table, after, schema)

    def _copy_pages(self, table: CopiedTable, after: Position | None, schema: ResourceSchema | None) -> None:
        count, begun = 0, False
        while True:
            with self._source.open().snapshot() as connection:
                self._require_unchanged(connection)
                is_there = connection.has_table(table.name)
                rows, last = table.page(connection, after)
                indexes = [one for one in _late_indexes(table) if connection.has_index(one.name)]
            if not is_there or (last == after and begun):
                return
            self._unit(partial(self._store, table, rows, last, indexes), schema, len(rows))
            after, begun, count = last, True, count + len(rows)
            self._progress(table.name, count)

    def _store(self, table: CopiedTable, rows: list[Any], last: Position | None, indexes: list[Index], unit: Unit) -> None:
        self._move(unit.connection, table.name, last)
        table.make(unit.connection)
        for one in indexes:
            unit.connection.make_index(table.name, one)
        table.insert(unit.connection, rows)

    def _require_unchanged(self, connection: Executor) -> None:
        if _revision(connection) != self._revision:
            raise MirrorError(
                f"{self._source.path} changed while it was copied: stop what writes it, and repeat the command, which then begins"
                " anew"
            )

    # -- the end

    def _compare(self, tables: list[CopiedTable]) -> list[TableCopy]:
        """Compare every row of the two mirrors, and return the counts and fingerprints. Raises MirrorError if any differs."""
        found = [(one, _summary(self._source, one), _summary(self._target, one)) for one in tables]
        with self._source.open().snapshot() as connection:
            self._require_unchanged(connection)
        differing = [f"{one.name} ({left[0]} rows, {right[0]} in the copy)" for one, left, right in found if left != right]
        if differing:
            self._unit(lambda unit: self._move(unit.connection, stale=True))
            raise MirrorError(
                f"{self._source.path} and {self._target.path} differ in {', '.join(differing)}: something wrote one of them while"
                " it was copied; stop that, and repeat the command, which then begins anew"
            )
        return [_table_copy(one, rows, f"{mark:032x}") for one, (rows, mark), _ in found]

    def _complete(self, unit: Unit) -> None:
        self._move(unit.connection)
        unit.adopt_numbers()
        metadata.write(unit.connection, metadata.COPYING, None)


def _late_indexes(table: CopiedTable) -> tuple[Index, ...]:
    """The indexes of a table that an engine may make once they are needed."""
    if table.records_of is None:
        return ()
    return redacted_index(table.name), callback_table.unconfirmed_index(table.name)


def _raise(error: MirrorError) -> None:
    raise error


def _summary(mirror: Mirror, table: CopiedTable) -> tuple[int, int]:
    """The number of rows of a table, and their fingerprint. Reads the disk, all of the table, in pages."""
    count, mark, after = 0, 0, None
    while True:
        with mirror.open().snapshot() as connection:
            rows, last = table.page(connection, after)
        if last == after:
            return count, mark
        count, mark, after = count + len(rows), fingerprint(rows, mark), last


def _table_copy(table: CopiedTable, rows: int, mark: str = "") -> TableCopy:
    return TableCopy(table.name, table.schema.name if table.schema is not None else "", rows, mark)


def _revision(connection: Executor) -> str:
    """The last revision of a mirror, with its date, as text."""
    found = connection.execute("SELECT id, at FROM mirror_revisions ORDER BY id DESC LIMIT 1").fetchone()
    return json.dumps(list(found or ()))
