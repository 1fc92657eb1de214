"""What a mirror goes through, in steps that each return a value: syncs, changes, a plan, callbacks, redaction, pruning."""

from __future__ import annotations

import itertools
import secrets
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from postgres_mirrors import raw

import twilio_orm
from twilio_orm import Call, Connection, Count, IncomingPhoneNumber, Message, MirrorError, Sum, WritePlan, connecting, redact
from twilio_orm.schema.times import UTC
from twilio_orm.sync import incremental, scan
from twilio_orm.sync.report import MirrorWarning
from twilio_orm.sync.worker_pool import WorkerPool
from twilio_orm.testing import FakeTwilio
from twilio_orm.webhooks.absorbing import absorb
from twilio_orm.webhooks.bodies import Callback

MODELS: tuple[Any, ...] = (Call, Message, IncomingPhoneNumber)
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
PAGE = 6
SECRET = "+15005557777"
TRIES = 3
"""How often a step is taken while it fails with a MirrorError."""


def account() -> FakeTwilio:
    """An account with calls, messages and numbers, the same each time."""
    fake = FakeTwilio(f"AC{'5' * 32}", "7" * 32, clock=NOW)
    for number in range(14):
        at = NOW - timedelta(days=number % 5, hours=1, seconds=number)
        done = {"status": "completed", "price": "-0.0130", "duration": str(number)} if number % 3 else {"status": "in-progress"}
        dates = {"start_time": at, "date_created": at, "date_updated": at}
        fake.calls.add(sid=f"CA{number:032x}", to=SECRET if number == 4 else f"+1415555{number:04d}", **done, **dates)
        sent = {"date_sent": at, "date_created": at, "date_updated": at}
        fake.messages.add(sid=f"SM{number:032x}", body=f"number {number}", status="delivered", price="-0.0075", **sent)
    for number in range(3):
        fake.numbers.add(sid=f"PN{number:032x}", phone_number=f"+1555000{number:04d}", voice_url="https://old.example.com/voice")
    return fake


@contextmanager
def small() -> Iterator[None]:
    """In the block, mirrors have few tables, pages few records, and nothing is random or depends on threads."""
    counter = itertools.count(1)

    def pool(read: Any, handle: Any, workers: int, **_: Any) -> WorkerPool[Any, Any]:
        return WorkerPool(read, handle, workers)

    with (
        mock.patch.object(incremental, "WorkerPool", pool),
        mock.patch.object(scan, "ahead", lambda steps: steps),
        mock.patch.object(connecting, "SCHEMAS", [model.api_schema for model in MODELS]),
        mock.patch.object(Call.api_schema, "page_size", PAGE),
        mock.patch.object(Message.api_schema, "page_size", PAGE),
        mock.patch.object(secrets, "token_hex", lambda size: f"{next(counter):0{2 * size}x}"),
    ):
        yield


class Story:
    """One run.

    :param url: the mirror's URL.
    :param send: what requests are sent with, given the account; the account itself by default.
    """

    def __init__(self, url: str, send: Callable[[FakeTwilio, Any], Any] | None = None) -> None:
        fake, self.url = account(), url
        self.fake = fake
        transport = fake.send if send is None else lambda request: send(fake, request)
        self.connection: Connection = twilio_orm.connect(
            fake.account_sid, fake.auth_token, transport=transport, mirror=url, clock=lambda: fake.clock
        )
        self.retried = 0
        self.warned: list[Any] = []
        self.plan = ""

    def run(self) -> dict[str, Any]:
        """Take all steps, each again where the mirror could not be read. What each returned."""
        told: dict[str, Any] = {}
        with self.connection, warnings.catch_warnings(record=True) as self.warned:
            warnings.simplefilter("always", MirrorWarning)
            for step in (
                self.open, self.sync_calls, self.sync_messages, self.sync_numbers, self.change, self.incremental, self.hour,
                self.full, self.make_plan, self.apply, self.callbacks, self.callbacks_again, self.read, self.history, self.redact,
                self.days, self.prune, self.afterwards,
            ):  # fmt: skip
                told[step.__name__] = self._take(step)
        self.connection.close()
        return told

    def _take(self, step: Callable[[], Any]) -> Any:
        for last in (*[False] * (TRIES - 1), True):
            try:
                return step()
            except MirrorError:
                if last:
                    raise
                self.retried += 1
        raise AssertionError("the last try ends it")

    def open(self) -> Any:
        self.connection.mirror.open()

    def sync_calls(self) -> Any:
        return _plain(Call.sync(workers=1))

    def sync_messages(self) -> Any:
        return _plain(Message.sync(workers=1))

    def sync_numbers(self) -> Any:
        return _plain(IncomingPhoneNumber.sync(workers=1))

    def change(self) -> Any:
        """What happens at the account; only once, since it reads no mirror."""
        fake = self.fake
        fake.advance(timedelta(hours=3))
        for row in [one for one in fake.calls if one["status"] == "in-progress"][:3]:
            fake.calls.change(row["sid"], status="completed", price="-0.02", duration="9")
        for number in range(20, 24):
            at = fake.clock - timedelta(minutes=number)
            fake.calls.add(sid=f"CA{number:032x}", status="completed", price="-0.01", start_time=at, date_created=at)
        fake.messages.remove(f"SM{7:032x}")

    def incremental(self) -> Any:
        return [_plain(model.sync(workers=1)) for model in (Call, Message)]

    def full(self) -> Any:
        return [_plain(model.sync(workers=1, full=True)) for model in (Call, Message)]

    def hour(self) -> Any:
        """Time passes."""
        self.fake.advance(timedelta(hours=1))

    def days(self) -> Any:
        """Time passes."""
        self.fake.advance(timedelta(days=40))

    def make_plan(self) -> Any:
        plan = IncomingPhoneNumber.all().plan_update(voice_url="https://new.example.com/voice")
        self.plan = plan.id
        return [str(one) for one in plan]

    def apply(self) -> Any:
        done = WritePlan.load(self.plan).apply(workers=1)
        return len(done.ok), len(done.failed), [row["voice_url"] for row in self.fake.numbers]

    def callbacks(self) -> Any:
        account_sid, now = self.fake.account_sid, self.fake.clock
        several = []
        for number in (3, 4, 40):
            parameters = {
                "AccountSid": account_sid, "CallSid": f"CA{number:032x}", "CallStatus": "completed", "CallDuration": "31",
                "From": "+14155550000", "To": f"+1415555{number:04d}", "Direction": "inbound",
            }  # fmt: skip
            several.append(Callback(account_sid, "call", tuple(parameters.items()), f"token {number}", now))
        outcomes = absorb(self.connection, several)
        return [(one.duplicate, one.failed, one.ignored, len(one.changes)) for one in outcomes]

    def callbacks_again(self) -> Any:
        return [outcome[0] for outcome in self.callbacks()]

    def read(self) -> Any:
        return (
            [call.sid for call in Call.offline(partial=True).filter(status="completed").order_by("-start_time")],
            Message.offline().aggregate(count=Count(), paid=Sum("price")),
            sorted(number.voice_url for number in IncomingPhoneNumber.offline()),
            self.connection.sql('SELECT count(*) FROM "call" WHERE duration > ?', 5),
        )

    def history(self) -> Any:
        then = NOW + timedelta(minutes=1)
        return (
            [_event(event) for model in MODELS for event in model.changes()],
            sorted((call.sid, call.status) for call in Call.as_of(then)),
        )

    def redact(self) -> Any:
        found = redact(SECRET)
        return dict(found.rows)

    def prune(self) -> Any:
        return self.connection.prune(timedelta(days=40, hours=2))

    def afterwards(self) -> Any:
        return [_plain(Call.sync(workers=1)), sorted(call.sid for call in Call.offline())]


def _plain(report: Any) -> Any:
    return repr(replace(report, seconds=0.0, remaining=None))


def _event(event: Any) -> str:
    return str(event)


LEFT_OUT = {"mirror_units": "token"}
"""A column that is not compared: tokens are random."""
NUMBERED = {"mirror_callbacks": "id", "mirror_sweeps": "id", "mirror_sweeps_history": "id"}
"""Columns that the server counts, with gaps where a transaction was rolled back: their order counts."""


def stored(url: str) -> dict[str, list[str]]:
    """All rows of all tables of a mirror but tokens; numbers that the server counts are their ranks."""
    schema = url.rpartition("schema=")[2]
    found = {}
    with raw(url) as connection:
        names = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename"
        for (table,) in connection.execute(names, (schema,)).fetchall():
            identity = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attidentity <> ''"
            counted = {name for (name,) in connection.execute(identity, (f'"{schema}"."{table}"',)).fetchall()}
            if table in NUMBERED:
                counted.add(NUMBERED[table])
            cursor = connection.execute(f'SELECT * FROM "{table}"')
            columns, rows = [one.name for one in cursor.description or ()], cursor.fetchall()
            for place, name in enumerate(columns):
                if name in counted:
                    ranks = {value: rank for rank, value in enumerate(sorted({row[place] for row in rows}))}
                    rows = [(*row[:place], ranks[row[place]], *row[place + 1 :]) for row in rows]
            hidden = LEFT_OUT.get(table)
            rows = [tuple(value for name, value in zip(columns, row, strict=True) if name != hidden) for row in rows]
            found[table] = sorted(map(repr, rows))
    return found


def revisions(url: str) -> list[int]:
    """The numbers of all revisions, in order."""
    with raw(url) as connection:
        return [one for (one,) in connection.execute("SELECT id FROM mirror_revisions ORDER BY id").fetchall()]
