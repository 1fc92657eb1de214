"""``twilio-orm copy`` and ``twilio-orm diff --mirrors``, and the functions behind them."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import postgres_mirrors
import pytest
from commandline import Run

import twilio_orm
from twilio_orm import Call, Message, QueryError, Queue, compare_mirrors, connecting, copy_mirror
from twilio_orm.changes import mirror_copies, mirror_diff
from twilio_orm.mirror import copied_tables
from twilio_orm.mirror.postgres.url import PostgresUrl, is_url
from twilio_orm.mirror.store import Mirror
from twilio_orm.testing import FakeTwilio

SAMPLES = Path(__file__).parent / "mirror"


@pytest.fixture
def source(fake: FakeTwilio, tmp_path: Path) -> str:
    """A mirror of calls, a message that was changed, and one that was deleted."""
    for at in range(5):
        fake.calls.add(status="completed", duration=str(at))
    changed, deleted = (fake.messages.add(body=f"text {at}", status="delivered")["sid"] for at in range(2))
    path = str(tmp_path / "source.db")
    connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=path, clock=lambda: fake.clock)
    with connection:
        Call.sync()
        Message.sync()
        fake.messages.change(changed, status="undelivered")
        fake.messages.remove(deleted)
        for _ in range(2):
            fake.advance(timedelta(days=1))
            Message.sync(full=True)
    connection.close()
    return path


@pytest.fixture
def target(tmp_path: Path) -> str:
    return str(tmp_path / "target.db")


@pytest.fixture(scope="module")
def schemas(postgres_dsn: str) -> Iterator[postgres_mirrors.Schemas]:
    made = postgres_mirrors.Schemas(postgres_dsn)
    yield made
    made.drop()


@pytest.fixture
def shared(schemas: postgres_mirrors.Schemas, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a shared mirror, which is empty; of the resources of these tests, as to make all tables takes seconds."""
    for module in (connecting, mirror_copies, mirror_diff):
        monkeypatch.setattr(module, "SCHEMAS", [model.api_schema for model in (Call, Message, Queue)])

    def make(url: str) -> None:
        mirror = Mirror(url, mirror_copies.SCHEMAS, "api.twilio.com", "us1")
        mirror.open()
        mirror.close()

    name, url = schemas.take("few", make)
    yield url
    schemas.give_back(name)


@pytest.fixture(params=["target", "shared"])
def anywhere(request: pytest.FixtureRequest) -> str:
    """A target: a file, and a shared mirror."""
    return str(request.getfixturevalue(request.param))


def shown(place: str) -> str:
    """A place as messages have it."""
    return PostgresUrl(place).shown if is_url(place) else place


def changed(path: str, *statements: str) -> None:
    mirror = Mirror(path, mirror_copies.SCHEMAS, "api.twilio.com", "us1")
    for statement in statements:
        mirror.open().unit(lambda unit, text=statement: unit.connection.execute(text))  # type: ignore[misc]
    mirror.close()


# ---------------------------------------------------------------- copy


def test_a_copy_is_reported_table_by_table(run: Run, source: str, anywhere: str) -> None:
    said = run("copy", "--from", source, "--to", anywhere, "-o", "json")
    document = json.loads(said.out)
    rows = {one["table"]: one for one in document["tables"]}
    assert said.code == 0 and document["source"] == source and document["target"] == shown(anywhere)
    assert (rows["call"]["resource"], rows["call"]["rows"]) == ("Call", 5)
    assert (rows["message"]["rows"], rows["message_history"]["resource"]) == (2, "Message") and rows["message_history"]["rows"]
    assert all(len(one["fingerprint"]) == 32 and one["rows"] for one in rows.values())
    assert document["rows"] == sum(one["rows"] for one in rows.values())
    assert "rows were copied and compared from" in said.err and "not copied: the checkpoints" in said.err
    assert run("copy", "--from", anywhere, "--to", f"{source}2", "-o", "json", "-q").out.count(rows["call"]["fingerprint"]) == 1


def test_a_dry_run_counts_and_makes_nothing(run: Run, source: str, target: str) -> None:
    said = run("copy", "--from", source, "--to", target, "--dry-run")
    assert said.code == 0 and "would be copied" in said.err and not Path(target).exists()
    assert ["call", "Call", "5"] in [line.split() for line in said.out.splitlines()]
    copy_mirror(source, target)
    before = Path(target).read_bytes()
    said = run("copy", "--from", source, "--to", target, "--dry-run")
    assert said.code == 2 and "is not empty" in said.err and Path(target).read_bytes() == before


def test_a_wrong_command_is_refused(run: Run, source: str, target: str) -> None:
    assert run("copy", "--from", source).code == 2
    assert "leave --mirror out" in run("copy", "--from", source, "--to", target, "--mirror", source).err
    assert run("copy", "--from", f"{source}x", "--to", target).code == 2 and not Path(target).exists()
    assert "is the source and the target" in run("copy", "--from", source, "--to", source).err


def test_an_interrupted_copy_is_refused_by_other_commands_and_completed(
    run: Run, source: str, anywhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copied_tables, "PAGE", 2)

    def stop(table: str, rows: int) -> None:
        if table == "call" and rows == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_mirror(source, anywhere, progress=stop)
    for command in (("status",), ("sql", "select 1"), ("ls", "calls", "--offline")):
        said = run(*command, "--mirror", anywhere)
        assert said.code == 2 and "incomplete copy of another mirror: repeat the `twilio-orm copy`" in said.err
    said = run("copy", "--from", source, "--to", anywhere)
    assert said.code == 0 and "(an interrupted copy was completed)" in said.err
    assert run("status", "--mirror", anywhere).code == 0
    assert not compare_mirrors(source, anywhere)


@pytest.mark.parametrize("version", range(1, 6))
def test_a_file_of_an_earlier_release_is_copied_and_stays_as_it_is(version: int, tmp_path: Path) -> None:
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    shutil.copy(SAMPLES / f"schema-{version}.db", old)
    before = old.read_bytes()
    found = copy_mirror(old, new)
    assert old.read_bytes() == before and found.by_resource["Call"][0] == 3
    copied = twilio_orm.connect(mirror=new, offline=True)
    with copied:
        assert Call.offline().count() == 2


@pytest.mark.parametrize("version", range(1, 6))
def test_a_file_of_an_earlier_release_moves_to_a_shared_mirror_and_back(version: int, shared: str, tmp_path: Path) -> None:
    old, file, back = tmp_path / "old.db", tmp_path / "file.db", tmp_path / "back.db"
    shutil.copy(SAMPLES / f"schema-{version}.db", old)
    before = old.read_bytes()
    several = [copy_mirror(*pair) for pair in ((old, file), (old, shared), (shared, back))]
    assert old.read_bytes() == before and several[0].by_resource["Call"][0] == 3
    assert len({tuple((one.table, one.rows, one.fingerprint) for one in found.tables) for found in several}) == 1
    assert not compare_mirrors(file, shared) and not compare_mirrors(shared, back)
    answers = []
    for place in (file, shared, back):
        connection = twilio_orm.connect(mirror=place, offline=True)
        with connection:
            records = [repr(one.to_dict()) for one in Call.offline().with_deleted().order_by("sid")]
            answers.append((records, Call.offline().count(), sorted(map(repr, Call.changes())), connection.status().rows))
        connection.close()
    assert answers[0] == answers[1] == answers[2] and len(answers[0][0]) == 3


# ---------------------------------------------------------------- diff --mirrors


def test_mirrors_differ_by_records_and_fields(run: Run, source: str, anywhere: str) -> None:
    target = anywhere
    copy_mirror(source, target)
    assert compare_mirrors(source, target) == ()
    said = run("diff", "--mirrors", source, target, "--exit-code")
    assert said.code == 0 and "no difference between" in said.err and not said.out
    changed(
        target,
        "UPDATE call SET duration = 77 WHERE rowid = 2",
        "DELETE FROM call WHERE rowid = 3",
        "UPDATE call SET mirror_gone = 1 WHERE rowid = 4",
        "UPDATE message SET status = 'odd', date_updated = NULL WHERE mirror_gone IS NULL",
        "UPDATE call SET mirror_revision = 99, mirror_digest = 7 WHERE rowid = 1",
    )
    calls, messages = compare_mirrors(source, target)
    assert (calls.resource, calls.compared, len(calls.missing), calls.added) == ("Call", 5, 2, ())
    assert [one.field for one in calls.changed] == ["duration"]
    assert [one.field for one in messages.changed] == ["status"] and calls.sides == (source, shown(target))
    (back,) = compare_mirrors(target, source, Call)
    assert len(back.added) == 2 and not back.missing
    assert [one.field for one in compare_mirrors(source, target, Message, volatile=True)[0].changed] == ["status", "date_updated"]
    assert not compare_mirrors(source, target, Message, fields=["body"])
    said = run("diff", "--mirrors", source, target, "--exit-code")
    assert said.code == 1 and "Call: 1 changed, 2 missing of 5 records" in said.out and "Message: 1 changed" in said.out
    assert [one["resource"] for one in json.loads(run("diff", "--mirrors", source, target, "-o", "json").out)] == [
        "Call",
        "Message",
    ]
    rows = list(csv.DictReader(io.StringIO(run("diff", "messages", "--mirrors", source, target, "-o", "csv").out)))
    assert [(one["resource"], one["change"], one["field"]) for one in rows] == [("Message", "changed", "status")]
    assert run("diff", "calls", "--mirrors", source, target, "--fields", "status").out.count("\n") == 3


@pytest.mark.parametrize("page", [1, 2, 3])
def test_mirrors_are_compared_in_pages(page: int, source: str, anywhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror_diff, "PAGE", page)
    copy_mirror(source, anywhere)
    assert not compare_mirrors(source, anywhere)
    changed(anywhere, "DELETE FROM call WHERE rowid % 2 = 0")
    changed(source, "DELETE FROM call WHERE rowid = 1")
    (calls,) = compare_mirrors(source, anywhere)
    assert (len(calls.added), len(calls.missing), calls.compared) == (1, 2, 5)


def test_what_cannot_be_compared_is_refused(run: Run, source: str, target: str) -> None:
    copy_mirror(source, target)
    with pytest.raises(QueryError, match="not mirrored"):
        compare_mirrors(source, target, twilio_orm.AvailablePhoneNumber)
    with pytest.raises(QueryError, match="goes with one resource"):
        compare_mirrors(source, target, fields=["status"])
    with pytest.raises(QueryError):
        compare_mirrors(source, target, Queue, fields=["no_field"])
    wrong: list[Any] = [
        ("diff",), ("diff", "calls", "status=busy", "--mirrors", source, target), ("diff", "--mirrors", source),
        ("diff", "--mirrors", source, target, "--since", "7d"), ("diff", "--mirrors", source, target, "--fields", "status"),
        ("diff", "--mirrors", source, f"{target}x"),
    ]  # fmt: skip
    assert [run(*one).code for one in wrong] == [2] * len(wrong)
