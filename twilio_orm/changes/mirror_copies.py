"""Copies of a whole mirror: a file to a file, a file to a shared mirror, or back. They send nothing.

How rows are copied and compared is in :mod:`twilio_orm.mirror.copying`; here mirrors are found by path or URL, opened and closed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .._frozen import Value, lazy_dataclass
from .._secret import Secret
from ..errors import BadValue, ConfigurationError
from ..http.credentials import Credentials
from ..local_files import mirror_place
from ..mirror.copying import MirrorCopier, Progress, TableCopy
from ..mirror.postgres.url import PostgresUrl
from ..mirror.sqlite.connections import MEMORY
from ..mirror.store import Mirror
from ..schema.registry import SCHEMAS

NOT_COPIED = (
    "the checkpoints of interrupted syncs, the fingerprints of pages and records, the index of words, the views, and who is"
    " applying a plan"
)
"""What a copy has not, for people."""
Place = str | os.PathLike[str]


@lazy_dataclass(frozen=True, eq=False, repr=False)
class MirrorCopy(Value):
    """The result of :func:`copy_mirror`.

    ``tables`` has the number of rows of each table that is not empty and, of a complete copy, a fingerprint of them, which is the
    same on both sides. ``resumed`` says that an interrupted copy was completed, ``restarted`` that it began anew, because the
    source had changed. ``not_copied`` says in words what a copy has not.
    """

    source: str
    target: str
    tables: tuple[TableCopy, ...]
    seconds: float = 0.0
    dry_run: bool = False
    resumed: bool = False
    restarted: bool = False
    not_copied: str = NOT_COPIED

    def __repr__(self) -> str:
        return f"<MirrorCopy of {self.source} to {self.target}: {self.rows:,} rows{' to copy' * self.dry_run}>"

    @property
    def rows(self) -> int:
        """The number of rows of all tables."""
        return sum(one.rows for one in self.tables)

    @property
    def by_resource(self) -> Mapping[str, tuple[int, int]]:
        """The number of records, deleted ones included, and of earlier versions, by the name of the resource."""
        found: dict[str, tuple[int, int]] = {}
        for one in self.tables:
            if one.resource:
                records, versions = found.get(one.resource, (0, 0))
                is_history = one.table.endswith("_history")
                found[one.resource] = (records, one.rows) if is_history else (one.rows, versions)
        return found


def copy_mirror(source: Place, target: Place, *, dry_run: bool = False, progress: Progress | None = None) -> MirrorCopy:
    """Copy a mirror to a new one: records and their history, what is covered, plans and callbacks. Reads and writes the disk.

    An interrupted copy is completed by the same call. Until it is complete, nothing else can use the target. Nothing may write
    the source meanwhile: a copy whose source changed raises MirrorError, and the next call begins anew. At the end every row is
    read again on both sides and compared.

    :param source: the path or URL of the mirror that is read.
    :param target: the path or URL of a mirror that is empty, or not there.
    :param dry_run: only count the rows and check the target.
    :param progress: called with the name of a table and the number of its rows that were copied so far.
    :raises ConfigurationError: there is no such source, or the target holds anything else than an incomplete copy of it.
    :raises MirrorError: the source changed, or a mirror cannot be read or written.
    """
    began, left, right = time.monotonic(), kept_place(source), kept_place(target)
    if left == right or _is_same_file(left, right):
        raise ConfigurationError(f"{left} is the source and the target: name another target")
    with opened(Mirror(left, SCHEMAS, readonly=True)) as read:
        written = Mirror(right, SCHEMAS, read.host, read.region, readonly=dry_run)
        written.completes_copies = True
        copier = MirrorCopier(read, written, progress)
        with _closing(written):
            if dry_run and written.file_exists():
                copier.check_target()
            found = copier.counts() if dry_run else copier.run()
        tables = tuple(one for one in found if one.rows)
        seconds = time.monotonic() - began
        return MirrorCopy(read.path, written.path, tables, seconds, dry_run, copier.resumed, copier.restarted)


def kept_place(given: Place) -> str | PostgresUrl:
    """Return the absolute path, or the URL, of a mirror. Pure.

    :raises BadValue: it is a mirror in memory.
    :raises ConfigurationError: it is neither.
    """
    place = mirror_place(given, Credentials("", "", Secret("")), {})
    if place == MEMORY:
        raise BadValue("a mirror in memory is there for one connection only: name a path or a URL")
    return place if isinstance(place, PostgresUrl) else os.path.abspath(place)


def _is_same_file(left: str | PostgresUrl, right: str | PostgresUrl) -> bool:
    paths = [one for one in (left, right) if isinstance(one, str) and os.path.exists(one)]
    return len(paths) == 2 and os.path.samefile(*paths)


@contextmanager
def opened(mirror: Mirror) -> Iterator[Mirror]:
    """Hold a mirror open in this block. Reads the disk.

    :raises ConfigurationError: there is no such mirror.
    """
    with _closing(mirror):
        mirror.open()
        yield mirror


@contextmanager
def _closing(mirror: Mirror) -> Iterator[None]:
    try:
        yield
    finally:
        mirror.close()
