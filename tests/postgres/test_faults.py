"""The faults of :mod:`faults` are what a server does: held against PostgreSQL itself, by a run of changes with retries."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest
from faults import KINDS, LOST, ROLLED_BACK, Fault, FaultyConnection, Plan
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from postgres_mirrors import raw
from psycopg.pq import TransactionStatus
from wrapping import everywhere

WAYS = ("commit", "with", "transaction", "text")
"""The ways to end a transaction."""


def ready(url: str) -> None:
    """Make an empty table."""
    with raw(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS item (id bigint, word text); DELETE FROM item")


def stored(url: str) -> list[int]:
    """The numbers in it, once no session that was lost is still in a transaction."""
    with raw(url) as connection:
        busy = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
            " AND query LIKE '%item%'"
        )
        until = time.monotonic() + 10
        while connection.execute(busy).fetchone() != (0,) and time.monotonic() < until:
            time.sleep(0.01)
        return sorted(one for (one,) in connection.execute("SELECT id FROM item").fetchall())


def write(connection: Any, first: int) -> None:
    """Four statements that insert four rows, each in its way."""
    connection.execute("INSERT INTO item VALUES (%s, 'one')", (first,))
    with connection.cursor() as cursor:
        cursor.execute(b"INSERT INTO item VALUES (%s, 'two')", (first + 1,))
        with cursor.copy("COPY item FROM STDIN") as copying:
            copying.write_row((first + 2, "three"))
        cursor.executemany(psycopg.sql.SQL("INSERT INTO item VALUES (%s, %s)"), [(first + 3, "four")])
        assert cursor.connection is connection


def unit(connection: Any, way: str, first: int) -> None:
    """The same in one transaction: five steps, or six where BEGIN and COMMIT are texts."""
    if way == "transaction":
        with connection.transaction():
            write(connection, first)
    elif way == "with":
        with connection:
            write(connection, first)
    elif way == "commit":
        write(connection, first)
        connection.commit()
    else:
        connection.execute("BEGIN")
        write(connection, first)
        connection.execute("COMMIT")


def connected(url: str, way: str, plan: Plan) -> Any:
    """A connection with a plan's faults."""
    return FaultyConnection(raw(url, autocommit=way in ("transaction", "text")), plan)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.sampled_from(WAYS), some.integers(0, 7), some.sampled_from(KINDS), some.booleans())
def test_a_fault_leaves_what_it_says(postgres_schema: str, way: str, step: int, kind: str, after: bool) -> None:
    """All rows or none; all of them only where the COMMIT took effect before the connection was lost. A retry works."""
    ready(postgres_schema)
    fault, plan = Fault(step, kind, after), Plan([Fault(step, kind, after)])
    steps = 6 if way == "text" else 5
    connection = connected(postgres_schema, way, plan)
    if step >= steps:
        unit(connection, way, 0)
        assert plan.raised == [] and len(plan.steps) == steps
        connection.close()
        assert stored(postgres_schema) == [0, 1, 2, 3]
        return
    with pytest.raises(psycopg.OperationalError) as raised:
        unit(connection, way, 0)
    assert (raised.value.sqlstate or LOST) == kind
    assert plan.raised == [fault]
    if kind in ROLLED_BACK:
        if way != "with":  # which closes it
            assert not connection.closed
            connection.rollback()
            assert connection.info.transaction_status == TransactionStatus.IDLE
    else:
        assert connection.closed
    done = step == steps - 1 and after and kind not in ROLLED_BACK
    assert stored(postgres_schema) == ([0, 1, 2, 3] if done else [])
    if way == "with" or kind not in ROLLED_BACK:
        connection = connected(postgres_schema, way, plan)
    unit(connection, way, 4)
    connection.close()
    assert stored(postgres_schema) == ([0, 1, 2, 3] if done else []) + [4, 5, 6, 7]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.integers(0, 3), some.sampled_from(KINDS), some.booleans())
def test_a_fault_of_a_statement_that_is_alone(postgres_schema: str, step: int, kind: str, after: bool) -> None:
    """Each takes effect at once: those before the fault stay, the faulty one does where the connection was lost after it."""
    ready(postgres_schema)
    plan = Plan([Fault(step, kind, after)])
    connection = FaultyConnection(raw(postgres_schema), plan)
    with pytest.raises(psycopg.OperationalError):
        write(connection, 0)
    connection.close()
    assert stored(postgres_schema) == list(range(step + (after and kind not in ROLLED_BACK)))


def test_a_transaction_that_failed_takes_nothing_but_its_end(postgres_schema: str) -> None:
    ready(postgres_schema)
    connection = FaultyConnection(raw(postgres_schema, autocommit=False), Plan([Fault(1, "40001", False)]))
    connection.execute("INSERT INTO item VALUES (1, '')")
    with pytest.raises(psycopg.errors.SerializationFailure):
        connection.execute("SELECT 1")
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        connection.execute("SELECT 1")
    connection.rollback()
    assert connection.execute("SELECT count(*) FROM item").fetchall() == [(0,)]
    connection.close()


def test_a_lost_connection_is_broken_as_psycopg_says(postgres_schema: str) -> None:
    connection = FaultyConnection(raw(postgres_schema), Plan([Fault(0, LOST, False)]))
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    assert connection.closed and connection.broken
    connection.close()


def test_a_plan_counts_over_all_connections(postgres_schema: str) -> None:
    ready(postgres_schema)
    plan = Plan([Fault(5, "40P01", False)])
    with everywhere(plan):
        for first in (0, 4):
            with raw(postgres_schema) as connection:
                write(connection, first) if not first else pytest.raises(psycopg.errors.DeadlockDetected, write, connection, 4)
    assert [text.split()[0] for text in plan.steps[:4]] == ["INSERT", "INSERT", "COPY", "INSERT"]
    assert stored(postgres_schema) == [0, 1, 2, 3, 4]


def test_a_wrapped_connection_is_as_psycopgs(postgres_schema: str) -> None:
    ready(postgres_schema)
    connection = FaultyConnection(raw(postgres_schema), Plan())
    write(connection, 0)
    assert [one for (one,) in connection.execute("SELECT id FROM item ORDER BY id")] == [0, 1, 2, 3]
    with connection.cursor() as cursor:
        assert list(cursor.stream("SELECT id FROM item WHERE id < %s ORDER BY id", (2,))) == [(0,), (1,)]
        cursor.row_factory = psycopg.rows.scalar_row
        assert cursor.execute("SELECT count(*) FROM item").fetchone() == 4
    with connection.transaction():
        connection.execute("DELETE FROM item WHERE id = 0")
        with connection.transaction():
            connection.execute("DELETE FROM item")
            raise psycopg.Rollback
    with connection.transaction(force_rollback=True):
        connection.execute("DELETE FROM item")
    connection.autocommit = False
    assert not connection.real.autocommit
    assert connection.execute("SELECT count(*) FROM item").fetchall() == [(3,)]
    connection.rollback()
    with connection.transaction(), connection.cursor(name="rows") as rows:
        rows.execute("SELECT id FROM item ORDER BY id")
        assert rows.fetchmany(2) == [(1,), (2,)]
    connection.close()
