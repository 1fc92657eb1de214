"""The journal of plans: what was to be sent to Twilio, and how far that has come. It knows no resource and asks nothing.

A step is marked ``sending``, on the disk, before its request leaves; one that is found so was broken off, and is in doubt.
What is personal stands in ``mirror_steps`` alone, as plain text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .connections import MirrorConnection
from .database import MirrorDatabase

WAITING, SENDING, DONE, SKIPPED, FAILED = "waiting", "sending", "done", "skipped", "failed"


@dataclass(frozen=True)
class Entry:
    """A plan as it is journaled.

    :param kind: what made it. :param made: when, as text. :param unchanged: records that had nothing to change.
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

    :param verb: ``POST``, ``DELETE``, or nothing where the record was left out from the start.
    :param key: the record's key, as JSON; ``record`` what it was when it was last looked at; ``fields`` what changes.
    :param why: what is to be said of its state. :param at: when it came to it.
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
    """Who applies a plan, since when, and when it was last heard of."""

    name: str
    since: str
    beat: str


class Journal:
    """The plans of a mirror's file. Each word is one transaction."""

    def __init__(self, database: MirrorDatabase) -> None:
        self._database = database

    def write(self, entry: Entry, lines: Iterable[Line]) -> None:
        """Write a new plan down, whole."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO mirror_plans (id, account_sid, resource, kind, made, unchanged) VALUES (?, ?, ?, ?, ?, ?)",
                (entry.id, entry.account, entry.resource, entry.kind, entry.made, entry.unchanged),
            )
            connection.executemany(
                "INSERT INTO mirror_steps (plan, number, verb, key, way, record, fields, state, why, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (entry.id, one.number, one.verb, one.key, one.parent_path, one.record, one.fields, one.state, one.why, one.at)
                    for one in lines
                ],
            )

    def entries(self, account: str) -> list[tuple[Entry, dict[str, int]]]:
        """An account's plans, the oldest first, each with how many of its steps are in which state. Reads the disk."""
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
        """An account's plan of this id. Reads the disk."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT id, account_sid, resource, kind, made, unchanged FROM mirror_plans WHERE account_sid = ? AND id = ?",
                (account, plan),
            ).fetchone()
        return Entry(*row) if row else None

    def lines(self, plan: str) -> list[Line]:
        """The steps of a plan, in order. Reads the disk."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT number, verb, key, way, record, fields, state, why, at FROM mirror_steps WHERE plan = ? ORDER BY number",
                (plan,),
            ).fetchall()
        return [Line(*row) for row in rows]

    # -- doing it

    def hold(self, plan: str, name: str, now: str, lives: Callable[[Holder], bool]) -> Holder | None:
        """Become the one who applies a plan; or who does, where that one still lives."""
        with self._durably() as connection:
            row = connection.execute("SELECT holder, since, beat FROM mirror_plans WHERE id = ?", (plan,)).fetchone()
            if row is not None and row[0] is not None and lives(Holder(*row)):
                return Holder(*row)
            connection.execute("UPDATE mirror_plans SET holder = ?, since = ?, beat = ? WHERE id = ?", (name, now, now, plan))
        return None

    def release(self, plan: str, name: str) -> None:
        """Let a plan go."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE mirror_plans SET holder = NULL, since = NULL, beat = NULL WHERE id = ? AND holder = ?", (plan, name)
            )

    def sending(self, plan: str, number: int, name: str, now: str) -> bool | None:
        """Mark a step, on the disk, as one whose request is about to leave. None where it was forgotten meanwhile.

        False where somebody else has taken the plan over.
        """
        with self._durably() as connection:
            held = connection.execute("UPDATE mirror_plans SET beat = ? WHERE id = ? AND holder = ?", (now, plan, name)).rowcount
            marked = connection.execute(
                "UPDATE mirror_steps SET state = ?, why = NULL, at = ?"
                " WHERE ? AND plan = ? AND number = ? AND state != ? AND record IS NOT NULL",
                (SENDING, now, held, plan, number, DONE),
            ).rowcount
        return bool(marked) or (None if held else False)

    def mark(self, plan: str, line: Line) -> None:
        """What became of a step, with its record and fields as they are to be kept.

        One that is done stays so, and what was forgotten meanwhile stays forgotten.
        """
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE mirror_steps SET state = ?, why = ?, at = ?, fields = CASE WHEN record IS NOT NULL THEN ? END,"
                " record = CASE WHEN record IS NOT NULL THEN ? END WHERE plan = ? AND number = ? AND state != ?",
                (line.state, line.why, line.at, line.fields, line.record, plan, line.number, DONE),
            )

    @contextmanager
    def _durably(self) -> Iterator[MirrorConnection]:
        """A transaction that is on the disk when it ends: it outlives the machine's failing, not only the process's."""
        with self._database.reading() as connection:
            connection.execute("PRAGMA synchronous = FULL")
        try:
            with self._database.writing() as connection:
                yield connection
        finally:
            with self._database.reading() as connection:
                connection.execute("PRAGMA synchronous = NORMAL")


def prune(connection: sqlite3.Connection, before: str) -> None:
    """Drop the plans that were made before a moment and have nothing left to do; in the caller's transaction."""
    done = (
        "SELECT id FROM mirror_plans WHERE made < ?"
        f" AND id NOT IN (SELECT plan FROM mirror_steps WHERE state NOT IN ('{DONE}', '{SKIPPED}'))"
    )
    connection.execute(f"DELETE FROM mirror_steps WHERE plan IN ({done})", (before,))
    connection.execute("DELETE FROM mirror_plans WHERE made < ? AND id NOT IN (SELECT plan FROM mirror_steps)", (before,))
