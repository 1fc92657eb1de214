"""The engine of a mirror, by what a user names it: a URL of a database, or the path of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from .sqlite.engine import SqliteEngine

if TYPE_CHECKING:
    from .database import Engine
    from .postgres.url import PostgresUrl


def open_engine(path: str | PostgresUrl, *, readonly: bool = False) -> Engine:
    """Return the engine of a mirror. Nothing is opened.

    :param path: a URL such as ``postgresql://host/database``, the path of a file, or ``":memory:"``.
    :param readonly: whether nothing is ever written.
    :raises ConfigurationError: the URL is of no database that can hold a mirror, or its driver is not installed.
    """
    if isinstance(path, str) and "://" not in path:
        return SqliteEngine(path, readonly=readonly)
    try:
        from .postgres.engine import PostgresEngine
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise ConfigurationError("a mirror in PostgreSQL needs psycopg: pip install 'twilio_orm[postgres]'") from None
    return PostgresEngine(path, readonly=readonly)
