"""A process that dies between any two steps of storing pages: what was stored is there, and nothing is claimed that is not."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from twilio_orm import Call, NotCovered, UsageRecord, connecting
from twilio_orm.http.messages import Request, Response
from twilio_orm.mirror import bulk_load
from twilio_orm.mirror.own_tables import DESCRIBING
from twilio_orm.mirror.sqlite import database as databases
from twilio_orm.mirror.table_layout import record_table
from twilio_orm.testing import FakeTwilio

pytestmark = [
    pytest.mark.law,
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks"),
]

CALLS, PAGE = 7, 3
INDEXES = {one.name for one in record_table(Call.api_schema).indexes}


@pytest.fixture(autouse=True)
def _few_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tables are made in the same transaction as all of them, in fewer steps to die at."""
    monkeypatch.setattr(connecting, "SCHEMAS", [Call.api_schema, UsageRecord.api_schema])


Sync = Callable[[Callable[[Any], object]], object]


class Mortal:
    """Counts the steps of a process, statements and requests alike, and kills it at one of them.

    The rows that describe the file are written in one transaction, and all of a table are one step.
    """

    def __init__(self, last: int) -> None:
        self.step, self.last, self.table = 0, last, ""

    def __call__(self, text: str = "") -> None:
        table = next((one for one in DESCRIBING if text.startswith(f"INSERT INTO {one} ")), "")
        if table and table == self.table:
            return
        self.table = table
        self.step += 1
        if self.step == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def connect(fake: FakeTwilio, path: Path, step: Callable[..., None] = lambda *_: None) -> twilio_orm.Connection:
    def send(request: Request) -> Response:
        step()
        answer = fake.send(request)
        step()
        return answer

    return twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=path)


def live_until(last: int, fake: FakeTwilio, path: Path, sync: Sync) -> tuple[bool, int, int]:
    """Sync in a child that is killed at a step: whether it lived, its steps, and the pages it said were stored."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            mortal = Mortal(last)
            settle = databases.configure

            def mortal_settle(connection: sqlite3.Connection, memory: bool) -> None:
                connection.set_trace_callback(mortal)
                settle(connection, memory)

            databases.configure = mortal_settle  # type: ignore[assignment]
            with connect(fake, path, mortal):
                sync(lambda report: os.write(write, b"p"))
            os.write(write, b"." * mortal.step)
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return not os.WIFSIGNALED(status), said.count(b"."), said.count(b"p")


def sync_calls(tell: Callable[[Any], object]) -> object:
    return Call.sync(progress=tell, full=True, workers=1)  # so that its steps come in one order


def table(path: Path, name: str = "call") -> list[tuple[Any, ...]]:
    """What a table says of Twilio; the revisions count this process's crashes, the digests say by which way a row came."""
    with contextlib.closing(sqlite3.connect(path)) as bare:
        assert bare.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        names = [
            row[1] for row in bare.execute(f"PRAGMA table_info({name})") if row[1] not in ("mirror_revision", "mirror_digest")
        ]
        if not names:
            return []
        columns = ", ".join(f'"{one}" IS NOT NULL' if one == "mirror_gone" else f'"{one}"' for one in names)
        return sorted(map(repr, bare.execute(f"SELECT {columns} FROM {name}")))  # type: ignore[arg-type]


def made_indexes(path: Path) -> set[str]:
    """The indexes of the table of calls that statements have made."""
    with contextlib.closing(sqlite3.connect(path)) as bare:
        found = bare.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'call' AND sql IS NOT NULL")
        return {name for (name,) in found}


def revisions(path: Path) -> None:
    """Revisions are numbered without a gap, their times do not decrease, and every row has one of them."""
    with contextlib.closing(sqlite3.connect(path)) as bare:
        found = bare.execute("SELECT id, at FROM mirror_revisions ORDER BY id").fetchall()
        assert [number for number, _ in found] == list(range(1, len(found) + 1))
        assert [at for _, at in found] == sorted(at for _, at in found)
        own = {number for (number,) in bare.execute("SELECT DISTINCT mirror_revision FROM call")}
        assert own <= {number for number, _ in found}


@pytest.fixture
def twilio() -> FakeTwilio:
    fake = FakeTwilio()
    for number in range(CALLS):
        fake.calls.add(to=f"+1555000000{number}", from_="+15550009999", status="completed")
    return fake


@pytest.fixture
def undisturbed(twilio: FakeTwilio, tmp_path: Path) -> list[tuple[Any, ...]]:
    path = tmp_path / "undisturbed.db"
    connection = connect(twilio, path)
    with connection:
        Call.sync()
    connection.close()
    return table(path)


def survive(
    twilio: FakeTwilio, start: Path | None, folder: Path, whole: list[tuple[Any, ...]], before: list[tuple[Any, ...]]
) -> int:
    """Kill at every step of a sync that begins with the file ``start``, and look at what is left each time."""
    path = folder / "mirror.db"

    def fresh() -> None:
        for one in folder.glob("mirror.db*"):
            one.unlink()
        if start is not None:
            shutil.copy(start, path)

    fresh()
    lived, total, _ = live_until(10**9, twilio, path, sync_calls)
    assert lived
    assert table(path) == whole
    for last in range(1, total + 1):
        fresh()
        lived, _, stored = live_until(last, twilio, path, sync_calls)
        assert not lived or last > total / 2, "it should have been killed"  # pages that wait together take fewer steps
        connection = connect(twilio, path)
        with connection:
            held = {call.sid for call in Call.offline(partial=True)}
            assert made_indexes(path) == INDEXES, f"step {last}: the next opening has not made an index"
            assert len(held) in (0, PAGE, 2 * PAGE, CALLS), f"step {last}: a page was stored in part"
            assert len(held) >= min(stored * PAGE, CALLS), f"step {last}: a page that was stored is lost"
            try:
                answer = list(Call.offline())
            except NotCovered:
                assert start is None, f"step {last}: what was heard before is forgotten"
            else:
                assert len(answer) == CALLS, f"step {last}: an answer was given that is not whole"
                assert start is not None or table(path) == whole
            if len(held) == CALLS and start is not None:
                rows = table(path)
                assert all(row in whole or row in before for row in rows)
            assert Call.sync(full=True, workers=1).whole
            assert Call.offline().count() == CALLS
        connection.close()
        assert table(path) == whole, f"step {last}: the next sync does not complete it"
        revisions(path)
    return total


def test_a_kill_between_any_two_steps_of_a_first_sync(
    twilio: FakeTwilio, tmp_path: Path, undisturbed: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From opening a new file to the note that all was heard: each statement and each request is once the last thing done."""
    monkeypatch.setattr(Call.api_schema, "page_size", PAGE)
    (tmp_path / "killed").mkdir()
    assert survive(twilio, None, tmp_path / "killed", undisturbed, []) > 60


def test_a_kill_between_any_two_steps_of_a_load(
    twilio: FakeTwilio, tmp_path: Path, undisturbed: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same while the indexes of fields are dropped with the first page, and made one after the other at the end."""
    monkeypatch.setattr(Call.api_schema, "page_size", PAGE)
    monkeypatch.setattr(bulk_load, "FEW", PAGE)
    path = tmp_path / "without.db"
    lived, _, _ = live_until(10**9, twilio, path, lambda tell: sync_calls(lambda report: dropped(path) and tell(report)))
    assert lived and made_indexes(path) == INDEXES
    (tmp_path / "killed").mkdir()
    assert survive(twilio, None, tmp_path / "killed", undisturbed, []) > 60


def dropped(path: Path) -> bool:
    assert len(made_indexes(path)) < len(INDEXES)
    return True


def test_a_kill_between_any_two_steps_of_a_later_sync(
    twilio: FakeTwilio, tmp_path: Path, undisturbed: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that change are the old or the new ones, page by page; what had been heard stays heard."""
    monkeypatch.setattr(Call.api_schema, "page_size", PAGE)
    first = tmp_path / "undisturbed.db"
    before = table(first)
    for call in list(twilio.calls)[::2]:
        twilio.calls.change(call["sid"], price="-0.0420")
    second = tmp_path / "second.db"
    shutil.copy(first, second)
    connection = connect(twilio, second)
    with connection:
        assert Call.sync().changed == 4
    connection.close()
    (tmp_path / "killed").mkdir()
    assert survive(twilio, first, tmp_path / "killed", table(second), before) > 20


def test_a_kill_while_a_snapshot_is_stored(tmp_path: Path) -> None:
    """A list of sums is replaced without a moment in which what it no longer holds and what it holds are both missing."""
    fake = FakeTwilio()
    fake.calls.add(to="+15550000000", from_="+15550009999", status="completed", price="-0.0100")
    path = tmp_path / "mirror.db"

    def sync_sums(_: Callable[[Any], object]) -> object:
        return UsageRecord.today.sync()

    lived, total, _ = live_until(10**9, fake, path, sync_sums)
    assert lived
    count = len(table(path, "usage_record"))
    assert count
    for last in range(1, total + 1):
        for one in tmp_path.glob("mirror.db*"):
            one.unlink()
        assert not live_until(last, fake, path, sync_sums)[0]
        connection = connect(fake, path)
        with connection:
            with contextlib.suppress(NotCovered):
                assert UsageRecord.today.offline().count() == count
            assert UsageRecord.today.sync().whole
            assert UsageRecord.today.offline().count() == count
        connection.close()
