"""Checks the records of a day file: of which resource, account and day they are. It stores nothing.

No error repeats content of a record.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..errors import BadValue
from ..schema.registry import SCHEMAS
from ..schema.row_codec import absent_names
from .day_file import DayFile, LineBlock, RecordDecoder, read_line

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row

EXPORTED = ("Message", "Call", "Conference", "Participant")
"""The resources that Twilio exports."""
AT_ONCE = 10_000
"""The least records that one transaction stores, but for the last one; a block of lines more at most."""
NAME_THE_DAY = "name the day (day=, --day)"
_DAY = re.compile(r"(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Batch(Value):
    """Records that are stored together.

    :param rows: the records.
    :param accounts: the accounts that they are of.
    :param outside: how many of them lie outside of the file's day.
    :param lacking: the fields that some of them lack.
    :param done: the share of the file that was read by then, from 0 to 1.
    """

    rows: list[Row]
    accounts: frozenset[str]
    outside: int
    lacking: frozenset[str]
    done: float


class DayRecords:
    """The records of a file.

    :param schema: the resource that they are of; inferred from the first one unless given.
    :param day: their day; inferred from the file's name, or from the first records, unless given.
    :param known: the accounts that they may be of.
    :param own: the connection's account, for errors.
    :raises BadValue: the resource or the day is not certain, or the first lines are no records.

    ``schema`` and ``day`` are what was given or inferred; ``day`` is None for a file without records whose name has none.
    """

    def __init__(self, file: DayFile, schema: ResourceSchema | None, day: date | None, known: Collection[str], own: str) -> None:
        self._file, self._known, self._own = file, known, own
        self._blocks = file.blocks()
        first = next(self._blocks, None)
        self.schema = schema or _resource_of_first(file, first)
        self._decoder = RecordDecoder(self.schema, file)
        self._first = self._decoder.rows(first) if first is not None else ([], [])
        self._check_keys(*self._first)
        self._time = self.schema.window or "date_created"
        self._place = self.schema.index[self._time]
        self.day = day or day_of_name(file)
        self._is_inferred = self.day is None
        if self.day is None and self._first[0]:
            self.day = self._day_of_records(self._first[0])
        elif self._first[0]:
            self._check_day(str(self.day), *self._first)

    def _day_of_records(self, rows: Sequence[Row]) -> date:
        days = sorted({row[self._place][:10] for row in rows if row[self._place] is not None})
        if len(days) != 1:
            where = f"lies on {len(days)} days" if days else "is missing"
            raise self._file.error(
                f"its day is not certain: its name has none, and {self._time} of its first records {where}: {NAME_THE_DAY}"
            )
        return date.fromisoformat(days[0])

    def _check_day(self, day: str, rows: Sequence[Row], lines: Sequence[int]) -> None:
        """Check that any time of any of the first records is of the day. Raises BadValue."""
        names = [name for name in (self.schema.window, "date_created", "date_updated") if name in self.schema.index]
        places = [self.schema.index[str(name)] for name in names]
        times = [row[at] for row in rows for at in places if row[at] is not None]
        if times and not any(text.startswith(day) for text in times):
            raise self._file.error(f"its day is said to be {day}, and no record has a time on that day: {NAME_THE_DAY}", lines[0])

    def batches(self, low: str, high: str) -> Iterator[Batch]:
        """Read, check and yield all records. Reads the disk.

        :param low: the first instant of the day.
        :param high: the first instant after it.
        :raises BadValue: a line is no record, or of another resource or account; after all records of the blocks before it.
        """
        rows: list[Row] = []
        accounts, outside, lacking, done = frozenset[str](), 0, frozenset[str](), 0.0
        wrong: BadValue | None = None
        decoded = self._decoded()
        while wrong is None:
            try:
                found = next(decoded, None)
                if found is None:
                    break
                self._check_keys(*found)
                owners, beyond = self._accounts_of(*found), self._count_outside(*found, low, high)
            except BadValue as error:  # what was read before is stored
                wrong = error
                break
            if len(rows) >= AT_ONCE:
                yield Batch(rows, accounts, outside, lacking, done)
                rows, accounts, outside = [], frozenset(), 0
            rows, accounts, outside = rows + found[0], accounts | owners, outside + beyond
            lacking |= self._lacking(found[0])
            done = self._file.done
        if rows:
            yield Batch(rows, accounts, outside, lacking, done)
        if wrong is not None:
            raise wrong

    def _decoded(self) -> Iterator[tuple[list[Row], Sequence[int]]]:
        """The records of each block, with the numbers of their lines."""
        first, self._first = self._first, ([], [])
        if first[0]:
            yield first
        for block in self._blocks:
            yield self._decoder.rows(block)

    def _lacking(self, rows: Sequence[Row]) -> frozenset[str]:
        """The fields that some of these records lack."""
        texts = {row[self.schema.codec.absent_slot] for row in rows} - {None}
        return frozenset(name for text in texts for name in absent_names(text))

    def _check_keys(self, rows: Sequence[Row], lines: Sequence[int]) -> None:
        """Check that records are of the resource. Raises BadValue."""
        schema = self.schema
        for name in schema.key:
            prefixes = getattr(schema.columns[name], "prefixes", ())
            keys = list(map(itemgetter(schema.index[name]), rows))
            at = next((at for at, key in enumerate(keys) if key is None or not key.startswith(prefixes)), None)
            if at is None:
                continue
            why = "missing" if keys[at] is None else "of another kind"
            raise self._file.error(f"its record is no {schema.name}: its {name} is {why}", lines[at])

    def _accounts_of(self, rows: Sequence[Row], lines: Sequence[int]) -> frozenset[str]:
        """The accounts of records, which have to be known ones. Raises BadValue."""
        own = itemgetter(self.schema.index["account_sid"])
        accounts = frozenset(map(own, rows))
        if not accounts.issubset(self._known):
            line = next(line for row, line in zip(rows, lines, strict=True) if own(row) not in self._known)
            raise self._file.error(
                f"its record is neither of account {self._own} nor of one that the mirror knows in its tree: name the account"
                " (connection.under(sid), --account-sid), or sync Account first, so that the mirror knows the subaccounts",
                line,
            )
        return accounts

    def _count_outside(self, rows: Sequence[Row], lines: Sequence[int], low: str, high: str) -> int:
        """How many records have a time outside of the day. Raises BadValue for a time that cannot be read."""
        codec, place = self.schema.codec, itemgetter(self._place)
        times = list(map(place, rows))
        for at, text in enumerate(times) if None in times else ():
            if text is None and rows[at][codec.extras_slot] is not None and self._time in codec.extras(rows[at]):
                raise self._file.error(f"its {self._time} is no time", lines[at])
        known = [text for text in times if text is not None]
        if not known or low <= min(known) <= max(known) < high:
            return 0
        if self._is_inferred:
            line = next(line for text, line in zip(times, lines, strict=True) if text is not None and not low <= text < high)
            raise self._file.error(
                f"its {self._time} is not of the day of the first records, and the file's name has no day: {NAME_THE_DAY}", line
            )
        return sum(1 for text in known if not low <= text < high)


def _resource_of_first(file: DayFile, first: LineBlock | None) -> ResourceSchema:
    """The resource of the first record. Raises BadValue where it is none that Twilio exports, or there is no record."""
    for number, line in enumerate(first.text.split(b"\n"), first.first) if first is not None else ():
        if line.strip():
            found = resource_of(read_line(file, line, number))
            if found is None:
                raise file.error(f"it is no record of {', '.join(EXPORTED)}", number)
            return found
    raise file.error("it has no record, so that its resource is not certain: name it (Message.load(…), --resource)")


def resource_of(body: dict[str, Any]) -> ResourceSchema | None:
    """Return the resource that a body is a record of, None where it is none that Twilio exports. Pure."""
    sid = body.get("sid")
    exported: list[ResourceSchema] = [schema for schema in SCHEMAS if schema.name in EXPORTED]
    for schema in exported:
        prefixes = getattr(schema.columns[schema.key[-1]], "prefixes", ())
        if len(schema.key) == 1 and isinstance(sid, str) and sid.startswith(prefixes):
            return schema
        if len(schema.key) > 1 and sid is None and all(isinstance(body.get(name), str) for name in schema.key):
            return schema
    return None


def day_of_name(file: DayFile) -> date | None:
    """Return the day in a file's name; None where it has none. Pure.

    :raises BadValue: it has several.
    """
    found = []
    for text in dict.fromkeys(_DAY.findall(file.name)):
        try:
            found.append(date.fromisoformat(text))
        except ValueError:
            continue
    if len(found) > 1:
        raise file.error(f"its name has several days: {NAME_THE_DAY}")
    return found[0] if found else None
