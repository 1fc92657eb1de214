"""SQLite's errors as errors of this library. None of them repeats what is stored."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator

import peewee

from ...errors import ConfigurationError, MirrorCorrupt, MirrorError, MirrorFull, MirrorLocked, QueryError
from . import limits

_DAMAGES = {
    "not a database": "file is not a database",
    "image is malformed": "database disk image is malformed",
    "malformed database schema": "malformed database schema",
    "unsupported file format": "unsupported file format",
    "Could not decode to UTF-8": "a text in it is no UTF-8",
}
"""What SQLite's messages of a damaged file contain, and what our error says: SQLite's may repeat what is stored."""
DATABASE_ERRORS = (sqlite3.Error, peewee.DatabaseError)
"""SQLite's errors, also as peewee raises them."""
UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""The errors that reading a damaged value raises."""
_interrupted: dict[int, bool] = {}
"""The threads in which one of our SQL functions was interrupted; SQLite does not say why a function failed."""


@contextlib.contextmanager
def translated(path: str) -> Iterator[None]:
    """Raise our errors in place of SQLite's.

    :param path: the file that they name.
    """
    try:
        yield
    except DATABASE_ERRORS as error:
        raise translate(error, path) from cause_of(error)
    except (json.JSONDecodeError, RecursionError) as error:  # the mirror stores nothing but JSON that was parsed before
        raise damaged(path, f"a value in it cannot be read ({type(error).__name__})") from error


def translate(error: Exception, path: str) -> BaseException:
    """Return the error of this library for one of SQLite's."""
    words = str(error)
    if words.startswith("database") and ("is locked" in words or "is busy" in words):
        return MirrorLocked(f"{path} was locked by another process for {limits.BUSY:.0f} seconds")
    if "is full" in words or "readonly database" in words or "disk I/O error" in words:
        return MirrorFull(f"{path} cannot be written: {words}")
    damage = next((text for part, text in _DAMAGES.items() if part in words), None)
    if damage is not None:
        return damaged(path, damage)
    if "user-defined function" in words:
        interrupted = _interrupted.pop(threading.get_ident(), False)
        return KeyboardInterrupt() if interrupted else damaged(path, "a value cannot be read")
    if "unable to open" in words:
        return unusable(path, words)
    return MirrorError(f"{path}: {words}")


def translate_statement(error: Exception, path: str) -> BaseException:
    """Return the error for a user's own statement: QueryError, unless the file is at fault."""
    words = str(error)
    if words == "interrupted":  # by a signal's handler, whose exception sqlite3 drops
        return KeyboardInterrupt()
    found = translate(error, path)
    if type(found) is not MirrorError:
        return found
    return QueryError("only SELECT is allowed here" if "not authorized" in words else words)


def corruption(error: Exception, path: str) -> MirrorCorrupt | None:
    """Return the error for a damaged file, if that is what an error of SQLite's means."""
    found = translate(error, path)
    return found if isinstance(found, MirrorCorrupt) else None


def cause_of(error: Exception) -> Exception | None:
    """Return SQLite's error as the cause of ours, unless it repeats what is stored."""
    return None if "decode to UTF-8" in str(error) else error


def damaged(path: str, why: str) -> MirrorCorrupt:
    """Return the error for a damaged file. It says what to do."""
    return MirrorCorrupt(
        f"{path} is damaged or no SQLite database: {why}. Move it away, or name another path, and sync again;"
        " `sqlite3 FILE .recover` may save what it holds"
    )


def unusable(path: str, why: str | None) -> ConfigurationError:
    """Return the error for a path at which no file can be opened."""
    return ConfigurationError(f'the mirror {path} cannot be opened ({why}): name another path, or mirror=":memory:"')


def record_interrupt() -> None:
    """Note that a signal interrupted one of our SQL functions in this thread."""
    _interrupted[threading.get_ident()] = True
