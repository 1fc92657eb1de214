"""Plans: what is to be changed at many records, made and looked at first, then applied, and given back.

A plan is journaled in the mirror when it is made, with every value. See :mod:`twilio_orm.applying` for how it is done.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..connecting import current
from ..connection import Connection
from ..errors import BadValue, DoesNotExist, QueryError, ReadOnly, TwilioOrmError
from ..http.budget import count_requests
from ..mirror.journal import DONE, FAILED, SENDING, SKIPPED, WAITING, Entry, Journal
from ..schema.registry import CLASSES
from ..schema.times import instant, instant_text
from ..sync.storing import defer_erasing
from . import plan_builder, plan_steps
from .diff import Diff, changes, unknown
from .plan_runner import Applying, Progress
from .plan_steps import DELETE, POST, SHOWN, Step

if TYPE_CHECKING:
    from ..schema.row_codec import Row

NEW = "is new: plan_revert(delete=True) deletes it"
MISSING = "cannot be brought back: Twilio gives what it makes another SID"


@dataclass(frozen=True)
class Outcome:
    """What became of one record: its ``sid``, ``why`` it was skipped or failed, and the ``error`` where this run met one."""

    sid: str
    why: str = ""
    error: TwilioOrmError | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.sid}  {self.why}".rstrip()


@dataclass(frozen=True)
class PlanSummary:
    """A journaled plan: its ``id``, ``resource``, ``kind``, when it was ``made``, and how many steps are in which state."""

    id: str
    resource: str
    kind: str
    made: datetime
    states: Mapping[str, int]
    unchanged: int = 0

    def __str__(self) -> str:
        told = ", ".join(f"{count} {state}" for state, count in self.states.items()) or "nothing to do"
        return f"{self.id}  {self.made:%Y-%m-%d %H:%M:%S}Z  {self.resource} {self.kind}: {told}"


class WritePlan:
    """What would be sent to Twilio, record by record. Made by ``plan_update``, ``plan_delete``, ``plan_revert`` and ``undo``.

    ``id`` names it in the journal, ``resource`` the class, ``kind`` what made it, ``made`` when; ``unchanged`` counts the records
    that have the values already. Its length is the number of requests that would change something, it is falsy without any, and
    iterating gives its steps, those left out included. Printed, it says what each would change.
    """

    def __init__(self, connection: Connection, entry: Entry, found: Iterable[Step]) -> None:
        self.id, self.resource, self.kind = entry.id, entry.resource, entry.kind
        self.made, self.unchanged = instant(entry.made), entry.unchanged
        self.model: Any = CLASSES[entry.resource]
        self._connection = connection
        self._steps = tuple(found)

    # -- the journal

    @classmethod
    def all(cls, connection: Connection | None = None) -> list[PlanSummary]:
        """The plans that the mirror's journal holds, the oldest first. Reads the disk.

        :param connection: whose; the current one, unless said.
        """
        connection = connection or current()
        found = Journal(connection.mirror.open()).entries(connection.account_sid)
        return [PlanSummary(one.id, one.resource, one.kind, instant(one.made), told, one.unchanged) for one, told in found]

    @classmethod
    def load(cls, id: str, connection: Connection | None = None) -> WritePlan:
        """A plan from the journal, to look at it or to go on with it. Reads the disk.

        :param connection: whose; the current one, unless said. :raises DoesNotExist: the account has no such plan.
        """
        connection = connection or current()
        entry = Journal(connection.mirror.open()).entry(connection.account_sid, id) if isinstance(id, str) else None
        if entry is None:
            raise DoesNotExist(f"the journal of {connection.account_sid} has no plan {id!r}: WritePlan.all() lists them")
        return cls(connection, entry, _journaled(connection, CLASSES[entry.resource], entry.id))

    # -- as a value

    def __len__(self) -> int:
        return sum(1 for step in self._steps if step.verb)

    def __bool__(self) -> bool:
        return len(self) > 0

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def __repr__(self) -> str:
        return f"<WritePlan {self.id} {self.resource} {self.kind}: {self._counted()}>"

    def __str__(self) -> str:
        return self.text()

    def __reduce__(self) -> Any:
        raise TypeError("a plan is bound to a connection and does not pickle: WritePlan.load(plan.id) finds it again")

    def text(self, limit: int | None = SHOWN) -> str:
        """The plan in words: counts, oldest and newest record, and each step's fields, old and new.

        :param limit: at most so many steps; None for all.
        """
        sent = [step for step in self._steps if step.verb]
        left = [step for step in self._steps if not step.verb]
        lines = [f"{self.resource} {self.kind}, plan {self.id}: {self._counted()}"]
        lines += [f"{word}: {at}Z  {sid}" for word, (at, sid) in zip(("oldest", "newest"), plan_steps.ends(sent), strict=False)]
        for some in (sent, left):
            lines += [plan_steps.told(self.model.api_schema.shows, step) for step in some[:limit]]
            if limit is not None and len(some) > limit:
                lines.append(f"… and {len(some) - limit} more {'steps' if some is sent else 'left out'}: text(limit=None)")
        return "\n".join(lines)

    def _counted(self) -> str:
        verbs = Counter(step.verb for step in self._steps)
        told = [f"{verbs[verb]} {verb}" for verb in (POST, DELETE) if verbs[verb]] or ["nothing to do"]
        told += [f"{self.unchanged} unchanged: they have these values"] if self.unchanged else []
        told += [f"{verbs['']} left out"] if verbs[""] else []
        states = Counter(step.state for step in self._steps if step.verb and step.state != WAITING)
        return ", ".join([*told, *(f"{count} {state}" for state, count in states.items())])

    # -- doing it

    def apply(self, workers: int = 4, progress: Callable[[Progress], object] | None = None) -> Applied:
        """Do what the plan says, record by record. Touches network and disk.

        Each record is read first: one that changed since the plan was made is skipped, and so is one that is gone. (Twilio takes
        no conditions: what somebody changes between that reading and the request is overwritten.) A step is marked in the
        journal before its request leaves, so that after a crash ``WritePlan.load(id).apply()`` goes on with what is left. What
        was broken off is settled by a GET, ten seconds after its request may have left. Steps that are done are not touched
        again; failed ones are tried again.

        :param workers: records at the same time, 1 to 32; with 1 no thread is started.
        :param progress: called after each step, in this thread, with a report.
        :returns: what became of every step, of this run and those before.
        :raises BadValue: another number of workers. :raises Conflict: somebody else is applying it.
        :raises Unauthorized, Unreachable, BudgetExceeded, Offline, MirrorError: going on is hopeless. What was done is
            journaled, what is left waits; ``apply()`` goes on.
        """
        if not isinstance(workers, int) or isinstance(workers, bool) or not 1 <= workers <= 32:
            raise BadValue(f"workers is a whole number from 1 to 32, not {workers!r}")
        connection, began = self._connection, monotonic()
        work = Applying(connection, self.model, self.id, self._read, workers, progress)
        with count_requests() as spent, defer_erasing(connection):  # what is cleared or deleted leaves the file once
            try:
                work.run()
            finally:
                self._steps = self._read()
        return Applied(self, self._steps, work.errors, int(spent), monotonic() - began)

    def _read(self) -> tuple[Step, ...]:
        return _journaled(self._connection, self.model, self.id)


class Applied:
    """What became of a plan: ``ok``, ``skipped`` and ``failed`` records, ``requests`` sent and ``seconds`` taken by this run.

    :param plan: what was applied; it is the attribute ``plan``.
    """

    def __init__(
        self, plan: WritePlan, found: tuple[Step, ...], errors: Mapping[int, TwilioOrmError], requests: int, seconds: float
    ) -> None:
        def those(*states: str) -> tuple[Outcome, ...]:
            return tuple(Outcome(one.sid, one.why, errors.get(one.number)) for one in found if one.state in states)

        self.plan, self.requests, self.seconds = plan, requests, seconds
        self.ok, self.skipped, self.failed = those(DONE), those(SKIPPED), those(FAILED, SENDING)
        self._steps = found

    def __bool__(self) -> bool:
        raise TypeError("the truth of what was applied would hide what failed: look at .failed and .skipped")

    def __repr__(self) -> str:
        return f"<Applied {self.plan.id}: {self._counted()}>"

    def __str__(self) -> str:
        lines = [f"{self.plan.resource} {self.plan.kind}, plan {self.plan.id}: {self._counted()}"]
        told = tuple(one for one in self.ok if one.why)
        for word, some in (("failed", self.failed), ("skipped", self.skipped), ("done", told)):
            lines += [f"  {word}  {one}" for one in some]
        return "\n".join(lines)

    def _counted(self) -> str:
        return (
            f"{len(self.ok)} done, {len(self.skipped)} skipped, {len(self.failed)} failed, "
            f"{self.requests} requests in {self.seconds:.1f} s"
        )

    def undo(self) -> WritePlan:
        """The plan back: what was done gets the values that it had. It is journaled, and applied like any other. Sends nothing.

        A value that was null is cleared. What Twilio cannot be told is left out and named.

        :raises ReadOnly: nothing but deletions was done, which cannot be undone.
        """
        done = [step for step in self._steps if step.state == DONE]
        if done and all(step.verb == DELETE for step in done):
            raise ReadOnly("a deletion cannot be undone: Twilio gives what it makes another SID")
        found: list[Step] = []
        for step in done:
            lost = step.verb == DELETE
            found += (
                [plan_steps.left(step, "was deleted, which cannot be undone")]
                if lost
                else plan_builder.back(self.plan.model, step)
            )
        return made(self.plan._connection, self.plan.model, "undo", found)


def _journaled(connection: Connection, model: Any, plan: str) -> tuple[Step, ...]:
    """The steps of a plan as the journal has them. Reads the disk."""
    return tuple(plan_steps.step(model.api_schema, one) for one in Journal(connection.mirror.open()).lines(plan))


# ---------------------------------------------------------------- making


def made(connection: Connection, model: Any, kind: str, found: Iterable[Step], unchanged: int = 0) -> WritePlan:
    """A new plan of these steps, journaled. Touches the disk; raises MirrorError.

    :param kind: what makes it. :param unchanged: records that have nothing to change.
    """
    now = instant_text(connection.now())
    numbered = [replace(step, number=at, at=None) for at, step in enumerate(found)]
    entry = Entry(secrets.token_hex(4), connection.account_sid, model.__name__, kind, now, unchanged)
    journal, left = Journal(connection.mirror.open()), connection.mirror.excluded.get(model.api_schema.table, frozenset())
    unkept = sorted({name for step in numbered for name in step.fields} & left)
    if unkept:
        raise QueryError(f"{', '.join(unkept)} is left out of this mirror, which would have to journal it: no plan changes it")
    journal.write(entry, [plan_steps.line(step, left) for step in numbered])
    return WritePlan(connection, entry, numbered)


def plan_update(
    connection: Connection, model: Any, parent_path: str, records: Iterable[Any], changes: Mapping[str, Any]
) -> WritePlan:
    """A plan that gives records values. Reads the records to their end before it writes anything.

    :raises QueryError: an unknown field or a wrong value. See :meth:`Changing.plan_update`.
    """
    values = plan_builder.wanted(model, parent_path, changes)
    found = []
    for record in records:
        if set(model.api_schema.codec.absent(record.stored_row)) & values.keys():  # its list shows less of it
            record.refresh()
        found.append(plan_builder.update(record, values))
    return made(connection, model, "update", [one for one in found if one is not None], found.count(None))


def plan_delete(connection: Connection, model: Any, records: Iterable[Any]) -> WritePlan:
    """A plan that deletes records.

    :raises ReadOnly, ConfirmationRequired: such records are not deleted, or not by a plan.
    """
    plan_builder.deletable(model)
    return made(connection, model, "delete", [plan_builder.delete(record) for record in records])


def revert(connection: Connection, diff: Diff, *, delete: bool = False) -> WritePlan:
    """A plan that brings what differs back to what it was before. Sends nothing; the journal is on the disk.

    What cannot be written, what is missing, and, unless ``delete``, what is new, is left out and named. At Twilio each record
    must still be as the diff has it after.

    :param connection: the account of the diff's second side. :param delete: whether what is new is deleted.
    :raises ReadOnly, ConfirmationRequired: Twilio does not update such records, or no plan deletes them.
    """
    model: Any = CLASSES[diff.resource]
    schema, found, names = model.api_schema, list[Step](), dict[Any, set[str]]()
    for change in diff.changed:
        names.setdefault(change.key, set()).add(change.field)
    for one in diff.unknown:
        names.setdefault(one.key, set()).add(one.field)
    for key, fields in names.items():
        found += restored(model, diff.before[key], diff.after[key], fields)
    if delete and diff.added:
        plan_builder.deletable(model)
    for key in diff.added:
        step = plan_builder.delete(model.from_row(diff.after[key], connection))
        found.append(step if delete else plan_steps.left(step, NEW))
    found += [plan_steps.left(Step(0, POST, key, schema, diff.before.get(key)), MISSING) for key in diff.missing]
    return made(connection, model, "revert", found)


def restored(model: Any, before: Row, after: Row, names: Collection[str], parent_path: str = "") -> list[Step]:
    """The steps that bring a record back to what it was, in these fields.

    :raises ReadOnly: Twilio does not update such records.
    """
    schema = model.api_schema
    known = set(names) - set(schema.codec.absent(before))
    values = {name: before[schema.index[name]] for name in schema.names if name in known}
    return plan_builder.restoring(model, after, values, parent_path, sorted(set(names) - values.keys()))


def plan_revert(connection: Connection, model: Any, before: Row, after: Row, parent_path: str) -> WritePlan:
    """A plan that brings one record from what it is to what it was. Touches the disk; raises ReadOnly."""
    names = {one.field for one in (*changes(model.api_schema, before, after), *unknown(model.api_schema, before, after))}
    return made(connection, model, "revert", restored(model, before, after, names, parent_path), int(not names))
