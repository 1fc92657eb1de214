"""An account that lives by the seconds of the machine, the same in every process, and what syncs it until it is killed."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import twilio_orm
from twilio_orm import Call, Connection, MirrorError
from twilio_orm.schema.times import UTC
from twilio_orm.testing import FakeTwilio

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
TICK = 0.1
"""Seconds of the machine between two changes of an account."""
STEP = timedelta(seconds=20)
"""The account's time that passes meanwhile: what waits for seconds is not dated by a clock that the mirror takes for wrong."""
FIRST = 40
"""Calls that an account begins with."""


class Living:
    """An account. Whoever asks it at one moment gets the same answer, in whatever process.

    :param number: which account.
    :param begin: the seconds of ``time.time()`` at which it begins to change.
    :param seconds: for how long it changes.
    """

    def __init__(self, number: int, begin: float, seconds: float) -> None:
        self.number, self.begin, self.last = number, begin, int(seconds / TICK)
        self.fake = FakeTwilio(f"AC{number:032x}", f"{number:032x}", clock=NOW)
        self.tick, self.made = 0, 0
        self._lock = threading.Lock()
        chance = random.Random(f"account {number}")
        for _ in range(FIRST):
            self._add(NOW - timedelta(days=chance.randrange(30), minutes=chance.randrange(1000)), done=chance.random() < 0.8)

    def _add(self, at: datetime, *, done: bool) -> None:
        status = {"status": "completed", "price": "-0.0130", "duration": "7"} if done else {"status": "in-progress"}
        sid = f"CA{self.number:08x}{self.made:024x}"
        dates = {"start_time": at, "date_created": at, "date_updated": at}
        self.fake.calls.add(sid=sid, to=f"+1555{self.number:03d}{self.made:04d}", from_="+15550009999", **status, **dates)
        self.made += 1

    def now(self) -> datetime:
        """Its time, after what has happened until now."""
        with self._lock:
            tick = min(int((time.time() - self.begin) / TICK), self.last)
            while self.tick < tick:
                self.tick += 1
                self._live(random.Random(f"{self.number} {self.tick}"))
            return self.fake.clock

    def end(self) -> None:
        """Let all happen that is to happen."""
        self.begin = 0.0
        self.now()

    def _live(self, chance: random.Random) -> None:
        fake = self.fake
        fake.advance(STEP)
        for _ in range(chance.choice((0, 0, 1, 2))):
            self._add(fake.clock, done=chance.random() < 0.5)
        open_ones = [row["sid"] for row in fake.calls if row["status"] == "in-progress"]
        for sid in chance.sample(open_ones, min(len(open_ones), chance.choice((0, 0, 1)))):
            fake.calls.change(sid, status="completed", price="-0.0200", duration="11")

    def connect(self, url: str) -> Connection:
        """A connection to it, whose requests are answered in this process."""

        def send(request: Any) -> Any:
            self.now()
            return self.fake.send(request)

        return twilio_orm.connect(self.fake.account_sid, self.fake.auth_token, transport=send, mirror=url, clock=self.now)


def sync_until(url: str, living: Living, is_over: Callable[[], bool], seed: str) -> Counter[str]:
    """Sync an account in any way until it is over, at least once, whatever becomes of the server. What was done."""
    chance, counted = random.Random(seed), Counter[str]()
    connection = living.connect(url)
    while not (is_over() and counted["syncs"]):
        how: dict[str, Any] = chance.choice(({}, {}, {"since": timedelta(hours=6)}, {"full": True}))
        try:
            with connection:
                report = Call.sync(workers=chance.choice((1, 2)), **how)
            counted["syncs"] += 1
            counted["new"] += report.new
        except MirrorError:
            counted["failed"] += 1
            time.sleep(0.05)
    connection.close()
    return counted
