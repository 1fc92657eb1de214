"""A mirror's file that is read without a secret, without the network, and where nothing may be written."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from commandline import Run
from forking import as_nobody

import twilio_orm
from twilio_orm import (
    Call,
    ConfigurationError,
    Connection,
    Message,
    MirrorError,
    MirrorFull,
    NotCovered,
    Offline,
    Q,
    SchemaTooNew,
    WritePlan,
)
from twilio_orm.http.download import download
from twilio_orm.mirror.sqlite import connections, tables
from twilio_orm.testing import FakeTwilio

SAMPLES = Path(__file__).parent / "mirror"


@pytest.fixture
def fake() -> FakeTwilio:
    """Three calls, one of which goes to a number of its own, and a subaccount."""
    fake = FakeTwilio()
    for number in range(3):
        fake.calls.add(to=f"+1555000000{number}", from_="+15550009999", status="completed")
    return fake


@pytest.fixture
def path(fake: FakeTwilio, tmp_path: Path) -> Path:
    """A file that holds the calls, in a folder of its own."""
    found = tmp_path / "mirrors" / "mirror.db"
    with contextlib.closing(twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=found)):
        Call.sync()
    return found


@pytest.fixture
def reader(path: Path) -> Iterator[twilio_orm.Connection]:
    """A connection that reads it."""
    with contextlib.closing(twilio_orm.connect(mirror=path, offline=True)) as connection:
        yield connection


def beside(path: Path) -> dict[str, tuple[int, int, bytes]]:
    """Each file of the folder: its mode, when it was written, and what it holds."""
    return {
        one.name: (one.stat().st_mode, one.stat().st_mtime_ns, one.read_bytes()) for one in path.parent.iterdir() if one.is_file()
    }


def with_child(fake: FakeTwilio, path: Path) -> str:
    """A subaccount, with a call that the file holds."""
    with contextlib.closing(twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=path)) as parent:
        child = str(twilio_orm.Account.create(friendly_name="child").sid)
        fake.calls.add(status="busy", account=child)
        with parent.under(child):
            Call.sync()
    return child


# ---------------------------------------------------------------- no secret


def test_a_file_is_read_without_a_secret_and_left_as_it_is(fake: FakeTwilio, path: Path) -> None:
    """Its only account is the one that is asked about; not a byte of the folder changes."""
    before = beside(path)
    connection = twilio_orm.connect(mirror=path, offline=True)
    assert (connection.account_sid, connection.offline) == (fake.account_sid, True)
    assert Call.offline().count() == 3
    assert Call.filter(to="+15550000001").offline().get().to == "+15550000001"
    assert Call.select().count() == 3
    assert connection.sql("SELECT count(*) FROM call") == [(3,)]
    assert connection.status().account_sid == fake.account_sid
    assert connection.sizes().tables
    assert list(Call.changes(since="2020-01-01"))
    assert Call.offline().diff(since=connection.now()) is not None
    with pytest.raises(NotCovered):
        Message.offline().count()
    assert "offline" in repr(connection)
    connection.close()
    assert beside(path) == before


def test_whatever_asks_twilio_raises_offline_and_says_what_to_do(
    reader: twilio_orm.Connection, fake: FakeTwilio, path: Path, tmp_path: Path
) -> None:
    """Reads, writes, syncs, plans and downloads alike, before anything is sent, written or changed."""
    before, sent = beside(path), len(fake.requests)
    call = Call.offline().first()
    live: list[Callable[[], Any]] = [
        lambda: list(Call.all()), Call.all().count, Call.all().exists, Call.all().first, lambda: Call.get(call.sid),
        lambda: Call.get_or_none(call.sid), lambda: Message.filter(to="+15550000001").cached().count(), call.refresh,
        call.hangup, call.delete, lambda: call.update(status="completed"), lambda: list(Call.all().pages()),
        lambda: Message.create(to="+15550000001", from_="+15550009999", body="x"), Call.sync, lambda: Call.sync(full=True),
        lambda: Call.sync(workers=4), lambda: twilio_orm.Conference.sync(), lambda: Call.all().diff(),
        lambda: download(reader.transport, "/2010-04-01/sound.wav", tmp_path / "sound", kind=""),
        lambda: twilio_orm.get(call.sid), lambda: twilio_orm.Recording.archive(tmp_path / "{sid}.mp3"),
        lambda: twilio_orm.UsageRecord.all().first(), lambda: Call.all().sync(), lambda: twilio_orm.Account.get(fake.account_sid),
    ]  # fmt: skip
    for number, word in enumerate(live):
        with pytest.raises(Offline, match=r"needs the network.*offline=True.*connect\(\) with credentials"):  # noqa: PT012
            word()
            pytest.fail(f"word {number} passed")
    assert (beside(path), len(fake.requests)) == (before, sent)
    assert reader.transport.requests == 0
    assert not (tmp_path / "sound").exists()


def test_what_would_write_to_the_file_is_refused(reader: twilio_orm.Connection, path: Path) -> None:
    """Forgetting, pruning and plans change the mirror: MirrorError says that it is open for reading only."""
    before = beside(path)
    for word in (
        lambda: twilio_orm.redact("+15550000001"),
        lambda: reader.prune(timedelta(days=1)),
        lambda: reader.mirror.open().alone().__enter__(),
        lambda: reader.mirror.set_metadata("a", "b"),
    ):
        with pytest.raises((MirrorError, Offline), match=r"opened for reading only|needs the network"):
            word()
    with pytest.raises(MirrorFull, match="readonly"), reader.mirror.reading() as connection:
        connection.execute("DELETE FROM call")
    assert WritePlan.all() == []
    assert beside(path) == before


def test_a_file_of_several_accounts_is_read_of_the_one_that_is_named(fake: FakeTwilio, path: Path) -> None:
    """Nobody is taken for another: the error lists them, SQL over the whole file needs none."""
    child = with_child(fake, path)
    with contextlib.closing(twilio_orm.connect(mirror=path, offline=True)) as both:
        assert both.sql("SELECT count(*) FROM call") == [(4,)]
        for word in (Call.offline().count, both.status, lambda: both.account_sid):
            with pytest.raises(ConfigurationError, match=f"{min(child, fake.account_sid)}, .*name one by account_sid="):
                word()
        assert "of no account" in repr(both)
        with both.under(child):
            assert Call.offline().count() == 1
    for sid, count in ((child, 1), (fake.account_sid, 3)):
        with contextlib.closing(twilio_orm.connect(sid, mirror=path, offline=True)):
            assert Call.offline().count() == count


def test_the_environments_account_is_asked_about_if_the_file_is_of_its_tree(
    fake: FakeTwilio, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "9" * 32)
    with contextlib.closing(twilio_orm.connect(mirror=path, offline=True)) as connection:
        assert connection.account_sid == fake.account_sid
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", fake.account_sid)
    monkeypatch.setenv("TWILIO_ORM_MIRROR", str(path))
    with contextlib.closing(twilio_orm.connect(offline=True)) as connection:
        assert connection.account_sid == fake.account_sid


def test_the_file_in_the_data_directory_is_found_by_its_account(fake: FakeTwilio) -> None:
    with contextlib.closing(twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send)):
        Call.sync()
    with contextlib.closing(twilio_orm.connect(fake.account_sid, offline=True)):
        assert Call.offline().count() == 3
    with pytest.raises(ConfigurationError, match="which mirror to read"):
        twilio_orm.connect(offline=True)


def test_what_is_no_mirror_is_refused_when_it_is_opened(path: Path, tmp_path: Path) -> None:
    """A missing, an empty and a strange file, a folder, a mirror in memory, another region: each says what to do."""
    (tmp_path / "empty.db").touch()
    (tmp_path / "text.db").write_text("hello" * 300)
    with contextlib.closing(sqlite3.connect(tmp_path / "theirs.db")) as bare:
        bare.execute("CREATE TABLE theirs (a)")
    cases: list[tuple[Any, type[Exception], str]] = [
        (tmp_path / "none" / "mirror.db", ConfigurationError, "there is no mirror at .*a sync with credentials makes it"),
        (tmp_path / "empty.db", ConfigurationError, "is empty: a sync with credentials fills it"),
        (tmp_path / "text.db", twilio_orm.MirrorCorrupt, "name another path"),
        (tmp_path / "theirs.db", ConfigurationError, "something else, not a mirror"),
        (tmp_path, ConfigurationError, "cannot be opened"),
        (":memory:", ConfigurationError, "a mirror in memory is still empty"),
    ]
    for where, kind, words in cases:
        with pytest.raises(kind, match=words):
            twilio_orm.connect(mirror=where, offline=True)
    with pytest.raises(ConfigurationError, match=r"mirrors api.twilio.com \(us1\), not region ie1"):
        twilio_orm.connect(mirror=path, region="ie1", offline=True)
    with pytest.raises(ConfigurationError, match="account_sid must be AC"):
        twilio_orm.connect("AC1", mirror=path, offline=True)
    assert not (tmp_path / "none").exists()
    with contextlib.closing(sqlite3.connect(path)) as bare:
        bare.execute(f"PRAGMA user_version = {tables.VERSION + 1}")
    with pytest.raises(SchemaTooNew):
        twilio_orm.connect(mirror=path, offline=True)


@pytest.mark.parametrize("version", range(1, tables.VERSION + 1))
def test_a_file_of_an_earlier_schema_is_read_and_not_upgraded(tmp_path: Path, version: int) -> None:
    """It answers as the present one does, from a copy in memory, which nothing can be written to either."""
    path = Path(shutil.copy(SAMPLES / f"schema-{version}.db", tmp_path / "old.db"))
    before = beside(path)
    connection = twilio_orm.connect(mirror=path, offline=True)
    assert Call.offline().count() == 2
    assert connection.sql("SELECT count(*) FROM call") == [(3,)]
    with pytest.raises(MirrorError, match=r"old\.db was opened for reading only"):
        connection.mirror.set_metadata("a", "b")
    connection.mirror.close()
    assert Call.offline().count() == 2
    connection.close()
    assert beside(path) == before


# ---------------------------------------------------------------- while others write


def test_what_another_writes_is_seen(fake: FakeTwilio, path: Path, reader: twilio_orm.Connection) -> None:
    """Whether the writer is still there or has gone: an answer is of the file as it is."""
    assert Call.offline().using(reader).count() == 3
    for number, closes in ((4, False), (5, True), (6, True)):
        fake.calls.add(to=f"+1555000000{number}", from_="+15550009999", status="completed")
        fake.advance(timedelta(minutes=1))
        writer = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=path)
        with writer:
            Call.sync()
        if closes:
            writer.close()
        assert Call.offline().using(reader).count() == number
        with reader:
            assert Call.select().count() == number
        writer.close()


def test_what_changes_while_it_is_read_without_locks_is_said(path: Path, reader: twilio_orm.Connection) -> None:
    def read() -> None:
        with reader.mirror.reading(), contextlib.closing(sqlite3.connect(path)) as bare:
            bare.execute("INSERT INTO mirror_about VALUES ('x', 'y')")
            bare.commit()

    with pytest.raises(MirrorError, match="changed by another process while it was read: repeat the query"):
        read()
    assert reader.sql("SELECT value FROM mirror_about WHERE name = 'x'") == [("y",)]


def test_a_question_looks_at_the_file_before_and_after_it_alone(
    reader: twilio_orm.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at each of the parts that read within one another: a look is three calls of the system."""
    looks: list[Any] = []
    look = connections.file_state
    monkeypatch.setattr(connections, "file_state", lambda path: looks.append(path) or look(path))
    with reader:
        list(Call.offline().filter(status="completed").order_by("-start_time")[:5])
    assert looks and len(looks) <= 4


# ---------------------------------------------------------------- where nothing may be written


@pytest.fixture
def shut(path: Path) -> Iterator[Path]:
    """The file in a folder that everybody may enter, where nobody but the owner may write."""
    folder = Path(tempfile.mkdtemp())
    found = Path(shutil.copy(path, folder / "mirror.db"))
    found.chmod(0o444)
    folder.chmod(0o555)
    yield found
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs users and forks")
@pytest.mark.parametrize("version", [0, 3])
def test_a_file_in_a_folder_that_may_not_be_written_is_read(fake: FakeTwilio, shut: Path, version: int) -> None:
    """Offline, and by a connection with credentials too, which says so where it would write. Nothing is left beside the file."""
    if version:
        shut.parent.chmod(0o755)
        shut.unlink()
        shutil.copy(SAMPLES / f"schema-{version}.db", shut)
        shut.chmod(0o444)
        shut.parent.chmod(0o555)

    def read() -> Any:
        with contextlib.closing(twilio_orm.connect(mirror=shut, offline=True)):
            return Call.offline().count(), Call.select().count()

    def both() -> Any:
        with contextlib.closing(twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=shut)):
            with pytest.raises(MirrorFull, match="cannot be written: attempt to write a readonly database"):
                Call.sync()
            with pytest.warns(twilio_orm.MirrorWarning, match="not mirrored from here on"):
                assert len(list(Call.all())) == 3
            return Call.offline().count()

    assert as_nobody(read, shut.parent) == ("(2, 3)" if version else "(3, 3)")
    if not version:
        assert as_nobody(both, shut.parent) == "3"
    assert [one.name for one in shut.parent.iterdir()] == ["mirror.db"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs users and forks")
def test_a_journal_that_cannot_be_read_is_no_reason_to_answer_without_it(path: Path) -> None:
    """What a writer that was killed has left counts; where reading it would mean to write, the error says what to do."""
    folder = Path(tempfile.mkdtemp())
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as bare:
            bare.execute("UPDATE call SET status = 'busy'")
            for end in ("", "-wal"):
                shutil.copy(f"{path}{end}", folder / f"mirror.db{end}")
        assert (folder / "mirror.db-wal").stat().st_size
        for one in folder.iterdir():
            one.chmod(0o444)
        folder.chmod(0o555)

        def read() -> Any:
            with contextlib.closing(twilio_orm.connect(mirror=folder / "mirror.db", offline=True)):
                return Call.filter(status="busy").offline().count()

        assert "MirrorError" in (said := as_nobody(read, folder)), said
        assert "copy the file and its journal to another folder" in said
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


MOUNTED = """
import sys
import twilio_orm
from twilio_orm import Call
connection = twilio_orm.connect(mirror=sys.argv[1], offline=True)
print(Call.offline().count(), Call.select().count())
connection.close()
writer = twilio_orm.connect(connection.account_sid, "0" * 32, mirror=sys.argv[1], transport=print)
print(Call.offline().count())
"""


def test_a_file_on_a_file_system_that_is_read_only_is_read(path: Path, tmp_path: Path) -> None:
    """Of the owner, and of root, too."""
    there = tmp_path / "mount"
    there.mkdir()
    mount = "mount --bind {0} {1} && mount -o remount,ro,bind {1} && ! touch {1}/x 2>/dev/null && exec {2}"
    line = mount.format(path.parent, there, '"$0" -c "$1" "$2"')
    try:
        done = subprocess.run(
            ["unshare", "-rm", "sh", "-c", line, sys.executable, MOUNTED, str(there / "mirror.db")],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("needs unshare")
    if "ermission denied" in done.stderr or "not permitted" in done.stderr:
        pytest.skip("may not mount")
    assert (done.stdout.split(), done.stderr) == (["3", "3", "3"], "")


# ---------------------------------------------------------------- the command line


def test_commands_that_only_read_need_no_credentials(path: Path, run: Run) -> None:
    """With --mirror, or the file that the environment names."""
    before = beside(path)
    call = Call.api_schema.table
    for command in (
        ["sql", f"SELECT count(*) AS n FROM {call}"], ["status"], ["status", "--questions"], ["status", "--sizes"],
        ["ls", "calls", "--offline"], ["ls", "calls", "status=completed", "--partial"], ["changes", "--since", "9d"],
        ["diff", "calls", "--since", "0d"],
    ):  # fmt: skip
        said = run(*command, "--mirror", str(path))
        assert (said.code, said.out != "" or command[0] in ("changes", "diff")) == (0, True), (command, said)
    sid = run("sql", "SELECT sid FROM call LIMIT 1", "--mirror", str(path), "-o", "csv").out.split()[1]
    assert sid in run("show", sid, "--offline", "--mirror", str(path)).out
    assert run("log", sid, "--mirror", str(path)).code == 0
    assert beside(path) == before


def test_a_file_of_several_accounts_needs_a_name_only_where_it_matters(fake: FakeTwilio, path: Path, run: Run) -> None:
    child = with_child(fake, path)
    at = ("--mirror", str(path))
    assert run("sql", "SELECT 1 AS n", *at).code == 0
    said = run("ls", "calls", "--offline", *at)
    assert said.code == 2
    assert child in said.err
    assert fake.account_sid in said.err
    assert run("ls", "calls", "--offline", "--account-sid", fake.account_sid, *at).code == 0
    assert run("status", "--account-sid", child, *at).code == 0


def test_a_missing_file_is_said_by_every_command_that_reads_one(tmp_path: Path, run: Run) -> None:
    for command in (["sql", "SELECT 1"], ["ls", "calls", "--offline"], ["show", "CA" + "0" * 32, "--offline"]):
        said = run(*command, "--mirror", str(tmp_path / "none.db"))
        assert (said.code, said.out) == (2, "")
        assert "there is no mirror at" in said.err
    assert list(tmp_path.iterdir()) == []


def test_two_lists_of_sids_are_planned_as_what_both_have(fake: FakeTwilio, connection: Connection) -> None:
    """Live and offline: what one of them names and the other does not is neither fetched nor has to be covered."""
    sids = [fake.calls.add(to=f"+1555000{number:04}")["sid"] for number in range(22)]
    both = Call.filter(sid__in=sids[:2]).filter(sid__in=sids[1:])
    with fake.expects_requests(1):
        assert [call.sid for call in both] == [sids[1]]
    with fake.expects_requests(0):
        assert Call.filter(sid__in=sids[:1]).filter(sid__in=sids[1:]).count() == 0
    either = Call.filter(sid__in=sids[:2]).filter(Q(sid__in=sids[1:]) | Q(to__endswith="0000"))
    either.sync()
    with fake.expects_requests(0):
        assert sorted(call.sid for call in either.offline()) == sorted(sids[:2])
