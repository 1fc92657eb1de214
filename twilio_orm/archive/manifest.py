"""The manifest of an archive: a file of JSON lines with the path, size and checksum of each archived file.

It reads and writes the disk. Each line is written and synced after its file was synced and renamed. A last line that a crash cut
off is removed by the next run; its file is there, whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from types import ModuleType
from typing import IO, Any

from ..errors import BadValue, Conflict

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

NAME = "manifest.jsonl"
"""The name of the manifest in the folder of an archive."""
BLOCK = 2**20
"""Bytes of a file that are read at a time."""

Key = tuple[str, str, str]
"""What a file belongs to: the account's SID, the name of the record's class, the record's SID."""


@dataclass(frozen=True)
class ArchivedFile:
    """A file of an archive, as a line of its manifest.

    :param sid: the SID of the record.
    :param resource: the name of the record's class.
    :param account: the SID of the record's account.
    :param path: the path of the file below the folder of the manifest, with ``/`` between its parts.
    :param bytes: the size of the file.
    :param sha256: its checksum, SHA-256 in hexadecimal digits.
    :param content_type: its media type.
    :param at: when it was archived, as ISO text in UTC.
    """

    sid: str
    resource: str
    account: str
    path: str
    bytes: int
    sha256: str
    content_type: str
    at: str

    @classmethod
    def from_values(cls, values: Any) -> ArchivedFile:
        """A file from its values in JSON; keys of later releases are ignored. Pure.

        :param values: the values by their names.
        :raises ValueError: one is missing or of another type.
        """
        types = {one.name: int if one.name == "bytes" else str for one in fields(cls)}
        if not isinstance(values, dict) or any(type(values.get(name)) is not kind for name, kind in types.items()):
            raise ValueError("it is no line of a manifest")
        return cls(**{name: values[name] for name in types})

    @property
    def key(self) -> Key:
        """What the file belongs to."""
        return self.account, self.resource, self.sid

    def problem(self, folder: str, *, checksum: bool = True) -> str:
        """Why the file does not lie in a folder as the manifest says, or an empty text. Reads the disk.

        :param folder: the folder of the manifest.
        :param checksum: whether the whole file is read, and not only its size.
        """
        if not is_inside(folder, self.path):
            return f"{self.path} leads out of {folder}"
        place = os.path.join(folder, *self.path.split("/"))
        try:
            found = os.lstat(place)
            if not stat.S_ISREG(found.st_mode):
                return f"{self.path} is no regular file"
            if found.st_size != self.bytes or found.st_size == 0:
                return f"{self.path} has {found.st_size:,} bytes, not the {self.bytes:,} of the manifest"
            if checksum and checksum_of(place) != self.sha256:
                return f"{self.path} has another checksum than in the manifest"
        except FileNotFoundError:
            return f"{self.path} is not there"
        except OSError as error:
            return f"{self.path} cannot be read: {error.strerror}"
        return ""


def checksum_of(place: str) -> str:
    """The SHA-256 of a regular file, in hexadecimal digits. Reads the disk; raises OSError."""
    found = hashlib.sha256()
    with open(place, "rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
    return found.hexdigest()


def is_inside(folder: str, path: str) -> bool:
    """Whether a path below a folder stays in it, symbolic links included. Reads the disk.

    :param folder: the folder.
    :param path: the path below it, with ``/`` between its parts.
    """
    parts = path.split("/")
    if any(part in ("", ".", "..") or "\0" in part for part in parts) or os.path.isabs(path) or os.path.splitdrive(path)[0]:
        return False
    real = os.path.realpath(folder)
    return os.path.commonpath([real, os.path.realpath(os.path.join(folder, *parts[:-1]))]) == real


def same_path(path: str) -> str:
    """A path in a form that is equal for two paths which some systems do not tell apart. Pure."""
    return unicodedata.normalize("NFC", path).casefold()


class Manifest:
    """The files of an archive: the newest line of each record. ``folder`` is where they lie.

    :param place: the path of the manifest, or of its folder.
    :raises BadValue: a line of it cannot be read.
    """

    def __init__(self, place: str | os.PathLike[str]) -> None:
        given = os.fsdecode(place) if isinstance(place, (str, os.PathLike)) else ""
        if not given or "\0" in given:
            raise BadValue("a manifest is named by its path, or by the folder that it lies in")
        self.place = os.path.join(given, NAME) if os.path.isdir(given) else given
        self.folder = os.path.dirname(self.place) or "."
        self.files: dict[Key, ArchivedFile] = {}
        self.owners: dict[str, Key] = {}
        self.end = 0
        self._read()

    @property
    def exists(self) -> bool:
        """Whether there is such a file. Reads the disk."""
        return os.path.isfile(self.place)

    def add(self, file: ArchivedFile) -> None:
        """Take in one line."""
        self.files[file.key] = file
        self.owners[same_path(file.path)] = file.key

    def _read(self) -> None:
        with suppress(FileNotFoundError), open(self.place, "rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    self.add(ArchivedFile.from_values(json.loads(line)))
                except (ValueError, RecursionError):
                    if line.endswith(b"\n"):
                        raise BadValue(f"line {number} of {self.place} is no line of an archive's manifest") from None
                    return  # a crash cut it off
                self.end += len(line)

    @contextmanager
    def writing(self) -> Iterator[ManifestWriter]:
        """Hold the manifest for adding lines to it. Writes the disk.

        It is read again, for another process may have added lines since; a last line that was cut off is removed.

        :raises Conflict: another process or thread is archiving to the folder.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"):
            flags |= getattr(os, name, 0)
        is_new = not self.exists
        with open(os.open(self.place, flags, 0o666), "r+b", buffering=0) as file:
            if fcntl is not None:
                try:
                    fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise Conflict(f"another process is archiving to {self.folder}: wait until it has ended") from None
            self.files, self.owners, self.end = {}, {}, 0
            self._read()
            if os.fstat(file.fileno()).st_size > self.end:
                file.truncate(self.end)
                os.fsync(file.fileno())
            if is_new:
                sync_folder(self.folder)
            yield ManifestWriter(self, file)


class ManifestWriter:
    """Adds lines to a manifest, from any thread.

    :param manifest: the manifest.
    :param file: its file, open for appending, without a buffer.
    """

    def __init__(self, manifest: Manifest, file: IO[bytes]) -> None:
        self._manifest, self._file = manifest, file
        self._lock = threading.Lock()
        self._starts_new_line = _ends_with_newline(file)

    def append(self, file: ArchivedFile) -> None:
        """Add the line of a file, and wait until it is on the disk. Writes the disk."""
        line = json.dumps(asdict(file)).encode() + b"\n"
        with self._lock:
            rest, size = line if self._starts_new_line else b"\n" + line, os.fstat(self._file.fileno()).st_size
            try:
                while rest:
                    rest = rest[self._file.write(rest) or 0 :]
            except BaseException:
                self._file.truncate(size)  # no other line may follow a part of this one
                raise
            self._starts_new_line = True
            self._manifest.add(file)
        os.fsync(self._file.fileno())


def _ends_with_newline(file: IO[bytes]) -> bool:
    """Whether a file is empty or ends with a newline."""
    size = os.fstat(file.fileno()).st_size
    if not size:
        return True
    file.seek(size - 1)
    return file.read(1) == b"\n"


def sync_folder(folder: str) -> None:
    """Wait until the names of the files of a folder are on the disk. Writes the disk; does nothing on Windows."""
    if os.name == "nt":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
