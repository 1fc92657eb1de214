"""A mirror's file as an engine: the database, with what makes, upgrades, measures and erases the file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from . import erased_bytes, tables, word_index
from .database import MirrorDatabase

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema
    from ..sizes import Sizes
    from .guard import Guard


class SqliteEngine(MirrorDatabase):
    """A mirror's file, or a mirror in memory. See :class:`twilio_orm.mirror.database.Engine`.

    :param path: the file's path, or ``":memory:"``.
    :param readonly: whether the file is there and is only read.
    """

    words = word_index
    unerased = ""

    def __init__(self, path: str, *, readonly: bool = False) -> None:
        super().__init__(path, tables.admit_to_read if readonly else tables.admit, readonly=readonly)

    def exists(self) -> bool:
        """Return whether there is a file."""
        return not self.memory and os.path.exists(self.path)

    def ready(self, schemas: Iterable[ResourceSchema], host: str, region: str) -> None:
        """Make the file ready for these resources and this host, or refuse it. Writes the disk if need be."""
        tables.ensure(self, schemas, host, region)
        with self.reading() as connection:
            unsupported = word_index.is_unsupported(connection)
        if unsupported:
            self.unit(lambda unit: word_index.disable_unsupported(unit.connection))

    def home(self) -> tuple[str, str]:
        """Return the host and the region that the file mirrors. Reads the disk."""
        with self.reading() as connection:
            return tables.home(connection)

    def readable(self, schemas: Iterable[ResourceSchema], version: int) -> SqliteEngine:
        """Return this database, or a copy in memory where this release would have to add to the file. Reads the disk."""
        schemas = list(schemas)
        with self.reading() as connection:
            host, region = tables.home(connection)
            if tables.is_ready(connection, schemas):
                return self
        copy = SqliteEngine.copied(self)
        tables.ensure(copy, schemas, host, region)
        copy.make_views(schemas, version)
        if self.guard is not None:
            with copy.reading() as connection:
                self.guard.protect(connection)
        copy.readonly, copy.guard = True, self.guard
        return copy

    @classmethod
    def copied(cls, source: MirrorDatabase) -> SqliteEngine:
        """Return a database in memory with the content of another one. Reads the disk, all of the file."""
        made = cls(":memory:")
        with source.reading() as connection, made.reading() as target:
            connection.backup(target)
        made.path = source.path
        return made

    def make_views(self, schemas: Iterable[ResourceSchema], version: int) -> None:
        """Make the views and the tables beside them, or replace what is different. Writes the disk."""
        from . import view_maker  # once for a file and a release

        self.unit(lambda unit: view_maker.make(unit.connection, schemas, version))

    def erase_bytes(self, patience: float | None = None) -> str:
        """Rewrite the file, and empty its WAL. Writes the disk. Return why it could not be done, or ``""``."""
        return erased_bytes.erase(self) if patience is None else erased_bytes.erase(self, patience)

    def describe(self) -> str:
        """Return the version of the tables in words. Reads the disk."""
        with self.reading() as connection:
            return f"schema {connection.execute('PRAGMA user_version').fetchone()[0]}"

    def flaws(self) -> list[str]:
        """Return what SQLite finds damaged. Reads the disk, all of the file."""
        with self.reading() as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)").fetchall()]
            names = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL %'"
            for (table,) in connection.execute(names).fetchall():
                for _ in connection.execute(f'SELECT * FROM "{table}"'):  # the check does not find text that is not UTF-8
                    pass
        return found if found != ["ok"] else []

    def sizes(self, schemas: Iterable[ResourceSchema]) -> Sizes:
        """Return how much space each table takes. Reads the disk, every page of the file."""
        from . import sizes  # used once in a while

        with self.reading() as connection:
            return sizes.measure(connection, schemas)

    def protect(self, *, bodies: bool) -> Guard:
        """Guard each connection that is opened from now on. Opens nothing."""
        from .. import descriptions
        from .guard import Guard
        from .hidden_bodies import INDEXES, is_hidden

        self.guard = Guard(None if bodies else is_hidden, descriptions.VIEWS, () if bodies else INDEXES)
        return self.guard
