"""The statements of the mirror: those that begin a transaction, store many rows and make tables, and users' own SELECTs."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ...schema.decimals import nearest
from ...schema.times import instant_text
from ..engine import TextTable
from ..mentions import quoted
from ..table_definition import UNNUMBERED, Index, Table, TableColumn
from . import limits
from .dialect import SQLITE
from .word_index import PREFIX

if TYPE_CHECKING:
    from ..engine import Executor

ROW_NUMBERS = ("rowid", "_rowid_", "oid")
"""The names of the number of a row. A column of that name hides it."""
_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


def only_reads(action: int, first: str | None, second: str | None, *_: object) -> int:
    """An authorizer that allows nothing but reading."""
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() == "load_extension":
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and first == "data_version" and second is None:
        return sqlite3.SQLITE_OK  # FTS5 reads it for each of its queries
    return sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY


def load_virtual_tables(connection: sqlite3.Connection) -> None:
    """Let SQLite load the virtual tables of the file, which an authorizer that allows nothing but reading would refuse."""
    with contextlib.suppress(sqlite3.OperationalError):  # this SQLite lacks the module of one
        connection.execute(
            "SELECT count(*) FROM sqlite_master m JOIN pragma_table_info(m.name) WHERE m.sql LIKE 'CREATE VIRTUAL TABLE %'"
        ).fetchone()


def anything(*_: object) -> int:
    """An authorizer that allows everything: None does not remove one before Python 3.11."""
    return sqlite3.SQLITE_OK


def begin(connection: sqlite3.Connection) -> bool:
    """Try once to begin a writing transaction. Return whether it began."""
    wait = f"PRAGMA busy_timeout = {int(limits.BUSY * 1000)};"
    try:  # the timeout is set while a statement is prepared, so a cached one would not set it: hence executescript()
        connection.executescript(f"PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; {wait}")
        return True
    except sqlite3.OperationalError as error:
        connection.executescript(wait)
        if "locked" not in str(error):
            raise
        return False


def bulk(
    connection: Executor, statement: Callable[[int], str], rows: Sequence[tuple[Any, ...]], *last: Any, unused: Sequence[int] = ()
) -> int:
    """Run a statement over rows, many at a time: while SQLite works, other threads run, and afterwards have to yield.

    :param statement: returns the text for a number of rows; it is called with few different numbers.
    :param last: parameters after those of the rows.
    :param unused: positions of a row whose values are no parameters, in ascending order.
    :returns: how many rows were changed, those of triggers not included.
    """
    width = len(rows[0]) if rows else 1
    most = min(limits.ROWS, (limits.VARIABLES - len(last)) // (width - len(unused)))
    start = changed = 0
    while (left := len(rows) - start) > 0:
        size = most if left >= most else 1 << left.bit_length() - 1
        values = list(chain.from_iterable(rows[start : start + size]))
        for removed, at in enumerate(unused):
            del values[at - removed :: width - removed]
        changed += connection.execute(statement(size), (*values, *last)).rowcount
        start += size
    return changed


@lru_cache(maxsize=256)
def insert_sql(table: str, columns: tuple[str, ...], rows: int) -> str:
    """Return the statement that inserts a number of rows into a table."""
    names, marks = ", ".join([f'"{name}"' for name in columns]), f"({', '.join('?' * len(columns))})"
    return f'INSERT INTO "{table}" ({names}) VALUES {", ".join([marks] * rows)}'


def text_tables(connection: sqlite3.Connection) -> list[TextTable]:
    """Return all tables but indexes of words, with their columns that are not declared as numbers. Reads the disk."""
    rows = connection.execute(
        "SELECT m.name, c.name, c.type, c.pk FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
        f" AND substr(m.name, 1, {len(PREFIX)}) <> '{PREFIX}' ORDER BY m.rowid, c.cid"
    ).fetchall()
    found = []
    for table, columns in groupby(rows, itemgetter(0)):
        several = list(columns)
        texts = tuple([name for _, name, kind, _ in several if kind not in ("INTEGER", "REAL")])
        keys = tuple([name for _, name, _, place in sorted(several, key=itemgetter(3)) if place])
        found.append(TextTable(table, _number(connection, table, {name.lower() for _, name, *_ in several}) or keys, texts))
    return found


def _number(connection: sqlite3.Connection, table: str, columns: set[str]) -> tuple[str, ...]:
    """The name of the number of a table's rows, in a tuple; an empty one where they have none."""
    for name in ROW_NUMBERS:
        if name not in columns:
            with contextlib.suppress(sqlite3.OperationalError):
                connection.execute(f"SELECT {name} FROM {quoted(table)} LIMIT 0")
                return (name,)
    return ()


def bound(value: Any) -> Any:
    """Return a parameter of a user's SQL as the tables store such values."""
    if isinstance(value, Decimal) and value.is_finite():
        return nearest(value)
    if isinstance(value, date):
        return instant_text(value) if isinstance(value, datetime) else value.isoformat()
    return value


# ---------------------------------------------------------------- making tables


@lru_cache(maxsize=256)
def table_statements(table: Table) -> tuple[str, ...]:
    """Return the statements that make a table and its indexes, unless they are there."""
    inline = next((one.name for one in table.columns if table.key == (one.name,) and not one.required), "")
    lines = [definition(one) + (" PRIMARY KEY" if one.name == inline else "") for one in table.columns]
    if table.key and not inline:
        lines.append(f"PRIMARY KEY ({names(table.key)})")
    options = " WITHOUT ROWID" if table.numbers == UNNUMBERED else ""
    made = f'CREATE TABLE IF NOT EXISTS "{table.name}" ({", ".join(lines)}){options}'
    return (made, *(index_statement(table.name, one) for one in table.indexes))


@lru_cache(maxsize=256)
def index_statement(table: str, index: Index) -> str:
    """Return the statement that makes an index of a table, unless it is there."""
    unique, condition = "UNIQUE " if index.unique else "", index.condition(SQLITE)
    where = f" WHERE {condition}" if condition else ""
    return f'CREATE {unique}INDEX IF NOT EXISTS "{index.name}" ON "{table}" ({names(index.columns)}){where}'


def definition(column: TableColumn) -> str:
    """Return the definition of a column."""
    words = [f'"{column.name}" {column.kind}']
    words += ["NOT NULL"] * column.required
    words += [f"DEFAULT {column.default}"] * bool(column.default)
    words += [f'REFERENCES "{column.refers}" (sid)'] * bool(column.refers)
    return " ".join(words)


def names(columns: tuple[str, ...]) -> str:
    """Return the quoted names of columns, separated by commas."""
    return ", ".join(f'"{name}"' for name in columns)
