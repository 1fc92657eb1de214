"""The file of a mirror: opened and made ready, with its excluded fields and the erasures that are due, and closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from .. import _forks
from ..errors import ConfigurationError, MirrorError, MirrorFull, MirrorLocked
from . import bulk_load, exclusions, metadata
from .engines import open_engine
from .readable import ReadableMirror

if TYPE_CHECKING:
    from ..query.dialect import Dialect
    from ..schema.resource_schema import ResourceSchema
    from .database import Engine
    from .engine import Executor
    from .postgres.url import PostgresUrl
    from .sqlite.guard import Guard

OPENING_PATIENCE = 0.1
"""Seconds that opening or closing a file waits for other processes, to erase bytes that are still in it."""
VIEWS = 4
"""The version of the views and of the tables that describe the file: raise it with any change of what they say."""


class MirrorFile(ReadableMirror):
    """A mirror's file. Nothing is opened before the first use.

    :param path: the file's path, ``":memory:"``, or the URL of a database.
    :param schemas: the resources that it holds.
    :param host: the API's host. A file is of one host and one region.
    :param region: the API's region.
    :param readonly: whether the file is there and is only read: its own host and region are taken, and nothing is written. What
        an earlier release wrote is read from a copy in memory, since it would have to be upgraded.
    """

    def __init__(
        self,
        path: str | PostgresUrl,
        schemas: Iterable[ResourceSchema],
        host: str = "",
        region: str = "",
        *,
        readonly: bool = False,
    ) -> None:
        self.database = self._file = open_engine(path, readonly=readonly)
        self.path = self.database.path
        self.host, self.region, self.readonly = host, region, readonly
        self.schemas = {schema.table: schema for schema in schemas if schema.mirrored}
        self.wanted: exclusions.Exclusions | None = None
        self._hidden: exclusions.Exclusions = {}
        self._copying = _forks.lock()
        self._ready: object = None
        self._deferred: list[None] = []
        self._pending = ""

    @property
    def dialect(self) -> Dialect:  # type: ignore[override]
        """How the engine spells the SQL of queries."""
        return self.database.dialect

    completes_copies = False
    """Whether it may be opened while it is an incomplete copy of another mirror: by what completes the copy."""

    def file_exists(self) -> bool:
        """Return whether there is anything to read, without making it: a file, or a database in memory that was opened."""
        return self._ready is not None or self.database.exists()

    def open(self) -> Engine:
        """Return the database, its tables made ready once for each opening. Touches the disk.

        :raises MirrorError: the file cannot be used.
        :raises ConfigurationError: it is of another host or region, or holds fields that are to be excluded.
        """
        opening = self.database.opening
        if self._ready is not opening and self.readonly:
            self._open_to_read()
        elif self._ready is not opening:
            self.database.ready(self.schemas.values(), self.host, self.region)
            with self.database.reading() as connection:
                self._refuse_incomplete(connection)
            self._ready = opening
            self._erase_pending()
            self._store_exclusions()
            if not self.database.memory:
                self._make_views()
                self._make_missing_indexes()
        elif self.database.loads.wanted:
            self._make_missing_indexes()
        return self.database

    def select_only(self, sql: str, parameters: tuple[Any, ...] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the column names and rows of one SELECT. See :meth:`Engine.select_only`. Reads the disk."""
        if self.open().memory and not self.readonly:
            self._make_views()  # here alone are views of a mirror in memory read
        return self.database.select_only(sql, parameters)

    def protect(self, *, bodies: bool) -> Guard:
        """Guard this mirror, which only reads its file, before its first use. Opens nothing.

        :param bodies: whether bodies can be read. If not, they are null in every row, and a query that depends on one raises
            NotCovered, as of an excluded field.
        :returns: the guard, which also limits how long statements take.
        """
        from .sqlite.hidden_bodies import BODIES

        guard = self._file.protect(bodies=bodies)
        if not bodies:
            self._hidden = {table: frozenset(names) for table, names in BODIES.items() if table in self.schemas}
        return guard

    def _make_views(self) -> None:
        """Make the views, or replace those of an earlier release; once for each version.

        A file that cannot be written is used without, or with the old ones. The views of a later release stay.
        """
        with self.database.reading() as connection:
            stored = metadata.read(connection, metadata.VIEWS)
        if isinstance(stored, str) and stored.isdecimal() and int(stored) >= VIEWS:
            return
        try:
            self.database.make_views(self.schemas.values(), VIEWS)
        except (MirrorFull, MirrorLocked):  # the file can be used without views, and the next opening tries again
            return

    def _make_missing_indexes(self) -> None:
        """Make the indexes that loads dropped, but for those of a load that this process goes on with, unless they are wanted.

        A file that cannot be written is used without: answers are as right, but slower.
        """
        loads = self.database.loads
        schemas = [one for table, one in self.schemas.items() if loads.wanted or not loads.is_loading(table)]
        with suppress(MirrorFull, MirrorLocked):  # the next opening tries again
            bulk_load.make_missing(self.database, schemas)

    def _open_to_read(self) -> None:
        """Take the file as it is, or a copy in memory where this release would have to add to it."""
        with self._copying:
            opening = self._file.opening
            self.host, self.region = self._file.home()
            with self._file.reading() as connection:
                self._refuse_incomplete(connection)
            database = self._file.readable(self.schemas.values(), VIEWS)
            if database is not self._file:
                opening = database.opening
            with database.reading() as connection:
                stored = exclusions.decode(metadata.read(connection, metadata.EXCLUDED))
                self.excluded = exclusions.union(stored, self._hidden)
            self.database, self._ready = database, opening

    def _refuse_incomplete(self, connection: Executor) -> None:
        """Refuse a mirror that is an incomplete copy of another one."""
        if not self.completes_copies and metadata.read(connection, metadata.COPYING) is not None:
            raise ConfigurationError(
                f"{self.path} is an incomplete copy of another mirror: repeat the `twilio-orm copy` that was interrupted, or name"
                " another path"
            )

    def _erase_pending(self) -> None:
        """Erase bytes that another process kept from being erased."""
        with self.database.reading() as connection:
            due = metadata.is_erasing_due(connection)
        if due:
            try:
                self._pending = self.database.erase_bytes(OPENING_PATIENCE)
            except MirrorError as error:  # the file can be used even if there is no space for a copy of it
                self._pending = str(error)

    def _store_exclusions(self) -> None:
        """Exclude what the file says, and, of tables that are still empty, what this connection wants to exclude besides."""
        with self.database.reading() as connection:
            stored = exclusions.decode(metadata.read(connection, metadata.EXCLUDED))
            late = [
                table for table in exclusions.tables_with_more(self.wanted or {}, stored)
                if connection.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone() is not None
            ]  # fmt: skip
        if late:
            self._ready = None
            names = ", ".join(sorted(self.schemas[table].name for table in late))
            raise ConfigurationError(
                f"{self.path} holds records of {names} with fields that exclude_fields names: name a new path for the mirror,"
                " or the same exclude_fields as before"
            )
        self.excluded = exclusions.union(self.wanted or {}, stored)
        text = exclusions.encode(self.excluded)
        if text != exclusions.encode(stored):
            self.database.unit(lambda unit: metadata.write(unit.connection, metadata.EXCLUDED, text))

    def exclude(self, fields: exclusions.Exclusions | None) -> None:
        """Exclude fields from what is opened next. Pure.

        :raises ConfigurationError: the file is open already, and stores them.
        """
        if fields is None or not exclusions.tables_with_more(fields, exclusions.union(self.wanted or {}, self.excluded)):
            return
        if self._ready is not None and self._ready is self.database.opening:
            raise ConfigurationError(f"{self.path} is open already with another exclude_fields: name another path for the mirror")
        self.wanted = exclusions.union(self.wanted or {}, fields)

    def close(self) -> None:
        """Close every connection to the file, after one more try to erase bytes that are due."""
        try:
            if self._pending and not self.database.shared:
                self.database.erase_bytes(OPENING_PATIENCE)
        finally:
            self._pending = ""
            self.database.close_all()
            self._file.close_all()
        self._ready = None

    def finish_erasing(self) -> str:
        """Erase the bytes of what was redacted, where any are left. Writes the disk.

        Within :meth:`defer_erasing` it only notes that they are due.

        :returns: why that could not be done yet, or ``""``.
        """
        database = self.open()
        with database.reading() as connection:
            due = metadata.is_erasing_due(connection)
        self._pending = "" if not due else metadata.DEFERRED if self._deferred else database.erase_bytes()
        return self._pending

    @contextmanager
    def defer_erasing(self) -> Iterator[None]:
        """Defer erasing bytes in this block: its outermost end erases them once, by :meth:`finish_erasing`."""
        self._deferred.append(None)
        try:
            yield
        finally:
            self._deferred.pop()
