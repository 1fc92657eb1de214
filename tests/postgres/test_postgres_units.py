"""Units on PostgreSQL: revisions in the order of commits, what failed runs again, and a lost COMMIT is settled once."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twilio_orm.errors import ConfigurationError, MirrorError, MirrorLocked
from twilio_orm.mirror import revisions
from twilio_orm.mirror.coverage.absence import key_numbers
from twilio_orm.mirror.coverage.checkpoints import Checkpoint
from twilio_orm.mirror.postgres import database as postgres
from twilio_orm.mirror.postgres.url import PostgresUrl
from twilio_orm.mirror.revisions import Unit
from twilio_orm.mirror.store import Mirror
from twilio_orm.query.constraints import Constraints
from twilio_orm.schema.clocks import CLOCK_TOLERANCE
from twilio_orm.schema.registry import SCHEMAS

CALL = next(schema for schema in SCHEMAS if schema.table == "call")


def opened(url: str) -> Mirror:
    mirror = Mirror(url, SCHEMAS, "api.twilio.com", "us1")
    mirror.open()
    return mirror


@pytest.fixture
def mirror(postgres_schema: str) -> Iterator[Mirror]:
    made = opened(postgres_schema)
    yield made
    made.close()


def call(number: int, **fields: Any) -> Any:
    sid = f"CA{number:032x}"
    body = dict.fromkeys(CALL.columns) | {"sid": sid, "account_sid": "AC" + "0" * 32, "status": "queued"} | fields
    return CALL.codec.read({name.rstrip("_"): value for name, value in body.items()}, {})


def stored(mirror: Mirror) -> list[tuple[Any, ...]]:
    with mirror.reading() as connection:
        return connection.execute('SELECT rowid, sid, status, mirror_revision FROM "call" ORDER BY rowid').fetchall()


def test_the_next_revision_is_not_dated_as_a_wrong_clock_dated_the_last(mirror: Mirror) -> None:
    """Whether it is one that nobody believes any more, or a little ahead."""
    now = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
    for number, (ahead, kept) in enumerate(((timedelta(days=2), False), (CLOCK_TOLERANCE, True))):
        mirror.absorb(CALL, [call(number)], mirror.revision(), now + ahead)
        mirror.discard_future_dates(now)
        mirror.absorb(CALL, [call(number, status="busy")], mirror.revision(), now)
        with mirror.reading() as connection:
            dates = {revisions.date_of(connection, revision) for revision in (mirror.revision() - 1, mirror.revision())}
        assert dates == {now + ahead if kept else now}


def test_revisions_come_in_the_order_of_commits(postgres_schema: str) -> None:
    """Whoever polls ``changes`` never sees a revision after a later one."""
    mirrors = [opened(postgres_schema) for _ in range(4)]
    seen: list[int] = []
    done = threading.Event()

    def write(which: int) -> None:
        for number in range(30):
            mirrors[which].absorb(CALL, [call(which * 1000 + number)], mirrors[which].revision())

    def poll() -> None:
        reader = opened(postgres_schema)
        while True:
            last = done.is_set()
            with reader.reading() as connection:
                new = connection.execute("SELECT id FROM mirror_revisions WHERE id > ? ORDER BY id", (max(seen, default=0),))
                seen.extend(row[0] for row in new.fetchall())
            if last:
                return

    writers = [threading.Thread(target=write, args=(which,)) for which in range(4)]
    poller = threading.Thread(target=poll)
    for one in (poller, *writers):
        one.start()
    for one in writers:
        one.join()
    done.set()
    poller.join()
    assert seen == list(range(1, 121))
    assert [row[0] for row in stored(mirrors[0])] == list(range(1, 121))


def test_what_is_rolled_back_leaves_no_revision(mirror: Mirror) -> None:
    def fail(unit: Unit) -> None:
        unit.stamp(None)
        raise LookupError

    with pytest.raises(LookupError):
        mirror.open().unit(fail)
    mirror.open().unit(lambda unit: unit.revision)
    assert mirror.absorb(CALL, [call(1)], 0).new == 1
    assert mirror.absorb(CALL, [call(1)], 1).unchanged == 1
    assert mirror.revision() == 1
    with mirror.reading() as connection:
        assert revisions.latest(connection) == 1


def test_a_unit_does_not_begin_within_a_transaction(mirror: Mirror) -> None:
    with mirror.reading(), pytest.raises(MirrorError, match="within"):
        mirror.open().unit(lambda unit: unit.revision)
    assert mirror.absorb(CALL, [call(1)], 0).new == 1


STATES = ("40001", "40P01", "57P01", None)


class Failing:
    """Fails once, at a statement of a unit, before or after it was run: by an error of the server, or without its connection."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, when: str, state: str | None) -> None:
        self.count, self.failed = 0, False
        real = psycopg.Connection.execute

        def execute(connection: Any, query: Any, *arguments: Any, **options: Any) -> Any:
            words = query if isinstance(query, str) else str(query)
            counts = not self.failed and connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE
            self.count += counts
            fails = counts and self.count == at and "ROLLBACK" not in words
            if fails and when == "before":
                self.fail(connection, state)
            result = real(connection, query, *arguments, **options)
            if fails:
                self.fail(connection, state)
            return result

        monkeypatch.setattr(psycopg.Connection, "execute", execute)

    def fail(self, connection: Any, state: str | None) -> None:
        self.failed = True
        if state is None or state.startswith("57"):
            connection.close()
        raise psycopg.errors.lookup(state)("x") if state else psycopg.OperationalError("the connection is lost")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("state", STATES)
def test_a_fault_at_any_statement_changes_nothing(
    postgres_schema: str, monkeypatch: pytest.MonkeyPatch, when: str, state: str | None
) -> None:
    """Each statement of a page fails once, COMMIT among them: the page is stored once, and reported as without a fault."""
    monkeypatch.setattr(postgres, "DELAY", 0.0001)
    mirror = opened(postgres_schema)
    for at in range(1, 40):
        first = [call(at * 100 + number) for number in range(12)]
        later = [call(at * 100 + number, status="completed" if number % 3 else "queued") for number in range(14)]
        for page, expected in ((first, (12, 0, 0)), (later, (2, 8, 4))):
            with monkeypatch.context() as patched:
                failing = Failing(patched, at, when, state)
                done = mirror.absorb(CALL, page, mirror.revision())
            assert (done.new, done.changed, done.unchanged) == expected, (at, failing.count)
        assert mirror.revision() == at * 2
        if not failing.failed:
            break
    else:
        raise AssertionError("a unit has fewer statements")
    assert at > 6
    assert [row[0] for row in stored(mirror)] == list(range(1, at * 14 + 1))


def test_a_unit_waits_for_the_disk_as_the_server_is_set_unless_it_must_or_need_not(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step of a plan must; the checkpoint of a page with nothing new need not: the page would be read again."""
    ends: list[str] = []
    real = psycopg.Connection.execute

    def execute(connection: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(query, psycopg.sql.Composed):
            ends.append(query.as_string(connection).partition("INSERT")[0])
        return real(connection, query, *arguments, **options)

    monkeypatch.setattr(psycopg.Connection, "execute", execute)
    now = datetime(2026, 6, 1, tzinfo=timezone.utc)
    place = Checkpoint(Constraints(), "/next", now, 1, key_numbers([]), "owner", 1, "", "")
    mirror.absorb(CALL, [call(1)], 0, checkpoints=[("AC1", place)])
    mirror.absorb(CALL, [call(1)], 1, checkpoints=[("AC1", replace(place, pages=2))])
    mirror.open().unit(lambda unit: unit.stamp(None), durably=True)
    assert ends == ["", "SET LOCAL synchronous_commit = off;", "SET LOCAL synchronous_commit = on;"]


def test_what_always_fails_is_given_up(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "DELAY", 0.0001)
    tries: list[int] = []

    def fail(unit: Unit) -> None:
        tries.append(unit.revision)
        raise psycopg.errors.SerializationFailure("x")

    with pytest.raises(MirrorError):
        mirror.open().unit(fail)
    assert tries == [1] * postgres.TRIES


def test_a_session_that_holds_the_clock_row_is_named(postgres_schema: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror, other = opened(postgres_schema), opened(postgres_schema)
    database: Any = mirror.open()

    def wait(unit: Unit) -> None:
        unit.stamp(None)
        with other.open().reading() as connection:
            connection.execute("SET lock_timeout = '50ms'")
        with pytest.raises(MirrorLocked):
            other.open().unit(lambda unit: unit.revision)

    database.unit(wait)
    assert mirror.revision() == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_has_connections_of_its_own(mirror: Mirror) -> None:
    mirror.absorb(CALL, [call(1)], 0)
    with mirror.reading():
        child = os.fork()
        if not child:
            status = 1
            try:
                mirror.absorb(CALL, [call(2)], 1)
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
    mirror.absorb(CALL, [call(3)], 2)
    assert [row[0] for row in stored(mirror)] == [1, 2, 3]


# ---------------------------------------------------------------- rows


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.lists(
                st.tuples(
                    st.integers(0, 12),
                    st.sampled_from(["queued", "completed", "a\\b\t\n", "é\ufffd"]),
                    st.sampled_from(
                        [None, "-0.03000", "-0.0000", "1E-7", "0.1234567890123456789", "12345678901234567890", "0.5"]
                    ),
                    st.booleans(),
                ),
                max_size=14,
                unique_by=lambda one: one[0],
            ),
            st.integers(0, 3),
        ),
        max_size=6,
    )
)
def test_pages_are_stored_as_sqlite_stores_them(mirror: Mirror, pages: Any) -> None:
    other = Mirror(":memory:", SCHEMAS, "api.twilio.com", "us1")
    other.open()
    for one in (mirror, other):
        wipe(one)
    base = mirror.revision()
    for rows, age in pages:
        page = [
            call(number, status=status, price=price, **({"unknown": "\x00\ud800"} if odd else {}))
            for number, status, price, odd in rows
        ]
        results = [one.absorb(CALL, page, max(one.revision() - age, start)) for one, start in ((mirror, base), (other, 0))]
        assert [vars_of(one) for one in results][0] == vars_of(results[1])
    assert everything(mirror, base) == everything(other, 0)


def wipe(mirror: Mirror) -> None:
    """Delete the rows."""

    def work(unit: Unit) -> None:
        for table in ("call", "call_history"):
            if unit.connection.has_table(table):
                unit.connection.execute(f'DELETE FROM "{table}"')

    mirror.open().unit(work)


def vars_of(absorbed: Any) -> tuple[int, int, int]:
    return absorbed.new, absorbed.changed, absorbed.unchanged


def everything(mirror: Mirror, base: int) -> list[Any]:
    """Each version of each record, its revision counted from ``base``."""
    found = []
    at = CALL.codec.revision_slot
    with mirror.reading() as connection:
        keys = [row[0] for row in connection.execute('SELECT sid FROM "call" ORDER BY rowid').fetchall()]
    for key in keys:
        for _, row in mirror.versions(CALL, (key,)):
            found.append((*row[:at], row[at] - base, *row[at + 1 :]))
    return found


# ---------------------------------------------------------------- URLs


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://app:s3cret@db.example:6432/app?schema=twilio&sslmode=require", "postgres://app:s3cret@[::1]/app",
        "postgresql:///app?password=s3cret&host=/tmp", "postgresql://db/app?sslpassword=s3cret&user=me",
        "postgresql://a%40b:s3cret@h1,h2/app",
    ],
)  # fmt: skip
def test_the_password_is_never_shown(text: str) -> None:
    url = PostgresUrl(text)
    assert "s3cret" in url.target.reveal() and "schema=" not in url.target.reveal()
    assert "s3cret" not in f"{url.shown} {url!r} {url} {vars(url)}"
    mirror = Mirror(text, SCHEMAS)
    assert "s3cret" not in f"{mirror.path} {mirror!r} {vars(mirror)} {vars(mirror.database)}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mysql://h/d", "PostgreSQL"), ("postgresql://h/d?schema=Ä", "schema"), ("postgresql://h/d?schema=pg_x", "schema"),
        ("postgresql://h:x/d", "cannot be read"), ("postgresql://h/d/e", "PostgreSQL"), ("postgresql://h/d?schema=", "schema"),
    ],
)  # fmt: skip
def test_other_urls_are_refused(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        PostgresUrl(text)
