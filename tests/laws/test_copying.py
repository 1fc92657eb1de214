"""A copy of a mirror says what the mirror says, of now and of every moment; and whatever interrupts it, it is completed."""

from __future__ import annotations

import ast
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asking import OWN, WHOLE, Asker, Question, ask, connected
from copies import LIKE_MEMORY, SOME, Places, each, seeds
from forking import forked
from growth import READINGS, grow
from test_past import CALLS, OWNER, RECORDINGS, TABLES, Schedule, answers, copied_on_the_way

import twilio_orm
from twilio_orm import BadValue, ConfigurationError, IncomingPhoneNumber, MirrorError, NotCovered, WritePlan, copy_mirror
from twilio_orm.changes import mirror_copies
from twilio_orm.mirror import bulk_load, copied_tables, copying
from twilio_orm.mirror.copied_tables import CopiedTable
from twilio_orm.mirror.copying import MirrorCopier, TableCopy
from twilio_orm.mirror.store import Mirror
from twilio_orm.mirror.table_layout import column_names, history_table
from twilio_orm.schema.resource_schema import ResourceSchema
from twilio_orm.testing import FakeTwilio
from twilio_orm.webhooks.absorbing import absorb
from twilio_orm.webhooks.bodies import Callback

pytestmark = pytest.mark.law

SCHEMAS = [CALLS, RECORDINGS]
HOME = ("api.twilio.com", "us1")


@pytest.fixture(params=SOME, ids="-to-".join)
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    made = Places(tmp_path, request.param)
    yield made
    made.drop()


@pytest.fixture(autouse=True)
def _few_tables(monkeypatch: pytest.MonkeyPatch, few_tables: None) -> None:
    """And pages of few rows."""
    monkeypatch.setattr(mirror_copies, "SCHEMAS", [getattr(twilio_orm, name).api_schema for name in (*OWN, "UsageRecord")])
    monkeypatch.setattr(copied_tables, "PAGE", 7)
    monkeypatch.setattr(bulk_load, "FEW", 5)  # so that a copy to a file stores most records without some indexes


def copied(source: str, target: str, step: Callable[[], object] = lambda: None) -> tuple[list[TableCopy], MirrorCopier]:
    """Copy a mirror of two resources."""
    read, written = Mirror(source, SCHEMAS, readonly=True), Mirror(target, SCHEMAS, *HOME)
    written.completes_copies = True
    try:
        copier = MirrorCopier(read, written, lambda _table, _rows: step())
        return copier.run(), copier
    finally:
        read.close()
        written.close()


def everything(mirror: Mirror) -> dict[str, list[str]]:
    """What the tables of a mirror hold, read in another way than the copy reads it."""
    with mirror.reading() as connection:
        found = {}
        for schema in mirror.schemas.values():
            names = ", ".join(f'"{name}"' for name in column_names(schema))
            found[schema.table] = connection.execute(f'SELECT rowid, {names} FROM "{schema.table}"').fetchall()
            table = history_table(schema)
            kept = f'SELECT {names}, mirror_until FROM "{table}" ORDER BY rowid'
            found[table] = connection.execute(kept).fetchall() if connection.has_table(table) else []
        for table, names in {
            "mirror_revisions": "id, at, kind", "mirror_accounts": "sid, root",
            "mirror_sweeps": "id, account_sid, resource, equal, spans, began_at, ended_at, revision",
            "mirror_sweeps_history": "id, account_sid, resource, equal, spans, began_at, ended_at, revision, until",
            "mirror_missed": "resource, record, equal, others, firm, at, revision",
            "mirror_missed_history": "resource, record, equal, others, firm, at, revision, until",
            "mirror_plans": "id, account_sid, resource, kind, made, unchanged", "mirror_steps": "*", "mirror_callbacks": "*",
            "mirror_callbacks_removed": "*",
        }.items():  # fmt: skip
            found[table] = connection.execute(f"SELECT {names} FROM {table}").fetchall() if connection.has_table(table) else []
    return {table: [repr(row) for row in (rows if table.endswith("_history") else sorted(rows))] for table, rows in found.items()}


def same(source: Mirror, target: Mirror) -> None:
    held = [everything(one) for one in (target, source)]
    if "://" in source.path + target.path:  # a table without numbers has no order there
        held = [{table: sorted(rows) if is_unnumbered(table) else rows for table, rows in one.items()} for one in held]
    assert held[0] == held[1]
    for schema in source.schemas.values():
        assert list(told(target, schema)) == list(told(source, schema))


def is_unnumbered(table: str) -> bool:
    """Whether a table's rows are in the order of their arrival, and have no numbers."""
    return table in ("mirror_sweeps_history", "mirror_missed_history")


def said(mirror: Mirror, moment: datetime | None = None) -> list[Any]:
    """The answers of a mirror, now or as of a moment, until one is not known any more."""
    found: list[Any] = []
    try:
        found.extend(answers(mirror if moment is None else mirror.as_of(moment)))
    except NotCovered as error:
        found.append(str(error))
    return found


def lived_on(mirror: Mirror, places: Places) -> Iterator[Any]:
    """What a mirror says after the copy. Mirrors of one engine give new rows the same numbers, others the same order."""
    found = everything(mirror)
    if places.alike:
        if "://" in mirror.path:
            found = {table: sorted(rows) if is_unnumbered(table) else rows for table, rows in found.items()}
        yield from (found, *said(mirror))
    else:
        with mirror.reading() as connection:
            keys = {
                schema.table: dict(connection.execute(f'SELECT rowid, sid FROM "{schema.table}"').fetchall())
                for schema in mirror.schemas.values()
            }
        yield from ordered(found, keys)
        yield from places.shown([one for one in said(mirror) if not is_of_tables(one)])
    for schema in mirror.schemas.values():
        yield from told(mirror, schema)


def is_of_tables(answer: Any) -> bool:
    """Whether an answer is what a table holds, numbers of rows included."""
    return isinstance(answer, tuple) and isinstance(answer[0], str) and answer[0] in TABLES


def ordered(found: dict[str, list[str]], keys: dict[str, dict[int, str]]) -> Iterator[Any]:
    """The rows of tables, without the numbers of rows: in their order, with the keys of records in place of theirs."""
    for table, texts in found.items():
        rows = [ast.literal_eval(text) for text in texts]
        if table in keys:
            rows = [row[1:] for row in sorted(rows)]
        elif table.startswith("mirror_missed"):
            rows = sorted(((row[0], keys[row[0]][row[1]], *row[2:]) for row in rows), key=repr)
        elif table == "mirror_sweeps":
            rows = [row[1:] for row in sorted(rows)]
        elif table == "mirror_sweeps_history":
            rows = sorted(row[1:] for row in rows)
        yield table, rows


def told(mirror: Mirror, schema: ResourceSchema) -> Iterator[Any]:
    """What changed, in order, or that it is not known any more."""
    try:
        yield from mirror.changes(schema, None, None)
    except NotCovered as error:
        yield str(error)


@contextmanager
def both(source: str, target: str, schemas: Any = None) -> Iterator[tuple[Mirror, Mirror]]:
    several = [Mirror(place, schemas or SCHEMAS, readonly=True) for place in (source, target)]
    try:
        yield several[0], several[1]
    finally:
        for one in several:
            one.close()


def made(seed: int, place: str, steps: int = 120) -> Schedule:
    """A schedule that has begun. On a server it begins in memory and is copied there: that takes fewer messages."""
    shared = "://" in place
    schedule = Schedule(seed, *(() if shared else (place,)))
    while schedule.done < steps:
        schedule.step()
        if schedule.chance.random() < 0.05:
            schedule.forgotten()
    if shared:
        first, schedule.mirror = schedule.mirror, Mirror(place, SCHEMAS, *HOME)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(copied_tables, "PAGE", 4000)
            schedule.mirror.completes_copies = True
            MirrorCopier(first, schedule.mirror).run()
        first.close()
    return schedule


@pytest.mark.parametrize(("places", "seed"), seeds(3, thorough=200), indirect=["places"])
def test_a_copy_says_the_same_of_every_moment(seed: int, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = places.source(), places.target()
    schedule = Schedule(seed, source)
    moments = []
    while schedule.done < (150 if places.many else 60):
        schedule.step()
        if seed % 2 and schedule.chance.random() < 0.05:
            schedule.forgotten()
        if schedule.chance.random() < 0.02:
            schedule.pruned()
        moments += [schedule.now] if schedule.chance.random() < 0.05 else []
    schedule.mirror.close()
    monkeypatch.setattr(copied_tables, "PAGE", schedule.chance.choice((1, 2, 3, 20, 4000)))
    found, copier = copied(source, target)
    assert not copier.resumed and not copier.restarted
    with both(source, target) as (one, other):
        same(one, other)
        for moment in (None, *moments):
            assert places.shown(said(other, moment)) == places.shown(said(one, moment))
        rows = {table: len(rows) for table, rows in everything(one).items()}
        assert {one.table: one.rows for one in found if one.table in rows} == rows
        assert len({(one.fingerprint, one.rows) for one in found if one.rows}) == sum(1 for one in found if one.rows)


@pytest.mark.parametrize(("places", "seed"), seeds(2, thorough=40), indirect=["places"])
def test_a_copy_goes_on_like_the_mirror(seed: int, places: Places) -> None:
    """Whatever happens next to both leaves them the same: rows get the same numbers, and revisions are counted on."""
    source, target = places.source(), places.target()
    schedule = made(seed, source, 60)
    schedule.mirror.close()
    copied(source, target)
    other = Schedule(seed, target)
    other.chance.setstate(schedule.chance.getstate())
    other.now, other.done, other.seen = schedule.now, schedule.done, list(schedule.seen)
    for one in (schedule, other):
        while one.done < 120:
            one.step()
    for left, right in zip(*(list(lived_on(one.mirror, places)) for one in (schedule, other)), strict=True):
        assert left == right
    for one in (schedule, other):
        one.mirror.close()


# ---------------------------------------------------------------- an account


def lived(seed: int, place: str) -> tuple[FakeTwilio, random.Random]:
    """A mirror of an account with all that it can hold: syncs of parts, changes, deletions, callbacks, plans, redactions."""
    fake, chance = grow(seed, READINGS[seed % len(READINGS)]), random.Random(f"copying {seed}")
    excluded: dict[str, Any] = {"leave_out": {"Message": ["body"]}} if seed % 2 else {}
    with (
        connected(fake, chance.choice((7, 50)), place, clock=lambda: fake.clock, **excluded) as connection,
        connection,
    ):
        for resource in chance.sample(sorted(OWN), 5):
            Question(resource, deleted=resource == "Recording").put(connection).sync()
            Question(resource).put(connection).sync()
        twilio_orm.Call.filter(status="busy").sync()
        for _ in range(2):
            fake.advance(timedelta(days=1))
            for shelf in (fake.calls, fake.numbers, fake.recordings):
                for row in chance.sample(list(shelf.of(fake.account_sid)), 4):
                    if chance.random() < 0.3:
                        shelf.remove(row["sid"])
                    elif shelf is not fake.recordings:
                        shelf.change(row["sid"], **({"duration": "77"} if shelf is fake.calls else {"friendly_name": "moved"}))
            twilio_orm.Call.sync(full=True)
            twilio_orm.IncomingPhoneNumber.sync(full=True)
        calls = [row["sid"] for row in fake.calls.of(fake.account_sid)]
        parts = [("CallSid", sid) for sid in [*calls[:9], f"CA{seed:032x}"]]
        statuses = [("CallStatus", chance.choice(("completed", "busy", "ringing"))) for _ in parts]
        own = ("AccountSid", fake.account_sid)
        absorb(
            connection,
            [
                Callback(fake.account_sid, "call", (own, *pairs), f"token {at}", fake.clock)
                for at, pairs in enumerate(zip(parts, statuses, strict=True))
            ],
        )
        for sid in calls[:2]:
            twilio_orm.redact(sid)
        IncomingPhoneNumber.all().plan_update(friendly_name="planned").apply(workers=1)
        IncomingPhoneNumber.all().plan_update(friendly_name="waiting")
        connection.mirror.set_bookmark("an export", "7")
        if chance.random() < 0.5:
            connection.prune(timedelta(hours=30))
    return fake, chance


def heard(question: Question, connection: Any) -> Any:
    try:
        with connection:
            return ask(question, question.put(connection).offline())
    except Exception as error:
        return type(error), str(error).replace(connection.mirror.path, "…")


@pytest.mark.parametrize(("places", "seed"), seeds(2, thorough=40), indirect=["places"])
def test_a_copy_answers_every_question_alike(seed: int, places: Places) -> None:
    source, target = places.source(), places.target()
    fake, chance = lived(seed, source)
    found = copy_mirror(source, target)
    assert found.by_resource["Call"][1] > 0, "versions, too"
    asker = Asker(fake, chance, WHOLE)
    several = [twilio_orm.connect(fake.account_sid, mirror=place, offline=True) for place in (source, target)]
    uncovered = 0
    for _ in range(60 if places.many else 25):
        question = asker.question()
        one, other = (repr(heard(question, connection)) for connection in several)
        assert one == other, question
        uncovered += "NotCovered" in one
    assert uncovered, "none of them asked for what is not covered"
    plans = []
    for connection in several:
        with connection:
            plans.append([(repr(plan), list(map(repr, WritePlan.load(plan.id)))) for plan in WritePlan.all()])
            state = connection.status()
            plans[-1] += [state.rows, state.fetched, state.sweeps, connection.mirror.bookmark("an export")]
            plans[-1] += [connection.mirror.excluded, connection.mirror.accounts(), sorted(map(repr, twilio_orm.Call.changes()))]
            plans[-1].append(connection.mirror.count_unconfirmed(connection.account_sid, CALLS))
            plans[-1].append(connection.mirror.metadata("redacted"))
    assert plans[0] == plans[1] and plans[0][-1] and plans[0][-2]
    for connection in several:
        connection.close()
    schemas = mirror_copies.SCHEMAS
    with both(source, target, schemas) as (one, other):
        same(one, other)


# ---------------------------------------------------------------- interrupted


class Mortal:
    """Counts steps, and kills this process at one of them."""

    def __init__(self, last: int) -> None:
        self.left = last

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **words: Any) -> Any:
            self()
            done = work(*args, **words)
            self()
            return done

        return run


def copied_until(source: str, target: str, last: int) -> bool:
    """Copy in a process that is killed at a step; return whether it lived."""
    child = forked()
    if not child:
        code = 1
        try:
            mortal = Mortal(last)
            for owner, name in (
                (MirrorCopier, "_unit"), (MirrorCopier, "_move"), (MirrorCopier, "_complete"), (CopiedTable, "insert"),
                (CopiedTable, "delete"), (CopiedTable, "page"), (copying, "_summary"),
            ):  # fmt: skip
                setattr(owner, name, mortal.around(getattr(owner, name)))
            copied(source, target)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return not os.WIFSIGNALED(status)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
@pytest.mark.parametrize(("places", "seed"), seeds(2, thorough=30), indirect=["places"])
def test_a_copy_that_is_killed_anywhere_is_completed(seed: int, places: Places) -> None:
    """Again and again; until then nobody else can use it, and now and then the source changes meanwhile."""
    source, target = places.source(), places.target()
    schedule = made(seed, source)
    schedule.mirror.close()
    chance, deaths, refused = random.Random(seed), 0, 0
    while not copied_until(source, target, chance.choice((chance.randrange(1, 30), chance.randrange(1, 400)))):
        deaths += 1
        refused += is_refused(target)
        if chance.random() < 0.1 and deaths < 20:
            schedule.step()
            schedule.mirror.close()
        if deaths == (30 if places.many else 8):
            copied(source, target)
            break
    assert deaths > 3 and refused > 2
    with both(source, target) as (one, other):
        same(one, other)
        assert places.shown(said(other)) == places.shown(said(one))


def is_refused(place: str) -> bool:
    """Whether a mirror cannot be opened, because it is an incomplete copy; it may also not have begun."""
    refused = []
    for readonly in (True, False):
        mirror = Mirror(place, SCHEMAS, *(() if readonly else HOME), readonly=readonly)
        try:
            mirror.accounts()
            refused.append(False)
        except ConfigurationError as error:
            refused.append("is an incomplete copy of another mirror" in str(error))
        finally:
            mirror.close()
    return refused[-1]


class Stop(Exception):
    """Interrupts a copy."""


def interrupted(source: str, target: str, after: int) -> None:
    """Copy, and stop after some pages."""
    left = [after]

    def step() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Stop

    with pytest.raises(Stop):
        copied(source, target, step)


@pytest.mark.parametrize(("places", "after"), each([1, 3, 8, 13]), indirect=["places"])
def test_an_interrupted_copy_goes_on_where_it_stopped(after: int, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = places.source(), places.target()
    made(5, source).mirror.close()
    interrupted(source, target, after)
    assert is_refused(target)
    pages: list[str] = []
    insert = CopiedTable.insert
    monkeypatch.setattr(
        CopiedTable,
        "insert",
        lambda self, connection, rows: (pages.extend([self.name] * bool(rows)), insert(self, connection, rows)),
    )
    _, copier = copied(source, target)
    assert copier.resumed and not copier.restarted
    at = len(pages)
    pages.clear()
    copied(source, places.target("another"))
    assert at == len(pages) - after
    with both(source, target) as (one, other):
        same(one, other)


def test_a_copy_whose_source_changed_begins_anew(places: Places) -> None:
    source, target = places.source(), places.target()
    schedule = made(6, source)
    interrupted(source, target, 9)
    schedule.page()
    _, copier = copied(source, target)
    assert copier.restarted and not copier.resumed
    with both(source, target) as (one, other):
        same(one, other)
    schedule.mirror.close()


@pytest.mark.parametrize(("places", "when"), each([1, 5, 9, 30]), indirect=["places"])
def test_a_source_that_changes_while_it_is_copied_is_refused_and_then_copied_anew(when: int, places: Places) -> None:
    source, target = places.source(), places.target()
    schedule = made(7, source)
    steps = iter(range(10_000))

    def write() -> None:
        if next(steps) == when:
            revision = schedule.mirror.revision()
            while schedule.mirror.revision() == revision:
                schedule.page()

    with pytest.raises(MirrorError, match="changed while it was copied"):
        copied(source, target, write)
    assert is_refused(target)
    _, copier = copied(source, target)
    assert copier.restarted
    with both(source, target) as (one, other):
        same(one, other)
    schedule.mirror.close()


CHANGES = [
    "INSERT INTO mirror_accounts VALUES ('AC1', 'AC1')",
    "DELETE FROM mirror_sweeps WHERE id = (SELECT max(id) FROM mirror_sweeps)",
    "INSERT INTO mirror_about VALUES ('full x', '2026')", "UPDATE call SET duration = 123456 WHERE rowid = 3",
    "UPDATE call SET rowid = 1000 WHERE rowid = 3", "UPDATE call_history SET mirror_until = mirror_until + 1 WHERE rowid = 2",
]  # fmt: skip


@pytest.mark.parametrize(("places", "change"), each(CHANGES), indirect=["places"])
@pytest.mark.parametrize("side", ["source", "target"])
def test_what_makes_no_revision_and_is_written_meanwhile_is_found_at_the_end(
    side: str, change: str, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = places.source(), places.target()
    made(8, source).mirror.close()
    compare = MirrorCopier._compare

    def first(self: MirrorCopier, tables: list[CopiedTable]) -> list[TableCopy]:
        database = Mirror(source, SCHEMAS, *HOME) if side == "source" else self._target
        database.open().unit(lambda unit: unit.connection.execute(change))
        return compare(self, tables)

    monkeypatch.setattr(MirrorCopier, "_compare", first)
    with pytest.raises(MirrorError, match=r"differ in \w+ \(\d+ rows, \d+ in the copy\)"):
        copied(source, target)
    monkeypatch.undo()
    assert is_refused(target)
    _, copier = copied(source, target)
    assert copier.restarted
    with both(source, target) as (one, other):
        same(one, other)


def test_two_copies_at_once_do_not_spoil_one_another(places: Places) -> None:
    source, target = places.source(), places.target()
    made(9, source).mirror.close()
    done = []

    def another() -> None:
        if not done:
            done.append(copied(source, target)[1])

    with pytest.raises(MirrorError, match="let one copy run at a time"):
        copied(source, target, another)
    assert done[0].resumed
    with both(source, target) as (one, other):
        same(one, other)


# ---------------------------------------------------------------- refused


def test_a_target_that_holds_anything_is_refused_and_left_as_it_is(places: Places) -> None:
    source, target = places.source(), places.target()
    made(10, source).mirror.close()
    for at, fill in enumerate(
        (
            lambda mirror, _: mirror.add_account(OWNER, OWNER),
            lambda mirror, _: mirror.set_metadata("full x", "2026"),
            lambda _, place: made(11, place, 5).mirror.close(),
        )
    ):
        place = places.target(f"full{at}")
        mirror = Mirror(place, SCHEMAS, *HOME)
        fill(mirror, place)
        before = everything(mirror)
        with pytest.raises(ConfigurationError, match="is not empty, there are rows in"):
            copied(source, place)
        assert everything(mirror) == before
        mirror.close()
    empty = Mirror(target, SCHEMAS, *HOME)
    empty.open()
    empty.close()
    copied(source, target)
    with pytest.raises(ConfigurationError, match="is not empty"):
        copied(source, target)


def test_an_incomplete_copy_of_another_mirror_is_refused(places: Places) -> None:
    source, target = places.source(), places.target()
    made(12, source).mirror.close()
    interrupted(source, target, 4)
    other = Schedule(13, places.source("other"))
    other.now += timedelta(days=1)
    while not other.mirror.revision():
        other.page()
    other.mirror.close()
    with pytest.raises(ConfigurationError, match="is an incomplete copy of .*source.*, not of .*other"):
        copied(places.source("other"), target)
    copied(source, target)


def test_places_that_cannot_be_copied_are_refused(places: Places, tmp_path: Path) -> None:
    source, target = places.source(), places.target()
    for place, engine in ((source, places.engines[0]), (target, places.engines[1])):
        with pytest.raises(ConfigurationError, match="there is no mirror " + ("at" if engine == "sqlite" else "in the schema")):
            copy_mirror(place, places.target("further"))
    for place in (source, target, places.target("further")):
        missing = Mirror(place, SCHEMAS, readonly=True)
        assert not missing.file_exists(), "nothing was made"
        missing.close()
    for bad in (":memory:", "https://example.com/x"):
        with pytest.raises((BadValue, ConfigurationError)):
            copy_mirror(bad, target)
        with pytest.raises((BadValue, ConfigurationError)):
            copy_mirror(source, bad)
    lived(0, source)
    with pytest.raises(ConfigurationError, match="is the source and the target"):
        copy_mirror(source, source)


def test_nobody_connects_to_an_incomplete_copy(places: Places, fake: FakeTwilio) -> None:
    source, target = places.source(), places.target()
    made(14, source).mirror.close()
    interrupted(source, target, 3)
    online = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=target)
    with online, pytest.raises(ConfigurationError, match="repeat the `twilio-orm copy`"):
        twilio_orm.Call.sync()
    with pytest.raises(ConfigurationError, match="repeat the `twilio-orm copy`"):
        twilio_orm.connect(mirror=target, offline=True)
    with pytest.raises(ConfigurationError, match="repeat the `twilio-orm copy`"):
        copy_mirror(target, places.target("further"))


@pytest.mark.sqlite("copies by SQLite's backup")
@pytest.mark.parametrize("places", LIKE_MEMORY, ids="-to-".join, indirect=True)
def test_copies_on_the_way_are_like_those_of_the_tests(places: Places) -> None:
    """The copies that other laws trust, by an engine's own statements, are what is copied here."""
    schedule = Schedule(15, places.source())
    ((_, wanted), *_) = copied_on_the_way(schedule, 1, 1.0)
    copied(places.source(), places.target())
    with both(places.source(), places.target()) as (_, other):
        same(wanted, other)
    wanted.close()
    schedule.mirror.close()
