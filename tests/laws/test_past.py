"""The mirror as it was at a moment is what a copy of the file taken at that moment is, whatever happened since."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from cases import cases
from mirrored import copy_tables

from twilio_orm import Call, Count, MirrorError, NotCovered, Recording, Sum
from twilio_orm.changes.diff import changes
from twilio_orm.mirror import group_by, history, row_batches
from twilio_orm.mirror.coverage.absence import CompleteListing, key_numbers
from twilio_orm.mirror.revisions import since
from twilio_orm.mirror.select import MirrorReader
from twilio_orm.mirror.store import Mirror
from twilio_orm.mirror.table_layout import columns, is_kept
from twilio_orm.query import predicates
from twilio_orm.query.ast import Condition, Query
from twilio_orm.query.constraints import Constraints
from twilio_orm.query.keywords import parse_term
from twilio_orm.query.parser import parse
from twilio_orm.query.planner import plan
from twilio_orm.query.q import Q
from twilio_orm.query.sql import row_columns
from twilio_orm.schema.resource_schema import ResourceSchema
from twilio_orm.schema.row_layout import Row
from twilio_orm.schema.times import UTC, instant_text

pytestmark = pytest.mark.law

OWNER, OTHER = f"AC{1:032x}", f"AC{2:032x}"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
STATUS = ("queued", "in-progress", "completed", "busy")
CALLS, RECORDINGS = Call.api_schema, Recording.api_schema
TABLES = {
    "call": f"rowid, {columns(CALLS)}",
    "recording": f"rowid, {columns(RECORDINGS)}",
    "mirror_sweeps": "account_sid, resource, equal, spans, began_at, ended_at",
    "mirror_missed": "resource, record, equal, others, firm, at",
}


class Schedule:
    """A mirror, and things that happen to it in an order that a seed gives."""

    def __init__(self, seed: int, place: str = ":memory:") -> None:
        self.chance = random.Random(f"past {seed}")
        self.mirror = Mirror(place, [CALLS, RECORDINGS], "api.twilio.com", "us1")
        self.mirror.open()
        self.now, self.done = NOW, 0
        self.seen = [0]
        self.erased: set[Any] = set()
        """Keys and revisions of what was emptied."""
        self.undoubted: set[str] = set()
        """Keys of which it is not known any more that they were in doubt, since that spoke of what was erased."""

    def step(self) -> None:
        """One thing more."""
        self.now += timedelta(seconds=self.chance.choice((0, 1, 1, 60, 7200, 100_000)))
        act = self.chance.choice(
            (self.page, self.page, self.page, self.recordings, self.deleted, self.ended, self.ended, self.heard)
        )
        act()
        self.done += 1
        self.seen.append(self.mirror.revision())

    def body(self, schema: ResourceSchema, number: int) -> dict[str, Any]:
        chance, start = self.chance, NOW - timedelta(hours=number)
        owner = OWNER if number % 7 else OTHER
        body: dict[str, Any] = dict.fromkeys(schema.wires)
        body |= {"sid": f"{'CA' if schema is CALLS else 'RE'}{number:032x}", "account_sid": owner}
        body |= {"date_created": start.strftime("%a, %d %b %Y %H:%M:%S +0000"), "status": chance.choice(STATUS)}
        body["duration"] = str(chance.randrange(3))
        body["price"], body["price_unit"] = (f"-0.0{chance.randrange(1, 4)}", "USD") if chance.random() < 0.5 else (None, None)
        if schema is CALLS:
            body |= {"to": f"+1415555010{chance.randrange(3)}", "start_time": body["date_created"]}
        else:
            body |= {"call_sid": f"CA{number % 12:032x}"}
        if chance.random() < 0.1:
            body["novelty"] = chance.randrange(3)
        if chance.random() < 0.2:
            del body[chance.choice([name for name in body if name not in ("sid", "account_sid", "date_created", "start_time")])]
        return body

    def page(self, schema: ResourceSchema = CALLS) -> None:
        numbers = self.chance.sample(range(1, 30), self.chance.randrange(1, 9))
        rows = [schema.codec.read(self.body(schema, number), {"account_sid": OWNER}) for number in numbers]
        seen = self.chance.choice((self.seen[-1], self.seen[-1], self.seen[-1], self.chance.choice(self.seen)))
        self.mirror.absorb(schema, rows, seen, self.now, reply=self.chance.random() < 0.2)

    def recordings(self) -> None:
        self.page(RECORDINGS)

    def deleted(self) -> None:
        number = self.chance.randrange(1, 30)
        self.mirror.tombstone(CALLS, (Condition("sid", "exact", f"CA{number:032x}"),), now=self.now)

    def constraints(self) -> Constraints:
        chance = self.chance
        equal = chance.choice(({}, {}, {"status": chance.choice(STATUS)}, {"to": "+14155550101"}))
        low = NOW - timedelta(hours=chance.randrange(30))
        spans = {"start_time": (instant_text(low), instant_text(low + timedelta(hours=8)))} if chance.random() < 0.4 else {}
        return Constraints(equal, spans)

    def ended(self) -> None:
        """A list came to its end, and may have lacked records."""
        constraints = self.constraints()
        keep = predicates.predicate(CALLS, constraints.nodes())
        found = [row for row in self.mirror.select(Query(CALLS)) if keep(row) and self.chance.random() < 0.8]
        scope = (Condition("account_sid", "exact", OWNER),)
        shown = key_numbers(CALLS.codec.identity(row) for row in found)
        heard = CompleteListing(
            constraints, scope, shown, self.seen[-1], self.now, self.now, proves_deletion=self.chance.random() < 0.5
        )
        self.mirror.finish_listing(OWNER, CALLS, heard)

    def heard(self) -> None:
        schema = self.chance.choice((CALLS, RECORDINGS))
        self.mirror.record_sweep(OWNER, schema, self.constraints() if schema is CALLS else Constraints({}), self.now, self.now)

    def forgotten(self) -> None:
        """A call, or all that mentions a number, is erased."""
        before, suspects = versions(self.mirror), doubted(self.mirror)
        if self.chance.random() < 0.7:
            self.mirror.redact_records(CALLS, {"sid": f"CA{self.chance.randrange(1, 30):032x}"})
        else:
            self.mirror.redact_number(lambda text: text is not None and "+14155550101" in text)
        after = versions(self.mirror)
        self.erased |= {name for name, row in before.items() if after.get(name) != row}
        self.undoubted |= suspects - doubted(self.mirror)

    def pruned(self) -> None:
        self.mirror.prune(timedelta(seconds=self.chance.choice((0, 100, 50_000, 500_000))), self.now)

    def disturb(self) -> None:
        """Anything that another thread may do to the mirror while it is read."""
        for _ in range(self.chance.choice((0, 0, 1, 2))):
            self.step()
        if self.chance.random() < 0.1:
            self.forgotten()
        if self.chance.random() < 0.03:
            self.pruned()

    def copy(self) -> Mirror:
        """A copy of the mirror as it is."""
        made = Mirror(":memory:", [CALLS, RECORDINGS], "api.twilio.com", "us1")
        made.open()
        copy_tables(self.mirror, made)
        return made


def versions(mirror: Mirror) -> dict[Any, Row]:
    """All that the file says of calls, by key and revision."""
    with mirror.reading() as connection:
        tables = ["call", *(["call_history"] if is_kept(connection, CALLS) else [])]
        rows = [row for table in tables for row in connection.execute(f'SELECT {columns(CALLS)} FROM "{table}"')]
    return {(row[0], row[CALLS.codec.revision_slot]): row for row in rows}


def doubted(mirror: Mirror) -> set[str]:
    """The keys of calls that are in doubt, or were."""
    doubts = "SELECT record FROM mirror_missed UNION SELECT record FROM mirror_missed_history"
    with mirror.reading() as connection:
        return {row[0] for row in connection.execute(f'SELECT sid FROM "call" WHERE rowid IN ({doubts})')}


def copied_on_the_way(schedule: Schedule, steps: int, often: float) -> list[tuple[datetime, Mirror]]:
    """So many steps, and copies of the mirror at moments among them, after which time goes on."""
    copies = []
    while schedule.done < steps:
        schedule.step()
        if schedule.chance.random() < often:
            copies.append((schedule.now, schedule.copy()))
            schedule.now += timedelta(seconds=1)
    return copies


def asked(schema: ResourceSchema, *questions: Q, **words: Any) -> Query:
    conditions, _ = parse(schema, words, questions)
    return Query(schema).filtered(Condition("account_sid", "exact", OWNER), *conditions)


QUERIES = [
    asked(CALLS),
    asked(CALLS, status="completed"),
    asked(CALLS, status="completed").ordered("-start_time").sliced(0, 5),
    asked(CALLS, Q(to="+14155550101") | Q(duration__gt=1)).ordered("price").sliced(2, 7),
    asked(CALLS, price__isnull=True).sliced(3, None),
    asked(CALLS).sliced(0, 0),
    asked(CALLS, recordings__duration=1).ordered("-duration"),
    asked(RECORDINGS, call__status="completed").ordered("-date_created").sliced(1, 4),
    asked(RECORDINGS, call__recordings__duration__gt=0),
]


def answers(mirror: MirrorReader) -> Iterator[Any]:
    """What a mirror says of everything."""
    for query in QUERIES:
        for gone in (False, True):
            yield list(mirror.select(query, with_deleted=gone)), mirror.count(query, with_deleted=gone)
        yield [sums_of(mirror, query)]
        try:
            yield mirror.plan_coverage(OWNER, plan(Query(query.schema, query.where), OWNER))
        except (TypeError, NotCovered) as error:
            yield type(error)
    keys = [(f"CA{number:032x}",) for number in range(30)]
    yield mirror.find(CALLS, keys)
    yield [mirror.last_confirmed(OWNER, CALLS, key, NOW - timedelta(days=400)) for key in keys]
    for table, names in TABLES.items():
        with mirror.reading() as connection:
            yield table, sorted(connection.execute(f"SELECT {names} FROM {connection.source(table)}").fetchall(), key=repr)


def sums_of(mirror: MirrorReader, query: Query) -> Any:
    """The results of groups. Their states may spell equal decimals, and order the units of amounts, in more than one way."""
    tallies = [one.bound(query.schema) for one in (Count(), Sum("duration"), Sum("price"), Count(filter=Q(duration=1)))]
    groups = group_by.group_rows(mirror, query, [parse_term(query.schema, "status")], tallies)
    return sorted(
        (repr(key), repr([one.result(state) for one, state in zip(tallies, states, strict=True)])) for key, states in groups
    )


@pytest.mark.parametrize("seed", range(cases(15, thorough=400)))
def test_as_of_a_moment_is_what_a_copy_taken_then_says(seed: int) -> None:
    """Two hundred operations a schedule: rows, earlier versions, doubts and what was heard, at every moment that was copied."""
    schedule = Schedule(seed)
    copies = copied_on_the_way(schedule, 200, 0.025)
    for at, copied in copies:
        then = schedule.mirror.as_of(at)
        for here, there in zip(answers(then), answers(copied), strict=True):
            assert here == there
        copied.close()
    schedule.mirror.close()


@pytest.fixture
def scheduled() -> Iterator[Callable[[int], Schedule]]:
    """Makes schedules, whose mirrors are closed afterwards."""
    made: list[Schedule] = []

    def make(seed: int) -> Schedule:
        made.append(Schedule(seed))
        return made[-1]

    yield make
    for one in made:
        one.mirror.close()


@pytest.mark.parametrize("seed", range(cases(6, thorough=40)))
def test_history_folds_to_the_present(seed: int, scheduled: Callable[[int], Schedule]) -> None:
    """Every step begins where the one before it ended, and the last ends at the present row."""
    schedule = scheduled(seed)
    while schedule.done < 200:
        schedule.step()
    state: dict[tuple[Any, ...], Row] = {}
    last = 0
    for _, (revision, before, after) in schedule.mirror.changes(CALLS, None, None):
        assert revision >= last
        last, key = revision, CALLS.codec.identity(after)
        assert before == state.get(key)
        assert before is None or before != after
        state[key] = after
    present = {CALLS.codec.identity(row): row for row in schedule.mirror.select(Query(CALLS), with_deleted=True)}
    assert state == present
    for key in state:
        versions = [row for _, row in schedule.mirror.versions(CALLS, key)]
        told = [row for row in versions if not changes(CALLS, row, row)]
        assert told == versions
        assert versions[-1] == present[key]


@pytest.mark.parametrize("seed", range(cases(6, thorough=40)))
def test_what_happened_between_two_moments_is_a_part_of_all_that_happened(
    seed: int, scheduled: Callable[[int], Schedule]
) -> None:
    """Whatever the bounds, and however long the chunks are that it is read in."""
    schedule, moments = scheduled(seed), [NOW]
    while schedule.done < 150:
        schedule.step()
        moments.append(schedule.now)
    whole = [(at, step[0], CALLS.codec.identity(step[2])) for at, step in schedule.mirror.changes(CALLS, None, None)]
    for _ in range(20):
        low, high = sorted(schedule.chance.sample(moments, 2))
        part = [(at, step[0], CALLS.codec.identity(step[2])) for at, step in schedule.mirror.changes(CALLS, low, high)]
        assert part == [one for one in whole if low < one[0] <= high]


@pytest.mark.parametrize("seed", range(cases(6, thorough=40)))
def test_pruning_changes_nothing_after_the_moment_it_reaches_to(seed: int, scheduled: Callable[[int], Schedule]) -> None:
    schedule = scheduled(seed)
    copies = copied_on_the_way(schedule, 150, 0.05)
    at = schedule.chance.choice([moment for moment, _ in copies] or [NOW])
    before = list(schedule.mirror.changes(CALLS, at, None))
    schedule.mirror.prune(schedule.now - at, schedule.now)
    assert list(schedule.mirror.changes(CALLS, at, None)) == before
    for moment, copied in copies:
        if moment >= at:
            assert list(answers(schedule.mirror.as_of(moment))) == list(answers(copied))
        elif moment < at - timedelta(seconds=1):
            with pytest.raises(NotCovered, match="has the versions of records from"):
                schedule.mirror.as_of(moment)
        copied.close()


# ---------------------------------------------------------------- while others write


def in_parts(schedule: Schedule, found: Iterator[Any]) -> Iterator[Any]:
    """The parts of an answer, and anything at all between any two of them."""
    for part in found:
        yield part
        schedule.disturb()


@pytest.mark.parametrize("seed", range(cases(5, thorough=200)))
def test_an_answer_that_is_read_in_parts_is_that_of_its_beginning(
    seed: int, scheduled: Callable[[int], Schedule], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is stored, judged gone, erased or pruned between two rows; what was erased is not shown as it was, if at all."""
    schedule = scheduled(1000 + seed)
    for name in ("BATCH_BY_ROW", "BATCH_BY_NUMBER"):
        monkeypatch.setattr(row_batches, name, 1)
    moments = [NOW]
    while schedule.done < 50:
        schedule.step()
        moments.append(schedule.now)
    for query in schedule.chance.sample(QUERIES, len(QUERIES)):
        monkeypatch.setattr(row_batches, "AT_ONCE", schedule.chance.choice((0, 0, 100)))
        moment = schedule.chance.choice((None, None, schedule.chance.choice(moments)))
        gone, copied = schedule.chance.random() < 0.3, schedule.copy()
        try:
            then, revision = here(schedule.mirror, moment)
            wanted = list(here(copied, moment)[0].select(query, with_deleted=gone))
        except NotCovered:  # pruned, or redacted, before it began
            continue
        finally:
            copied.close()
        schedule.erased.clear()
        schedule.undoubted.clear()
        try:
            whole = row_columns(schedule.mirror.open().dialect, query.schema)
            told = _told(schedule, query, then, gone, schedule.chance.choice((whole, TWO)))
            wanted = [row for row in wanted if row[0] not in schedule.undoubted]
            _agree(wanted, told, schedule.erased, row_batches.AT_ONCE == 0)
        except MirrorError:
            with schedule.mirror.reading() as connection:
                assert since(connection) > revision, "nothing was pruned that the answer needs"
        moments[:] = [one for one in moments if one > schedule.now - timedelta(days=3)] or [schedule.now]


@pytest.mark.parametrize("seed", range(cases(4, thorough=100)))
def test_what_happened_is_told_to_its_end_whatever_happens_meanwhile(
    seed: int, scheduled: Callable[[int], Schedule], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends where it ended when it was asked for; what is pruned before it was read is said to be."""
    schedule = scheduled(2000 + seed)
    monkeypatch.setattr(history, "CHUNK", 3)
    while schedule.done < 60:
        schedule.step()
    for _ in range(4):
        low = schedule.now - timedelta(hours=schedule.chance.randrange(200))
        copied = schedule.copy()
        try:
            wanted = [(step[0], step[2][0]) for _, step in copied.changes(CALLS, low, None)]
        except NotCovered:
            continue
        finally:
            copied.close()
        told: list[Any] = []
        try:
            for _, step in in_parts(schedule, schedule.mirror.changes(CALLS, low, None)):
                told.append((step[0], step[2][0]))
            assert sorted(told) == sorted(wanted)
        except MirrorError:
            assert told == wanted[: len(told)]
            with schedule.mirror.reading() as connection:
                assert since(connection) >= (told[-1][0] if told else 0)  # it cannot tell whether any was pruned in between


def here(mirror: Mirror, moment: datetime | None) -> tuple[MirrorReader, int]:
    """A mirror as it is or was, and the revision that this is."""
    found = mirror.snapshot() if moment is None else mirror.as_of(moment)
    with found.reading():
        return found, found.revision or 0


TWO = ('"sid"', '"account_sid"')


def _told(schedule: Schedule, query: Query, then: MirrorReader, gone: bool, shown: Sequence[str]) -> list[tuple[Row, set[Any]]]:
    """The rows of an answer, and what had been erased when each came."""
    rows = (row[: len(shown)] for run in then.batches(query, shown, with_deleted=gone) for row in run)
    told = [(row, {*schedule.erased}) for row in in_parts(schedule, rows)]
    return [(row, erased) for row, erased in told if row[0] not in schedule.undoubted]


def _agree(wanted: list[Row], told: list[tuple[Row, set[Any]]], erased: set[Any], one_by_one: bool) -> None:
    at = {schema.table: schema.codec.revision_slot for schema in (CALLS, RECORDINGS)}
    names = {row[0]: (row[0], row[at["call" if row[0][:2] == "CA" else "recording"]]) for row in wanted}
    assert [row[0] for row, _ in told if names[row[0]] not in erased] == [
        key for key, name in names.items() if name not in erased
    ]
    assert len({row[0] for row, _ in told}) == len(told)
    before = {row[0]: row for row in wanted}
    for row, by_then in told:
        same = row == before[row[0]][: len(row)]
        assert same or names[row[0]] in erased
        if one_by_one and len(row) > len(TWO):
            assert not same or names[row[0]] not in by_then, "what was erased is shown"
