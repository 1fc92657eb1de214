"""The journal of plans: a step is on the disk before its request leaves, one applies a plan at a time, and what is done stays."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

import twilio_orm
from twilio_orm.mirror.journal import DONE, FAILED, SENDING, WAITING, Entry, Holder, Journal, Line
from twilio_orm.mirror.own_tables import JOURNAL
from twilio_orm.mirror.sqlite.database import MirrorDatabase

ACCOUNT, NOW, LATER = "AC" + "1" * 32, "2026-06-15 12:00:00", "2026-06-15 12:05:00"


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "mirror.db")


@pytest.fixture
def journal(path: str) -> Journal:
    database = MirrorDatabase(path)
    with database.writing() as connection:
        for table in JOURNAL:
            connection.make_table(table)
    journal = Journal(database)
    journal.write(entry("p1"), [Line(at, "POST", f'["A{at}"]', record="{}", fields="{}") for at in range(3)])
    return journal


def entry(id: str, account: str = ACCOUNT) -> Entry:
    return Entry(id, account, "IncomingPhoneNumber", "update", NOW, 7)


def held(path: str, sql: str) -> list[tuple[object, ...]]:
    """What another connection reads."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_a_plan_is_read_as_it_was_written(journal: Journal) -> None:
    lines = [
        Line(0, "POST", '["Ä"]', "call_sid", '{"a":"ü"}', '{"b":[null,1]}'),
        Line(1, "", '["B"]', state="skipped", why="is not final"),
    ]
    journal.write(entry("p2"), lines)
    assert journal.lines("p2") == lines and journal.entry(ACCOUNT, "p2") == entry("p2")
    assert journal.entries(ACCOUNT) == [(entry("p1"), {WAITING: 3}), (entry("p2"), {"skipped": 1, WAITING: 1})]


def test_a_plan_is_its_accounts_alone(journal: Journal) -> None:
    other = "AC" + "2" * 32
    assert journal.entry(other, "p1") is None and journal.entries(other) == []


def test_a_plan_is_written_whole_or_not_at_all(journal: Journal, path: str) -> None:
    with pytest.raises(twilio_orm.MirrorError):
        journal.write(entry("p2"), [Line(0, "POST", "[]"), Line(0, "POST", "[]")])
    assert held(path, "SELECT count(*) FROM mirror_plans") == [(1,)]


def test_one_holds_a_plan_until_it_lets_go_or_lives_no_more(journal: Journal) -> None:
    assert journal.hold("p1", "me", NOW, lambda _: True) is None
    assert journal.hold("p1", "you", LATER, lambda _: True) == Holder("me", NOW, NOW)
    journal.release("p1", "you")
    assert journal.hold("p1", "you", LATER, lambda _: True) == Holder("me", NOW, NOW), "only the holder lets go"
    assert journal.hold("p1", "you", LATER, lambda _: False) is None
    assert not journal.sending("p1", 0, "me", LATER), "it was taken over"
    journal.release("p1", "you")
    assert journal.hold("p1", "me", LATER, lambda _: True) is None


def test_a_step_is_on_the_disk_before_its_request_leaves(journal: Journal, path: str) -> None:
    journal.hold("p1", "me", NOW, lambda _: True)
    assert journal.sending("p1", 1, "me", LATER)
    assert held(path, "SELECT number, state, at FROM mirror_steps WHERE state != 'waiting'") == [(1, SENDING, LATER)]
    assert held(path, "SELECT beat FROM mirror_plans") == [(LATER,)], "the holder is heard of"


def test_marking_is_durable_and_the_rest_is_as_quick_as_before(journal: Journal) -> None:
    asked: list[str] = []
    with journal._database.reading() as connection:
        connection.set_trace_callback(asked.append)
    journal.hold("p1", "me", NOW, lambda _: True)
    journal.sending("p1", 0, "me", NOW)
    full, normal = (f"PRAGMA synchronous = {word}" for word in ("FULL", "NORMAL"))
    order = [one for one in asked if one in (full, normal) or one == "COMMIT"]
    assert order == [full, "COMMIT", normal] * 2


def test_what_is_done_stays_done(journal: Journal) -> None:
    journal.hold("p1", "me", NOW, lambda _: True)
    done = Line(0, "POST", '["A0"]', record='{"x":1}', fields="{}", state=DONE, at=NOW)
    journal.mark("p1", done)
    journal.mark("p1", Line(0, "POST", '["A0"]', state=FAILED, at=LATER))
    journal.sending("p1", 0, "me", LATER)
    assert journal.lines("p1")[0] == done


def test_what_is_forgotten_while_it_is_done_stays_forgotten(journal: Journal) -> None:
    journal.hold("p1", "me", NOW, lambda _: True)
    assert journal.sending("p1", 0, "me", NOW)
    with journal._database.writing() as connection:
        connection.execute("UPDATE mirror_steps SET record = NULL, fields = NULL")
    journal.mark("p1", Line(0, "POST", '["A0"]', record='{"x":1}', fields="{}", state=DONE, at=NOW))
    assert journal.lines("p1")[0] == Line(0, "POST", '["A0"]', state=DONE, at=NOW)
    assert journal.sending("p1", 1, "me", NOW) is None and journal.lines("p1")[1].state == WAITING
    assert journal.sending("p1", 1, "you", NOW) is False


def test_a_file_of_before_gets_the_journal(tmp_path: Path) -> None:
    """Its tables are added to a file that lacks nothing else."""
    path = tmp_path / "mirror.db"

    def connect() -> twilio_orm.Connection:
        return twilio_orm.connect("AC" + "1" * 32, "1" * 32, mirror=path, transport=lambda _: None)  # type: ignore[arg-type,return-value]

    first = connect()
    first.mirror.open()
    first.close()
    connection = sqlite3.connect(path)
    connection.executescript("DROP TABLE mirror_plans; DROP TABLE mirror_steps")
    connection.close()
    again = connect()
    assert twilio_orm.WritePlan.all(again) == []
    assert os.stat(path).st_mode & 0o077 == 0
