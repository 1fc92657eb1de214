"""What the mirror needs of the database that stores it: to read, and to change it in units. Types only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from ..query.dialect import Dialect
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .table_definition import Index, Table


class Rows(Protocol):
    """The rows of a statement."""

    @property
    def rowcount(self) -> int:
        """How many rows a statement changed."""

    def fetchone(self) -> Any:
        """Return the next row, or None."""

    def fetchmany(self, size: int, /) -> list[Any]:
        """Return some of the next rows."""

    def fetchall(self) -> list[Any]:
        """Return the remaining rows."""

    def __iter__(self) -> Iterator[Any]:
        """Return the remaining rows, one by one."""

    def close(self) -> None:
        """Drop the remaining rows."""


class Executor(Protocol):
    """Anything that runs statements. A ``?`` in one stands for a parameter, whatever the engine."""

    @property
    def dialect(self) -> Dialect:
        """How the engine spells SQL."""

    def execute(self, statement: str, values: Any = ..., /) -> Rows:
        """Run a statement."""

    def fetch_own(self, statement: str, values: Any = ..., /) -> Sequence[Any]:
        """Return the rows of a SELECT of the mirror's own tables (``mirror_…``), none of which may be changed.

        An engine may keep them for later transactions, as long as nothing is stored.
        """

    def has_table(self, name: str, /) -> bool:
        """Return whether there is a table of this name. Reads the disk."""

    def has_index(self, name: str, /) -> bool:
        """Return whether there is an index of this name. Reads the disk."""

    def index_names(self) -> frozenset[str]:
        """Return the names of all indexes. Reads the disk."""

    def stored_columns(self, schema: ResourceSchema, /) -> tuple[str, ...]:
        """Return the names of the columns that a row is stored in: those of a row in Python, then the engine's own. Pure."""

    def stored_values(self, schema: ResourceSchema, row: Row, /) -> tuple[Any, ...]:
        """Return the values of :meth:`stored_columns` for a row. Pure."""


class TableReader(Executor, Protocol):
    """What SELECTs run on: a connection, or one that reads the tables as they were at a revision."""

    @property
    def is_current(self) -> bool:
        """Whether it reads the tables themselves, with their indexes."""

    def source(self, table: str, /) -> str:
        """Return what to write after FROM to read a table."""

    def take_note(self) -> bool:
        """Return whether a row for which :meth:`Dialect.noting` notes was read since this method was last called. Pure."""


class TextTable(NamedTuple):
    """A table that can hold text.

    :param key: the columns that a row is found by, none of them null: its number, or the table's key.
    :param texts: the columns that can hold text.
    """

    name: str
    key: tuple[str, ...]
    texts: tuple[str, ...]


class Session(TableReader, Protocol):
    """A connection while it holds the transaction of a unit."""

    def executemany(self, statement: str, rows: Iterable[Any], /) -> Rows:
        """Run a statement for each of many rows of values."""

    def insert(self, table: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], /) -> int:
        """Insert many rows, none of which is there, and return how many they are.

        :param table: the name of the table.
        :param columns: the names of its columns that the values of a row are for.
        """

    def make_table(self, table: Table, /) -> None:
        """Make a table that an engine may make late, with its indexes, unless it is there; in the caller's transaction."""

    def make_index(self, table: str, index: Index, /) -> None:
        """Make an index that an engine may make late, unless it is there; in the caller's transaction."""

    def drop_index(self, index: Index, /) -> None:
        """Drop an index that an engine may make late, if it is there; in the caller's transaction."""

    def text_tables(self) -> list[TextTable]:
        """Return all tables but indexes of words, with their columns that can hold text. Reads the disk."""


class Snapshot(Protocol):
    """Holds a connection in one reading transaction: all that is read meanwhile is of one moment.

    Within another snapshot of the same thread it is the same connection, which reads that one's moment.
    """

    @property
    def begun(self) -> bool:
        """Whether it began the transaction; else it is within another one. Known once the connection is held."""

    @property
    def connection(self) -> TableReader:
        """The connection, while it is held."""

    def __enter__(self) -> TableReader:
        """Begin, and return the connection."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any, /) -> None:
        """End the transaction that it began."""
