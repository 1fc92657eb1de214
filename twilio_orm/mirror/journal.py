"""The journal of write plans: what is to be sent to Twilio, and how far that has come. It knows no resource and sends nothing.

A step is marked ``sending``, on the disk, before its request leaves. One that is found so was interrupted: its outcome is not
known.
Personal data is in ``mirror_steps`` alone, as plain text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .database import Engine
    from .engine import Session
    from .revisions import Unit

WAITING, SENDING, DONE, SKIPPED, FAILED = "waiting", "sending", "done", "skipped", "failed"


@dataclass(frozen=True)
class Entry:
    """A write plan as it is journaled.

    :param kind: the method that made it.
    :param made: when, as text.
    :param unchanged: how many records had nothing to change.
    """

    id: str
    account: str
    resource: str
    kind: str
    made: str
    unchanged: int = 0


@dataclass(frozen=True)
class Line:
    """A step as it is journaled.

    :param number: its position in the plan.
    :param verb: ``POST``, ``DELETE``, or ``""`` if the record was skipped from the start.
    :param key: the record's key, as JSON.
    :param parent_path: the parent path of its request.
    :param record: the record when it was last fetched, as JSON; None once it was redacted.
    :param fields: the changes, as JSON.
    :param state: one of ``WAITING``, ``SENDING``, ``DONE``, ``SKIPPED``, ``FAILED``.
    :param why: why it is in this state.
    :param at: since when, as text.
    """

    number: int
    verb: str
    key: str
    parent_path: str = ""
    record: str | None = None
    fields: str | None = None
    state: str = WAITING
    why: str | None = None
    at: str | None = None


@dataclass(frozen=True)
class Holder:
    """The process that applies a plan, since when, and when it last wrote to the journal."""

    name: str
    since: str
    beat: str


class Journal:
    """The write plans of a mirror's file. Each method is one transaction."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def write(self, entry: Entry, lines: Iterable[Line]) -> None:
        """Store a new plan with all its steps. Writes the disk."""
        steps = [
            (entry.id, one.number, one.verb, one.key, one.parent_path, one.record, one.fields, one.state, one.why, one.at)
            for one in lines
        ]

        def work(unit: Unit) -> None:
            unit.connection.execute(
                "INSERT INTO mirror_plans (id, account_sid, resource, kind, made, unchanged) VALUES (?, ?, ?, ?, ?, ?)",
                (entry.id, entry.account, entry.resource, entry.kind, entry.made, entry.unchanged),
            )
            unit.connection.executemany(
                "INSERT INTO mirror_steps (plan, number, verb, key, way, record, fields, state, why, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                steps,
            )

        self._database.unit(work)

    def entries(self, account: str) -> list[tuple[Entry, dict[str, int]]]:
        """Return an account's plans, the oldest first, each with the number of its steps by state. Reads the disk."""
        with self._database.snapshot() as connection:
            found = connection.execute(
                "SELECT id, account_sid, resource, kind, made, unchanged FROM mirror_plans WHERE account_sid = ? ORDER BY rowid",
                (account,),
            ).fetchall()
            counted = connection.execute(
                "SELECT plan, state, count(*) FROM mirror_steps WHERE plan IN"
                " (SELECT id FROM mirror_plans WHERE account_sid = ?) GROUP BY plan, state ORDER BY plan, state",
                (account,),
            ).fetchall()
        states: dict[str, dict[str, int]] = {}
        for plan, state, count in counted:
            states.setdefault(plan, {})[state] = count
        return [(Entry(*row), states.get(row[0], {})) for row in found]

    def entry(self, account: str, plan: str) -> Entry | None:
        """Return an account's plan, or None. Reads the disk."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT id, account_sid, resource, kind, made, unchanged FROM mirror_plans WHERE account_sid = ? AND id = ?",
                (account, plan),
            ).fetchone()
        return Entry(*row) if row else None

    def lines(self, plan: str) -> list[Line]:
        """Return the steps of a plan, in order. Reads the disk."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT number, verb, key, way, record, fields, state, why, at FROM mirror_steps WHERE plan = ? ORDER BY number",
                (plan,),
            ).fetchall()
        return [Line(*row) for row in rows]

    # -- applying a plan

    def hold(self, plan: str, name: str, now: str, lives: Callable[[Holder], bool]) -> Holder | None:
        """Become the holder of a plan, who applies it. Writes the disk.

        :param lives: tells whether a holder is still alive.
        :returns: the present holder, if it is alive, else None.
        """

        def work(unit: Unit) -> Holder | None:
            found = unit.connection.execute("SELECT holder, since, beat FROM mirror_plans WHERE id = ?", (plan,)).fetchone()
            if found is not None and found[0] is not None and lives(Holder(*found)):
                return Holder(*found)
            changed = "UPDATE mirror_plans SET holder = ?, since = ?, beat = ? WHERE id = ?"
            unit.connection.execute(changed, (name, now, now, plan))
            return None

        return self._database.unit(work, durably=True)

    def beat(self, plan: str, name: str, now: str) -> bool:
        """Note that the holder of a plan is alive. Writes the disk.

        :returns: False if another process has taken the plan over.
        """

        def work(unit: Unit) -> bool:
            held = "UPDATE mirror_plans SET beat = ? WHERE id = ? AND holder = ?"
            return bool(unit.connection.execute(held, (now, plan, name)).rowcount)

        return self._database.unit(work)

    def release(self, plan: str, name: str) -> None:
        """Give a plan up. Writes the disk."""

        def work(unit: Unit) -> None:
            unit.connection.execute(
                "UPDATE mirror_plans SET holder = NULL, since = NULL, beat = NULL WHERE id = ? AND holder = ?", (plan, name)
            )

        self._database.unit(work)

    def sending(self, plan: str, number: int, name: str, now: str) -> bool | None:
        """Mark a step as one whose request is about to leave. Writes the disk, and waits until it is written.

        :returns: False if another process has taken the plan over, None if the record was redacted meanwhile.
        """

        def work(unit: Unit) -> bool | None:
            held = "UPDATE mirror_plans SET beat = ? WHERE id = ? AND holder = ?"
            if not unit.connection.execute(held, (now, plan, name)).rowcount:
                return False
            marked = unit.connection.execute(
                "UPDATE mirror_steps SET state = ?, why = NULL, at = ?"
                " WHERE plan = ? AND number = ? AND state != ? AND record IS NOT NULL",
                (SENDING, now, plan, number, DONE),
            ).rowcount
            return bool(marked) or None

        return self._database.unit(work, durably=True)

    def mark(self, plan: str, line: Line) -> None:
        """Store the outcome of a step, with its record and fields. Writes the disk.

        A step that is done stays done, and what was redacted meanwhile stays redacted.
        """

        def work(unit: Unit) -> None:
            unit.connection.execute(
                "UPDATE mirror_steps SET state = ?, why = ?, at = ?, fields = CASE WHEN record IS NOT NULL THEN ? END,"
                " record = CASE WHEN record IS NOT NULL THEN ? END WHERE plan = ? AND number = ? AND state != ?",
                (line.state, line.why, line.at, line.fields, line.record, plan, line.number, DONE),
            )

        self._database.unit(work)


def prune(connection: Session, before: str) -> None:
    """Drop the plans that were made before a moment and are finished; in the caller's transaction."""
    done = (
        "SELECT id FROM mirror_plans WHERE made < ?"
        f" AND id NOT IN (SELECT plan FROM mirror_steps WHERE state NOT IN ('{DONE}', '{SKIPPED}'))"
    )
    connection.execute(f"DELETE FROM mirror_steps WHERE plan IN ({done})", (before,))
    connection.execute("DELETE FROM mirror_plans WHERE made < ? AND id NOT IN (SELECT plan FROM mirror_steps)", (before,))
