"""A fault at any statement of a story changes nothing: neither what the mirror holds in the end nor what its calls return."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from cases import LAWS, cases
from faults import KINDS, LOST, Fault, Plan
from postgres_mirrors import Schemas, fresh_schema, raw
from story import MODELS, Story, revisions, small, stored
from wrapping import COMMIT, everywhere

from twilio_orm.mirror.postgres import database as postgres
from twilio_orm.mirror.postgres.sessions import SNAPSHOT
from twilio_orm.mirror.store import Mirror

pytestmark = [pytest.mark.law, pytest.mark.slow]

FAULTS = [(kind, after) for kind in KINDS for after in (False, True)]
SAMPLE = cases(18, thorough=10**9, few=6)
"""At how many statements of the story a fault comes, in a run of its own each."""
OPENING = cases(12, thorough=10**9, few=6)
"""Likewise of the opening of a new mirror."""


SAVEPOINT, RELEASE = "SAVEPOINT callbacks", "RELEASE callbacks"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "DELAY", 0.0001)


def chosen(steps: Sequence[str], most: int) -> list[Fault]:
    """A fault at every statement, of each kind; or of one kind each at some that are spread over all, at some COMMITs, and where
    a savepoint is open."""
    if len(steps) * len(FAULTS) <= most:
        return [Fault(step, kind, after) for step in range(len(steps)) for kind, after in FAULTS]
    commits = [step for step, text in enumerate(steps) if text.endswith(f";{COMMIT}")]
    some = _spread(range(len(steps)), most * 2 // 3)
    inside = [step for step in range(1, len(steps)) if steps[: step + 1].count(SAVEPOINT) > steps[: step + 1].count(RELEASE)]
    return [
        *(Fault(step, *FAULTS[number % len(FAULTS)]) for number, step in enumerate(some)),
        *(Fault(step, LOST, number % 3 > 0) for number, step in enumerate(_spread(commits, most - len(some)))),
        *(Fault(step, "40001", False) for step in inside[:: max(len(inside) // 4, 1)]),
    ]


def _spread(steps: Sequence[int], most: int) -> list[int]:
    """Some steps, each somewhere in its part of all."""
    chance = random.Random("faults")
    return [steps[(number * len(steps) + chance.randrange(len(steps))) // most] for number in range(most)]


class Outcome:
    """What a run of the story left.

    ``told`` is what its calls returned, ``rows`` what the tables hold.
    """

    def __init__(self, url: str, plan: Plan) -> None:
        story = Story(url)
        with everywhere(plan):
            self.told = story.run()
        self.retried, self.steps, self.raised = story.retried + len(story.warned), plan.steps, plan.raised
        self.rows, self.revisions = stored(url), revisions(url)
        self.requests = [(seen.method, seen.path) for seen in story.fake.requests]
        self.records = records(url)


def records(url: str) -> dict[str, list[Any]]:
    """The records without the numbers of revisions, which depend on how often a sync that was interrupted began."""
    found = {}
    with raw(url) as connection:
        for model in MODELS:
            table = model.api_schema.table
            for name, own in ((table, "mirror_gone"), (f"{table}_history", "mirror_until")):
                columns = ", ".join(f'"{one}"' for one in _columns(connection, name) if one not in OWN)
                rows = connection.execute(f'SELECT {columns}, {own} IS NULL FROM "{name}"').fetchall()
                found[name] = sorted(map(repr, rows))
    return found


OWN = {"mirror_revision", "mirror_gone", "mirror_until", "mirror_digest", "rowid"}


def _columns(connection: Any, table: str) -> list[str]:
    return [one.name for one in connection.execute(f'SELECT * FROM "{table}" LIMIT 0').description]


WHATEVER = ("read", "history", "apply", "redact", "prune")
"""The steps that return the same, also where a step before them was interrupted and taken again."""


def differences(found: Outcome, expected: Outcome) -> list[str]:
    """What a run with a fault has done otherwise."""
    wrong = [] if found.revisions == list(range(1, len(found.revisions) + 1)) else [f"revisions {found.revisions}"]
    events = found.told["history"][0]
    wrong += [f"{one} was told twice" for one in {*events} if events.count(one) != expected.told["history"][0].count(one)]
    if not found.retried:
        wrong += [f"{name}: {found.told[name]}, not {told}" for name, told in expected.told.items() if found.told[name] != told]
        wrong += [
            f"{name}: {sorted({*found.rows[name]} ^ {*rows})[:4]}"
            for name, rows in expected.rows.items()
            if found.rows[name] != rows
        ]
        wrong += ["other requests"] * (sorted(found.requests) != sorted(expected.requests))
    wrong += [f"{name} returned {found.told[name]}" for name in WHATEVER if found.told[name] != expected.told[name]]
    wrong += [f"records of {name}" for name, rows in expected.records.items() if found.records[name] != rows]
    return wrong


def test_a_fault_at_any_statement_changes_nothing(postgres_dsn: str) -> None:
    """Only what reads, in a transaction of one moment, may fail: the story then takes that step again."""
    schemas = Schemas(postgres_dsn)

    def make(url: str) -> None:
        mirror = Mirror(url, [model.api_schema for model in MODELS], "api.twilio.com", "us1")
        mirror.open()
        mirror.close()

    def run(faults: list[Fault]) -> Outcome:
        name, url = schemas.take("story", make)
        try:
            with small():
                return Outcome(url, Plan(faults))
        finally:
            schemas.give_back(name)

    try:
        expected = run([])
        assert not expected.retried and not expected.raised and differences(run([]), expected) == []
        retried = 0
        for fault in chosen(expected.steps, SAMPLE):
            found = run([fault])
            assert found.raised == [fault]
            assert found.retried <= 1 and (not found.retried or _is_a_reader(found, fault)), (fault, found.steps[fault.step])
            assert differences(found, expected) == [], (fault, found.steps[fault.step - 3 : fault.step + 2])
            retried += found.retried
        assert LAWS == "few" or retried < SAMPLE // 2
    finally:
        schemas.drop()


def _is_a_reader(found: Outcome, fault: Fault) -> bool:
    """Whether the statement that failed reads."""
    text = found.steps[fault.step]
    return text in (SNAPSHOT, COMMIT) or text.split(None, 1)[0] in ("SELECT", "DECLARE", "FETCH") or text == "BEGIN READ ONLY"


def test_a_fault_at_any_statement_of_the_first_opening_changes_nothing(postgres_dsn: str) -> None:
    """The tables are made to the end, and each once."""

    def opened(number: int, faults: list[Fault]) -> tuple[Any, Plan]:
        plan = Plan(faults)
        with fresh_schema(postgres_dsn, f"opening_{os.getpid()}_{number}") as url:
            mirror = Mirror(url, [MODELS[2].api_schema], "api.twilio.com", "us1")
            with everywhere(plan):
                mirror.open()
            mirror.close()
            with raw(url) as connection:
                select = "SELECT tablename, indexname FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1, 2"
                shape = connection.execute(select).fetchall()
            return (shape, stored(url)), plan

    expected, plan = opened(0, [])
    for number, fault in enumerate(chosen(plan.steps, OPENING)):
        found, made = opened(number + 1, [fault])
        assert made.raised == [fault]
        assert found == expected, (fault, made.steps[fault.step])


def test_an_idle_connection_that_the_server_ended_is_replaced(postgres_schema: str) -> None:
    """Whatever comes next, it does not fail: a read, a read of one moment, a SELECT of the user's, one of peewee's, a unit."""
    mirror = Mirror(postgres_schema, [MODELS[2].api_schema], "api.twilio.com", "us1")
    database: Any = mirror.open()

    def read() -> Any:
        with database.reading() as session:
            return session.execute("SELECT count(*) FROM mirror_clock").fetchone()

    def snapshot() -> Any:
        with database.snapshot() as session:
            return session.execute("SELECT count(*) FROM mirror_clock").fetchone()

    uses: list[Callable[[], Any]] = [
        read, snapshot, lambda: mirror.select_only("SELECT count(*) FROM mirror_clock")[1][0],
        lambda: database.execute_sql("SELECT count(*) FROM mirror_clock").fetchone(),
        lambda: database.unit(lambda unit: (unit.stamp(None), unit.connection.execute("SELECT 1").fetchone())[1]),
    ]  # fmt: skip
    with raw(postgres_schema) as other:
        for number, use in enumerate(uses):
            with database.reading() as session:
                process = session.raw.info.backend_pid
            other.execute("SELECT pg_terminate_backend(%s, 10000)", (process,))
            assert use() == (1,), number
            with database.reading() as session:
                assert session.raw.info.backend_pid != process
    assert mirror.revision() == 1
    mirror.close()
