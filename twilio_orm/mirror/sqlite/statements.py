"""How the mirror runs statements: beginning a transaction, many rows at a time, and users' own SELECTs."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any

from ...schema.decimals import nearest
from ...schema.times import instant_text
from . import limits

if TYPE_CHECKING:
    from ..engine import Session

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


def bulk(connection: Session, statement: Callable[[int], str], rows: list[tuple[Any, ...]], *last: Any) -> int:
    """Run a statement over rows, many at a time: while SQLite works, other threads run, and afterwards have to yield.

    :param statement: returns the text for a number of rows; it is called with few different numbers.
    :param last: parameters after those of the rows.
    :returns: how many rows were changed, those of triggers not included.
    """
    most = min(limits.ROWS, (limits.VARIABLES - len(last)) // len(rows[0])) if rows else limits.ROWS
    start = changed = 0
    while (left := len(rows) - start) > 0:
        size = most if left >= most else 1 << left.bit_length() - 1
        changed += connection.execute(statement(size), (*chain.from_iterable(rows[start : start + size]), *last)).rowcount
        start += size
    return changed


def bound(value: Any) -> Any:
    """Return a parameter of a user's SQL as the tables store such values."""
    if isinstance(value, Decimal) and value.is_finite():
        return nearest(value)
    if isinstance(value, date):
        return instant_text(value) if isinstance(value, datetime) else value.isoformat()
    return value
