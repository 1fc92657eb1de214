"""Write plans: changes of many records that are made first, looked at, then applied, and can be undone.

A plan is journaled in the mirror when it is made, with every value. :mod:`.plan_builder` makes its steps, :mod:`.plan_runner`
carries them out.
"""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..connecting import current
from ..errors import DoesNotExist, QueryError, ReadOnly, TwilioOrmError, unreadable
from ..http.budget import count_requests
from ..mirror.journal import DONE, FAILED, SENDING, SKIPPED, WAITING, Entry, Journal
from ..schema.registry import CLASSES
from ..schema.times import instant, instant_text
from ..sync.storing import defer_erasing
from ..sync.worker_pool import check_workers
from . import plan_builder
from .diff import Diff, changes, unknown
from .plan_runner import PlanRun, Progress
from .plan_steps import DELETE, POST, SHOWN, Step, from_line, oldest_and_newest, skipped, step_text, to_line

if TYPE_CHECKING:
    from ..connection import Connection
    from ..schema.row_layout import Row

NEW = "is new: plan_revert(delete=True) deletes it"
MISSING = "cannot be brought back: Twilio gives a new record another SID"


@dataclass(frozen=True)
class Outcome:
    """What became of one record of a plan.

    :param sid: the record's SID.
    :param why: why it was skipped or failed, or empty.
    :param error: the exception, if this run met one.
    """

    sid: str
    why: str = ""
    error: TwilioOrmError | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.sid}  {self.why}".rstrip()


@dataclass(frozen=True)
class PlanSummary:
    """A journaled plan, without its steps.

    :param id: its id in the journal.
    :param resource: the name of the records' class.
    :param kind: ``update``, ``delete``, ``revert`` or ``undo``.
    :param made: when it was made.
    :param states: the number of steps in each state.
    :param unchanged: the number of records that had the values already.
    """

    id: str
    resource: str
    kind: str
    made: datetime
    states: Mapping[str, int]
    unchanged: int = 0

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {state}" for state, count in self.states.items()) or "nothing to do"
        return f"{self.id}  {self.made:%Y-%m-%d %H:%M:%S}Z  {self.resource} {self.kind}: {counts}"


class WritePlan:
    """The requests that a bulk change would send, record by record.

    Made by ``plan_update``, ``plan_delete``, ``plan_revert`` and ``undo``. ``id`` is its id in the journal, ``resource`` the name
    of the records' class, ``kind`` the method that made it, ``made`` the time; ``unchanged`` counts the records that have the
    values already. Its length is the number of steps that send a request, and it is falsy without any. Iterating gives all
    steps, those included that are skipped from the start. Printed, it shows what each step changes.
    """

    def __init__(self, connection: Connection, entry: Entry, steps: Iterable[Step]) -> None:
        self.id, self.resource, self.kind = entry.id, entry.resource, entry.kind
        self.made, self.unchanged = _made(entry), entry.unchanged
        self.model: Any = CLASSES[entry.resource]
        self._connection = connection
        self._steps = tuple(steps)

    # -- the journal

    @classmethod
    def all(cls, connection: Connection | None = None) -> list[PlanSummary]:
        """The account's plans in the mirror's journal, oldest first. Reads the disk.

        :param connection: the connection; the current one by default.
        """
        connection = connection or current()
        found = Journal(connection.mirror.open()).entries(connection.account_sid)
        return [PlanSummary(one.id, one.resource, one.kind, _made(one), states, one.unchanged) for one, states in found]

    @classmethod
    def load(cls, id: str, connection: Connection | None = None) -> WritePlan:
        """A plan from the journal, to look at or to continue. Reads the disk.

        :param id: its id.
        :param connection: the connection; the current one by default.
        :raises DoesNotExist: the account has no such plan.
        """
        connection = connection or current()
        entry = Journal(connection.mirror.open()).entry(connection.account_sid, id) if isinstance(id, str) else None
        if entry is None:
            raise DoesNotExist(f"the journal of {connection.account_sid} has no plan {id!r}: WritePlan.all() lists them")
        return cls(connection, entry, _journaled_steps(connection, CLASSES[entry.resource], entry.id))

    # -- as a value

    def __len__(self) -> int:
        return sum(1 for step in self._steps if step.verb)

    def __bool__(self) -> bool:
        return len(self) > 0

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def __repr__(self) -> str:
        return f"<WritePlan {self.id} {self.resource} {self.kind}: {self._counts()}>"

    def __str__(self) -> str:
        return self.text()

    def __reduce__(self) -> Any:
        raise TypeError("a plan is bound to a connection and cannot be pickled: WritePlan.load(plan.id) loads it again")

    def text(self, limit: int | None = SHOWN) -> str:
        """The plan for people: counts, the oldest and the newest record, and the old and new values of each step.

        :param limit: how many steps to show at most; None for all.
        """
        active = [step for step in self._steps if step.verb]
        inactive = [step for step in self._steps if not step.verb]
        lines = [f"{self.resource} {self.kind}, plan {self.id}: {self._counts()}"]
        ends = zip(("oldest", "newest"), oldest_and_newest(active), strict=False)
        lines += [f"{word}: {at}Z  {sid}" for word, (at, sid) in ends]
        for steps, word in ((active, "steps"), (inactive, "skipped")):
            lines += [step_text(step) for step in steps[:limit]]
            if limit is not None and len(steps) > limit:
                lines.append(f"… and {len(steps) - limit} more {word}: text(limit=None)")
        return "\n".join(lines)

    def _counts(self) -> str:
        verbs = Counter(step.verb for step in self._steps)
        counts = [f"{verbs[verb]} {verb}" for verb in (POST, DELETE) if verbs[verb]] or ["nothing to do"]
        counts += [f"{self.unchanged} unchanged: they have these values"] if self.unchanged else []
        states = Counter(step.state for step in self._steps if step.state != WAITING)
        return ", ".join([*counts, *(f"{count} {state}" for state, count in states.items())])

    # -- carrying it out

    def apply(self, workers: int = 4, progress: Callable[[Progress], object] | None = None) -> Applied:
        """Carry out the plan, record by record. Calls Twilio and writes the disk.

        Each record is read first: one that changed since the plan was made is skipped, and so is one that does not exist any
        more. (Twilio has no conditional requests: a change between that reading and the request is overwritten.) A step is marked
        in the journal before its request is sent, so that after a crash ``WritePlan.load(id).apply()`` continues with the rest.
        For an interrupted step a GET finds out whether its request was carried out, at the earliest ten seconds after it was
        sent. Steps that are done are not repeated; failed ones are tried again.

        :param workers: the number of records at a time, 1 to 32; with 1 no thread is started.
        :param progress: called after each step, in this thread, with a report.
        :returns: what became of every step, in this run and earlier ones.
        :raises BadValue: ``workers`` is not a whole number from 1 to 32.
        :raises Conflict: another process is applying the plan.
        :raises Unauthorized: Twilio does not accept the credentials. After this and the following exceptions ``apply()``
            continues: the steps that were done are journaled, the others wait.
        :raises Unreachable: no usable response came.
        :raises BudgetExceeded: the budget is spent.
        :raises Offline: this connection was opened without the network.
        :raises MirrorError: the journal cannot be written.
        """
        check_workers(workers)
        connection, began = self._connection, monotonic()
        run = PlanRun(connection, self.model, self.id, self._read, workers, progress)
        with count_requests() as spent, defer_erasing(connection):  # the bytes of cleared and deleted data leave the file once
            try:
                run.run()
            finally:
                self._steps = self._read()
        return Applied(self, self._steps, run.errors, int(spent), monotonic() - began)

    def undo(self) -> WritePlan:
        """A plan that gives the records that were changed their earlier values. Sends nothing. See :meth:`Applied.undo`.

        :raises ReadOnly: the plan only deleted records, which cannot be undone.
        """
        return Applied(self, self._read(), {}, 0, 0.0).undo()

    def _read(self) -> tuple[Step, ...]:
        return _journaled_steps(self._connection, self.model, self.id)


class Applied:
    """What became of a plan that was applied.

    ``ok``, ``skipped`` and ``failed`` are the outcomes of its records, ``plan`` is the plan, ``requests`` the number of requests
    that this run sent, and ``seconds`` the time that it took. ``bool()`` of it raises TypeError.
    """

    def __init__(
        self, plan: WritePlan, steps: tuple[Step, ...], errors: Mapping[int, TwilioOrmError], requests: int, seconds: float
    ) -> None:
        def outcomes(*states: str) -> tuple[Outcome, ...]:
            return tuple(Outcome(step.sid, step.why, errors.get(step.number)) for step in steps if step.state in states)

        self.plan, self.requests, self.seconds = plan, requests, seconds
        self.ok, self.skipped, self.failed = outcomes(DONE), outcomes(SKIPPED), outcomes(FAILED, SENDING)
        self._steps = steps

    def __bool__(self) -> bool:
        raise TypeError("bool() of an applied plan would hide failures: look at .failed and .skipped")

    def __repr__(self) -> str:
        return f"<Applied {self.plan.id}: {self._counts()}>"

    def __str__(self) -> str:
        lines = [f"{self.plan.resource} {self.plan.kind}, plan {self.plan.id}: {self._counts()}"]
        remarked = tuple(outcome for outcome in self.ok if outcome.why)
        for word, outcomes in (("failed", self.failed), ("skipped", self.skipped), ("done", remarked)):
            lines += [f"  {word}  {outcome}" for outcome in outcomes]
        return "\n".join(lines)

    def _counts(self) -> str:
        return (
            f"{len(self.ok)} done, {len(self.skipped)} skipped, {len(self.failed)} failed, "
            f"{self.requests} requests in {self.seconds:.1f} s"
        )

    def undo(self) -> WritePlan:
        """A plan that gives the changed records their earlier values. It is journaled, and applied like any other. Sends nothing.

        A value that was null is cleared. The plan names the values that cannot be restored.

        :raises ReadOnly: the plan only deleted records, which cannot be undone.
        """
        done = [step for step in self._steps if step.state == DONE]
        if done and all(step.verb == DELETE for step in done):
            raise ReadOnly("a deletion cannot be undone: Twilio gives a new record another SID")
        steps: list[Step] = []
        for step in done:
            if step.verb == DELETE:
                steps.append(skipped(step, "was deleted, which cannot be undone"))
            else:
                steps += plan_builder.undo_steps(self.plan.model, step)
        return journaled_plan(self.plan._connection, self.plan.model, "undo", steps)


def _made(entry: Entry) -> datetime:
    """When a plan was made. Raises MirrorCorrupt."""
    try:
        return instant(entry.made)
    except (TypeError, ValueError):
        raise unreadable(f"the time of plan {entry.id}") from None


def _journaled_steps(connection: Connection, model: Any, plan: str) -> tuple[Step, ...]:
    """The steps of a plan in the journal. Reads the disk."""
    return tuple(from_line(model.api_schema, line) for line in Journal(connection.mirror.open()).lines(plan))


# ---------------------------------------------------------------- making


def journaled_plan(connection: Connection, model: Any, kind: str, steps: Iterable[Step], unchanged: int = 0) -> WritePlan:
    """Make a plan of these steps and journal it. Writes the disk.

    :param connection: the connection whose account and mirror it is for.
    :param model: the records' class.
    :param kind: ``update``, ``delete``, ``revert`` or ``undo``.
    :param steps: the steps; they are numbered here.
    :param unchanged: the number of records that have the values already.
    :raises QueryError: a step changes a field that is excluded from the mirror.
    :raises MirrorError: the journal cannot be written.
    """
    numbered = [replace(step, number=number, at=None) for number, step in enumerate(steps)]
    now = instant_text(connection.now())
    entry = Entry(secrets.token_hex(4), connection.account_sid, model.__name__, kind, now, unchanged)
    journal = Journal(connection.mirror.open())
    excluded = connection.mirror.excluded.get(model.api_schema.table, frozenset())
    names = sorted({name for step in numbered for name in step.fields} & excluded)
    if names:
        raise QueryError(f"{', '.join(names)} is excluded from this mirror, which would have to journal it: no plan changes it")
    journal.write(entry, [to_line(step, excluded) for step in numbered])
    return WritePlan(connection, entry, numbered)


def plan_update(
    connection: Connection, model: Any, parent_path: str, records: Iterable[Any], changes: Mapping[str, Any]
) -> WritePlan:
    """A plan that gives records new values. Reads all records before it journals anything. See :meth:`QuerySet.plan_update`.

    :param connection: the connection whose account the records belong to.
    :param model: the records' class.
    :param parent_path: the field that names the parent below which the updates are sent, or empty.
    :param records: the records, read as they are needed.
    :param changes: the new values, or functions of a record that return them.
    :raises QueryError: an unknown field or a wrong value.
    """
    values = plan_builder.check_changes(model, parent_path, changes)
    steps = []
    for record in records:
        if set(model.api_schema.codec.absent(record.stored_row)) & values.keys():  # the list shows fewer fields than the record
            record.refresh()
        steps.append(plan_builder.update_step(record, values))
    return journaled_plan(connection, model, "update", [step for step in steps if step is not None], steps.count(None))


def plan_delete(
    connection: Connection, model: Any, records: Iterable[Any], archived_in: str | os.PathLike[str] | None = None
) -> WritePlan:
    """A plan that deletes records. See :meth:`QuerySet.plan_delete`.

    :param connection: the connection whose account the records belong to.
    :param model: the records' class.
    :param records: the records, read as they are needed.
    :param archived_in: the path of the manifest of an archive, or of its folder, in which their files have to be.
    :raises ReadOnly: Twilio does not delete such records.
    :raises ConfirmationRequired: no plan deletes them.
    :raises BadValue: there is no such manifest, or it cannot be read.
    """
    plan_builder.check_deletable(model)
    manifest = None if archived_in is None else plan_builder.manifest_of(model, archived_in)
    return journaled_plan(connection, model, "delete", [plan_builder.delete_step(record, manifest) for record in records])


def plan_revert_diff(connection: Connection, diff: Diff, *, delete: bool = False) -> WritePlan:
    """A plan that gives the records of a diff's second side the values of its first side. See :meth:`LiveDiff.plan_revert`.

    :param connection: the connection to the account of the second side.
    :param diff: the diff.
    :param delete: whether records that only the second side has are deleted.
    :raises ReadOnly: Twilio does not update or delete such records.
    :raises ConfirmationRequired: no plan deletes such records.
    """
    model: Any = CLASSES[diff.resource]
    schema, steps, names = model.api_schema, list[Step](), dict[Any, set[str]]()
    for change in (*diff.changed, *diff.unknown):
        names.setdefault(change.key, set()).add(change.field)
    for key, fields in names.items():
        steps += _restore(model, diff.before[key], diff.after[key], fields)
    if delete and diff.added:
        plan_builder.check_deletable(model)
    for key in diff.added:
        step = plan_builder.delete_step(model.from_row(diff.after[key], connection))
        steps.append(step if delete else skipped(step, NEW))
    steps += [skipped(Step(0, POST, key, schema, diff.before.get(key)), MISSING) for key in diff.missing]
    return journaled_plan(connection, model, "revert", steps)


def plan_revert(connection: Connection, model: Any, before: Row, after: Row, parent_path: str) -> WritePlan:
    """A plan that gives one record its earlier values. See :meth:`Resource.plan_revert`.

    :param connection: the connection to the record's account.
    :param model: the record's class.
    :param before: the earlier row.
    :param after: the present row.
    :param parent_path: the field that names the parent below which the update is sent, or empty.
    :raises ReadOnly: Twilio does not update such records.
    """
    names = {one.field for one in (*changes(model.api_schema, before, after), *unknown(model.api_schema, before, after))}
    steps = _restore(model, before, after, names, parent_path)
    return journaled_plan(connection, model, "revert", steps, unchanged=int(not names))


def _restore(model: Any, before: Row, after: Row, names: Collection[str], parent_path: str = "") -> list[Step]:
    """The steps that give a record the earlier values of some fields. Raises ReadOnly."""
    schema = model.api_schema
    known = set(names) - set(schema.codec.absent(before))
    values = {name: before[schema.index[name]] for name in schema.names if name in known}
    return plan_builder.restore_steps(model, after, values, parent_path, sorted(set(names) - values.keys()))
