"""Loads day files of Twilio's Bulk Export into the mirror. It sends nothing.

A file has the records of one resource and one UTC day. Twilio exports a day after its end, so the file says what its records were
at that end, its *moment*: what the mirror has from a later moment stays as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ..connecting import current
from ..errors import BadValue
from ..mirror.exclusions import IN_ALL_FILES
from ..mirror.loading import LoadedList, account_tree, store_loaded
from ..query.constraints import Constraints
from ..schema.times import ONE_DAY, day_or_instant, instant_text, midnight
from .day_file import DayFile
from .day_records import EXPORTED, NAME_THE_DAY, Batch, DayRecords, day_of_name
from .report import BUILDING, Progress, Report, added
from .storing import loading
from .worker_pool import ahead

if TYPE_CHECKING:
    import os

    from ..connection import Connection
    from ..schema.resource_schema import ResourceSchema


def load(
    *paths: str | os.PathLike[str],
    day: date | str | None = None,
    progress: Progress | None = None,
    connection: Connection | None = None,
) -> Report:
    """Load day files of Twilio's Bulk Export, of whatever resources, into the mirror. See :meth:`Resource.load`.

    Reads the files; writes to the disk; sends nothing. The SIDs of the first record say which resource a file is of.

    :param paths: the files.
    :param day: the day of the file, if its name (``2026-05-01.json.gz``) and its records do not say it for certain.
    :param progress: called after each transaction with the report so far.
    :param connection: the connection whose mirror it is; the current one by default.
    :returns: the sum of what was loaded of all files.
    :raises BadValue: a file cannot be read, or is of no exported resource, or of another account; it is named, with the line.
    :raises Offline: the connection was opened for reading only.
    """
    return load_files(connection if connection is not None else current(), paths, None, day, progress)


def load_files(
    connection: Connection,
    paths: Iterable[str | os.PathLike[str]],
    schema: ResourceSchema | None = None,
    day: date | str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Load files, one after the other, and return the sum of their reports. Reads the files; writes the disk; sends nothing.

    :param schema: what the files have records of; inferred from each unless given.
    :param day: the day of the file, of which there is only one then; inferred from each unless given.
    :param progress: called after each transaction with the report so far.
    :raises BadValue: a file cannot be read, is of another account or resource, or its day is not certain; what was stored before
        stays.
    :raises Offline: the connection was opened for reading only.
    :raises MirrorError: the mirror cannot be written; what was stored before stays.
    """
    files, only = [DayFile(path) for path in paths], _checked_day(day)
    if not files:
        raise BadValue("load() takes one or more files, and none was given")
    if only is not None and len(files) > 1:
        raise BadValue(f"a file is of one day: day= goes with one file, not with {len(files)}")
    if schema is not None and schema.name not in EXPORTED:
        raise BadValue(f"Twilio exports {', '.join(EXPORTED)}, not {schema.name}: there are no files of it to load")
    connection.require_writable("load()")
    total, notes = Report(schema.name if schema is not None else "", complete=True), list[str]()

    def tell_building() -> None:
        if progress is not None:
            progress(replace(total, note=BUILDING, complete=False))

    with file_by_file(connection, tell_building) as load_file:
        for at, file in enumerate(files):

            def show(report: Report, before: Report = total, at: int = at) -> None:
                if progress is not None:
                    share = (at + (report.done or 0.0)) / len(files)
                    remaining = _remaining(before, report, share)
                    progress(replace(added(before, report), done=share, remaining=remaining, complete=False))

            report = load_file(file, schema, only, show, at == len(files) - 1)
            if report.note:
                notes.append(f"{file.name}: {report.note}" if len(files) > 1 else report.note)
            names = dict.fromkeys([*filter(None, total.resource.split(", ")), report.resource])
            total = replace(added(total, report), resource=", ".join(names))
    total = replace(total, note="; ".join(notes), done=1.0, remaining=timedelta(0))
    if progress is not None:
        progress(total)
    return total


LoadFile = Callable[[DayFile, "ResourceSchema | None", "date | None", Progress, bool], Report]
"""Loads a file: given its resource, its day, what is called after each transaction, and whether no other file follows."""


@contextmanager
def file_by_file(connection: Connection, tell_building: Callable[[], object]) -> Iterator[LoadFile]:
    """Yield a function that loads a file, for the files that are loaded in the block. Writes the disk.

    Tables that are nearly empty are filled without the indexes of their fields, which are made at the end of the block.

    :param tell_building: called before these are made, unless the block raises.
    """
    filled = set[str]()
    with ExitStack() as tables:

        def begin(schema: ResourceSchema) -> None:
            if schema.table not in filled:
                filled.add(schema.table)
                tables.enter_context(loading(connection, schema, tell_building))

        yield lambda file, schema, day, show, is_last: _FileLoad(connection, file, schema, day, show).run(begin, is_last=is_last)


def _checked_day(day: object) -> date | None:
    """A day as it was given. Raises BadValue for anything else."""
    found = None if day is None else day_or_instant(day)
    if (day is not None and found is None) or isinstance(found, datetime):
        raise BadValue(f"day takes a date, or its text such as '2026-05-01', not a {type(day).__name__} that is none")
    return found


def _remaining(before: Report, report: Report, share: float) -> timedelta | None:
    """How long the rest will take, if it takes as long as what was done."""
    return timedelta(seconds=(before.seconds + report.seconds) * (1 / share - 1)) if share else None


class _FileLoad:
    """The loading of one file.

    :param show: called after each transaction.
    """

    def __init__(
        self, connection: Connection, file: DayFile, schema: ResourceSchema | None, day: date | None, show: Progress
    ) -> None:
        self._connection, self._file, self._given, self._day, self._show = connection, file, schema, day, show
        self._accounts, self._outside, self._lacking = frozenset[str](), 0, frozenset[str]()
        self._started = time.monotonic()

    def run(self, begin: Callable[[ResourceSchema], None], *, is_last: bool) -> Report:
        """Load it. See :func:`load_files`.

        :param begin: called with its resource before anything is stored.
        :param is_last: whether no other file follows.
        """
        connection, mirror, file = self._connection, self._connection.mirror, self._file
        mirror.open()
        mirror.discard_future_dates(connection.transport.time.latest())
        self._tree = account_tree(mirror, connection.account_sid, connection.credentials.account_sid)
        day = self._day if self._day is not None else day_of_name(file)
        if day is not None:  # a wrong day is refused before the file is read
            self._end_of(day)
        records = DayRecords(file, self._given, day, self._tree.keys(), connection.account_sid)
        if records.day is None:
            raise file.error(f"its day is not certain: its name has none, and it has no records: {NAME_THE_DAY}")
        self._schema, self._moment = records.schema, self._end_of(records.day)
        self._report, self._is_last = Report(self._schema.name), is_last
        begin(self._schema)
        span = instant_text(self._moment - ONE_DAY), instant_text(self._moment)
        pending = Batch([], frozenset(), 0, frozenset(), 0.0)  # the last one is stored with what the file is complete of
        try:
            for batch in ahead(records.batches(*span)):
                self._store(pending)
                pending = batch
                self._accounts |= batch.accounts
                self._outside += batch.outside
                self._lacking |= batch.lacking & IN_ALL_FILES
        except BadValue:
            self._store(pending)
            raise
        why_not = self._why_incomplete()
        account = next(iter(self._accounts), connection.account_sid)
        whole = LoadedList(account, Constraints(spans={str(self._schema.window): span}))
        self._store(pending, None if why_not else whole)
        return replace(self._report, complete=not why_not, note=why_not, done=1.0)

    def _end_of(self, day: date) -> datetime:
        """The end of a day, which must have come. Raises BadValue."""
        try:
            end = midnight(day) + ONE_DAY
        except OverflowError:
            raise self._file.error(f"{day} is no day that Twilio has records of") from None
        if end > self._connection.now():
            raise self._file.error(f"{day} is not over, and Twilio exports a day after its end (midnight, UTC): {NAME_THE_DAY}")
        return end

    def _why_incomplete(self) -> str:
        """Why nothing is claimed of the day; "" where the file has all of it."""
        schema = self._schema
        if schema.window is None:
            return f"nothing is claimed: Twilio lists no {schema.name} by a time"
        if len(self._accounts) > 1:
            return f"nothing is claimed: the records are of {len(self._accounts)} accounts"
        if self._outside:
            few = "1 record has" if self._outside == 1 else f"{self._outside:,} records have"
            return f"nothing is claimed: {few} {schema.window} on another day, so that other files may have records of this day"
        if self._lacking:
            return f"nothing is claimed: some records lack {', '.join(sorted(self._lacking))}"
        return ""

    def _store(self, batch: Batch, complete: LoadedList | None = None) -> None:
        """Store records in one transaction.

        :param complete: what the file is complete of, with its last records.
        """
        if not batch.rows and complete is None:
            return
        connection, before = self._connection, self._report
        accounts = batch.accounts if complete is None else batch.accounts | {complete.account}
        stored = store_loaded(
            connection.mirror,
            self._schema,
            batch.rows,
            self._moment,
            connection.earliest(),
            accounts={one: self._tree[one] for one in accounts},
            complete=complete,
            more=complete is None or not self._is_last,
        )
        if stored.changed:
            connection.clear_row_cache()
        connection.notify(self._schema, accounts=sorted(batch.accounts))
        self._report = replace(
            before,
            new=before.new + stored.new,
            changed=before.changed + stored.changed,
            unchanged=before.unchanged + stored.unchanged,
            seconds=time.monotonic() - self._started,
            done=batch.done,
        )
        self._show(self._report)
