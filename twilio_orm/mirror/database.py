"""What the mirror uses of its database as a whole: the interface of an engine. Types only.

:mod:`twilio_orm.mirror.engines` finds the engine of a mirror.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from ..query.ast import Condition
    from ..query.dialect import Dialect
    from ..query.lookups import Sql
    from ..schema.resource_schema import ResourceSchema
    from .engine import Executor, Session, Snapshot, TableReader
    from .revisions import Unit
    from .sizes import Sizes
    from .sqlite.guard import Guard
    from .table_loads import TableLoads

Result = TypeVar("Result")


class WordIndex(Protocol):
    """The index of the words of texts of an engine that has one."""

    @property
    def FIELDS(self) -> Mapping[str, str]:  # noqa: N802
        """The fields that can have an index, by table."""

    def condition_sql(self, connection: TableReader, schema: ResourceSchema, node: Condition) -> Sql:
        """Return the SQL of a ``search`` by the index; ``""`` where there is none, or none that can be used. Reads the disk."""

    def stale_tables(self, connection: Executor) -> list[str]:
        """Return the tables that have an index which this process cannot use. Reads the disk."""

    def make(self, connection: Session, schema: ResourceSchema) -> int:
        """Make the index of a resource, or fill it anew; in the caller's transaction. Return how many texts it has."""

    def drop(self, connection: Session, schema: ResourceSchema) -> None:
        """Drop the index of a resource, if there is one; in the caller's transaction."""

    def forget_removed(self, connection: Session) -> None:
        """Remove the words of removed texts from the indexes; in the caller's transaction."""


class Engine(Protocol):
    """A database as the mirror uses it. Nothing is opened before the first use."""

    opening: object
    """Another object after each time that the database was closed."""
    readonly: bool
    """Whether nothing is ever written."""
    loads: TableLoads
    """What this process knows of tables that are filled without their indexes."""

    @property
    def path(self) -> str:
        """Where the database is, as messages show it: without secrets."""

    @property
    def memory(self) -> bool:
        """Whether it is in the memory of this process, so that closing it empties it."""

    @property
    def shared(self) -> bool:
        """Whether other machines may use it at the same time."""

    @property
    def dialect(self) -> Dialect:
        """How the engine spells SQL."""

    @property
    def words(self) -> WordIndex | None:
        """The index of words; None if the engine has none."""

    @property
    def unerased(self) -> str:
        """Where the engine cannot erase the bytes of redacted text, and why, in words; "" where it can."""

    def exists(self) -> bool:
        """Return whether there is a database, without making one. A database in memory is none until it is opened."""

    def reading(self) -> AbstractContextManager[Session]:
        """Hold a connection to read from. Do not hold it across a request or a yield.

        :raises MirrorError: the database cannot be read.
        """

    def snapshot(self) -> Snapshot:
        """Return what holds a connection to read from; all that is read is of one moment.

        :raises MirrorError: the database cannot be read.
        """

    def unit(self, work: Callable[[Unit], Result], *, durably: bool = False) -> Result:
        """Run work in one transaction and return what it returns. Writes the database.

        :param work: runs statements, and nothing else: it may run again after its transaction was rolled back.
        :param durably: whether to wait until it survives a crash of the machine.
        :raises MirrorError: the database cannot be written; then nothing is stored.
        """

    def select_only(self, sql: str, parameters: tuple[Any, ...] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the column names and rows of one SELECT. Anything that would write is refused.

        :raises QueryError: it is no SELECT, or the engine does not understand it.
        :raises MirrorError: the database cannot be read.
        """

    def close_all(self) -> None:
        """Close every connection. The next use opens again."""

    # -- the mirror as a whole

    def ready(self, schemas: Iterable[ResourceSchema], host: str, region: str) -> None:
        """Make the tables ready for these resources and this host, or refuse the database. Writes it if need be.

        :raises SchemaTooNew: it was written by a later release.
        :raises ConfigurationError: it mirrors another host or region, or is some other application's.
        """

    def home(self) -> tuple[str, str]:
        """Return the host and the region that the database mirrors. Reads it.

        :raises MirrorError: it says none.
        """

    def readable(self, schemas: Iterable[ResourceSchema], version: int) -> Engine:
        """Return what this release can read without writing: this engine, or a copy where it would have to add something.

        :param version: the version of the views.
        :raises MirrorError: neither is possible.
        """

    def make_views(self, schemas: Iterable[ResourceSchema], version: int) -> None:
        """Make the views and the tables that describe the mirror, or replace what is different. Writes the database.

        :param version: what is noted as their version.
        """

    def erase_bytes(self, patience: float | None = None) -> str:
        """Erase the bytes of redacted text from what stores the database, as far as the engine can.

        :param patience: seconds to wait for other processes; None for a usual time.
        :returns: why it could not be done, or ``""``.
        """

    def describe(self) -> str:
        """Return the engine's version of the tables, and its own where it is a server's, in words. Reads the database."""

    def flaws(self) -> list[str]:
        """Return what is damaged, in the engine's words; nothing where it is whole. Reads the database, all of a file.

        :raises MirrorError: it cannot be read.
        """

    def sizes(self, schemas: Iterable[ResourceSchema]) -> Sizes:
        """Return how much space the tables take. Reads the database."""

    def protect(self, *, bodies: bool) -> Guard:
        """Limit what is read from now on, and for how long, before the first use. Opens nothing.

        :param bodies: whether bodies can be read. If not, they are null in every row.
        :raises ConfigurationError: the engine cannot do it.
        """
