"""The file that an export is written to: whole or not at all, or a stream that is already open."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from ..errors import BadValue

Target = str | os.PathLike[str] | IO[Any]


@contextmanager
def opened(target: Target, *, text: bool = True) -> Iterator[IO[Any]]:
    """Open the target of an export for bytes. Writes the disk.

    A path is written to a temporary file beside it, which is synced to the disk and renamed at the end of the block; where the
    block raises, it is removed, and what was at the path stays. A device or a pipe is written to directly.

    :param target: a path, ``"-"`` for standard output, or an open file, for bytes or for text, which stays open.
    :param text: whether an export is text, so that a file that is open for text will do.
    :raises BadValue: it is a folder, in a folder that does not exist, or nothing to write to.
    """
    if target == "-":
        sys.stdout.flush()
        with _stream(getattr(sys.stdout, "buffer", sys.stdout), text) as stream:
            yield stream
    elif not isinstance(target, (str, os.PathLike)):
        if not callable(getattr(target, "write", None)):
            raise BadValue(f"an export takes a path or a file that is open for writing, not a {type(target).__name__}")
        with _stream(target, text) as stream:
            yield stream
    else:
        place = os.fsdecode(target)
        _check(place)
        if os.path.exists(place) and not os.path.isfile(place):
            with open(place, "wb") as device:
                yield device
        else:
            with _replacing(os.path.realpath(place)) as file:
                yield file


def _check(place: str) -> None:
    """Refuse a path that cannot be a file's, before anything is read. Raises BadValue."""
    if not place or "\0" in place:
        raise BadValue("an export takes the path of a file, not an empty one or one with a NUL character")
    folder, name = os.path.split(place)
    if os.path.isdir(place) or not name:
        raise BadValue(f"{place} is a folder: name the file in it that is to be written")
    if folder and not os.path.isdir(folder):
        raise BadValue(f"there is no folder {folder}: make it first")


@contextmanager
def _replacing(place: str) -> Iterator[IO[bytes]]:
    """A new file beside a path, renamed to the path at the end. It gets the permissions of the file that it replaces."""
    part = os.path.join(os.path.dirname(place), f".{os.urandom(8).hex()}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    try:
        with open(os.open(part, flags, 0o666), "wb") as file:
            with suppress(FileNotFoundError):
                os.chmod(part, stat.S_IMODE(os.stat(place).st_mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise


class _TextStream:
    """A file that is open for text, written to in bytes of UTF-8."""

    def __init__(self, write: Callable[[str], Any]) -> None:
        self._write = write

    def write(self, data: bytes) -> int:
        """Write whole characters."""
        self._write(data.decode())
        return len(data)

    def flush(self) -> None:
        """Do nothing: the caller's file is the caller's to flush."""


@contextmanager
def _stream(file: Any, text: bool) -> Iterator[IO[Any]]:
    """A caller's file, for bytes. Raises BadValue for one that is open for text, unless the export is text."""
    try:
        file.write("")
    except TypeError:  # it is open for bytes
        yield file
    else:
        if not text:
            raise BadValue("this export is no text: open the file for bytes")
        yield _TextStream(file.write)  # type: ignore[misc]
    with suppress(AttributeError):
        file.flush()
