"""The doing of a plan: each step is looked at, marked in the journal, sent, and marked again. It makes no plan.

A step whose request may have left is settled by a GET before anything is sent again, so that each effect happens once.
Who applies a plan holds it: nobody else does meanwhile, in whatever thread or process, unless the holder is no more.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
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
from ..mirror.journal import DONE, FAILED, SENDING, SKIPPED, Holder, Journal
from ..schema.times import instant, instant_text
from ..sync.worker_pool import Pace, WorkerPool, throttle_counter
from .plan_steps import DELETE, FORGOTTEN, Step, line

if TYPE_CHECKING:
    from ..connection import Connection
    from ..schema.row_codec import Row

SILENCE = timedelta(minutes=10)
"""A holder on another machine that was not heard of for so long is no more."""
SETTLING = timedelta(seconds=10)
"""So long after it left, a request may still be carried out, whatever has become of whoever sent it."""
ALREADY = "has these values already"
ABSENT, DELETED = "is not there any more", "was deleted already"
UNLIKE = "Twilio's answer has another value"
DOUBT = "outcome unknown; apply() again settles it"

_applying: set[str] = set()


@dataclass(frozen=True)
class Progress:
    """How far the applying of a plan has come: ``done`` of ``of`` steps, by what became of them.

    ``remaining`` is about how long the rest will take.
    """

    done: int
    of: int
    ok: int = 0
    skipped: int = 0
    failed: int = 0
    remaining: timedelta | None = None


class Applying:
    """One applying of a plan.

    :param plan: its id; ``model`` the class of its records. :param load: gives the plan's steps as the journal has them.

    ``errors`` holds what failed, by the numbers of the steps.
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
        self._journal, self._clock = Journal(connection.mirror.open()), connection.transport.time
        self._pace = Pace(workers, throttle_counter(connection.transport))
        self._name = "/".join((_host(), str(os.getpid()), _born(os.getpid()), secrets.token_hex(8)))
        self._lock = threading.Lock()
        self._inside, self._over = 0, False
        self._report = Progress(0, 0)
        self._began = time.monotonic()

    def run(self) -> None:
        """Do what is left to do. Touches network and disk; raises what makes going on hopeless."""
        self.connection.need_network("applying a plan")
        _applying.add(self._name)
        try:
            held = self._journal.hold(self.plan, self._name, self._now(), self._lives)
            if held is not None:
                host, pid = held.name.split("/")[:2]
                raise Conflict(f"plan {self.plan} is being applied by process {pid} on {host} since {held.since} UTC")
            due = [step for step in self._load() if step.verb and step.state not in (DONE, SKIPPED)]
            self._report = Progress(0, len(due))
            work: WorkerPool[Step, Step] = WorkerPool(self._read, self._take, self.workers)
            work.add(*due)
            work.run()
        finally:
            with self._lock:
                self._over = True
            self._leave()

    def _leave(self) -> None:
        """Let the plan go once the last thread has done its step: until then its request may be under way."""
        with self._lock:
            if self._inside or not self._over or self._name not in _applying:
                return
            _applying.discard(self._name)
        self._journal.release(self.plan, self._name)

    def _lives(self, holder: Holder) -> bool:
        host, pid, born, _ = holder.name.split("/")
        if host == _host() and int(pid) == os.getpid() and born == _born(os.getpid()):
            return holder.name in _applying
        if host == _host() and os.name != "nt":
            return _born(int(pid)) == born and born != GONE
        return abs(self._clock.own() - instant(holder.beat)) < SILENCE  # what beat in the future, a wrong clock dated

    def _now(self) -> str:
        """By our own clock, which the next process on this machine reads too before it has heard what time it is at Twilio."""
        return instant_text(self._clock.own())

    # -- one step, in whatever thread

    def _read(self, step: Step) -> Iterator[Step]:
        with self._lock:
            self._inside += 1
        try:
            ended = replace(self._end(step), at=self._now())
            self._journal.mark(self.plan, line(ended, self.connection.mirror.excluded.get(step.schema.table, ())))
        finally:
            with self._lock:
                self._inside -= 1
            self._leave()
        yield ended

    def _end(self, step: Step) -> Step:
        """What becomes of a step."""
        if step.row is None:
            return self._skipped(step, FORGOTTEN)
        self._let_settle(step)
        record = self.model.from_row(step.row, self.connection, None, step.parent_path)
        return self._looked(step, record) or self._sent(step, record)

    def _looked(self, step: Step, record: Any) -> Step | None:
        """Read the record. What that says of its step, or None where the step is to be sent."""
        try:
            self._patiently(record.refresh)
        except DoesNotExist:
            return self._absent(step)
        except Unauthorized:
            raise
        except ApiError as error:
            return self._failed(step, error, DOUBT if step.state == SENDING else _told(error, step))
        return self._judged(step, record.stored_row)

    def _let_settle(self, step: Step) -> None:
        """Wait until a request that may be on its way has arrived, or never will: only then a look at the record tells."""
        if step.state == SENDING and step.at is not None:
            left = instant(step.at) + SETTLING - self._clock.own()
            if left > timedelta(0):
                self.connection.transport.rest(min(left, SETTLING).total_seconds())

    def _judged(self, step: Step, now: Row) -> Step | None:
        """What a look at the record says of a step; None where it is to be sent."""
        if step.verb != DELETE and not step.unlike(now):
            if step.state == SENDING:
                return replace(step, state=DONE, why="", row=now)
            return self._skipped(step, ALREADY)
        moved = step.moved(now)
        if moved:
            return self._skipped(step, f"changed at Twilio since the plan was made: {', '.join(moved)}")
        return None

    def _absent(self, step: Step) -> Step:
        if step.verb == DELETE and step.state == SENDING:
            return replace(step, state=DONE, why="")
        return self._skipped(step, DELETED if step.verb == DELETE else ABSENT)

    def _sent(self, step: Step, record: Any) -> Step:
        """Send it. It is marked before, and stays so where nobody knows whether it happened."""
        marked = self._journal.sending(self.plan, step.number, self._name, self._now())
        if marked is None:
            return self._skipped(step, FORGOTTEN)
        if not marked:
            raise Conflict(f"plan {self.plan} was taken over by somebody else")
        sent = replace(step, state=SENDING, why="")
        try:
            self._patiently(record.delete if step.verb == DELETE else lambda: record.update(**step.words()))
        except (OutcomeUnknown, ServerError) as error:
            return self._settled(sent, error)
        except DoesNotExist:
            return self._skipped(step, DELETED if step.verb == DELETE else ABSENT)
        except Unauthorized:
            raise
        except (ApiError, ConfirmationRequired, QueryError, ReadOnly) as error:  # the latter before anything was sent
            return self._failed(replace(step, state=FAILED), error, _told(error, step))
        unlike = [] if step.verb == DELETE else sent.unlike(record.stored_row)
        return replace(sent, state=DONE, row=record.stored_row, why=f"{UNLIKE}: {', '.join(unlike)}" if unlike else "")

    def _settled(self, sent: Step, error: TwilioOrmError) -> Step:
        """Look whether a request without an answer did its work."""
        looked = self._looked(sent, self.model.from_row(sent.row, self.connection, None, sent.parent_path))
        return self._failed(sent, error, DOUBT) if looked is None or looked.state == SENDING else looked

    def _skipped(self, step: Step, why: str) -> Step:
        return replace(step, state=SKIPPED, why=why)

    def _failed(self, step: Step, error: TwilioOrmError, why: str) -> Step:
        """It failed; where it is in doubt it stays so."""
        self.errors[step.number] = error
        return replace(step, state=SENDING if step.state == SENDING else FAILED, why=why)

    def _patiently(self, work: Callable[[], object]) -> None:
        """Ask when there is a place, and again where Twilio has no time."""
        self._pace.patiently(work, self.connection.transport.rest)

    # -- what came of it, in the calling thread

    def _take(self, ended: list[Step]) -> None:
        for step in ended:
            told = self._report
            done, word = told.done + 1, {DONE: "ok", SKIPPED: "skipped"}.get(step.state, "failed")
            rest = timedelta(seconds=(time.monotonic() - self._began) / done * (told.of - done))
            self._report = replace(told, done=done, remaining=rest, **{word: getattr(told, word) + 1})
            if self._progress is not None:
                self._progress(self._report)


GONE = "gone"


def _host() -> str:
    """This machine's name."""
    import platform  # takes as long to import as all of this module does

    return platform.node()


def _born(pid: int) -> str:
    """What tells a process from an earlier one of the same number, as far as this system says; ``GONE`` where there is none."""
    try:
        os.kill(pid, 0) if os.name != "nt" else None
    except ProcessLookupError:
        return GONE
    except PermissionError:
        pass
    try:
        with open(f"/proc/{pid}/stat") as file:
            told = file.read().rpartition(")")[2].split()
    except OSError:
        return ""
    return GONE if told[0] in "ZX" else told[19]


def _told(error: TwilioOrmError, step: Step) -> str:
    """Twilio's words, without the values that were sent."""
    words = str(error)
    for _, new in step.fields.values():
        if isinstance(new, str) and new:
            words = words.replace(visible(new), "…")
    return words
