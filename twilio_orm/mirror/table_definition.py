"""A table of a mirror as data: each engine makes its tables from it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..query.dialect import Dialect

UNNUMBERED, UNUSED, GIVEN, COUNTED = "unnumbered", "unused", "given", "counted"
"""How the rows of a table are numbered: not at all; by SQLite alone, and nothing reads the numbers; by what stores the rows; by
the engine, in the order of their arrival. The number of a row is called ``rowid``."""


class TableColumn(NamedTuple):
    """A column of a table.

    :param kind: ``TEXT``, ``INTEGER``, ``NUMERIC`` or ``BLOB``.
    :param required: whether it is NOT NULL.
    :param refers: the table of records whose ``sid`` it holds, "" for none.
    :param default: the SQL of its default, "" for null.
    :param counted: whether the engine hands out whole numbers for it, if none is given.
    """

    name: str
    kind: str
    required: bool = False
    refers: str = ""
    default: str = ""
    counted: bool = False


class Index(NamedTuple):
    """An index of a table.

    :param where: the SQL of the rows that it has, or what returns it for a dialect; "" for all.
    """

    name: str
    columns: tuple[str, ...]
    where: str | Callable[[Dialect], str] = ""
    unique: bool = False

    def condition(self, dialect: Dialect) -> str:
        """Return the SQL of the rows that it has; "" for all."""
        return self.where if isinstance(self.where, str) else self.where(dialect)


class Table(NamedTuple):
    """A table.

    :param key: the columns of its primary key.
    :param numbers: how its rows are numbered, see :data:`COUNTED`.
    """

    name: str
    columns: tuple[TableColumn, ...]
    key: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    numbers: str = UNUSED

    def with_indexes(self, *more: Index) -> Table:
        """Return the same table with more indexes."""
        return Table(self.name, self.columns, self.key, (*self.indexes, *more), self.numbers)


def columns_of(text: str) -> tuple[TableColumn, ...]:
    """Return columns from their names and types, separated by commas. A ``!`` behind a type stands for NOT NULL."""
    pairs = [one.split() for one in text.split(",")]
    return tuple([TableColumn(name, kind.rstrip("!"), kind.endswith("!")) for name, kind in pairs])


def id_column(*, counted: bool = False) -> tuple[TableColumn, ...]:
    """Return the column ``id``, as the only one of some columns."""
    return (TableColumn("id", "INTEGER", counted=counted),)
