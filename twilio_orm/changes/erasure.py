"""Removing personal data: from the mirror alone, or from Twilio and the mirror, with a receipt that contains no personal data.

:func:`redact` sends nothing. :func:`erase` finds the records about a phone number at Twilio; its plan deletes them there and
redacts the number in the mirror. Such a plan is not journaled: deleting a record twice does no harm, so that erasing again
continues where an earlier run stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..connecting import current
from ..errors import ApiError, BadValue, DoesNotExist, Unauthorized, Unreachable
from ..schema.exact_json import dumps_readable
from ..schema.registry import CLASSES, by_prefix, resources
from ..schema.text_fields import Sid
from ..schema.times import instant_text
from ..sync.storing import defer_erasing
from ..sync.worker_pool import Pace, WorkerPool, check_workers, throttle_counter
from .phone_matcher import Number

if TYPE_CHECKING:
    from ..connection import Connection
    from ..schema.resource_schema import ResourceSchema

_SID = Sid()
_SID.name = "redact()"
ORDER = ("Transcription", "Recording", "Media", "Message", "Call")
"""The order in which the resources are erased: records that belong to another record come before it."""
DONE, FAILED, SKIPPED, LEFT = "done", "failed", "skipped", "left"
NOT_SEARCHED = (
    "calls to and from other addresses that contain the number, such as SIP addresses, and calls forwarded from it:"
    " the plan includes those that the mirror knows ({known})",
    "messages to and from it on other channels than SMS, MMS and WhatsApp, except those that the mirror knows",
    "other resources than messages, calls, and their media, recordings and transcriptions",
    "other accounts",
)
"""What Twilio cannot be searched for by a number, or is not."""


# ---------------------------------------------------------------- the mirror


@dataclass(frozen=True)
class Redaction:
    """What :func:`redact` did. ``Forgotten`` is the former name of this class.

    :param rows: the number of redacted rows, by table.
    :param pending: why bytes of them are still in the file, or an empty text.
    :param unerased: where a shared mirror's server may keep bytes of them, in words; an empty text for a file.
    """

    rows: Mapping[str, int]
    pending: str = ""
    unerased: str = ""

    def __repr__(self) -> str:
        pending = f", bytes pending: {self.pending}" if self.pending else ""
        return f"<Redaction {sum(self.rows.values())} rows{pending}>"


def redact(what: str, /, *, connection: Connection | None = None, dry_run: bool = False) -> Redaction:
    """Redact a record, or everything about a phone number, in the mirror. Writes the disk, sends nothing.

    The rows stay, with their keys, dates, statuses and prices. Their personal fields are emptied, in earlier versions too; for a
    number, so is every other text that mentions it in any spelling. Sweeps and write plans that contain the number are deleted.
    The file is then rewritten, which takes as long as copying it.

    A redacted field is unknown from then on: an offline query whose answer depends on it raises NotCovered, and a ``cached()``
    one calls Twilio. A sync that fetches the records again brings back what Twilio still has, unless the field is excluded.

    ``forget()`` is the former name.

    :param what: a SID, or a phone number in E.164, with or without ``whatsapp:``.
    :param connection: the connection whose mirror is redacted, for every account in it; the current one by default.
    :param dry_run: change nothing, and return what would be redacted.
    :raises BadValue: ``what`` is neither; nothing was done.
    """
    number, schemas = redactable(what)
    connection = connection if connection is not None else current()
    mirror, rows = connection.mirror, Counter[str]()
    if number is not None:
        rows, _ = mirror.redact_number(number.mentions, dry_run=dry_run)
    for schema in schemas:
        rows += mirror.redact_records(schema, {schema.key[-1]: what}, dry_run=dry_run)
    if dry_run:
        return Redaction(dict(rows))
    connection.clear_row_cache()
    return Redaction(dict(rows), mirror.finish_erasing(), mirror.database.unerased)


def together(connection: Connection | None = None) -> AbstractContextManager[None]:
    """Erase the bytes of all that is redacted and deleted in this block at once, at its end.

    For many records that is faster. Writes the disk at its end. A MirrorWarning says that the erasure is pending if somebody else
    has the file open.

    :param connection: the connection whose mirror it is; the current one by default.
    """
    return defer_erasing(connection if connection is not None else current())


def redactable(what: str) -> tuple[Number | None, list[ResourceSchema]]:
    """Return the phone number that is given, or the resources that a SID may be of. Pure.

    :raises BadValue: it is neither.
    """
    number = _number_of(what)
    schemas = [] if number is not None else [model.api_schema for model in by_prefix(what[:2]) if model.api_schema.mirrored]
    if number is None and not schemas:
        raise BadValue("redact() takes the SID of a record that the mirror may hold, or a phone number in E.164")
    return number, schemas


def _number_of(what: object) -> Number | None:
    """The phone number that is given, or None if a SID is. Raises BadValue."""
    if not isinstance(what, str):
        raise BadValue(f"redact() takes a SID or a phone number, not a {type(what).__name__}")
    with suppress(BadValue):
        _SID.canonical(what)
        return None
    with suppress(BadValue):
        return Number(what)
    raise BadValue(
        "redact() takes a SID, two letters and 32 hexadecimal digits, or a phone number, a plus sign and 7 to 15 digits"
    )


# ---------------------------------------------------------------- Twilio


@dataclass(frozen=True)
class Erased:
    """One record of an erasure.

    :param resource: the name of the record's class.
    :param sid: its SID.
    :param state: ``done``, ``failed``, ``skipped`` or ``left``.
    :param why: why it is in that state, or an empty text.
    """

    resource: str
    sid: str
    state: str = DONE
    why: str = ""


@dataclass(frozen=True)
class Receipt:
    """What an erasure did. It contains SIDs, and no number, name or text.

    :param records: each record that was to be erased, with what became of it.
    :param skipped: records that could not be erased yet, and why.
    :param at: when, in UTC.
    :param redacted: whether messages were kept and only their texts removed.
    :param redacted_rows: the number of rows redacted in the mirror, by table; ``forgotten`` is the former name.
    :param pending: why bytes are still in the mirror's file, or an empty text.
    :param not_searched: what Twilio was not searched for, and where a shared mirror's server may keep bytes; ``unsought`` is the
        former name.
    :param mentioned: other records in the mirror that mention the number, such as a text to somebody else: redacted in the
        mirror, and left at Twilio.
    """

    records: tuple[Erased, ...]
    skipped: tuple[Erased, ...]
    at: datetime
    redacted: bool = False
    redacted_rows: Mapping[str, int] = field(default_factory=dict)
    pending: str = ""
    not_searched: tuple[str, ...] = ()
    mentioned: tuple[Erased, ...] = ()

    @property
    def done(self) -> list[Erased]:
        """The records that were erased."""
        return [one for one in self.records if one.state == DONE]

    @property
    def failed(self) -> list[Erased]:
        """The records that were not erased, and why."""
        return [one for one in self.records if one.state == FAILED]

    @property
    def forgotten(self) -> Mapping[str, int]:
        """The former name of ``redacted_rows``."""
        return self.redacted_rows

    @property
    def unsought(self) -> tuple[str, ...]:
        """The former name of ``not_searched``."""
        return self.not_searched

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {name}" for name, count in Counter(one.resource for one in self.done).items())
        lines = [f"erased {counts or 'nothing'} at {instant_text(self.at)} UTC"]
        lines += [f"  failed   {one.resource} {one.sid}: {one.why}" for one in self.failed]
        lines += [f"  skipped  {one.resource} {one.sid}: {one.why}" for one in self.skipped]
        lines += [f"  left     {one.resource} {one.sid}: {one.why}" for one in self.mentioned]
        lines += [f"  not searched: {one}" for one in self.not_searched]
        return "\n".join([*lines, f"bytes are left in the mirror's file: {self.pending}"] if self.pending else lines)

    def to_json(self) -> str:
        """The receipt as JSON."""
        parts = {"done": self.done, "failed": self.failed, "skipped": self.skipped, "left": self.mentioned}
        document = {
            "at": instant_text(self.at),
            "redacted": self.redacted,
            "pending": self.pending,
            "forgotten": dict(self.redacted_rows),
            **{name: [vars(one) for one in part] for name, part in parts.items()},
            "not_looked_for": list(self.not_searched),
        }
        return dumps_readable(document, indent=2)


class ErasePlan:
    """The records about a phone number at Twilio, not changed yet. Made by :func:`erase`. Printed, it shows counts and no number.

    ``records`` are those to be erased, ``skipped`` those that cannot be erased yet; ``not_searched`` says what Twilio was not
    searched for (``unsought`` is the former name). Its length is the number of ``records``.
    """

    def __init__(
        self,
        connection: Connection,
        number: Number,
        records: list[Any],
        skipped: list[Erased],
        *,
        redact: bool,
        not_searched: Iterable[str] = (),
    ) -> None:
        self.connection, self.records, self.skipped, self.redact = connection, records, tuple(skipped), redact
        self.not_searched = tuple(not_searched)
        self._number = number

    @property
    def unsought(self) -> tuple[str, ...]:
        """The former name of ``not_searched``."""
        return self.not_searched

    def __len__(self) -> int:
        return len(self.records)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<ErasePlan {len(self.records)} records, {len(self.skipped)} skipped>"

    def __str__(self) -> str:
        counts = Counter(type(record).__name__ for record in self.records)
        lines = [f"{self._action(name)} {counts[name]} {name}" for name in ORDER if counts[name]] or ["nothing to erase"]
        dated = sorted((record.date_created, record.sid) for record in self.records if record.date_created is not None)
        for word, ends in (("oldest", dated[:1]), ("newest", dated[-1:])):
            lines += [f"{word} {when:%Y-%m-%d %H:%M:%S}Z {sid}" for when, sid in ends]
        lines += [f"skipped {one.resource} {one.sid}: {one.why}" for one in self.skipped]
        return "\n".join([*lines, *(f"not searched: {one}" for one in self.not_searched)])

    def _action(self, name: str) -> str:
        return "redact" if self.redact and name == "Message" else "delete"

    def apply(self, *, workers: int = 1, progress: Callable[[int, int], object] | None = None) -> Receipt:
        """Erase the records at Twilio, continuing after failures, then redact the number in the mirror.

        Calls Twilio and writes the disk. A record that does not exist any more counts as done. Applied again, the plan does what
        is left to do.

        :param workers: the number of requests at a time, 1 to 32.
        :param progress: called after each record with the number of records processed and the number of all.
        :returns: what became of each record.
        :raises BadValue: ``workers`` is not a whole number from 1 to 32.
        :raises Unauthorized: Twilio does not accept the credentials, so that no further request can succeed.
        """
        check_workers(workers)
        pace = Pace(workers, throttle_counter(self.connection.transport))
        processed: list[Erased] = []

        def take(some: list[Erased]) -> None:
            processed.extend(some)
            if progress is not None:
                progress(len(processed), len(self.records))

        try:
            with self.connection.mirror.defer_erasing():
                for names in (ORDER[:3], ORDER[3:]):
                    work: WorkerPool[Any, Erased] = WorkerPool(lambda record: iter([self._erase(record, pace)]), take, workers)
                    work.add(*(record for record in self.records if type(record).__name__ in names))
                    work.run()
                rows, mentions = self.connection.mirror.redact_number(self._number.mentions)
                self.connection.clear_row_cache()
        finally:
            pending = self.connection.mirror.finish_erasing()
        listed = {(one.resource, one.sid) for one in (*processed, *self.skipped)}
        mentioned = tuple(
            Erased(name, sid, LEFT, _mention_text(fields)) for name, sid, fields in mentions if (name, sid) not in listed
        )
        at = self.connection.now()
        unerased = self.connection.mirror.database.unerased
        not_searched = (*self.not_searched, *([unerased] if unerased else []))
        return Receipt(tuple(processed), self.skipped, at, self.redact, dict(rows), pending, not_searched, mentioned)

    def _erase(self, record: Any, pace: Pace) -> Erased:
        """Erase one record. Of an error only its code is kept: Twilio's message may repeat the number."""
        name = type(record).__name__
        result = Erased(name, record.sid)
        try:
            pace.patiently(record.redact if self._action(name) == "redact" else record.delete, self.connection.transport.rest)
        except DoesNotExist:
            return result
        except Unauthorized:
            raise
        except ApiError as error:
            return replace(result, state=FAILED, why=f"HTTP {error.status}" + (f", code {error.code}" if error.code else ""))
        except Unreachable:
            return replace(result, state=FAILED, why="no response came: erase again")
        return result


def _mention_text(fields: Iterable[str]) -> str:
    """Why a record is left at Twilio that mentions the number in these fields, or in undeclared ones if there are none."""
    return f"mentions it in {', '.join(fields) or 'an undeclared field'}; redacted in the mirror, left at Twilio"


def erase(number: str, /, *, redact: bool = False, recordings: bool = True, connection: Connection | None = None) -> ErasePlan:
    """A plan to erase the messages and calls to and from a number, with their media, recordings and transcriptions.

    Calls Twilio, and changes nothing. Messages and calls that are not final yet cannot be deleted: the plan skips and names them,
    and keeps their media and recordings. Twilio is searched for the number itself and for its WhatsApp address. Twilio cannot be
    searched for other addresses (SIP addresses, calls forwarded from the number): of these the plan includes the records that
    the mirror knows, and both plan and receipt name what is not searched.

    :param number: in E.164, with or without ``whatsapp:``.
    :param redact: keep the messages and remove only their texts.
    :param recordings: also erase the recordings of the calls, and their transcriptions.
    :param connection: the connection whose account is searched; the current one by default.
    :raises BadValue: ``number`` is no phone number; nothing was sent.
    """
    sought = Number(number)
    connection = connection if connection is not None else current()
    records: list[Any] = []
    skipped: list[Erased] = []
    from_mirror = 0
    for name in ("Message", "Call"):
        listed = _listed_records(connection, name, sought.addresses)
        others = _mirrored_records(connection, name, sought, listed)
        from_mirror += len(others)
        for record in (*listed.values(), *others):
            finality = record.api_schema.finality
            if finality is not None and record.stored_value(finality.by) not in finality.final:
                skipped.append(Erased(name, record.sid, SKIPPED, f"is not final yet ({record.status}): erase again later"))
                continue
            records += _dependents(connection, record, recordings)
            records.append(record)
    not_searched = [text.format(known=from_mirror) for text in NOT_SEARCHED]
    not_searched += ["recordings of the calls, and their transcriptions"] * (not recordings)
    return ErasePlan(connection, sought, records, skipped, redact=redact, not_searched=not_searched)


def _listed_records(connection: Connection, name: str, addresses: Iterable[str]) -> dict[str, Any]:
    """The records of a resource that Twilio lists to and from some addresses, by SID. Calls Twilio."""
    query = CLASSES[name].using(connection)
    return {one.sid: one for field in ("to", "from_") for address in addresses for one in query.filter(**{field: address})}


def _mirrored_records(connection: Connection, name: str, number: Number, listed: Mapping[str, Any]) -> list[Any]:
    """Other records in the mirror that contain the number in an address. Calls Twilio for each that is not final."""
    model, records = CLASSES[name], []
    for row in connection.mirror.addressed_records(model.api_schema, connection.account_sid, number.mentions):
        record = model.from_row(row, connection)
        if record.sid in listed:
            continue
        with suppress(DoesNotExist):
            records.append(record if model.api_schema.is_final(row) else record.refresh())
    return records


def _dependents(connection: Connection, record: Any, recordings: bool) -> Iterator[Any]:
    """The media of a message, or the recordings of a call with their transcriptions. Calls Twilio."""
    models = resources()
    if type(record).__name__ == "Message":
        if record.num_media:
            yield from models["Media"].using(connection).filter(parent_sid=record.sid)
    elif recordings:
        for recording in models["Recording"].using(connection).filter(call_sid=record.sid):
            yield from models["Transcription"].using(connection).filter(recording_sid=recording.sid)
            yield recording


Forgotten = Redaction
forget = redact
