"""Units: each transaction that writes may run again, and of one that is discarded nothing is stored."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from twilio_orm import Call, Connection, IncomingPhoneNumber, Message, Recording
from twilio_orm.mirror import metadata, revisions
from twilio_orm.mirror.revisions import Unit
from twilio_orm.mirror.sqlite.database import MirrorDatabase
from twilio_orm.testing import FakeTwilio
from twilio_orm.webhooks import Callback, absorb, replay

NOW = datetime(2026, 6, 15, 12, tzinfo=timezone.utc)
RANDOM = re.compile("'[0-9a-f]{8}'")
"""The names of plans."""
plain = MirrorDatabase.unit


def live(path: Path) -> list[str]:
    """Do whatever writes to a mirror, and return what it holds then."""
    fake = FakeTwilio(clock=NOW)
    fake.populate(calls=60, messages=60, recordings=12, numbers=4, seed=7)
    with twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=path, clock=lambda: fake.clock,
        exclude_fields={"Call": ["caller_name"]},
    ) as connection:  # fmt: skip
        sync()
        change(fake, connection)
        sync()
        write(connection)
        found = connection.sql(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'mirror_words_message' ORDER BY 1"
        )
        rows = {name: connection.sql(f'SELECT * FROM "{name}"') for (name,) in found}
    return [RANDOM.sub("…", f"{name} {row}") for name in rows for row in rows[name]]


def sync() -> None:
    for model in (Call, Message, Recording, IncomingPhoneNumber):
        model.sync(full=True, workers=1)


def change(fake: FakeTwilio, connection: Connection) -> None:
    """Records change, go and come, by requests and by callbacks."""
    fake.advance(timedelta(days=1))
    for call in list(fake.calls)[:5]:
        fake.calls.change(call["sid"], duration="77")
    for message in list(fake.messages)[:3]:
        fake.messages.remove(message["sid"])
    Message.create(to="+14155550188", from_=next(iter(fake.numbers))["phone_number"], body="hello")
    Call.first().recordings.first()
    statuses = ("queued", "sent", "delivered")
    callbacks = [
        Callback(connection.account_sid, "message", (("MessageSid", f"SM{number:032x}"), ("MessageStatus", status),
                 ("AccountSid", connection.account_sid)), f"{number} {status}", fake.clock)
        for number in range(3) for status in reversed(statuses)
    ]  # fmt: skip
    absorb(connection, callbacks)
    absorb(connection, callbacks)
    replay(connection, failed=False)


def write(connection: Connection) -> None:
    """Plans, redaction, exclusions of dates, bookmarks, an index, pruning."""
    plan = IncomingPhoneNumber.all().plan_update(friendly_name="renamed")
    plan.apply(workers=1)
    connection.mirror.set_bookmark("export", "12")
    connection.mirror.index_words(Message.api_schema)
    twilio_orm.redact("+14155550188", dry_run=True)
    twilio_orm.redact("+14155550188")
    twilio_orm.redact(str(Message.offline(partial=True).first().sid))
    connection.prune(timedelta(0))
    connection.mirror.discard_future_dates(NOW - timedelta(days=30))


def test_each_transaction_may_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is run, undone and run again, as after a lost connection: the mirror is the same, and so is what is returned."""
    expected = live(tmp_path / "plain.db")
    ran = set[str]()

    def twice(self: MirrorDatabase, work: Callable[[Unit], Any], *, durably: bool = False) -> Any:
        def undone(unit: Unit) -> Any:
            found = work(unit)
            unit.discard()
            return found

        first = plain(self, undone, durably=durably)
        ran.add(f"{inspect.getmodule(work).__name__.rpartition('.')[2]}.{work.__qualname__.split('.<')[0]}")  # type: ignore[union-attr]
        second = plain(self, work, durably=durably)
        assert str(second) == str(first)
        return second

    monkeypatch.setattr(MirrorDatabase, "unit", twice)
    assert live(tmp_path / "twice.db") == expected
    assert ran >= {
        "bulk_load.run_unit", "store.Mirror.tombstone", "store.Mirror.finish_listing", "store.Mirror.add_account",
        "store.Mirror.prune", "store.Mirror.index_words", "callbacks.CallbackStore.unit",
        "redaction.MirrorRedaction.redact_number", "redaction.MirrorRedaction.redact_records", "journal.Journal.write",
        "journal.Journal.hold", "journal.Journal.sending", "journal.Journal.mark", "journal.Journal.release",
        "sync_state.SyncState.set_metadata", "sync_state.SyncState._discard_future_dates", "erased_bytes._set_progress",
        "mirror_file.MirrorFile._store_exclusions",
    }  # fmt: skip


def test_nothing_is_stored_of_a_unit_that_is_discarded_or_raises(tmp_path: Path) -> None:
    database = twilio_orm.connect("AC" + "1" * 32, "2" * 32, transport=refuse, mirror=tmp_path / "m.db").mirror.open()

    def work(unit: Unit) -> int:
        metadata.write(unit.connection, "name", "value")
        unit.stamp(NOW)
        return unit.revision

    def discard(unit: Unit) -> int:
        unit.discard()
        return work(unit)

    def fail(unit: Unit) -> int:
        raise ZeroDivisionError(work(unit))

    assert database.unit(discard) == 1
    with pytest.raises(ZeroDivisionError):
        database.unit(fail)
    assert stored(database) == [None, 0]
    assert [database.unit(work), database.unit(work, durably=True)] == [1, 2]
    assert stored(database) == ["value", 2]


def test_a_durable_unit_waits_for_the_disk(tmp_path: Path) -> None:
    database = twilio_orm.connect("AC" + "1" * 32, "2" * 32, transport=refuse, mirror=tmp_path / "m.db").mirror.open()

    def synchronous(unit: Unit) -> int:
        return int(unit.connection.execute("PRAGMA synchronous").fetchone()[0])

    full, normal = 2, 1
    assert [database.unit(synchronous, durably=one) for one in (False, True, False)] == [normal, full, normal]


def stored(database: MirrorDatabase) -> list[Any]:
    with database.reading() as connection:
        return [metadata.read(connection, "name"), revisions.latest(connection)]


def refuse(_: Any) -> Any:
    raise AssertionError("nothing is sent")
