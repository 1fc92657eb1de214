"""Keeps a mirror's file private: makes it, checks whose it is, and takes away what others may do with it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import ConfigurationError
from . import limits
from .errors import unusable

Admit = Callable[[sqlite3.Connection, str], None]
"""Checks a file that is there before anything of it is changed, and raises if it must not be used."""

_ENDS = ("", "-wal", "-shm", "-journal")
"""The endings of the names of a file and of its journals."""
_making = threading.Lock()  # taken within a database's open lock, and so never held during a fork


def make_file(path: str, real: str) -> None:
    """Make a file that is not there, and its folders, for their owner alone.

    Closing any descriptor of a file drops every lock that this process has on it. So a file that is there is left to SQLite, and
    nobody here opens a new one before its descriptor is closed again.

    :param real: the path without symbolic links. SQLite would make the target of a link that leads nowhere, for all to read.
    :raises ConfigurationError: it cannot be made, or others could take it away or read it.
    """
    try:
        _make_folders(os.path.dirname(real))
        if os.name != "nt":
            _refuse_others(path, real)
        with _making, contextlib.suppress(FileExistsError):
            os.close(os.open(real, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            os.chmod(real, 0o600)  # a umask may take away the owner's bits
    except OSError as error:
        raise unusable(path, error.strerror) from error
    if not os.path.isfile(real):  # on some file systems SQLite opens a directory, and takes it for a damaged file
        raise unusable(path, "it is no file")


def _make_folders(folder: str) -> None:
    if not os.path.isdir(folder):
        _make_folders(os.path.dirname(folder))
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
            os.chmod(folder, 0o700)


def _refuse_others(path: str, real: str) -> None:
    """Refuse a folder in which anybody may replace the file, and a file or a link that another user made.

    A group that may write in a folder is accepted: many systems give each user a group of their own. Root may use a user's file,
    but not one that lies where anybody could have put it.
    """
    me, folder = os.geteuid(), os.path.dirname(real)
    mode = os.stat(folder).st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise ConfigurationError(
            f"every user may write in {folder}, and so replace or read the mirror: name a path in a folder below it, which is"
            f' then made for you alone, or take that right away (chmod o-w), or name mirror=":memory:"'
        )
    owned = [(real + end, {me}) for end in _ENDS] + ([(path, {me, 0})] if os.path.islink(path) else [])
    for place, owners in owned if me or mode & stat.S_IWOTH else ():
        with contextlib.suppress(FileNotFoundError):
            owner = os.lstat(place).st_uid
            if owner not in owners:
                raise ConfigurationError(
                    f"{place} belongs to another user (number {owner}), who could read it: name another path"
                )


def make_private(real: str) -> None:
    """Take away what others may do with a file and its journals. Opens none of them.

    :raises ConfigurationError: that cannot be done here.
    """
    for place in (real + end for end in _ENDS) if os.name != "nt" else ():
        with contextlib.suppress(FileNotFoundError):
            mode = os.stat(place).st_mode
            if not stat.S_ISREG(mode) or not mode & 0o077:
                continue
            with contextlib.suppress(PermissionError):
                os.chmod(place, mode & 0o700)
            if os.stat(place).st_mode & 0o077:
                raise ConfigurationError(f"others may read {place}, and that cannot be changed here: name another path")


def check_file(path: str, admit: Admit | None) -> None:
    """Check a file that is there without changing it, and through SQLite alone, which respects its locks."""
    refuse_fragment(path)
    if admit is None:
        return
    # The last connection to close removes the journal. Without one, nothing is left behind; another's journal is only read.
    journaled = os.path.exists(path + "-wal") and os.path.getsize(path + "-wal")
    for mode in ("?mode=ro", "") if journaled else ("",):
        connection = sqlite3.connect(Path(path).absolute().as_uri() + mode, timeout=limits.BUSY, uri=True)
        try:
            admit(connection, path)
            return
        except sqlite3.OperationalError:
            if not mode:
                raise
        finally:
            connection.close()


def refuse_fragment(path: str) -> None:
    """Refuse a file that SQLite would take for an empty database, although it is not empty.

    :raises sqlite3.DatabaseError: it is one.
    """
    if 0 < os.path.getsize(path) < 512:
        raise sqlite3.DatabaseError("file is not a database")


def is_write_protected(path: str) -> bool:
    """Return whether a file is there that this process may not write, or beside which it may not make SQLite's journal."""
    places = (path, os.path.dirname(path) or ".")
    return os.path.exists(path) and not all(os.access(one, os.W_OK) for one in places)


def file_state(path: str | None) -> tuple[Any, ...]:
    """Return what a file and its journals look like from outside: it changes with anything that is written to them."""
    out: list[Any] = []
    for end in ("", "-wal", "-journal"):
        try:
            found = os.stat(f"{path}{end}")
        except OSError:
            out.append(None)
        else:
            out.append((found.st_ino, found.st_size, found.st_mtime_ns))
    return tuple(out)
