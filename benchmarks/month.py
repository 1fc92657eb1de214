"""A mirror of an account whose last month has so many calls and as many messages. It measures nothing.

``python -m benchmarks.month FILE ROWS``. A simulated account of a thousand calls and a thousand messages is synced, with its
numbers and usage; SQL then copies those rows with other SIDs, times and customers, the newest first, so that the file says what
it would say after a sync of all of them, in a fraction of the time.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
from contextlib import closing
from datetime import datetime, timezone
from typing import Any

import twilio_orm
from twilio_orm import Account, Call, IncomingPhoneNumber, Message, Notification, UsageRecord
from twilio_orm.testing import FakeTwilio

SEED_ROWS = 1000
NUMBERS = 40
MONTH = "2026-06"
DAYS = ("2026-06-01", "2026-06-30")
LAST_DAYS = ("2026-06-02", "2026-07-01")
"""The month, and the thirty days of a dashboard."""
LAST = datetime(2026, 6, 30, 12, tzinfo=timezone.utc)
NOW = datetime(2026, 7, 1, 1, tzinfo=timezone.utc)
STEP = 37
"""Seconds from a copy to the next; 999 of them are less than half a day."""
TIMES = {
    "call": ("start_time", "end_time", "date_created", "date_updated"),
    "message": ("date_sent", "date_created", "date_updated"),
}
PREFIXES = ("+1415555", "+1212555", "+1416555", "+4915112", "+3361234", "+4477001", "+6141234", "+9198765")
TEXTS = ("STOP", "Stop.", "START", "stop it now")
"""Texts that a copy of an inbound message may have instead of its own: two opt-outs, an opt-in, and neither."""


def account() -> FakeTwilio:
    """The simulated account, which is the same each time."""
    fake = FakeTwilio()
    fake.clock = LAST
    fake.populate(calls=SEED_ROWS, messages=SEED_ROWS, numbers=NUMBERS, days=29, seed=3)
    fake.clock = NOW
    return fake


def connected(fake: FakeTwilio, path: str) -> twilio_orm.Connection:
    """A connection to the account, at the time of its clock."""
    return twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=path, clock=lambda: fake.clock)


def made(path: str, rows: int) -> dict[str, Any]:
    """Make the file."""
    fake = account()
    with connected(fake, path) as connection:
        for model in (Account, Call, Message, IncomingPhoneNumber, Notification):
            model.sync()
        for days in (DAYS, LAST_DAYS):
            UsageRecord.daily.between(*days).sync()
        UsageRecord.monthly.between(*DAYS).sync()
        UsageRecord.monthly.between(*DAYS).filter(include_subaccounts=False).sync()
        ours = list(IncomingPhoneNumber.offline().values_list("phone_number", flat=True))
    connection.close()
    with closing(sqlite3.connect(path)) as file:
        file.create_function("sid", 2, copied_sid, deterministic=True)
        for table in TIMES:
            copy(file, table, rows // SEED_ROWS - 1, ours)
        file.commit()
        file.execute("ANALYZE")
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        counts = [file.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in TIMES]
    return {"rows": counts}


def customer(table: str) -> str:
    """The SQL of a copy's customer: one of about fifty thousand, each of whom calls and writes, and is called and written to."""
    prefixes = " ".join(f"WHEN {at} THEN '{prefix}'" for at, prefix in enumerate(PREFIXES))
    digits = f"""("{table}".rowid * 7919 + n * 104729) % 6250"""
    return f"""CASE "{table}".rowid % {len(PREFIXES)} {prefixes} END || printf('%04d', {digits})"""


def copied_sid(own: str, number: int) -> str:
    """The SID of a copy, as random as Twilio's, and the same each time."""
    return own[:2] + hashlib.md5(f"{own} {number}".encode(), usedforsecurity=False).hexdigest()


def copy(file: sqlite3.Connection, table: str, times: int, ours: list[str]) -> None:
    """Copy every row of a table so many times.

    :param ours: the account's numbers, which copies keep.
    """
    columns = [row[1] for row in file.execute(f'PRAGMA table_info("{table}")')]
    held = ", ".join(f"'{number}'" for number in ours)
    other = {
        "sid": "sid(sid, n)",
        **{name: f"datetime({name}, (-{STEP} * n) || ' seconds')" for name in TIMES[table]},
        **{name: f"""CASE WHEN "{name}" IN ({held}) THEN "{name}" ELSE {customer(table)} END""" for name in ("to", "from_")},
    }
    if table == "message":
        texts = " ".join(f"WHEN {at} THEN '{text}'" for at, text in enumerate(TEXTS))
        other["body"] = (
            f"CASE WHEN direction <> 'inbound' THEN body ELSE CASE (n * 7 + length(body)) % 400 {texts} ELSE body END END"
        )
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(other.get(name, f'"{name}"') for name in columns)
    latest = other[TIMES[table][0]]
    file.execute(
        f"WITH RECURSIVE copies(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM copies WHERE n < {times})"
        f' INSERT INTO "{table}" ({names}) SELECT {values} FROM copies CROSS JOIN "{table}" ORDER BY {latest} DESC'
    )


if __name__ == "__main__":
    print(json.dumps(made(sys.argv[1], int(sys.argv[2]))))
