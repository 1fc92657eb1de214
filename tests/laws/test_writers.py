"""Several syncs of one resource write to one mirror at once, and are killed anywhere: what Twilio lists is never in doubt.

Each sync runs in a thread of its own, of which only one goes on at a time, by one step: a request of one of its readers, or the
storing of what was brought. Which one is next is drawn, and so is who dies. No call is ever deleted here, so that no list lacks
one, and every claim of having heard a list is looked at.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from asking import ParentPath
from cases import cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import twilio_orm
from twilio_orm import Call, connecting
from twilio_orm.mirror.sqlite.database import MEMORY
from twilio_orm.query.intervals import closed
from twilio_orm.schema.times import instant, instant_text
from twilio_orm.sync import incremental
from twilio_orm.testing import FakeTwilio
from twilio_orm.testing.definitions.times import seconds

pytestmark = pytest.mark.law

PAGE, OLD, TODAY = 3, 9, 12


class Killed(BaseException):
    """The process was killed here."""


class Writer(threading.Thread):
    """A sync that stands still before each of its steps until it is told to take it."""

    def __init__(self, connection: Any, how: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self.connection, self.how = connection, how
        self.problem: BaseException | None = None
        self._go, self._still = threading.Semaphore(0), threading.Semaphore(0)
        self._choice: int | None = None
        self.start()
        self._still.acquire()

    def run(self) -> None:
        try:
            with self.connection:
                self.turn()
                Call.sync(**self.how)
        except Killed:
            pass
        except BaseException as error:
            self.problem = error
        self.over = True
        self._still.release()

    over = False

    def turn(self) -> int:
        """Wait to be told to go on, and with which of the things that might be done."""
        self._still.release()
        self._go.acquire()
        if self._choice is None:
            raise Killed
        return self._choice

    def step(self, choice: int | None) -> None:
        """Let it go on by one step; with None it dies."""
        if not self.over:
            self._choice = choice
            self._go.release()
            self._still.acquire()
        if self.problem is not None:
            raise self.problem


class Turns:
    """A :class:`WorkerPool` whose order is drawn: as many readers, and one that handles what they brought."""

    def __init__(
        self, read: Callable[[Any], Iterator[Any]], handle: Callable[[list[Any]], None], workers: int, *, ahead: bool = False
    ) -> None:
        assert ahead
        self._read, self._handle, self._workers = read, handle, workers
        self._jobs: deque[Any] = deque()

    def add(self, *jobs: Any) -> None:
        self._jobs.extend(jobs)

    def run(self) -> None:
        writer = threading.current_thread()
        assert isinstance(writer, Writer)
        reading, brought = list[Iterator[Any]](), deque[Any]()
        while self._jobs or reading or brought:
            choice = writer.turn()
            while self._jobs and len(reading) < self._workers:
                reading.append(self._read(self._jobs.popleft()))
            at = choice % (len(reading) + 1) if brought else choice % len(reading)
            if at == len(reading):
                self._handle([brought.popleft() for _ in range(min(1 + choice // 10 % 3, len(brought)))])
                continue
            try:
                brought.append(next(reading[at]))
            except StopIteration:
                del reading[at]


class World:
    """An account of nine calls of earlier days and twelve of today, and a mirror that heard of them all."""

    def __init__(self) -> None:
        self.fake, self.listed = FakeTwilio(), dict[str, Any]()
        for number in range(OLD):
            self.add(self.fake.clock - timedelta(days=1 + number // 3, minutes=number), number == 4)
        for number in range(TODAY):
            self.add(self.fake.clock - timedelta(hours=2, minutes=number))
        self.mirror: Any = None
        self.mirror = self.connect().mirror
        self.finish([Writer(self.connect(), {"workers": 1})])

    def add(self, at: Any, lasts: bool = False) -> None:
        end = {"status": "in-progress"} if lasts else {"status": "completed", "price": "-0.01"}
        self.listed[self.fake.calls.add(start_time=at, date_created=at, **end)["sid"]] = self.fake.clock

    def connect(self) -> Any:
        fake = self.fake
        made = twilio_orm.connect(
            fake.account_sid, fake.auth_token, transport=ParentPath(fake, PAGE), mirror=MEMORY, clock=lambda: fake.clock
        )
        made.mirror = self.mirror or made.mirror
        return made

    def step(self, writer: Writer, choice: int | None) -> None:
        """A step of one of them. Nothing is in doubt after it, and nothing is gone."""
        writer.step(choice)
        with self.mirror.open().reading() as connection:
            doubts = connection.execute("SELECT * FROM mirror_missed").fetchall()
            gone = connection.execute("SELECT sid FROM call WHERE mirror_gone IS NOT NULL").fetchall()
        assert (doubts, gone) == ([], []), "calls that every list shows are missed"

    def finish(self, writers: list[Writer]) -> None:
        """Let them come to their ends, by turns."""
        turn = 0
        while not all(one.over for one in writers):
            turn += 1
            self.step(writers[turn % len(writers)], turn * 7)

    def look(self) -> None:
        """What is claimed to have been heard is there."""
        with self.mirror.open().reading() as connection:
            held = {sid for (sid,) in connection.execute("SELECT sid FROM call")}
        for sweep in self.mirror.sweeps(self.fake.account_sid, Call.api_schema):
            low, high = closed(sweep.constraints.spans.get("start_time", (None, None)))
            for row in self.fake.calls:
                at = instant("1970-01-01 00:00:00") + timedelta(seconds=seconds(row["start_time"]) or 0)
                inside = low <= instant_text(at) < high and self.listed[row["sid"]] < sweep.began_at
                inside = inside and all(row[name] == value for name, value in sweep.constraints.equal.items())
                assert not inside or row["sid"] in held, f"{sweep} is claimed, and {row['sid']} is not there"


HOUR = {"since": timedelta(hours=1)}
SYNCS = st.tuples(
    st.sampled_from((HOUR, HOUR, {}, {"full": True}, {"since": timedelta(days=2)})), st.sampled_from((1, 1, 2))
).map(lambda drawn: {**drawn[0], "workers": drawn[1]})
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("turn", "turn", "turn", "end", "kill", "new")),
        st.sampled_from((0, 1, 0, 1, 2)),  # whose turn it is
        st.sampled_from((0, 0, 1, 17)),  # what is done first of what there is to do
        st.sampled_from((1, 3, 5, 7)),  # how often
    ),
    min_size=3,
    max_size=6,
)
ROUND = st.tuples(
    st.sampled_from((0, 0, 0, 26 * 60)),  # minutes that pass before
    st.sampled_from((0, 2)),  # calls that are new
    st.one_of(st.lists(SYNCS, min_size=1, max_size=3), *[SYNCS.map(lambda how: [how, how])] * 2),
    STEPS,
    st.sampled_from((False, True)),  # whether who still lives comes to its end
)


@settings(
    max_examples=cases(25, thorough=300), deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@given(st.lists(ROUND, min_size=2, max_size=4))
def test_what_several_writers_hear_is_never_in_doubt(rounds: list[Any]) -> None:
    """Whoever dies where, whoever goes on with whose list."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(incremental, "WorkerPool", Turns)
        patch.setattr(connecting, "SCHEMAS", [Call.api_schema])
        world = World()
        for minutes, new, hows, steps, ends in rounds:
            world.fake.advance(timedelta(minutes=minutes, seconds=1))
            for number in range(new):
                world.add(world.fake.clock - timedelta(minutes=number))
            play(world, hows, steps, ends)
        world.fake.advance(timedelta(minutes=1))
        world.finish([Writer(world.connect(), {})])
        world.look()
        with world.connect():
            assert {call.sid for call in Call.offline()} == {row["sid"] for row in world.fake.calls}
        world.mirror.close()


def play(world: World, hows: list[dict[str, Any]], steps: list[Any], ends: bool) -> None:
    """Some syncs at once."""
    writers = [Writer(world.connect(), how) for how in hows]
    try:
        for word, who, choice, times in steps:
            writer = writers[who % len(writers)]
            if word == "new":
                world.fake.advance(timedelta(seconds=1))
                world.add(world.fake.clock)
            elif word == "kill":
                world.step(writer, None)
            elif word == "end":
                world.finish([writer])
            for turn in range(times if word == "turn" else 0):
                world.step(writer, choice + turn)
            world.look()
        if ends:
            world.finish(writers)
    finally:
        for one in writers:
            one.step(None)
    world.look()


def test_a_checkpoint_is_not_made_anew_by_who_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two read the newest window; one ends, the other stores a page more and dies, and a third one goes on."""
    monkeypatch.setattr(incremental, "WorkerPool", Turns)
    monkeypatch.setattr(connecting, "SCHEMAS", [Call.api_schema])
    world = World()
    how = {"workers": 1, "since": timedelta(hours=1)}
    for stop in range(1, 8):
        for more in range(1, 4):
            world.fake.advance(timedelta(minutes=1))
            one, other = Writer(world.connect(), how), Writer(world.connect(), how)
            for turn in range(2 * stop):
                world.step(other, turn)
            world.finish([one])
            for turn in range(2 * more):
                world.step(other, turn)
            world.step(other, None)
            world.finish([Writer(world.connect(), how)])
            world.look()
    world.mirror.close()
