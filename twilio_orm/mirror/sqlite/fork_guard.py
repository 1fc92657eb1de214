"""Closes the mirror's files before a fork, and keeps a child from using what could not be closed.

SQLite keeps notes in memory on the files that a process has open. A forked child inherits the notes but not the locks that they
describe, so that it could lose what it writes. Before a fork every connection is therefore closed, as soon as no thread uses it,
and the next use opens it again, in the parent and in the child.
"""

from __future__ import annotations

import sqlite3
import weakref
from typing import Protocol

from ... import _forks

_SEVERED = (
    "a connection to it was in use when this process was forked, and SQLite would take its locks for those of this process:"
    " end transactions before a fork, or start this process by spawn"
)


class ForkableConnection(Protocol):
    """A connection that can be closed for a fork."""

    usable: bool
    file: str | None

    def close_for_fork(self) -> None:
        """Close it, unless a transaction is open."""


class ForkableDatabase(Protocol):
    """A database that can open its connections again."""

    def open_anew(self, *, child: bool = False) -> None:
        """Let closed connections be opened again."""


_connections: weakref.WeakSet[ForkableConnection] = weakref.WeakSet()
_databases: weakref.WeakSet[ForkableDatabase] = weakref.WeakSet()
_inherited: list[ForkableConnection] = []  # could not be closed before a fork: never used, and never closed in the child
_severed: set[str] = set()  # their files


def register_connection(connection: ForkableConnection) -> None:
    """Close this connection before a fork."""
    _connections.add(connection)


def register_database(database: ForkableDatabase) -> None:
    """Let this database open its connections again after a fork."""
    _databases.add(database)


def refuse_inherited(connection: ForkableConnection) -> None:
    """Refuse a connection that this process inherited while it was in use.

    :raises sqlite3.OperationalError: it is one.
    """
    if connection in _inherited:
        raise sqlite3.OperationalError(_SEVERED)


def refuse_severed(path: str) -> None:
    """Refuse a file to which this process inherited a connection in use.

    :raises sqlite3.OperationalError: it is one.
    """
    if path in _severed:
        raise sqlite3.OperationalError(_SEVERED)


def _before_fork() -> None:
    for connection in list(_connections):
        connection.close_for_fork()
    for database in list(_databases):
        database.open_anew()


def _after_fork_in_child() -> None:
    for connection in list(_connections):
        if connection.usable:
            connection.usable = False
            _inherited.append(connection)
            if connection.file:
                _severed.add(connection.file)
    for database in list(_databases):
        database.open_anew(child=True)


_forks.around(_before_fork, _after_fork_in_child)
