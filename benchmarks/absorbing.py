"""Callbacks stored in the mirror, in batches, against plain ``sqlite3`` that stores their texts alone."""

from __future__ import annotations

import json
import random
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

import twilio_orm
from twilio_orm.http.messages import Request, Response
from twilio_orm.webhooks.absorbing import absorb
from twilio_orm.webhooks.bodies import Callback, parse

from .lines import Line

ACCOUNT = "AC" + "b" * 32
BATCH = 100
RATE = 2000
STATUSES = ("initiated", "ringing", "in-progress", "completed")
FIXED = {
    "AccountSid": ACCOUNT, "From": "+14155550177", "To": "+15005550006", "Direction": "outbound-api", "ApiVersion": "2010-04-01",
    "Caller": "+14155550177", "Called": "+15005550006", "CallerCity": "OAKLAND", "CallerState": "CA", "CalledCity": "",
    "CallbackSource": "call-progress-events", "Timestamp": "Mon, 15 Jun 2026 12:00:00 +0000",
}  # fmt: skip


def absorbing(callbacks: int, rounds: int, tell: Callable[[str], None]) -> list[Line]:
    """The line about callbacks: those of a fourth as many calls, shuffled, into a new file."""
    made = _made(callbacks)
    line = Line(
        f"absorb {len(made):,} shuffled callbacks of calls, {BATCH} a transaction",
        "raw `sqlite3`: their texts in one table", limit=len(made) / RATE, slower=True,
    )  # fmt: skip
    for number in range(rounds):
        with tempfile.TemporaryDirectory(prefix="twilio-orm-bench-") as folder:
            took = {}
            for side in (_ours, _plain) if number % 2 else (_plain, _ours):
                took[side] = side(made, Path(folder) / f"{side.__name__}.db")
            line.add(took[_ours][0], took[_plain][0])
            if took[_ours][1] != len(made) // len(STATUSES):
                line.faults.append(f"{took[_ours][1]} calls are completed")
        tell(f"callbacks, round {number + 1} of {rounds}: {len(made) / took[_ours][0]:,.0f} a second")
    return [line]


def _made(count: int) -> list[Callback]:
    now = datetime.now(timezone.utc)
    found = []
    for number in range(count // len(STATUSES)):
        for sequence, status in enumerate(STATUSES):
            form = {**FIXED, "CallSid": f"CA{number:032x}", "CallStatus": status, "SequenceNumber": str(sequence)}
            form |= {"CallDuration": "61", "Duration": "2"} if status == "completed" else {}
            found.append(parse("POST", "", "application/x-www-form-urlencoded", urlencode(form).encode(), received_at=now))
    random.Random(1).shuffle(found)
    return found


def _ours(made: Sequence[Callback], path: Path) -> tuple[float, int]:
    def refuse(_: Request) -> Response:
        raise AssertionError("absorbing sends nothing")

    connection = twilio_orm.connect(ACCOUNT, "b" * 32, transport=refuse, mirror=path)
    connection.mirror.open()
    start = perf_counter()
    for at in range(0, len(made), BATCH):
        absorb(connection, made[at : at + BATCH])
    seconds = perf_counter() - start
    [(completed,)] = connection.sql("SELECT count(*) FROM call WHERE status = 'completed' AND duration = 61")
    connection.close()
    return seconds, completed


def _plain(made: Sequence[Callback], path: Path) -> tuple[float, int]:
    file = sqlite3.connect(path)
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("PRAGMA synchronous = NORMAL")
    file.execute("CREATE TABLE callback (token TEXT PRIMARY KEY, parameters TEXT)")
    start = perf_counter()
    for at in range(0, len(made), BATCH):
        rows = [(one.token, json.dumps(one.parameters)) for one in made[at : at + BATCH]]
        file.executemany("INSERT OR IGNORE INTO callback VALUES (?, ?)", rows)
        file.commit()
    seconds = perf_counter() - start
    file.close()
    return seconds, 0
