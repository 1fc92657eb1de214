"""Forgetting what is about a person: in the mirror alone, or at Twilio too, with a receipt that names nobody.

``forget`` asks nothing of Twilio. ``erase`` finds at Twilio what is about a number, deletes it, and forgets it here. No plan of
it is journaled: what is deleted twice is deleted, so that erasing again goes on with what is left.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ..connection import Connection, current
from ..errors import ApiError, BadValue, DoesNotExist, Unauthorized, Unreachable
from ..mirror.redaction import Mention
from ..schema.fields import Sid
from ..schema.formats import instant_text
from ..schema.registry import CLASSES, by_prefix, resources
from ..sync import scan
from ..sync.worker_pool import Pace, Work, throttled
from .phone_matcher import Number

_SID = Sid()
_SID.name = "forget()"
ORDER = ("Transcription", "Recording", "Media", "Message", "Call")
"""What is erased, what hangs on others before them."""
DONE, FAILED, LEFT = "done", "failed", "left"
UNASKED = (
    "calls to and from other addresses with the number in them, such as those of SIP, and calls forwarded from it: of these"
    " the plan has those that the mirror knows ({known})",
    "messages to and from it on other channels than SMS, MMS and WhatsApp, but for those that the mirror knows",
    "other resources than messages, calls and what hangs on them",
    "other accounts",
)
"""What Twilio cannot be asked for by a number, or is not."""


# ---------------------------------------------------------------- the mirror


@dataclass(frozen=True)
class Forgotten:
    """What was forgotten: rows by table; ``pending`` says why bytes are left in the file, or is empty."""

    rows: Mapping[str, int]
    pending: str = ""

    def __repr__(self) -> str:
        told = f", bytes pending: {self.pending}" if self.pending else ""
        return f"<Forgotten {sum(self.rows.values())} rows{told}>"


def forget(what: str, /, *, connection: Connection | None = None) -> Forgotten:
    """Forget a record, or everything about a phone number, in the mirror. Touches the disk, sends nothing.

    The rows stay with their keys, dates, statuses and prices; what is personal in them, and for a number every text that
    mentions it in any spelling, is emptied, in earlier versions too; questions and plans that say it go. The file is then
    written anew, which takes as long as copying it. What was emptied is unknown from then on: offline queries that depend on it
    raise NotCovered, ``cached()`` ones ask Twilio. A sync that reads the records again brings back what Twilio still has, unless
    it is left out.

    :param what: a SID, or a number in E.164, bare or behind ``whatsapp:``.
    :param connection: whose mirror; else the current connection's, every account in it.
    :raises BadValue: it is neither; nothing was done.
    """
    number = _number(what)
    schemas = [] if number is not None else [model.api_schema for model in by_prefix(what[:2]) if model.api_schema.mirrored]
    if number is None and not schemas:
        raise BadValue("forget() takes the SID of a record that the mirror may hold, or a phone number in E.164")
    connection = connection if connection is not None else current()
    mirror, found = connection.mirror, Counter[str]()
    if number is not None:
        found = mirror.forget_number(number.mentions)
    for schema in schemas:
        found += mirror.forget_records(schema, {schema.key[-1]: what})
    connection.clear_row_cache()
    return Forgotten(dict(found), mirror.finish_erasing())


def together(connection: Connection | None = None) -> AbstractContextManager[None]:
    """Let the bytes of all that is redacted, deleted and forgotten within go at once, at the end: of many, that is quicker.

    Touches the disk at its end. Where somebody else has the file open a MirrorWarning says that the erasure is pending.
    """
    return scan.together(connection if connection is not None else current())


def _number(what: object) -> Number | None:
    """The number that is meant, None where a SID is. Raises BadValue."""
    if not isinstance(what, str):
        raise BadValue(f"forget() takes a SID or a phone number, not a {type(what).__name__}")
    with suppress(BadValue):
        _SID.canonical(what)
        return None
    with suppress(BadValue):
        return Number(what)
    raise BadValue(
        "forget() takes a SID, two letters and 32 hexadecimal digits, or a phone number, a plus sign and 7 to 15 digits"
    )


# ---------------------------------------------------------------- Twilio


@dataclass(frozen=True)
class Erased:
    """One record of an erasure: ``resource``, ``sid``, and what became of it: ``done``, ``failed``, ``skipped`` or ``left``,
    with ``why``."""

    resource: str
    sid: str
    state: str = DONE
    why: str = ""


@dataclass(frozen=True)
class Receipt:
    """What an erasure did. It has SIDs in it and no number, no name and no text.

    :param records: what became of each record. :param skipped: the SIDs of what was left, and why, by resource.
    :param at: when, in UTC. :param forgotten: rows emptied in the mirror. :param pending: why bytes are left, or nothing.
    :param unsought: what was not looked for at Twilio. :param mentioned: records that the mirror knew to mention the number
        elsewhere, such as in a text to somebody else: forgotten in the mirror, and left at Twilio.
    """

    records: tuple[Erased, ...]
    skipped: tuple[Erased, ...]
    at: datetime
    redacted: bool = False
    forgotten: Mapping[str, int] = field(default_factory=dict)
    pending: str = ""
    unsought: tuple[str, ...] = ()
    mentioned: tuple[Erased, ...] = ()

    @property
    def done(self) -> list[Erased]:
        """What was erased."""
        return [one for one in self.records if one.state == DONE]

    @property
    def failed(self) -> list[Erased]:
        """What was not, and why."""
        return [one for one in self.records if one.state == FAILED]

    def __str__(self) -> str:
        told = ", ".join(f"{many} {name}" for name, many in Counter(one.resource for one in self.done).items())
        lines = [f"erased {told or 'nothing'} at {instant_text(self.at)} UTC"]
        lines += [f"  failed   {one.resource} {one.sid}: {one.why}" for one in self.failed]
        lines += [f"  skipped  {one.resource} {one.sid}: {one.why}" for one in self.skipped]
        lines += [f"  left     {one.resource} {one.sid}: {one.why}" for one in self.mentioned]
        lines += [f"  not looked for: {one}" for one in self.unsought]
        return "\n".join([*lines, f"bytes are left in the mirror's file: {self.pending}"] if self.pending else lines)

    def to_json(self) -> str:
        """The receipt as JSON."""
        told = {
            "at": instant_text(self.at), "redacted": self.redacted, "pending": self.pending, "forgotten": dict(self.forgotten),
            **{name: [vars(one) for one in part]
               for name, part in (("done", self.done), ("failed", self.failed), ("skipped", self.skipped),
                                  ("left", self.mentioned))},
            "not_looked_for": list(self.unsought),
        }  # fmt: skip
        return json.dumps(told, indent=2)


class ErasePlan:
    """What is about a number at Twilio, found and not touched yet. Made by :func:`erase`; it prints counts, and no number."""

    def __init__(
        self,
        connection: Connection,
        number: Number,
        records: list[Any],
        skipped: list[Erased],
        *,
        redact: bool,
        unsought: Iterable[str] = (),
    ) -> None:
        self.connection, self.records, self.skipped, self.redact = connection, records, tuple(skipped), redact
        self.unsought = tuple(unsought)
        self._number = number

    def __len__(self) -> int:
        return len(self.records)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<ErasePlan {len(self.records)} records, {len(self.skipped)} skipped>"

    def __str__(self) -> str:
        counts = Counter(type(one).__name__ for one in self.records)
        lines = [f"{self._verb(name)} {counts[name]} {name}" for name in ORDER if counts[name]] or ["nothing to erase"]
        dated = sorted((one.date_created, one.sid) for one in self.records if one.date_created is not None)
        for word, ends in (("oldest", dated[:1]), ("newest", dated[-1:])):
            lines += [f"{word} {when:%Y-%m-%d %H:%M:%S}Z {sid}" for when, sid in ends]
        lines += [f"skipped {one.resource} {one.sid}: {one.why}" for one in self.skipped]
        return "\n".join([*lines, *(f"not looked for: {one}" for one in self.unsought)])

    def _verb(self, name: str) -> str:
        return "redact" if self.redact and name == "Message" else "delete"

    def apply(self, *, workers: int = 1, progress: Callable[[int, int], object] | None = None) -> Receipt:
        """Erase them at Twilio, go on past what fails, then forget the number in the mirror. Touches network and disk.

        What is not there any more counts as done. Applied again, it does what is left.

        :param workers: how many requests at a time. :param progress: called with how many are through, and of how many.
        :raises Unauthorized: the credentials are not taken: going on is hopeless.
        """
        if not isinstance(workers, int) or isinstance(workers, bool) or workers < 1:
            raise BadValue(f"workers is how many requests at a time, at least 1, not {workers!r}")
        pace = Pace(workers, throttled(self.connection.transport))
        through: list[Erased] = []

        def take(ended: list[Erased]) -> None:
            through.extend(ended)
            if progress is not None:
                progress(len(through), len(self.records))

        try:
            with self.connection.mirror.together():
                for names in (ORDER[:3], ORDER[3:]):
                    work: Work[Any, Erased] = Work(lambda record: iter([self._end(record, pace)]), take, workers)
                    work.add(*(one for one in self.records if type(one).__name__ in names))
                    work.run()
                named: list[Mention] = []
                found = self.connection.mirror.forget_number(self._number.mentions, named)
                self.connection.clear_row_cache()
        finally:
            pending = self.connection.mirror.finish_erasing()
        told = {(one.resource, one.sid) for one in (*through, *self.skipped)}
        left = tuple(
            Erased(
                name, sid, LEFT, f"mentions it in {', '.join(fields) or 'what is not declared'}; forgotten here, left at Twilio"
            )
            for name, sid, fields in named
            if (name, sid) not in told
        )
        at = self.connection.now()
        return Receipt(tuple(through), self.skipped, at, self.redact, dict(found), pending, self.unsought, left)

    def _end(self, record: Any, pace: Pace) -> Erased:
        """Erase one record. Twilio's own words may repeat the number: only its code is kept."""
        name = type(record).__name__
        told = Erased(name, record.sid)
        try:
            pace.patiently(record.redact if self._verb(name) == "redact" else record.delete, self.connection.transport.rest)
        except DoesNotExist:
            return told
        except Unauthorized:
            raise
        except ApiError as error:
            return replace(told, state=FAILED, why=f"HTTP {error.status}" + (f", code {error.code}" if error.code else ""))
        except Unreachable:
            return replace(told, state=FAILED, why="no answer came: erase again")
        return told


def erase(number: str, /, *, redact: bool = False, recordings: bool = True, connection: Connection | None = None) -> ErasePlan:
    """What is about a number at Twilio: messages and calls to and from it, and what hangs on them. Asks Twilio, changes nothing.

    Messages and calls that are not final yet cannot be deleted: they are left, with what hangs on them, and named. Twilio is
    asked for the number itself and behind ``whatsapp:``; of those that it cannot be asked for (addresses of SIP, calls forwarded
    from the number) those that the mirror knows are included, and the plan and its receipt say what was not looked for.

    :param number: in E.164, bare or behind ``whatsapp:``. :param redact: keep messages and remove their texts.
    :param recordings: whether recordings of the calls, and their transcriptions, go too.
    :param connection: whose account; else the current connection's.
    :raises BadValue: it is no number; nothing was asked.
    """
    sought = Number(number)
    connection = connection if connection is not None else current()
    found: list[Any] = []
    skipped: list[Erased] = []
    unasked = 0
    for name in ("Message", "Call"):
        asked = _about(connection, name, sought.addresses)
        known = _known(connection, name, sought, asked)
        unasked += len(known)
        for record in (*asked.values(), *known):
            told = record.api_schema.finality
            if told is not None and record.stored_value(told.by) not in told.final:
                skipped.append(Erased(name, record.sid, "skipped", f"is not final yet ({record.status}): erase again later"))
                continue
            found += _below(connection, record, recordings)
            found.append(record)
    unsought = [one.format(known=unasked) for one in UNASKED]
    unsought += ["recordings of the calls, and their transcriptions"] * (not recordings)
    return ErasePlan(connection, sought, found, skipped, redact=redact, unsought=unsought)


def _about(connection: Connection, name: str, addresses: Iterable[str]) -> dict[str, Any]:
    """The records to and from these addresses, by SID."""
    asked = CLASSES[name].using(connection)
    return {one.sid: one for way in ("to", "from_") for address in addresses for one in asked.filter(**{way: address})}


def _known(connection: Connection, name: str, number: Number, asked: Mapping[str, Any]) -> list[Any]:
    """Other records that have the number in an address, as far as the mirror knows; what may have changed is read again."""
    model, found = CLASSES[name], []
    for row in connection.mirror.addressed(model.api_schema, connection.account_sid, number.mentions):
        record = model.from_row(row, connection)
        if record.sid in asked:
            continue
        with suppress(DoesNotExist):
            found.append(record if model.api_schema.is_final(row) else record.refresh())
    return found


def _below(connection: Connection, record: Any, recordings: bool) -> Iterator[Any]:
    """What hangs on a message or a call."""
    known = resources()
    if type(record).__name__ == "Message":
        if record.num_media:
            yield from known["Media"].using(connection).filter(parent_sid=record.sid)
    elif recordings:
        for recording in known["Recording"].using(connection).filter(call_sid=record.sid):
            yield from known["Transcription"].using(connection).filter(recording_sid=recording.sid)
            yield recording
