"""Archiving: the files of records are downloaded to a folder, each whole or not at all. Calls Twilio and writes the disk.

A file is written under another name, synced to the disk, renamed, and then entered in the manifest. A run that was cut off is
continued by the same call: what lies there as the manifest says is not downloaded again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..errors import ApiError, BadValue, DoesNotExist, NotFound, NotLoaded, QueryError, TwilioOrmError, Unauthorized, Unreachable
from ..http.budget import count_requests
from ..schema.times import instant_text
from ..sync.worker_pool import Pace, WorkerPool, check_workers, throttle_counter
from .files import Copy, Inode, abandoned, give_name, has_content, inode, part_name, write_copy
from .manifest import NAME, ArchivedFile, Manifest, ManifestWriter, checksum_of, is_inside, same_path, sync_folder
from .pattern import PathPattern, extension_of

if TYPE_CHECKING:
    from ..connection import Connection

TRIES = 3
"""Tries of a download that is cut off."""
UNREACHABLE = 5
"""So many records in a row without a usable response end a run."""
WAITING, ARCHIVED, PRESENT, MISSING, SKIPPED, FAILED = "waiting", "archived", "present", "missing", "skipped", "failed"


@dataclass(frozen=True)
class ArchiveOutcome:
    """What became of the file of one record.

    :param sid: the record's SID.
    :param path: the path of its file below the folder.
    :param why: why it is missing, skipped or failed, or empty.
    :param error: the exception, if there was one.
    """

    sid: str
    path: str
    why: str = ""
    error: TwilioOrmError | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.sid}  {self.why or self.path}"


@dataclass(frozen=True)
class ArchiveReport:
    """What :meth:`QuerySet.archive` did. ``bool()`` of it raises TypeError.

    :param manifest: the path of the manifest, for ``plan_delete(archived_in=…)``.
    :param archived: the files that were downloaded.
    :param present: the files that lay there already.
    :param missing: the records whose files Twilio does not have (404). Nothing is written for them.
    :param skipped: the records that are not final yet, whose files may still grow.
    :param failed: the records whose files could not be downloaded, and why.
    :param waiting: the records that a dry run would download.
    :param bytes: the number of bytes that were downloaded.
    :param requests: the number of requests that were sent for it.
    :param seconds: the time that it took.
    """

    manifest: str
    archived: tuple[ArchiveOutcome, ...] = ()
    present: tuple[ArchiveOutcome, ...] = ()
    missing: tuple[ArchiveOutcome, ...] = ()
    skipped: tuple[ArchiveOutcome, ...] = ()
    failed: tuple[ArchiveOutcome, ...] = ()
    waiting: tuple[ArchiveOutcome, ...] = ()
    bytes: int = 0
    requests: int = 0
    seconds: float = 0.0

    def __bool__(self) -> bool:
        raise TypeError("bool() of an archive's report would hide failures: look at .failed, .missing and .skipped")

    def __str__(self) -> str:
        waiting = f"{len(self.waiting)} to download, " if self.waiting else ""
        lines = [
            f"{waiting}{len(self.archived)} archived ({self.bytes:,} bytes), {len(self.present)} present, {len(self.missing)}"
            f" missing, {len(self.skipped)} skipped, {len(self.failed)} failed, {self.requests} requests in {self.seconds:.1f} s"
        ]
        for word, outcomes in ((FAILED, self.failed), (MISSING, self.missing), (SKIPPED, self.skipped)):
            lines += [f"  {word}  {outcome}" for outcome in outcomes]
        return "\n".join([*lines, f"manifest: {self.manifest}"])


@dataclass(frozen=True)
class _Job:
    """A record, the path of its file, and the media type of the file."""

    record: Any
    path: str
    content_type: str


@dataclass(frozen=True)
class _Result:
    """What became of a job: the state, the outcome, and the number of bytes that were downloaded."""

    state: str
    outcome: ArchiveOutcome
    bytes: int = 0


def archive(
    connection: Connection,
    model: Any,
    records: Iterable[Any],
    pattern: str | os.PathLike[str],
    *,
    workers: int,
    verify: bool = False,
    dry_run: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> ArchiveReport:
    """Download the files of records. Calls Twilio and writes the disk. See :meth:`QuerySet.archive`.

    :param connection: the connection that reads the records.
    :param model: the records' class.
    :param records: the records, read once all arguments are checked.
    :param pattern: the pattern of the paths.
    :param workers: the number of downloads at a time.
    :param verify: whether files that are there are read, to compare their checksums.
    :param dry_run: whether nothing is downloaded and written.
    :param progress: called with the number of records processed and the number of all.
    :raises QueryError: the records have no files.
    """
    check_workers(workers)
    if not callable(getattr(model, "download", None)):
        raise QueryError(f"a {model.__name__} has no file to archive: recordings, media and payloads of add-ons have one")
    wanted = PathPattern(pattern, model.api_schema, getattr(model, "file_formats", {}))
    if os.path.exists(wanted.folder) and not os.path.isdir(wanted.folder):
        raise BadValue(f"{wanted.folder} is no folder: the files of an archive lie in one")
    connection.require_network("archiving")
    began = monotonic()
    run = Archiver(connection, wanted, Manifest(os.path.join(wanted.folder, NAME)), workers, verify, progress)
    with count_requests() as spent:
        jobs = run.jobs(records)
        if dry_run:
            run.look(jobs)
        else:
            os.makedirs(wanted.folder, exist_ok=True)
            with run.manifest.writing() as writer:
                run.check_owners(jobs)  # another run may have ended since
                run.run(jobs, writer)
    return run.report(int(spent), monotonic() - began)


class Archiver:
    """One run of archiving.

    :param connection: the connection that sends the requests.
    :param pattern: the pattern of the paths.
    :param manifest: the manifest of the folder.
    :param workers: the number of downloads at a time.
    :param verify: whether files that are there are read.
    :param progress: called with the number of records processed and the number of all.
    """

    def __init__(
        self,
        connection: Connection,
        pattern: PathPattern,
        manifest: Manifest,
        workers: int,
        verify: bool,
        progress: Callable[[int, int], object] | None,
    ) -> None:
        self.manifest = manifest
        self._connection, self._pattern, self._workers, self._verify = connection, pattern, workers, verify
        self._progress, self._folder = progress, pattern.folder
        self._pace = Pace(workers, throttle_counter(connection.transport))
        self._outcomes: dict[str, list[ArchiveOutcome]] = {}
        self._abandoned: dict[Inode, str] = {}
        self._bytes = self._unreachable = self._done = self._all = 0

    # -- before any download

    def jobs(self, records: Iterable[Any]) -> list[_Job]:
        """The records whose files are to be archived, each with its path. Calls Twilio to read the records.

        :raises BadValue: two records have the same path, or one has a path outside the folder.
        :raises NotLoaded: a record was read without a field of the pattern.
        """
        jobs, owners = [], {same_path(NAME): "the manifest"}
        for record in records:
            schema, columns = record.api_schema, record.api_schema.columns
            unread = sorted(self._pattern.fields & set(schema.codec.absent(record.stored_row)))
            if unread:
                raise NotLoaded(f"{record} was read without {', '.join(unread)}, which the pattern of its path names")
            kind = record.stored_value("content_type") if "content_type" in columns else None
            ending = self._pattern.format or extension_of(kind)
            path = self._pattern.path({name: record.stored_value(name) for name in columns}, ending)
            other = owners.get(same_path(path))
            if other == record.sid:
                continue
            if other is not None:
                raise BadValue(f"{other} and {record.sid} have the same path {path}: add {{sid}} to the pattern")
            owners[same_path(path)] = record.sid
            finality = schema.finality
            if finality is not None and record.stored_value(finality.by) not in finality.final:
                self._outcome(SKIPPED, record, path, f"is not final yet ({record.status}): archive again later")
                continue
            jobs.append(_Job(record, path, kind or self._pattern.content_type))
        self.check_owners(jobs)
        return jobs

    def check_owners(self, jobs: Iterable[_Job]) -> None:
        """Refuse paths that lead out of the folder, and those of other records in the manifest. Reads the disk.

        :raises BadValue: there is one.
        """
        folders: dict[str, bool] = {}
        for job in jobs:
            owner = self.manifest.owners.get(same_path(job.path), _key(job.record))
            if owner != _key(job.record):
                raise BadValue(
                    f"{job.path} is the file of {owner[2]} in {self.manifest.place}, and no other record's: add {{sid}}"
                )
            above = job.path.rpartition("/")[0]
            if above not in folders:
                folders[above] = is_inside(self._folder, job.path)
            if not folders[above]:
                raise BadValue(f"{job.path} leads out of {self._folder}, through a symbolic link")

    def look(self, jobs: Iterable[_Job]) -> None:
        """Note of each file whether it lies there. Reads the disk."""
        for job in jobs:
            self._outcome(PRESENT if self._lies_there(job) else WAITING, job.record, job.path)

    # -- downloading

    def run(self, jobs: list[_Job], writer: ManifestWriter) -> None:
        """Download what is not there. Calls Twilio and writes the disk; raises what makes continuing impossible."""
        self._writer, self._all = writer, len(jobs)
        for folder in sorted({job.path.rpartition("/")[0] for job in jobs}):
            self._abandoned |= abandoned(self._make_folder(folder))
        work: WorkerPool[_Job, _Result] = WorkerPool(self._process, self._count, self._workers)
        work.add(*jobs)
        work.run()
        for part in self._abandoned.values():
            os.unlink(part)

    def _make_folder(self, path: str) -> str:
        """Make a folder below the archive's, and return its path."""
        place = self._folder
        for part in path.split("/") if path else ():
            above, place = place, os.path.join(place, part)
            if not os.path.isdir(place):
                os.mkdir(place)
                sync_folder(above)
        return place

    def _process(self, job: _Job) -> Iterator[_Result]:
        """Archive one file, in any thread."""
        outcome = ArchiveOutcome(job.record.sid, job.path)
        if self._lies_there(job) or self._adopted(job):
            yield _Result(PRESENT, outcome)
            return
        try:
            size = self._archived(job)
        except (NotFound, DoesNotExist) as error:
            yield _Result(MISSING, replace(outcome, why="Twilio does not have the file", error=error))
        except Unauthorized:
            raise
        except (ApiError, Unreachable, BadValue) as error:
            yield _Result(FAILED, replace(outcome, why=str(error), error=error))
        else:
            yield _Result(ARCHIVED, outcome, size)

    def _lies_there(self, job: _Job) -> bool:
        known = self.manifest.files.get(_key(job.record))
        return known is not None and known.path == job.path and not known.problem(self._folder, checksum=self._verify)

    def _adopted(self, job: _Job) -> bool:
        """Enter a file in the manifest that a killed run has named and not entered. Return whether there was one."""
        final = self._final(job)
        part = self._abandoned.pop(inode(final) or (0, 0), None)
        if part is None:
            return False
        self._enter(job, os.lstat(final).st_size, checksum_of(final))
        os.unlink(part)
        return True

    def _archived(self, job: _Job) -> int:
        """Download a file under another name, name it, and enter it in the manifest. Raises what ``download()`` raises.

        :returns: the number of bytes.
        """
        final = self._final(job)
        part = os.path.join(os.path.dirname(final), part_name())
        try:
            copy = self._downloaded(job, part)
            self._place(job, part, final, copy)
        except BaseException:
            with suppress(OSError):
                os.unlink(part)
            raise
        self._enter(job, copy.size, copy.sha256)
        with suppress(FileNotFoundError):
            os.unlink(part)
        return copy.size

    def _final(self, job: _Job) -> str:
        return os.path.join(self._folder, *job.path.split("/"))

    def _enter(self, job: _Job, size: int, sha256: str) -> None:
        account, resource, sid = _key(job.record)
        at = instant_text(self._connection.now()).replace(" ", "T") + "Z"
        self._writer.append(ArchivedFile(sid, resource, account, job.path, size, sha256, job.content_type, at))

    def _downloaded(self, job: _Job, part: str) -> Copy:
        """Download a file, and again if it is cut off. The file is synced to the disk."""
        words = {"format": self._pattern.format} if self._pattern.format else {}
        tries = 0
        while True:
            tries += 1
            try:
                return self._pace.patiently(lambda: write_copy(part, lambda copy: job.record.download(copy, **words)), self._rest)
            except Unreachable:
                if tries == TRIES:
                    raise

    def _rest(self, seconds: float) -> None:
        self._connection.transport.rest(seconds)

    def _place(self, job: _Job, part: str, final: str, copy: Copy) -> None:
        """Give a file its final name. A file there that is not the archive's is never replaced."""
        if not is_inside(self._folder, job.path):
            raise BadValue(f"{job.path} leads out of {self._folder}, through a symbolic link")
        is_own = self.manifest.owners.get(same_path(job.path)) == _key(job.record)
        if is_own or (os.path.lexists(final) and has_content(final, copy.sha256)):
            os.replace(part, final)
        else:
            try:
                give_name(part, final)
            except FileExistsError:
                raise BadValue(
                    f"another file is at {job.path}, and not in the manifest: move it away, or use another pattern"
                ) from None
        sync_folder(os.path.dirname(final))

    # -- the outcomes, in the calling thread

    def _count(self, results: list[_Result]) -> None:
        for result in results:
            outcome = result.outcome
            self._outcomes.setdefault(result.state, []).append(outcome)
            self._bytes += result.bytes
            self._done += 1
            self._unreachable = self._unreachable + 1 if isinstance(outcome.error, Unreachable) else 0
            if self._progress is not None:
                self._progress(self._done, self._all)
            if self._unreachable == UNREACHABLE and outcome.error is not None:
                raise outcome.error

    def _outcome(self, state: str, record: Any, path: str, why: str = "") -> None:
        self._outcomes.setdefault(state, []).append(ArchiveOutcome(record.sid, path, why))

    def report(self, requests: int, seconds: float) -> ArchiveReport:
        """What this run did.

        :param requests: the number of requests that it sent.
        :param seconds: the time that it took.
        """
        parts = {state: tuple(outcomes) for state, outcomes in self._outcomes.items()}
        return ArchiveReport(self.manifest.place, **parts, bytes=self._bytes, requests=requests, seconds=seconds)


def _key(record: Any) -> tuple[str, str, str]:
    """What a file of a record belongs to."""
    return record.stored_value("account_sid") or "", type(record).__name__, record.sid
