"""Callbacks received and stored in the mirror, against plain ``sqlite3`` that stores their texts alone."""

from __future__ import annotations

import base64
import hmac
import json
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

import twilio_orm
from twilio_orm import Connection
from twilio_orm.http.messages import Request, Response
from twilio_orm.webhooks import Receiver
from twilio_orm.webhooks.absorbing import absorb
from twilio_orm.webhooks.bodies import FORM, Callback, parse

from .lines import Line

ACCOUNT = "AC" + "b" * 32
TOKEN = "b" * 32
HOST, PATH = "https://example.com", "/twilio"
BATCH = 100
THREADS = 16
RATE = 2000
Side = Callable[[Sequence[Callback], Path], tuple[float, int]]
STATUSES = ("initiated", "ringing", "in-progress", "completed")
FIXED = {
    "AccountSid": ACCOUNT, "From": "+14155550177", "To": "+15005550006", "Direction": "outbound-api", "ApiVersion": "2010-04-01",
    "Caller": "+14155550177", "Called": "+15005550006", "CallerCity": "OAKLAND", "CallerState": "CA", "CalledCity": "",
    "CallbackSource": "call-progress-events", "Timestamp": "Mon, 15 Jun 2026 12:00:00 +0000",
}  # fmt: skip


def absorbing(callbacks: int, rounds: int, tell: Callable[[str], None]) -> list[Line]:
    """The lines about callbacks: those of a fourth as many calls, shuffled, into a new file."""
    made = _made(callbacks)
    peer = "raw `sqlite3`: their texts in one table"
    lines = {
        _absorbed: Line(
            f"absorb {len(made):,} shuffled callbacks of calls, {BATCH} a transaction", peer,
            limit=len(made) / RATE, slower=True,
        ),
        _received: Line(
            f"receive {len(made):,} of them, {THREADS} threads, {THREADS} at a time", peer, limit=len(made) / RATE, slower=True
        ),
    }  # fmt: skip
    for number in range(rounds):
        with tempfile.TemporaryDirectory(prefix="twilio-orm-bench-") as folder:
            sides: tuple[Side, ...] = (_absorbed, _received, _plain)
            at = number % len(sides)
            took = {side: side(made, Path(folder) / f"{side.__name__}.db") for side in sides[at:] + sides[:at]}
        for side, line in lines.items():
            line.add(took[side][0], took[_plain][0])
            if took[side][1] != len(made) // len(STATUSES):
                line.faults.append(f"{took[side][1]} calls are completed")
        rates = " and ".join(f"{len(made) / took[side][0]:,.0f} a second {side.__name__[1:]}" for side in lines)
        tell(f"callbacks, round {number + 1} of {rounds}: {rates}")
    return list(lines.values())


def _made(count: int) -> list[Callback]:
    now = datetime.now(timezone.utc)
    found = []
    for number in range(count // len(STATUSES)):
        for sequence, status in enumerate(STATUSES):
            form = {**FIXED, "CallSid": f"CA{number:032x}", "CallStatus": status, "SequenceNumber": str(sequence)}
            form |= {"CallDuration": "61", "Duration": "2"} if status == "completed" else {}
            found.append(parse("POST", "", FORM, urlencode(form).encode(), received_at=now))
    random.Random(1).shuffle(found)
    return found


def _absorbed(made: Sequence[Callback], path: Path) -> tuple[float, int]:
    with _connected(path) as connection:
        start = perf_counter()
        for at in range(0, len(made), BATCH):
            absorb(connection, made[at : at + BATCH])
        return perf_counter() - start, _completed(connection)


def _received(made: Sequence[Callback], path: Path) -> tuple[float, int]:
    """Signed requests, each of which waits until its callback is stored, as a server's threads do."""
    requests = [_signed(one) for one in made]
    with _connected(path) as connection, ThreadPoolExecutor(THREADS) as threads:
        receiver = Receiver(connection, public_url=HOST)
        start = perf_counter()
        for received in threads.map(lambda one: receiver.receive("POST", PATH, *one), requests):
            if received.status != 204:
                raise AssertionError(received.why)
        return perf_counter() - start, _completed(connection)


def _signed(callback: Callback) -> tuple[dict[str, str], bytes]:
    """The headers and the body of the request that brings a callback."""
    text = HOST + PATH + "".join(name + value for name, value in sorted(callback.parameters))
    signature = base64.b64encode(hmac.digest(TOKEN.encode(), text.encode(), "sha1")).decode()
    return {"Content-Type": FORM, "X-Twilio-Signature": signature, "Host": "example.com"}, urlencode(callback.parameters).encode()


@contextmanager
def _connected(path: Path) -> Iterator[Connection]:
    def refuse(_: Request) -> Response:
        raise AssertionError("callbacks send nothing")

    connection = twilio_orm.connect(ACCOUNT, TOKEN, transport=refuse, mirror=path)
    connection.mirror.open()
    try:
        yield connection
    finally:
        connection.close()


def _completed(connection: Connection) -> int:
    [(completed,)] = connection.sql("SELECT count(*) FROM call WHERE status = 'completed' AND duration = 61")
    return int(completed)


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
