"""The commands that archive, plan, change and delete: each is a dry run without ``--yes``."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from commandline import Run, named

from twilio_orm import Message
from twilio_orm.archive.manifest import NAME
from twilio_orm.testing import FakeTwilio

OLD, NEW = "https://old.example.com/voice", "https://new.example.com/voice"
NUMBER = "+14155550199"
YOUNG = 3


@pytest.fixture
def account(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeTwilio]:
    """An account whose records are months old, except a few recordings; the working directory is empty."""
    fake.populate(calls=30, messages=20, recordings=8, days=10, seed=3)
    for number in range(3):
        fake.numbers.add(phone_number=f"+1415555010{number}", voice_url=OLD, friendly_name=f"Shop {number}")
    fake.advance(timedelta(days=120))
    for _ in range(YOUNG):
        fake.recordings.add(status="completed")
    monkeypatch.chdir(tmp_path)
    with named(fake, monkeypatch, tmp_path):
        yield fake


def writes(fake: FakeTwilio) -> list[str]:
    return [f"{one.method} {one.path.rpartition('/')[2]}" for one in fake.requests if one.method != "GET"]


def rows(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)
    return found


@pytest.fixture
def ages(account: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> str:
    """A day before which the older records lie, whatever this machine's clock says."""
    return f"{account.clock - timedelta(days=90):%Y-%m-%d}"


# ---------------------------------------------------------------- archive and purge


def test_archive_downloads_with_yes_only(account: FakeTwilio, run: Run, ages: str, tmp_path: Path) -> None:
    old = len(account.recordings) - YOUNG
    said = run("archive", "recordings", "--older-than", ages, "--to", "rec", "-o", "json")
    assert said.code == 0 and [row["what"] for row in rows(said.out)] == ["waiting"] * old
    assert "dry run" in said.err and not (tmp_path / "rec").exists()
    said = run("archive", "recordings", "--older-than", ages, "--to", "rec", "--yes", "-o", "json")
    assert said.code == 0 and [row["what"] for row in rows(said.out)] == ["archived"] * old
    assert all((tmp_path / "rec" / row["path"]).stat().st_size for row in rows(said.out)) and (tmp_path / "rec" / NAME).exists()
    said = run("archive", "recordings", "--to", "rec/{sid}.mp3", "--yes", "-o", "json")
    assert [row["what"] for row in rows(said.out)] == ["archived"] * (old + YOUNG)
    assert "11 archived in rec/manifest.jsonl" in said.err


def test_archive_of_media_of_a_message(account: FakeTwilio, run: Run) -> None:
    message = account.messages.add(num_media="1", status="received")
    account.media.add(parent_sid=message["sid"], content_type="image/png")
    assert "add parent_sid=SM..." in run("archive", "media", "--to", "mms", "--yes").err
    said = run("archive", "media", f"message_sid={message['sid']}", "--to", "mms", "--yes")
    assert said.code == 0 and ".png" in said.out


def test_purge_archives_and_deletes_with_yes_only(account: FakeTwilio, run: Run, ages: str, tmp_path: Path) -> None:
    old = len(account.recordings) - YOUNG
    said = run("purge", "recordings", "--older-than", ages, "--archive", "rec", "-o", "json")
    assert said.code == 0 and [row["what"] for row in rows(said.out)] == ["archive, delete"] * old
    assert not writes(account) and not (tmp_path / "rec").exists() and f"{old} Recording records to delete" in said.err
    said = run("purge", "recordings", "--older-than", ages, "--archive", "rec", "--yes", "-o", "json")
    assert said.code == 0 and [row["what"] for row in rows(said.out)] == ["deleted"] * old
    assert len(writes(account)) == old and len(list((tmp_path / "rec").rglob("*.wav"))) == old
    said = run("purge", "recordings", "--older-than", ages, "--archive", "rec", "--yes", "-o", "json")
    assert said.code == 0 and rows(said.out) == [] and len(writes(account)) == old


def test_purge_keeps_what_cannot_be_archived(account: FakeTwilio, run: Run, ages: str) -> None:
    kept = next(row["sid"] for row in account.recordings if row["call_sid"])
    account.fail_next("500", times=50, match=lambda request: f"{kept}.wav" in request.target)
    said = run("purge", "recordings", "--older-than", ages, "--archive", "rec", "--yes", "-o", "json")
    found = {row["record"]: row for row in rows(said.out)}
    assert said.code == 1 and found[kept]["what"] == "skipped" and "HTTP 500" in found[kept]["why"]
    assert [sid for sid, row in found.items() if row["what"] != "deleted"] == [kept]
    assert kept in {row["sid"] for row in account.recordings if row["status"] != "deleted"}


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        ("purge recordings --archive rec", 2, "--older-than"),
        ("purge recordings --older-than 90d", 2, "--archive DIR keeps it, --no-archive"),
        ("purge recordings --older-than 90d --archive rec --no-archive", 2, "exclude each other"),
        ("purge messages --older-than 90d --archive rec", 2, "a Message has no file"),
        ("purge numbers --older-than 90d", 2, "release"),
        ("purge conferences --older-than 90d", 2, "does not delete"),
        ("purge recordings --older-than soon --archive rec", 2, "not a time"),
        ("archive calls --to rec", 2, "a Call has no file"),
        ("archive recordings --to rec/{nothing}.mp3", 2, "nothing"),
        ("archive recordings --to rec --workers 33", 2, "33"),
        ("plan numbers", 2, "give --set"),
        ("plan numbers --delete --set a=b", 2, "give --set"),
        ("plan numbers --set voice_url", 2, "FIELD=VALUE"),
        ("plan numbers --set nothing=1", 2, "no field 'nothing'"),
        ("plan numbers --set voice_url=x --archived-in rec", 2, "goes with --delete"),
        ("plan recordings --delete --archived-in nowhere", 2, "no manifest at nowhere"),
        ("apply 12345678 --yes", 4, "`twilio-orm plans` lists them"),
        ("undo 12345678", 4, "`twilio-orm plans` lists them"),
        ("erase nobody", 2, "a plus sign"),
        ("redact nobody", 2, "redact() takes"),
    ],
)
def test_what_is_refused(account: FakeTwilio, run: Run, arguments: str, code: int, why: str) -> None:
    said = run(*arguments.split())
    assert said.code == code and why in said.err and not writes(account), said


def test_purge_of_records_without_files(account: FakeTwilio, run: Run, ages: str) -> None:
    """Those that are not final yet are skipped; those that were not sent have no date by which they are older."""
    finality = Message.api_schema.finality
    assert finality is not None
    dated = {row["sid"] for row in account.messages if row["date_sent"]}
    growing = {row["sid"] for row in account.messages if row["date_sent"] and row["status"] not in finality.final}
    said = run("purge", "messages", "--older-than", ages, "-o", "json")
    assert said.code == 0 and {row["record"] for row in rows(said.out) if row["what"] == "delete"} == dated - growing
    assert growing and not writes(account)
    said = run("purge", "messages", "--older-than", ages, "--yes", "-o", "json")
    assert said.code == 1 and {row["record"] for row in rows(said.out) if row["what"] == "skipped"} == growing
    assert {row["sid"] for row in account.messages if row["date_sent"]} == growing


def test_purge_without_keeping_the_files(account: FakeTwilio, run: Run, ages: str) -> None:
    assert run("purge", "recordings", "--older-than", ages, "--no-archive", "--yes").code == 0
    assert len([row for row in account.recordings if row["status"] != "deleted"]) == YOUNG


# ---------------------------------------------------------------- plans


def urls(fake: FakeTwilio) -> set[str]:
    return {row["voice_url"] for row in fake.numbers if row["friendly_name"].startswith("Shop")}


def test_a_plan_is_made_looked_at_applied_and_undone(account: FakeTwilio, run: Run) -> None:
    said = run("plan", "numbers", "voice_url__contains=old.example.com", "--set", f"voice_url={NEW}")
    plan = said.out.split("plan ", 1)[1].partition(":")[0]
    assert said.code == 0 and "3 POST" in said.out and f"twilio-orm apply {plan} --yes" in said.err
    (listed,) = rows(run("plans", "-o", "json").out)
    assert listed["plan"] == plan and listed["waiting"] == 3 and listed["kind"] == "update"
    shown = run("apply", plan)
    assert shown.code == 0 and shown.out == run("plans", plan).out == said.out and "dry run" in shown.err and not writes(account)
    found = rows(run("plans", plan, "-o", "json").out)
    assert [(row["field"], row["before"], row["after"], row["state"]) for row in found] == [
        ("voice_url", OLD, NEW, "waiting")
    ] * 3
    said = run("apply", plan, "--yes")
    assert said.code == 0 and "3 done, 0 skipped, 0 failed" in said.out and urls(account) == {NEW}
    assert run("apply", plan, "--yes").code == 0 and len(writes(account)) == 3
    said = run("undo", plan)
    assert said.code == 0 and "undo" in said.out and "--yes" in said.err and urls(account) == {NEW}
    assert run("undo", plan, "--yes").code == 0 and urls(account) == {OLD}
    assert "3 plans" in run("plans").err  # the one above made a plan, and --yes another


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [("voice_caller_id_lookup=true", "voice_caller_id_lookup", True), ("friendly_name=a=b", "friendly_name", "a=b")],
)
def test_values_are_parsed_by_their_fields(account: FakeTwilio, run: Run, given: str, field: str, value: Any) -> None:
    said = run("plan", "numbers", "phone_number=+14155550100", "--set", given, "-o", "json")
    assert [(row["field"], row["after"]) for row in rows(said.out)] == [(field, value)], said


def test_a_plan_that_is_done_in_part_exits_with_1(account: FakeTwilio, run: Run) -> None:
    said = run("plan", "numbers", "voice_url__contains=old", "--set", "voice_url=")
    plan = said.out.split("plan ", 1)[1].partition(":")[0]
    changed = next(row["sid"] for row in account.numbers if row["voice_url"] == OLD)
    account.numbers.change(changed, voice_url="https://third.example.com/")
    said = run("apply", plan, "--yes", "-o", "json")
    assert said.code == 1 and [row["record"] for row in rows(said.out) if row["state"] == "skipped"] == [changed]


def test_a_deletion_is_not_undone(account: FakeTwilio, run: Run) -> None:
    said = run("plan", "messages", "status=delivered", "--delete")
    plan = said.out.split("plan ", 1)[1].partition(":")[0]
    assert run("apply", plan, "--yes", "-q").code == 0
    said = run("undo", plan, "--yes")
    assert said.code == 2 and "cannot be undone" in said.err


def test_a_plan_deletes_what_is_archived(account: FakeTwilio, run: Run, ages: str) -> None:
    run("archive", "recordings", "--older-than", ages, "--to", "rec", "--yes")
    said = run("plan", "recordings", "--delete", "--archived-in", "rec", "--all")
    assert said.out.count("archived as") == len(account.recordings) - YOUNG and said.out.count("is not in the archive") == YOUNG


# ---------------------------------------------------------------- personal data


@pytest.fixture
def person(account: FakeTwilio) -> FakeTwilio:
    """The same account, with messages and a call of somebody's."""
    account.messages.add(to=NUMBER, from_="+14155550100", status="delivered", body="for you")
    account.messages.add(to="+14155550100", from_=NUMBER, status="received", body="from you")
    account.calls.add(to=NUMBER, from_="+14155550100", status="completed")
    return account


@pytest.mark.parametrize("given", ["argument", "standard input"])
def test_erase_deletes_with_yes_only(person: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    def erase(*more: str) -> Any:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{NUMBER}\n"))
        return run("erase", NUMBER if given == "argument" else "-", *more)

    said = erase()
    assert said.code == 0 and "delete 2 Message" in said.out and "dry run" in said.err and not writes(person)
    assert {row["resource"] for row in rows(erase("-o", "json").out)} == {"Message", "Call"}
    said = erase("--yes", "-o", "json")
    receipt = json.loads(said.out)
    assert said.code == 0 and len(receipt["done"]) == 3 == len(writes(person))
    assert NUMBER not in said.out + said.err and not [row for row in person.messages if NUMBER in (row["to"], row["from"])]


@pytest.mark.parametrize("command", ["redact", "forget"])
def test_redact_empties_the_mirror_with_yes_only(person: FakeTwilio, run: Run, command: str) -> None:
    run("sync", "messages,calls", "-q")
    query = ("sql", f"select count(*) as n from message where '{NUMBER}' in (\"to\", from_)", "-o", "csv")
    counting = len(person.requests)
    said = run(command, NUMBER, "-o", "json")
    assert said.code == 0 and {row["table"]: row["rows"] for row in rows(said.out)}["message"] == 2 and "dry run" in said.err
    assert run(*query).out.split() == ["n", "2"]
    again = run(command, NUMBER, "--yes", "-o", "json")
    assert again.code == 0 and rows(again.out) == rows(said.out) and run(*query).out.split() == ["n", "0"]
    assert len(person.requests) == counting and rows(run(command, NUMBER, "-o", "json").out) == []


def test_redact_of_a_record(person: FakeTwilio, run: Run) -> None:
    run("sync", "messages", "-q")
    sid = list(person.messages)[-1]["sid"]
    assert rows(run("redact", sid, "-o", "json").out) == [{"table": "message", "rows": 1}]
    assert run("redact", sid, "--yes").code == 0
    assert run("sql", f"select body from message where sid = '{sid}'", "-o", "json").out.split() == [
        "[",
        "{",
        '"body":',
        "null",
        "}",
        "]",
    ]


def test_the_former_name_is_not_in_the_help(run: Run) -> None:
    assert "redact" in run("--help").out and "forget" not in run("--help").out
