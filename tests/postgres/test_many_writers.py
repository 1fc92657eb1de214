"""Many processes sync into one mirror, are killed, and so is the server: nothing is lost or doubled, and no claim is false."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
import traceback
import warnings
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cases import cases
from forking import forked
from killing import KilledServer, a_server_to_kill
from living import Living, sync_until
from postgres_mirrors import in_schema, raw

from twilio_orm import Call, Connection, MirrorError, connecting
from twilio_orm.mirror.coverage.sweeps import TAIL
from twilio_orm.mirror.store import Mirror
from twilio_orm.query.intervals import EVER, closed
from twilio_orm.schema.times import instant, instant_text
from twilio_orm.testing.definitions.times import seconds as seconds_of
from twilio_orm.testing.embedded_postgres import NoServer

pytestmark = [pytest.mark.law, pytest.mark.slow, pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")]

SECONDS = cases(6, thorough=60, few=6)
PROCESSES = cases(3, thorough=6)
ACCOUNTS = cases(2, thorough=3)
PAGE = 5
BETWEEN = (0.8, 2.5)
"""Seconds between two kills of a process, the least and the most."""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "SCHEMAS", [Call.api_schema])
    monkeypatch.setattr(Call.api_schema, "page_size", PAGE)


class Crowd:
    """Processes that sync, and that are begun again when they were killed.

    :param folder: where they say what they did.
    """

    def __init__(self, url: str, begin: float, folder: Path) -> None:
        self.url, self.begin, self.folder, self.number, self.kills = url, begin, folder, 0, 0
        self.chance = random.Random("crowd")
        self.running = [self._start(which % ACCOUNTS + 1) for which in range(PROCESSES)]

    def _start(self, account: int) -> tuple[int, int]:
        self.number += 1
        if child := forked():
            return account, child
        code = 1
        try:
            warnings.simplefilter("ignore")
            living = Living(account, self.begin, SECONDS)
            done = sync_until(self.url, living, (self.folder / "over").exists, f"process {self.number}")
            (self.folder / f"{self.number}.json").write_text(json.dumps(done))
            code = 0
        except BaseException:
            (self.folder / f"{self.number}.txt").write_text(traceback.format_exc())
        finally:
            os._exit(code)

    def kill_one(self) -> None:
        """Kill a process, and begin another one for its account."""
        which = self.chance.randrange(len(self.running))
        account, process = self.running[which]
        os.kill(process, signal.SIGKILL)
        self._wait(process)
        self.kills += 1
        self.running[which] = self._start(account)

    def finish(self) -> Counter[str]:
        """Let all come to their end. What they did."""
        (self.folder / "over").touch()
        for _, process in self.running:
            self._wait(process)
        assert not (wrong := [path.read_text() for path in self.folder.glob("*.txt")]), wrong[0]
        return sum((Counter(json.loads(path.read_text())) for path in self.folder.glob("*.json")), Counter())

    def _wait(self, process: int) -> None:
        _, status = os.waitpid(process, 0)
        if not (os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0):
            raise AssertionError([path.read_text() for path in self.folder.glob("*.txt")])


class Reader:
    """Polls what happened, and what once was, while others write."""

    def __init__(self, url: str) -> None:
        self.mirror = Mirror(url, [Call.api_schema], readonly=True)
        self.revisions: list[int] = []
        self.events: list[tuple[datetime, Any]] = []
        self.past: dict[datetime, list[Any]] = {}
        self.failures = self.polls = 0
        self.wrong: list[str] = []
        self.chance = random.Random("reader")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            last = self._over.is_set()
            try:
                self.poll()
                self.look_back()
                self.polls += 1
            except MirrorError:
                self.failures += 1
                time.sleep(0.02)
                continue
            except Exception as error:
                self.wrong.append(repr(error))
                return
            if last:
                return

    def poll(self) -> None:
        """Read what is new since the last time."""
        low = self.revisions[-1] if self.revisions else 0
        with self.mirror.reading() as connection:
            new = [
                one
                for (one,) in connection.execute("SELECT id FROM mirror_revisions WHERE id > ? ORDER BY id", (low,)).fetchall()
            ]
        if new:
            events = list(self.mirror.changes_between(Call.api_schema, low, new[-1]))
            self.revisions += new
            self.events += events

    def look_back(self) -> None:
        """Read the present, and once more what was at an earlier moment."""
        if self.past:
            moment = self.chance.choice(list(self.past))
            if (again := self._at(moment)) != self.past[moment]:
                self.wrong.append(f"{moment} was otherwise: {[*again][:3]}")
        with self.mirror.reading() as connection:
            dates = connection.execute("SELECT DISTINCT at FROM mirror_revisions ORDER BY at DESC LIMIT 2").fetchall()
        if len(dates) == 2 and len(self.past) < 400:  # nothing more is dated like the last but one
            moment = instant(dates[1][0])
            self.past.setdefault(moment, self._at(moment))

    def _at(self, moment: datetime) -> list[Any]:
        then = self.mirror.as_of(moment)
        with then.reading() as connection:
            table = connection.source("call")
            return sorted(connection.execute(f'SELECT "sid", "status", mirror_revision FROM {table}').fetchall())

    def finish(self) -> None:
        """Read the rest."""
        self._over.set()
        self._thread.join(120)
        assert not self._thread.is_alive()
        self.mirror.close()


def claims(connection: Connection, living: Living) -> int:
    """Check that each list that the mirror calls complete is there, and return how many there are."""
    with connection:
        held = {call.sid for call in Call.offline(partial=True)}
    sweeps = list(connection.mirror.sweeps(connection.account_sid, Call.api_schema))
    for sweep in sweeps:
        low, high = closed(sweep.constraints.spans.get("start_time", EVER))
        until = min(high, instant_text(sweep.began_at - TAIL))
        for row in living.fake.calls:
            at = instant_text(instant("1970-01-01 00:00:00") + _age(row))
            inside = not sweep.constraints.equal and low <= at < until
            assert not inside or row["sid"] in held, f"{sweep} is claimed, and {row['sid']} is not there"
    return len(sweeps)


def _age(row: Any) -> Any:
    return timedelta(seconds=seconds_of(row["start_time"]) or 0)


def test_many_writers_and_a_server_that_are_killed(tmp_path: Path) -> None:
    try:
        with a_server_to_kill() as server:
            url = in_schema(server.url, "twilio")
            first = Mirror(url, [Call.api_schema], "api.twilio.com", "us1")
            first.open()
            first.close()
            reader, begin = Reader(url), time.time()
            try:
                done, kills = _run(server, Crowd(url, begin, tmp_path), begin)
            finally:
                reader.finish()
            assert reader.wrong == []
            assert kills >= 2 and done["syncs"] >= PROCESSES - 1 and reader.polls > 10, (kills, done, reader.polls)
            _settled(url, begin, reader)
    except NoServer as error:
        pytest.skip(str(error))


def _run(server: KilledServer, crowd: Crowd, begin: float) -> tuple[Counter[str], int]:
    """Let them sync for the time, killing one now and then, and once the server."""
    chance, killed = random.Random("kills"), False
    while (now := time.time() - begin) < SECONDS:
        time.sleep(chance.uniform(*BETWEEN))
        if now > SECONDS / 2 and not killed:
            server.kill()
            time.sleep(chance.random())
            server.start()
            killed = True
        if now < SECONDS - BETWEEN[1]:  # those that are left have time for a sync
            crowd.kill_one()
    return crowd.finish(), crowd.kills


def _settled(url: str, begin: float, reader: Reader) -> None:
    """Look at what is there, before and after the last syncs."""
    several = [Living(number + 1, begin, SECONDS) for number in range(ACCOUNTS)]
    connections = [living.connect(url) for living in several]
    found = 0
    for living, connection in zip(several, connections, strict=True):
        living.end()
        found += claims(connection, living)
    assert found
    assert reader.revisions == list(range(1, len(reader.revisions) + 1)), "a revision was seen late, twice or never"
    mirror = Mirror(url, [Call.api_schema], readonly=True)
    there = [event for _, event in mirror.changes_between(Call.api_schema, 0, reader.revisions[-1])]
    assert [event for _, event in reader.events] == there  # the clocks of these processes differ, and dates ahead are corrected
    mirror.close()
    for living, connection in zip(several, connections, strict=True):
        with connection:
            assert Call.sync(workers=1).complete
            here = {call.sid: call.to_api() for call in Call.offline()}
        assert here == {row["sid"]: row for row in living.fake.calls}
        connection.close()
    with raw(url) as bare:
        rows = bare.execute("SELECT count(*), count(DISTINCT sid), count(DISTINCT rowid) FROM call").fetchone()
        assert rows == (sum(len(list(living.fake.calls)) for living in several),) * 3
        assert bare.execute("SELECT count(*) FROM mirror_missed").fetchone() == (0,), "no call was deleted, and none is missed"
        versions = "SELECT count(*), count(DISTINCT (sid, mirror_revision)) FROM call_history"
        (all_of_them, distinct) = bare.execute(versions).fetchone()
        assert all_of_them == distinct, "a version is kept once"
