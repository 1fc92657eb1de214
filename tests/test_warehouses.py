"""The recipes of the guide's page on warehouses: each change is stored exactly once, wherever the program was interrupted."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cases import cases
from documents import GUIDE, blocks

from twilio_orm import Connection, Message
from twilio_orm.testing import FakeTwilio

SEEDS = range(cases(3, thorough=60))


class Killed(BaseException):
    """The program ends here."""


@pytest.fixture
def recipes() -> dict[str, Any]:
    """The functions of the page."""
    found: dict[str, Any] = {}
    for block in blocks((GUIDE / "warehouses.md").read_text(encoding="utf-8")):
        if block.kind == "python" and "\ndef " in block.body and "dlt" not in block.needs and "duckdb" not in block.needs:
            if block.needs:
                pytest.importorskip(block.needs[0])
            text = block.body.partition("\nMessage.sync")[0].partition("\nfor path in")[0]
            text = text.replace("connection = connect()", "").replace('"warehouse.db"', '":memory:"')
            exec(compile(text, f"warehouses.md:{block.line}", "exec"), found)
    return found


def lived(fake: FakeTwilio, chance: random.Random) -> None:
    """Something happens to the account, and is synced."""
    fake.advance(timedelta(hours=chance.choice((0, 0, 1, 30))))
    rows = [row["sid"] for row in fake.messages.of(fake.account_sid)]
    for _ in range(chance.randrange(4)):
        fake.messages.add(body="x", status="queued")
    for sid in chance.sample(rows, min(len(rows), chance.randrange(4))):
        if chance.random() < 0.3:
            fake.messages.remove(sid)
        else:
            fake.messages.change(sid, status=chance.choice(("sent", "delivered", "failed")))
    for _ in range(chance.choice((1, 2))):
        Message.sync(full=True)


def dying(work: Callable[..., Any], chance: random.Random) -> Callable[..., Any]:
    """The same function, but now and then the program ends before or after it."""

    def run(*args: Any) -> Any:
        if chance.random() < 0.15:
            raise Killed
        done = work(*args)
        if chance.random() < 0.15:
            raise Killed
        return done

    return run


def held(connection: Connection) -> dict[str, tuple[Any, bool]]:
    """What the mirror says of every record: its status, and whether it was deleted."""
    rows = connection.sql("SELECT sid, status, mirror_gone IS NOT NULL FROM message")
    return {sid: (status, bool(deleted)) for sid, status, deleted in rows}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_table_has_the_last_state_of_each_record(
    seed: int, recipes: dict[str, Any], fake: FakeTwilio, connection: Connection
) -> None:
    chance, warehouse, deaths, counted = random.Random(seed), recipes["warehouse"], 0, 0
    assert isinstance(warehouse, sqlite3.Connection)
    recipes["rows_of"] = dying(recipes["rows_of"], chance)
    for _ in range(12):
        lived(fake, chance)
        try:
            counted += recipes["load"](warehouse, chance.choice((1, 2, 100)))
        except Killed:
            deaths += 1
    while True:
        try:
            counted += recipes["load"](warehouse, 3)
            break
        except Killed:
            deaths += 1
    found = {
        sid: (status, deleted == "True") for sid, status, deleted in warehouse.execute("SELECT sid, status, deleted FROM message")
    }
    assert deaths and found == held(connection)
    assert counted == len(list(Message.changes(volatile=True))), "each event once"


@pytest.mark.parametrize("seed", SEEDS)
def test_files_have_each_change_once(
    seed: int, recipes: dict[str, Any], fake: FakeTwilio, connection: Connection, tmp_path: Path
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    chance, deaths = random.Random(seed), 0
    recipes["write_file"] = dying(recipes["write_file"], chance)
    ended: dict[Path, bytes] = {}
    for at in range(16):
        lived(fake, chance) if at < 12 else None
        try:
            paths = recipes["write_days"](Message, tmp_path, 2)
        except Killed:
            deaths += 1
            continue
        assert not {*paths} & ended.keys() and all(path.read_bytes() == text for path, text in ended.items()), "append-only"
        ended |= {path: path.read_bytes() for path in paths}
    while True:
        try:
            recipes["write_days"](Message, tmp_path, 2)
            break
        except Killed:
            deaths += 1
    rows = [
        row
        for path in sorted(tmp_path.glob("day=*/*.parquet"))
        for row in parquet.read_table(path, partitioning=None).to_pylist()
    ]
    assert max(Counter((row["sid"], row["revision"]) for row in rows).values()) == 1
    newest = {row["sid"]: row for row in sorted(rows, key=lambda row: row["revision"])}
    assert deaths and {sid: (row["status"], row["deleted"]) for sid, row in newest.items()} == held(connection)
    events = list(Message.changes(volatile=True))
    assert {(row["sid"], row["revision"]) for row in rows} <= {(event.key[0], event.revision) for event in events}
    assert recipes["write_days"](Message, tmp_path, 2) == []
