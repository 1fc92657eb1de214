"""``twilio-orm load``: the files that it loads, those that it refuses, its exit codes. It sends nothing and needs no token."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from commandline import Run

import twilio_orm
from twilio_orm.cli import exit_codes
from twilio_orm.mirror import bulk_load
from twilio_orm.mirror.table_layout import field_indexes
from twilio_orm.sync import loading
from twilio_orm.testing import FakeTwilio

DAYS = (date(2026, 6, 11), date(2026, 6, 12))


@pytest.fixture
def files(fake: FakeTwilio, tmp_path: Path) -> list[str]:
    """The messages of two days."""
    fake.populate(messages=150, calls=40, days=5, seed=1)
    paths = [tmp_path / f"{day}.json.gz" for day in DAYS]
    for day, path in zip(DAYS, paths, strict=True):
        assert fake.export_day("messages", day, path) > 5
    return [str(path) for path in paths]


def test_files_are_loaded_into_a_new_mirror(
    fake: FakeTwilio, files: list[str], tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = tmp_path / "new.db"
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", fake.account_sid)
    for new in (True, False):
        said = run("load", *files, "--mirror", str(mirror), "-o", "json")
        assert said.code == exit_codes.OK
        rows = json.loads(said.out)
        assert [(row["file"], row["resource"], row["complete"], row["note"]) for row in rows] == [
            (f"{day}.json.gz", "Message", True, "") for day in DAYS
        ]
        assert all((row["new"] > 5) == new and (row["unchanged"] > 5) != new and not row["changed"] for row in rows)
        assert "[2/2] 2026-06-12.json.gz: " in said.err and "request" not in said.err
    assert (
        run("ls", "messages", "date_sent__gte=2026-06-11", "date_sent__lt=2026-06-13", "--offline", "--mirror", str(mirror)).code
        == 0
    )
    assert run("ls", "messages", "date_sent__gte=2026-06-11", "--offline", "--mirror", str(mirror)).code != 0
    assert run("load", *files, "--mirror", str(mirror), "--quiet").err == ""
    assert not fake.requests


@pytest.mark.parametrize("broken", [False, True])
def test_indexes_are_made_once_after_all_files(
    fake: FakeTwilio, files: list[str], tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    """Though the first file alone makes more than a few rows, and if a later one fails, too."""
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", fake.account_sid)
    monkeypatch.setattr(bulk_load, "FEW", 3)
    stored, made = list[int](), list[int]()
    store, make = loading.store_loaded, bulk_load.make_missing

    def making(database: Any, *given: Any) -> None:
        made.append(len(stored))
        make(database, *given)

    def storing(*given: Any, **how: Any) -> Any:
        stored.append(len(given[2]))
        return store(*given, **how)

    monkeypatch.setattr(loading, "store_loaded", storing)
    monkeypatch.setattr(bulk_load, "make_missing", making)
    if broken:
        Path(files[1]).write_bytes(b"none")
    mirror = tmp_path / "new.db"
    said = run("load", *files, "--mirror", str(mirror))
    assert said.code == (exit_codes.PARTIAL if broken else exit_codes.OK)
    assert [place for place in made if place] == [len(stored)] and len(stored) == 2 - broken
    with contextlib.closing(sqlite3.connect(mirror)) as bare:
        there = {name for (name,) in bare.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    assert {one.name for one in field_indexes(twilio_orm.Message.api_schema)} <= there


def test_a_file_that_fails_does_not_stop_the_others(
    fake: FakeTwilio, files: list[str], tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", fake.account_sid)
    Path(files[0]).write_bytes(Path(files[0]).read_bytes()[:-5])
    at = ("--mirror", str(tmp_path / "new.db"), "-o", "json")
    said = run("load", *files, *at)
    assert said.code == exit_codes.PARTIAL
    assert f"error: {files[0]}: it is cut off" in said.err
    first, second = json.loads(said.out)
    assert (first["complete"], second["complete"]) == (False, True) and first["note"].startswith("failed: ")
    assert run("load", files[0], *at).code == exit_codes.USAGE
    missing = run("load", str(tmp_path / "2026-06-10.json.gz"), *at)
    assert missing.code == exit_codes.USAGE and "No such file" in missing.err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["FILE", "--resource", "recordings"], "Twilio exports Message, Call, Conference, Participant, not Recording"),
        (["FILE", "--resource", "mesages"], "did you mean"), (["FILE", "--day", "yesterday"], "--day takes a day"),
        (["FILE", "FILE", "--day", "2026-06-11"], "--day is for one FILE"), ([], "Missing argument"),
        (["FILE", "--resource", "calls"], "line 1: its record is no Call"), (["FILE", "--day", "2999-01-01"], "is not over"),
    ],
)  # fmt: skip
def test_wrong_words(
    words: list[str], text: str, fake: FakeTwilio, files: list[str], tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", fake.account_sid)
    said = run("load", *[files[0] if word == "FILE" else word for word in words], "--mirror", str(tmp_path / "new.db"))
    assert said.code == exit_codes.USAGE and text in said.err


def test_without_an_account_no_mirror_is_made(files: list[str], tmp_path: Path, run: Run) -> None:
    said = run("load", *files, "--mirror", str(tmp_path / "new.db"))
    assert said.code == exit_codes.AUTH and "TWILIO_ACCOUNT_SID" in said.err
    assert not (tmp_path / "new.db").exists()


def test_a_day_of_which_nothing_is_claimed_is_no_failure(
    fake: FakeTwilio, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", fake.account_sid)
    at = datetime(2026, 6, 12, 23, tzinfo=timezone.utc)
    fake.messages.add(date_created=at, date_sent=at.replace(day=13))
    path = tmp_path / "day.json.gz"
    fake.export_day("messages", DAYS[1], path, by="date_created")
    said = run(
        "load", str(path), "--day", "2026-06-12", "--resource", "message", "--mirror", str(tmp_path / "new.db"), "-o", "json"
    )
    assert said.code == exit_codes.OK
    [row] = json.loads(said.out)
    assert not row["complete"] and "on another day" in row["note"]
    with twilio_orm.connect(mirror=tmp_path / "new.db", offline=True):
        assert twilio_orm.Message.offline(partial=True).count() == 1
