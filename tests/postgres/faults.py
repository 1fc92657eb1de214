"""Faults of a server, at chosen statements: a transaction that is rolled back, a session that ends, a connection that is lost."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterable
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import TransactionStatus
from wrapping import COMMIT, ROLLBACK, WrappedConnection

LOST = ""
"""In place of an SQLSTATE: the connection is closed, and the error has none."""
KINDS = ("40001", "40P01", "57P01", LOST)
ROLLED_BACK = ("40001", "40P01")
"""The server has rolled back the transaction, and the connection can be used again after ``rollback()``."""


class Fault(NamedTuple):
    """A fault at one statement.

    :param step: the number of the statement in the run, from 0; ``commit()`` and ``rollback()`` count, in a transaction.
    :param kind: the SQLSTATE of the error, one of ``KINDS``.
    :param after: whether the statement takes effect first. A statement that ends a transaction, or is alone, takes no effect
        where ``kind`` says that the server rolled back: no server says so after a COMMIT. Statements that are sent together are
        one: what the last of them does counts.
    """

    step: int
    kind: str
    after: bool


class Plan:
    """The faults of one run, over all its connections. An observer of them (:mod:`wrapping`).

    :param faults: at most one for each step.
    """

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.faults = {fault.step: fault for fault in faults}
        self.steps: list[str] = []
        """The texts of all statements so far."""
        self.raised: list[Fault] = []
        self._at: dict[int, Fault] = {}
        self._lock = threading.Lock()

    def before(self, connection: Any, text: str) -> None:
        """Count a statement, and raise the fault that comes before it."""
        with self._lock:
            fault = self.faults.get(len(self.steps))
            self.steps.append(text)
        self._at.pop(id(connection), None)  # of a statement that failed by itself
        if fault is None:
            return
        alone = connection.info.transaction_status == TransactionStatus.IDLE
        ends = text.upper().rstrip("; ").rpartition(";")[2].strip() in (COMMIT, ROLLBACK, "END", "ABORT")
        if fault.after and not (fault.kind in ROLLED_BACK and (alone or ends)):
            self._at[id(connection)] = fault
        else:
            self._raise(connection, fault)

    def after(self, connection: Any, text: str) -> None:  # noqa: ARG002
        """Raise the fault that comes after a statement."""
        fault = self._at.pop(id(connection), None)
        if fault is not None:
            self._raise(connection, fault)

    def _raise(self, connection: Any, fault: Fault) -> None:
        self.raised.append(fault)
        if fault.kind in ROLLED_BACK:
            if connection.info.transaction_status == TransactionStatus.INTRANS:
                fail(connection)
            raise psycopg.errors.lookup(fault.kind)("a fault of the test: the transaction is rolled back")
        lose(connection)
        if fault.kind == LOST:
            connection.execute("SELECT 1")  # raises what psycopg raises
        raise psycopg.errors.lookup(fault.kind)("a fault of the test: terminating connection due to administrator command")


class FaultyConnection(WrappedConnection):
    """A connection with the faults of a plan.

    :param real: the connection of psycopg's.
    :param plan: the plan, which several connections may share.
    """

    def __init__(self, real: Any, plan: Plan) -> None:
        super().__init__(real, plan)


def fail(connection: Any) -> None:
    """Have the server abort a connection's transaction, which then takes nothing but a rollback."""
    try:
        connection.execute("SELECT 1 / 0")
    except psycopg.errors.DivisionByZero:
        return


def lose(connection: Any) -> None:
    """Lose a connection: server and client each see that the other one went away, and the server rolls back."""
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return
