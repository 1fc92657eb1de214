"""The files of an archive: each is written under another name, synced to the disk, and then given its own."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable
from typing import BinaryIO

from .manifest import checksum_of

PART = re.compile(r"\.archive-[0-9a-f]{16}\.part")
"""The other names."""
Inode = tuple[int, int]
"""What two names of one file have in common."""


def part_name() -> str:
    """A name that no file has."""
    return f".archive-{os.urandom(8).hex()}.part"


class Copy:
    """A file that is being written, with its size and checksum so far.

    :param file: the file, open for bytes.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._checksum, self.size = file, hashlib.sha256(), 0

    def write(self, piece: memoryview) -> int:
        """Write a part of a piece. Return how many bytes were taken."""
        taken = self._file.write(piece)
        self._checksum.update(piece[:taken])
        self.size += taken
        return taken

    @property
    def sha256(self) -> str:
        """The checksum so far, in hexadecimal digits."""
        return self._checksum.hexdigest()


def write_copy(part: str, fill: Callable[[Copy], object]) -> Copy:
    """Write a file anew, and wait until it is on the disk.

    :param part: its path.
    :param fill: writes to it.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    with open(os.open(part, flags, 0o666), "wb") as file:
        copy = Copy(file)
        fill(copy)
        file.flush()
        os.fsync(file.fileno())
    return copy


def give_name(part: str, final: str) -> None:
    """Give a file its final name, which no file has. It keeps the other one, too, on a system with hard links.

    So the next run knows by :func:`abandoned` which file a killed run has not entered in the manifest.
    """
    try:
        os.link(part, final)
    except FileExistsError:
        raise
    except OSError:  # the folder is on a system without hard links
        os.replace(part, final)


def has_content(place: str, sha256: str) -> bool:
    """Whether a regular file with this checksum is at a path. Reads the disk."""
    return stat.S_ISREG(os.lstat(place).st_mode) and checksum_of(place) == sha256


def inode(place: str) -> Inode | None:
    """What identifies the regular file at a path; None if there is none. Reads the disk."""
    try:
        found = os.lstat(place)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def abandoned(folder: str) -> dict[Inode, str]:
    """The files in a folder that a killed run named and may not have entered, by inode, each with its other name.

    What such a run has not written to its end is removed. Nobody else may write to the archive meanwhile.
    """
    named: dict[Inode, str] = {}
    for entry in os.scandir(folder):
        if not PART.fullmatch(entry.name) or not entry.is_file(follow_symlinks=False):
            continue
        found = os.lstat(entry.path)
        if found.st_nlink > 1:
            named[found.st_dev, found.st_ino] = entry.path
        else:
            os.unlink(entry.path)
    return named
