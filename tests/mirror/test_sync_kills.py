"""A sync over a socket, with several readers, that is killed at any moment: the file is whole, nothing is claimed that was not
heard, and the next sync goes on where it was."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cases import cases
from forking import forked

import twilio_orm
from twilio_orm import Call, connecting
from twilio_orm.mirror import bulk_load
from twilio_orm.mirror.coverage.sweeps import TAIL
from twilio_orm.mirror.sqlite import database as databases
from twilio_orm.mirror.store import Mirror
from twilio_orm.mirror.table_layout import record_table
from twilio_orm.query.intervals import EVER, closed, missing, next_day
from twilio_orm.schema.times import instant, instant_text
from twilio_orm.sync import pending_checkpoints, worker_pool
from twilio_orm.testing import FakeTwilio
from twilio_orm.testing.definitions.times import seconds

pytestmark = [
    pytest.mark.law,
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks"),
]

KILLS = cases(20, thorough=300)
CALLS, PAGE, WORKERS = 220, 5, 4
UNSETTLED = 7


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "SCHEMAS", [Call.api_schema])
    monkeypatch.setattr(Call.api_schema, "page_size", PAGE)
    monkeypatch.setattr(bulk_load, "FEW", 4 * PAGE)  # so that a first sync stores most of its pages without some indexes


@pytest.fixture
def served() -> Iterator[tuple[FakeTwilio, str]]:
    """An account of 44 pages, as it is served on a socket."""
    fake, chance = FakeTwilio(), random.Random("an account")
    for number in range(CALLS):
        at = fake.clock - timedelta(days=2, minutes=chance.randrange(60 * 24 * 30))
        status = {"status": "in-progress"} if number % (CALLS // UNSETTLED) == 0 else {"status": "completed", "price": "-0.013"}
        fake.calls.add(to=f"+1555{number:07d}", from_="+15550009999", start_time=at, date_created=at, **status)
    with fake.serve() as url:
        yield fake, url


def connect(fake: FakeTwilio, url: str, path: Path) -> twilio_orm.Connection:
    now = fake.clock
    return twilio_orm.connect(fake.account_sid, fake.auth_token, base_url=url, mirror=path, clock=lambda: now)


class Mortal:
    """Counts the statements of one kind of work, and kills the process at one of them."""

    def __init__(self, last: int) -> None:
        self.last, self.step, self.at_work = last, 0, False

    def within(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def mortally(*args: Any, **words: Any) -> Any:
            self.at_work = True
            try:
                return work(*args, **words)
            finally:
                self.at_work = False

        return mortally

    def __call__(self, *_: object) -> None:
        self.step += self.at_work
        if self.at_work and self.step == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def child(fake: FakeTwilio, url: str, path: Path, kind: str, last: int, **how: Any) -> int:
    """A process that syncs; ``kind`` names the part of the mirror in which it dies at the statement ``last``."""
    made = forked()
    if made:
        return made
    code = 1
    try:
        if kind:
            mortal, settle = Mortal(last), databases.configure

            def mortal_settle(connection: sqlite3.Connection, memory: bool) -> None:
                settle(connection, memory)
                connection.set_trace_callback(mortal)

            databases.configure = mortal_settle
            setattr(Mirror, kind, mortal.within(getattr(Mirror, kind)))
        with connect(fake, url, path):
            Call.sync(**{"workers": WORKERS, **how})
        code = 0
    finally:
        os._exit(code)


def killed(fake: FakeTwilio, url: str, path: Path, chance: random.Random, kind: str, length: float) -> bool:
    """Whether a sync was killed at some moment before its end."""
    pages = CALLS // PAGE
    last = chance.randrange(1, {"absorb": 8 * pages, "finish_listing": 60}.get(kind, 2))
    number = child(fake, url, path, kind, last)
    if not kind:
        time.sleep(chance.random() * length)
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    _, status = os.waitpid(number, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return os.WIFSIGNALED(status)


def claims(fake: FakeTwilio, connection: twilio_orm.Connection, held: dict[str, Any]) -> list[Any]:
    """What the mirror claims to have heard, each of which is true."""
    heard = []
    for sweep in connection.mirror.sweeps(connection.account_sid, Call.api_schema):
        low, high = closed(sweep.constraints.spans.get("start_time", EVER))
        for row in fake.calls:
            at = instant_text(instant_of(row["start_time"])) if row["start_time"] else None
            timed = at is not None and low <= at < high
            if all(row[name] == value for name, value in sweep.constraints.equal.items()) and (
                timed or not sweep.constraints.spans
            ):
                assert held.get(row["sid"]) == row, f"{sweep} is claimed, and {row['sid']} is not there"
        if not sweep.constraints.equal:
            heard.append(((low or None, min(high, instant_text(sweep.began_at - TAIL))), sweep.began_at))
    return heard


def instant_of(text: str) -> Any:
    at = seconds(text)
    assert at is not None
    return instant("1970-01-01 00:00:00") + timedelta(seconds=at)


def asked_windows(fake: FakeTwilio, first: int) -> Iterator[tuple[Any, tuple[str | None, str | None]]]:
    """The lists that were asked for, and their windows."""
    for seen in fake.requests[first:]:
        query = dict(seen.query)
        if seen.path.endswith("/Calls.json") and "Status" not in query:
            low, high = query.get("StartTime>"), query.get("StartTime<")
            if "StartTime" in query:
                low, high = query["StartTime"], next_day(query["StartTime"])
            yield seen, (low and f"{low} 00:00:00", high and f"{high} 00:00:00")


def test_a_sync_that_is_killed_goes_on(served: tuple[FakeTwilio, str], tmp_path: Path) -> None:
    """Two in three die while something is written, the others whenever it comes."""
    fake, url = served
    began = time.monotonic()
    assert os.waitpid(child(fake, url, tmp_path / "whole.db", "", 0), 0)[1] == 0
    length, whole = time.monotonic() - began, len(fake.requests)
    deaths, seed, pages = {"absorb": 0, "finish_listing": 0, "": 0}, 0, 0
    while sum(deaths.values()) < KILLS:
        seed += 1
        assert seed < 5 * KILLS, f"too few were killed: {deaths}"
        chance, path = random.Random(f"kill {seed}"), tmp_path / f"{seed}.db"
        kind = ("absorb", "finish_listing", "")[seed % 3]
        if not killed(fake, url, path, chance, kind, length):
            continue
        deaths[kind] += 1
        pages += look(fake, url, path, f"kill {seed} in {kind or 'whatever'}", whole)
        for one in tmp_path.glob(f"{seed}.db*"):
            one.unlink()
    assert deaths["absorb"] + deaths["finish_listing"] >= KILLS * 2 // 5, deaths
    assert pages > KILLS, "they died too early for anything to be there"


def look(fake: FakeTwilio, url: str, path: Path, name: str, whole: int) -> int:
    """Look at what a killed sync left, and let the next one complete it. The pages that were there."""
    if path.exists():
        with contextlib.closing(sqlite3.connect(path)) as bare:
            assert bare.execute("PRAGMA integrity_check").fetchall() == [("ok",)], name
    connection = connect(fake, url, path)
    with connection:
        held = {call.sid: call.to_api() for call in Call.offline(partial=True)}
        for index in record_table(Call.api_schema).indexes:
            assert connection.sql("SELECT 1 FROM sqlite_master WHERE name = ?", index.name), f"{name}: {index.name} is missing"
        heard = claims(fake, connection, held)
        first = len(fake.requests)
        report = Call.sync(workers=WORKERS)
        made = len(fake.requests) - first
        assert report.whole, name
        assert report.new == CALLS - len(held), f"{name}: {report}"
        for seen, window in asked_windows(fake, first):
            plainly = window == (None, None)
            assert plainly or missing(window, heard)[1], f"{name}: {seen} was heard, by {heard}"
        stored = len(held) // PAGE
        assert made <= whole - stored + SLACK, f"{name}: {made} requests after {stored} pages, a whole sync takes {whole}"
        assert {call.sid: call.to_api() for call in Call.offline()} == {row["sid"]: row for row in fake.calls}, name
    connection.close()
    return len(held) // PAGE


def standing(fake: FakeTwilio, url: str, path: Path, stored: int, more: int, at_once: int) -> int:
    """A process that stands still before it stores what comes after so many, and once it goes on dies after some more.

    :param at_once: the pages that store their checkpoints together.
    """
    made = forked()
    if made:
        return made
    try:
        absorb, turns = Mirror.absorb, itertools.count()
        worker_pool.MOST, pending_checkpoints.MOST = 1, at_once  # pages are taken one by one, however slow it is

        def stands(*args: Any, **words: Any) -> Any:
            turn = next(turns)
            if turn in (stored, stored + more):
                os.kill(os.getpid(), signal.SIGSTOP if turn == stored else signal.SIGKILL)
            return absorb(*args, **words)

        Mirror.absorb = stands  # type: ignore[method-assign]
        with connect(fake, url, path):
            Call.sync(workers=1, since=timedelta(hours=1))
    finally:
        os._exit(1)


@pytest.mark.parametrize(("stored", "more", "at_once"), [(1, 1, 1), (4, 2, 1), (4, 0, 1), (1, 1, 2), (1, 0, 3)])
def test_who_stood_still_makes_no_checkpoint_of_the_rest(
    served: tuple[FakeTwilio, str], tmp_path: Path, stored: int, more: int, at_once: int
) -> None:
    """One reads today's calls and stands still, another reads them all, the first goes on and dies, and a third begins."""
    fake, url = served
    path = tmp_path / "m.db"
    for number in range(8 * PAGE):
        at = fake.clock - timedelta(minutes=number)
        fake.calls.add(status="completed", price="-0.013", start_time=at, date_created=at)
    assert os.waitpid(child(fake, url, path, "", 0), 0)[1] == 0
    fake.advance(timedelta(minutes=30))
    first = standing(fake, url, path, stored, more, at_once)
    assert os.WIFSTOPPED(os.waitpid(first, os.WUNTRACED)[1])
    how = {"workers": 1, "since": timedelta(hours=1)}
    if more:
        assert os.waitpid(child(fake, url, path, "", 0, **how), 0)[1] == 0
    os.kill(first, signal.SIGCONT if more else signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(first, 0)[1])
    third = child(fake, url, path, "uncovered", 3, **how)  # dies where it would read once more what it went on with
    status = os.waitpid(third, 0)[1]
    with contextlib.closing(sqlite3.connect(path)) as bare:
        assert bare.execute("SELECT * FROM mirror_missed").fetchall() == []
    assert os.WIFSIGNALED(status) == (more == 0), "it goes on with what the first had read, where nobody read it all meanwhile"


ROUNDS = cases(4, thorough=60)
SEVERAL: list[dict[str, Any]] = [
    {"workers": 2}, {"workers": 1, "since": timedelta(days=3)}, {"workers": 2, "full": True}, {"workers": 1, "full": True},
]  # fmt: skip


def test_several_processes_that_are_killed_doubt_nothing(served: tuple[FakeTwilio, str], tmp_path: Path) -> None:
    """Two or three sync one file at once and die at any statement; no call was deleted, and none is missed, ever."""
    fake, url = served
    path, chance, deaths = tmp_path / "m.db", random.Random("several"), 0
    assert os.waitpid(child(fake, url, path, "", 0), 0)[1] == 0
    for turn in range(ROUNDS):
        fake.advance(timedelta(hours=chance.choice((0, 0, 25)), seconds=5))
        for number in range(chance.randrange(12)):
            at = fake.clock - timedelta(minutes=number)
            fake.calls.add(status="completed", price="-0.013", start_time=at, date_created=at)
        how = chance.choice(SEVERAL)
        several = []
        for _ in range(chance.choice((2, 3))):
            kind = chance.choice(("absorb", "absorb", "finish_listing", ""))
            last = chance.randrange(1, {"absorb": 150, "finish_listing": 40}.get(kind, 2))
            several.append(child(fake, url, path, kind, last, **(how if chance.random() < 0.8 else chance.choice(SEVERAL))))
        for number in several:
            _, status = os.waitpid(number, 0)
            assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"round {turn}: the child failed by itself"
            deaths += os.WIFSIGNALED(status)
        with contextlib.closing(sqlite3.connect(path)) as bare:
            assert bare.execute("SELECT * FROM mirror_missed").fetchall() == [], f"round {turn}"
            assert bare.execute("SELECT sid FROM call WHERE mirror_gone IS NOT NULL").fetchall() == [], f"round {turn}"
        with connect(fake, url, path):
            held = {call.sid for call in Call.offline(partial=True)}
            assert held <= {row["sid"] for row in fake.calls} and len(held) >= CALLS
    assert deaths > ROUNDS // 2
    with connect(fake, url, path) as connection:
        assert Call.sync().whole
        held = {call.sid: call.to_api() for call in Call.offline()}
        assert held == {row["sid"]: row for row in fake.calls} and claims(fake, connection, held)
        assert not connection.sql("SELECT * FROM mirror_missed")


SLACK = 10
"""The pages of today, the newest ones and those that wait, which are read once more; first ones that were read before a cut."""
