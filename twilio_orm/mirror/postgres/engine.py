"""A mirror's schema in a PostgreSQL database as an engine: the database, with what makes, describes and measures its tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...errors import ConfigurationError, MirrorError
from .. import describing, metadata
from ..sizes import Sizes, by_table
from . import errors, tables
from .database import PostgresDatabase
from .sessions import connect

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema
    from ..sqlite.guard import Guard

_BYTES = (
    "SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = ? AND c.relkind IN ('r', 'p')"
)


class PostgresEngine(PostgresDatabase):
    """A mirror in a PostgreSQL schema, without views or index of words. A :class:`twilio_orm.mirror.database.Engine`."""

    def ready(self, schemas: Iterable[ResourceSchema], host: str, region: str) -> None:
        """Make the schema ready for these resources and this host, or refuse it. Writes the database if need be.

        What fails for a reason that passes begins again, but for a server that cannot be reached.
        """
        held, is_reached = list(schemas), False

        def make() -> frozenset[str]:
            nonlocal is_reached
            is_reached = False
            with self._pool.use() as session:
                is_reached = True
                return tables.make_ready(session.raw, lambda: connect(self.url), self.url.schema, held, host, region)

        self.note_names(self.repeated(make, lambda error: is_reached and errors.is_repeatable(error)))

    unerased = (
        "old pages, the log, replicas and backups of the mirror's server, which keeps them for as long as whoever runs it has"
        " told it to; no row says it any more"
    )

    def exists(self) -> bool:
        """Return whether there is a mirror. Reads the server."""
        return "mirror_about" in self._look().there

    def home(self) -> tuple[str, str]:
        """Return the host and the region that the schema mirrors. Reads the server."""
        found = self._look()
        tables.check_version(found, self.url.schema)
        return tables.home(found, self.url.schema)

    def readable(self, schemas: Iterable[ResourceSchema], version: int) -> PostgresEngine:
        """Return this database. Reads the server.

        :raises MirrorError: an earlier release made its tables, and this one needs more of them.
        """
        wanted, found = tables.tables_of(schemas), self._look()
        if not tables.is_ready(found, wanted) or found.described() < version:
            raise MirrorError(
                f"{self.path} was made by an earlier release: open it once with a connection that may write, which adds what it"
                " lacks"
            )
        self.note_names(tables.names_of(wanted))
        return self

    def make_views(self, schemas: Iterable[ResourceSchema], version: int) -> None:
        """Fill the tables that describe the mirror. Writes the database."""
        held = list(schemas)
        self.unit(lambda unit: describing.fill(unit.connection, held, (), version))

    def erase_bytes(self, patience: float | None = None) -> str:  # noqa: ARG002
        """Note that nothing more can be done: see ``unerased``. Writes the database. Return ``""``."""
        self.unit(lambda unit: metadata.write(unit.connection, metadata.ERASING, None))
        return ""

    def describe(self) -> str:
        """Return the server's version and that of the tables in words. Reads the server."""
        with self.reading() as session:
            server = session.execute("SHOW server_version").fetchall()[0][0]
            found = metadata.read(session, metadata.TABLES)
        return f"PostgreSQL {server}, schema {found}"

    def flaws(self) -> list[str]:
        """Return nothing, once a row of each table was read: the server checks its own pages as it reads them."""
        with self.reading() as session:
            for one in session.text_tables():
                session.execute(f'SELECT * FROM "{one.name}" LIMIT 1').fetchall()
        return []

    def sizes(self, schemas: Iterable[ResourceSchema]) -> Sizes:
        """Return how much space each table takes, with its indexes. Reads the server."""
        with self.reading() as session:
            found = dict(session.execute(_BYTES, (self.url.schema,)).fetchall())
            return Sizes(sum(found.values()), 0, by_table(session, schemas, found))

    def protect(self, *, bodies: bool) -> Guard:  # noqa: ARG002
        """Refuse: only SQLite can hide columns from each statement."""
        raise ConfigurationError(f"{self.path}: only a mirror in a SQLite file can be read with limits")

    def _look(self) -> tables.Found:
        with self.use() as session:
            return tables.look(session.raw, self.url.schema)
