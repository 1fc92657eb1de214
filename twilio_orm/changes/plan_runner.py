"""Carrying out a write plan: each step is checked, marked in the journal, sent, and marked again. It makes no plan.

If the outcome of a request is not known, a GET finds it out before anything is sent again, so that each change happens once.
One process holds a plan while it applies it: no other thread or process applies it until the holder is done or has ended.
Whether it has ended, the system of its machine tells. In a mirror that machines share, its last beat tells, by Twilio's clock.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import (
    ApiError,
    ConfirmationRequired,
    Conflict,
    DoesNotExist,
    OutcomeUnknown,
    QueryError,
    ReadOnly,
    ServerError,
    TwilioOrmError,
    Unauthorized,
    visible,
)  # fmt: skip
from ..http.messages import Request
from ..mirror.journal import DONE, FAILED, SENDING, SKIPPED, Holder, Journal
from ..schema.clocks import QUORUM
from ..schema.times import instant, instant_text
from ..schema.urls import ROOT
from ..sync.worker_pool import Pace, WorkerPool, throttle_counter
from .plan_steps import DELETE, REDACTED, Step, to_line

if TYPE_CHECKING:
    from ..connection import Connection
    from ..schema.row_layout import Row

HOLDER_TIMEOUT = timedelta(minutes=10)
"""A holder on another machine that has marked no step for this long counts as ended; in a shared mirror, any holder."""
BEAT = timedelta(minutes=1)
"""The holder of a plan in a shared mirror waits no longer without a beat."""
LATE_REQUEST = timedelta(seconds=10)
"""Twilio may still carry out a request this long after it was sent, whatever became of its sender."""
UNCHANGED = "has these values already"
ABSENT, DELETED = "does not exist any more", "was deleted already"
DIFFERENT_RESPONSE = "Twilio's response has another value"
UNKNOWN_OUTCOME = "the outcome is not known; apply() again finds it out"
NO_PROCESS = "ended"

_running: set[str] = set()
"""The names of the runs of this process."""


@dataclass(frozen=True)
class Progress:
    """How far the applying of a plan has come.

    :param done: the number of processed steps.
    :param of: the number of steps of this run.
    :param ok: the number of steps that were carried out.
    :param skipped: the number of skipped steps.
    :param failed: the number of failed steps.
    :param remaining: about how long the rest will take; None at the beginning.
    """

    done: int
    of: int
    ok: int = 0
    skipped: int = 0
    failed: int = 0
    remaining: timedelta | None = None


class PlanRun:
    """One run of a plan. ``errors`` has the exceptions of failed steps, by the numbers of the steps.

    :param connection: the connection that sends the requests.
    :param model: the class of the plan's records.
    :param plan: the plan's id.
    :param load: a function that returns the plan's steps from the journal.
    :param workers: the number of records at a time.
    :param progress: called after each step with a report.
    """

    def __init__(
        self,
        connection: Connection,
        model: Any,
        plan: str,
        load: Callable[[], Sequence[Step]],
        workers: int,
        progress: Callable[[Progress], object] | None,
    ) -> None:
        self.connection, self.model, self.plan, self.workers = connection, model, plan, workers
        self.errors: dict[int, TwilioOrmError] = {}
        self._load, self._progress = load, progress
        database = connection.mirror.open()
        self._journal, self._clock, self._shared = Journal(database), connection.transport.time, database.shared
        self._pace = Pace(workers, throttle_counter(connection.transport))
        self._name = "/".join((_host(), str(os.getpid()), _start_time(os.getpid()), secrets.token_hex(8)))
        self._lock = threading.Lock()
        self._active, self._ended = 0, False
        self._report = Progress(0, 0)
        self._began = time.monotonic()

    def run(self) -> None:
        """Carry out the steps that are left. Calls Twilio and writes the disk; raises what makes continuing impossible."""
        self.connection.require_network("applying a plan")
        self._learn_time()
        _running.add(self._name)
        try:
            holder = self._journal.hold(self.plan, self._name, self._now(), self._is_alive)
            if holder is not None:
                host, pid = holder.name.split("/")[:2]
                raise Conflict(f"plan {self.plan} is being applied by process {pid} on {host} since {holder.since} UTC")
            steps = [step for step in self._load() if step.verb and step.state not in (DONE, SKIPPED)]
            self._report = Progress(0, len(steps))
            work: WorkerPool[Step, Step] = WorkerPool(self._process, self._count, self.workers)
            work.add(*steps)
            work.run()
        finally:
            with self._lock:
                self._ended = True
            self._release()

    def _release(self) -> None:
        """Release the plan once the last thread has finished its step: until then its request may be under way."""
        with self._lock:
            if self._active or not self._ended or self._name not in _running:
                return
            _running.discard(self._name)
        self._journal.release(self.plan, self._name)

    def _is_alive(self, holder: Holder) -> bool:
        if self._shared:
            return self._is_recent(holder.beat)
        host, pid, started, _ = holder.name.split("/")
        if host == _host() and int(pid) == os.getpid() and started == _start_time(os.getpid()):
            return holder.name in _running
        if host == _host() and os.name != "nt":
            return _start_time(int(pid)) == started and started != NO_PROCESS
        return self._is_recent(holder.beat)

    def _is_recent(self, beat: str) -> bool:
        return abs(self._present() - instant(beat)) < HOLDER_TIMEOUT  # a beat in the future is a wrong clock's

    def _present(self) -> datetime:
        """This machine's time, which the next process here also reads before it has learned Twilio's time.

        In a shared mirror it is Twilio's, which is the same on all machines.
        """
        return self._clock.now() if self._shared else self._clock.own()

    def _now(self) -> str:
        return instant_text(self._present())

    def _learn_time(self) -> None:
        """For a shared mirror, fetch the account until responses have shown Twilio's time. Calls Twilio."""
        for _ in range(QUORUM if self._shared else 0):
            if self._clock.known:
                return
            self.connection.send(Request("GET", f"{ROOT}/Accounts/{self.connection.account_sid}.json"))

    def _keep(self) -> None:
        """Keep holding a plan of a shared mirror. Raises Conflict if another process has taken it over."""
        if self._shared and not self._journal.beat(self.plan, self._name, self._now()):
            raise self._taken_over()

    def _taken_over(self) -> Conflict:
        return Conflict(f"plan {self.plan} was taken over by another process")

    def _rest(self, seconds: float) -> None:
        """Wait, and keep the plan meanwhile. Raises Conflict."""
        most = BEAT.total_seconds() if self._shared else seconds
        while seconds > 0:
            self.connection.transport.rest(min(most, seconds))
            self._keep()
            seconds -= most

    # -- one step, in any thread

    def _process(self, step: Step) -> Iterator[Step]:
        with self._lock:
            self._active += 1
        try:
            self._keep()
            ended = replace(self._carry_out(step), at=self._now())
            self._journal.mark(self.plan, to_line(ended, self.connection.mirror.excluded.get(step.schema.table, ())))
        finally:
            with self._lock:
                self._active -= 1
            self._release()
        yield ended

    def _carry_out(self, step: Step) -> Step:
        """Check and send a step, and return it with its outcome."""
        if step.row is None:
            return self._skipped(step, REDACTED)
        self._wait_for_late_request(step)
        record = self.model.from_row(step.row, self.connection, None, step.parent_path)
        return self._checked(step, record) or self._sent(step, record)

    def _checked(self, step: Step, record: Any) -> Step | None:
        """Read the record, and return the step if that decides its outcome; None if it is to be sent."""
        try:
            self._retrying(record.refresh)
        except DoesNotExist:
            return self._absent(step)
        except Unauthorized:
            raise
        except ApiError as error:
            return self._failed(step, error, UNKNOWN_OUTCOME if step.state == SENDING else _without_values(error, step))
        return self._decided(step, record.stored_row)

    def _wait_for_late_request(self, step: Step) -> None:
        """Wait until an interrupted request has been carried out or never will be: only then does the record show which."""
        if step.state == SENDING and step.at is not None:
            left = instant(step.at) + LATE_REQUEST - self._present()
            if left > timedelta(0):
                self._rest(min(left, LATE_REQUEST).total_seconds())

    def _decided(self, step: Step, row: Row) -> Step | None:
        """The step if the record's present row decides its outcome; None if it is to be sent."""
        if step.verb != DELETE and not step.differing(row):
            if step.state == SENDING:
                return replace(step, state=DONE, why="", row=row)
            return self._skipped(step, UNCHANGED)
        names = step.changed_since(row)
        if names:
            return self._skipped(step, f"changed at Twilio since the plan was made: {', '.join(names)}")
        return None

    def _absent(self, step: Step) -> Step:
        if step.verb == DELETE and step.state == SENDING:
            return replace(step, state=DONE, why="")
        return self._skipped(step, DELETED if step.verb == DELETE else ABSENT)

    def _sent(self, step: Step, record: Any) -> Step:
        """Send a step. The journal marks it as ``sending`` before, and as long as it is unknown whether it was carried out."""
        marked = self._journal.sending(self.plan, step.number, self._name, self._now())
        if marked is None:
            return self._skipped(step, REDACTED)
        if not marked:
            raise self._taken_over()
        sent = replace(step, state=SENDING, why="")
        try:
            self._retrying(partial(_delete if step.verb == DELETE else _update, step, record))
        except _NotArchived as error:
            return self._skipped(step, str(error))
        except (OutcomeUnknown, ServerError) as error:
            return self._found_out(sent, error)
        except DoesNotExist:
            return self._skipped(step, DELETED if step.verb == DELETE else ABSENT)
        except Unauthorized:
            raise
        except (ApiError, ConfirmationRequired, QueryError, ReadOnly) as error:  # the last three before anything was sent
            return self._failed(replace(step, state=FAILED), error, _without_values(error, step))
        differing = [] if step.verb == DELETE else sent.differing(record.stored_row)
        why = f"{DIFFERENT_RESPONSE}: {', '.join(differing)}" if differing else ""
        return replace(sent, state=DONE, row=record.stored_row, why=why)

    def _found_out(self, sent: Step, error: TwilioOrmError) -> Step:
        """Read the record to find out whether a request without a usable response was carried out."""
        checked = self._checked(sent, self.model.from_row(sent.row, self.connection, None, sent.parent_path))
        return self._failed(sent, error, UNKNOWN_OUTCOME) if checked is None or checked.state == SENDING else checked

    def _skipped(self, step: Step, why: str) -> Step:
        return replace(step, state=SKIPPED, why=why)

    def _failed(self, step: Step, error: TwilioOrmError, why: str) -> Step:
        """The step as failed, or still as ``sending`` if its outcome is not known."""
        self.errors[step.number] = error
        return replace(step, state=SENDING if step.state == SENDING else FAILED, why=why)

    def _retrying(self, work: Callable[[], object]) -> None:
        """Send when the pace allows, and again after a 429."""
        self._pace.patiently(work, self._rest)

    # -- the outcomes, in the calling thread

    def _count(self, steps: list[Step]) -> None:
        for step in steps:
            report = self._report
            done, word = report.done + 1, {DONE: "ok", SKIPPED: "skipped"}.get(step.state, "failed")
            rest = timedelta(seconds=(time.monotonic() - self._began) / done * (report.of - done))
            self._report = replace(report, done=done, remaining=rest, **{word: getattr(report, word) + 1})
            if self._progress is not None:
                self._progress(self._report)


class _NotArchived(Exception):
    """The file without which a record is not deleted is not in the archive. Nothing was sent."""


def _update(step: Step, record: Any) -> None:
    """Give the record of a step its new values."""
    record.update(**step.update_values())


def _delete(step: Step, record: Any) -> None:
    """Delete the record of a step. Of an archived one, the file is read first. Raises _NotArchived."""
    if step.archived is not None:
        folder, file = step.archived
        if problem := file.problem(folder):
            raise _NotArchived(problem)
    record.delete()


def _host() -> str:
    """This machine's name."""
    import platform  # its import takes as long as that of this whole module

    return platform.node()


def _start_time(pid: int) -> str:
    """What distinguishes a process from an earlier one with the same number, if the system says; ``NO_PROCESS`` if it ended."""
    try:
        os.kill(pid, 0) if os.name != "nt" else None
    except ProcessLookupError:
        return NO_PROCESS
    except PermissionError:
        pass
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return ""
    return NO_PROCESS if fields[0] in "ZX" else fields[19]


def _without_values(error: TwilioOrmError, step: Step) -> str:
    """The text of an error without the values that were sent, which Twilio may repeat."""
    text = str(error)
    for _, new in step.fields.values():
        if isinstance(new, str) and new:
            text = text.replace(visible(new), "…")
    return text
