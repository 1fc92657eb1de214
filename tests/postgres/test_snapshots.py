"""Snapshots on PostgreSQL: how few messages they take, and what is kept of the mirror's own tables from one to the next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest
from faults import lose
from guard import Recorder
from wrapping import everywhere

from twilio_orm import Call, NotCovered, connect
from twilio_orm.connection import Connection
from twilio_orm.mirror.postgres import sessions
from twilio_orm.testing import FakeTwilio

BEGIN, COMMIT = sessions.SNAPSHOT, "COMMIT"


@pytest.fixture
def opened(postgres_schema: str) -> Iterator[Callable[[], Connection]]:
    """Opens a connection to one mirror, as another process would: with a pool of its own."""
    fake, made = FakeTwilio(), list[Connection]()
    for number in range(30):
        fake.calls.add(to=f"+1415555{number:04d}", status="completed", start_time=fake.clock - timedelta(minutes=number))

    def one() -> Connection:
        made.append(connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=postgres_schema))
        return made[-1]

    yield one
    for connection in made:
        connection.close()


def test_an_answer_is_one_statement_between_two(opened: Callable[[], Connection]) -> None:
    """Coverage, what was redacted, and suspects are known from the first query on, until anything is stored."""
    recorder = Recorder()
    with everywhere(recorder):
        calls = Call.using(opened())
        calls.sync()
        list(calls.offline().order_by("-start_time")[:10])
        for _ in range(2):
            recorder.clear()
            assert len(list(calls.offline().order_by("-start_time")[:10])) == 10
            ((begin, rows, end),) = recorder.transactions
            assert (begin, end) == (BEGIN, COMMIT) and 'FROM "call" WHERE' in rows
        for more in (True, False):  # the coverage of another question is read once, too
            recorder.clear()
            assert calls.offline().filter(status="completed").count() == 30
            assert [len(one) > 3 for one in recorder.transactions] == [more]
        calls.filter(status="completed").sync()
        recorder.clear()
        list(calls.offline().order_by("-start_time")[:10])
        assert [len(one) > 3 for one in recorder.transactions] == [True]


def test_what_another_process_stores_is_seen_at_once(opened: Callable[[], Connection]) -> None:
    one, other = opened(), opened()
    calls = Call.using(one).offline()
    with pytest.raises(NotCovered):
        list(calls)
    Call.using(other).sync()
    assert len(list(calls)) == 30
    with other.mirror.database.reading() as session:
        session.execute("BEGIN")
        session.execute("DELETE FROM mirror_sweeps")
        session.execute("INSERT INTO mirror_units (number, token) SELECT max(number) + 1, 'another' FROM mirror_units")
        session.execute("COMMIT")
    with pytest.raises(NotCovered):
        list(calls)


def test_a_mirror_that_was_restored_is_not_taken_for_what_it_was(opened: Callable[[], Connection]) -> None:
    """It counts its units from an earlier number on, so that a number comes twice; a token does not."""
    one, other = opened(), opened()
    calls = Call.using(one).offline()
    Call.using(other).sync()
    assert len(list(calls)) == 30
    with other.mirror.database.reading() as session:
        session.execute("DELETE FROM mirror_sweeps")
        session.execute(
            "UPDATE mirror_units SET token = 'of another history' WHERE number = (SELECT max(number) FROM mirror_units)"
        )
    with pytest.raises(NotCovered):
        list(calls)


def test_many_results_and_long_ones_are_not_kept(opened: Callable[[], Connection], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "KEPT", 3)
    database = opened().mirror.open()
    with database.snapshot() as session:
        for number in (*range(10), *range(10)):
            assert session.fetch_own("SELECT ?::int FROM generate_series(1, ?::int)", (number, number)) == [(number,)] * number
        known = session.known
        assert known is not None and len(known) <= 3 and all(len(rows) <= 3 for rows in known.values())
    with database.reading() as session:
        assert session.fetch_own("SELECT 1") == [(1,)] and session.known is None


@pytest.mark.parametrize("is_sent", [True, False])
def test_a_connection_that_is_lost_at_the_end_of_a_snapshot_is_replaced(
    opened: Callable[[], Connection], monkeypatch: pytest.MonkeyPatch, is_sent: bool
) -> None:
    """What was read is the answer all the same."""
    calls = Call.using(opened())
    calls.sync()
    send, lost = sessions.send, []

    def send_and_lose(raw: psycopg.Connection, statement: str) -> None:
        if is_sent:
            send(raw, statement)
        lost.append(raw)
        lose(raw)
        if not is_sent:
            send(raw, statement)

    with monkeypatch.context() as patched:
        patched.setattr(sessions, "send", send_and_lose)
        assert len(list(calls.offline())) == 30
    assert len(list(calls.offline())) == 30 and calls.offline().count() == 30
    assert len(lost) == 1 and lost[0].closed


def test_no_transaction_is_left_open(opened: Callable[[], Connection], postgres_schema: str) -> None:
    """The server ends a snapshot though nobody reads its answer, with as many threads as there are connections."""
    one = opened()
    Call.using(one).sync()
    threads = [threading.Thread(target=lambda: list(Call.using(one).offline())) for _ in range(sessions.MOST)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with opened().mirror.database.reading() as session:
        states = "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        states += " AND application_name = 'twilio_orm' AND state LIKE 'idle in%'"
        for _ in range(100):
            if not session.execute(states).fetchall():
                return
            threading.Event().wait(0.02)
    raise AssertionError("a transaction is open")


def test_one_connection_serves_one_snapshot_after_the_other(opened: Callable[[], Connection]) -> None:
    database = opened().mirror.open()
    used = set()
    for _ in range(3):
        with database.snapshot() as session:
            used.add(session.raw)
        with database.reading() as session:
            with database.snapshot():
                pass
            used.add(session.raw)
            assert session.execute("SELECT 1").fetchall() == [(1,)]
    assert len(used) == 1
