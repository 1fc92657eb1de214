"""The mirror's file: who may read it, which files are refused and left as they are, and what is said of a failing disk."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sample
from bodies import SCHEMA, account, call, row, rows, sid
from forking import as_nobody

import twilio_orm
from twilio_orm import (
    Call,
    ConfigurationError,
    DoesNotExist,
    MirrorCorrupt,
    MirrorError,
    MirrorFull,
    MirrorLocked,
    MirrorWarning,
    NotCovered,
    QueryError,
    SchemaTooNew,
    Sum,
)
from twilio_orm.mirror.encoding import encode_constraints
from twilio_orm.mirror.own_tables import DESCRIBING
from twilio_orm.mirror.sqlite import errors as sqlite_errors
from twilio_orm.mirror.sqlite import limits as sqlite_limits
from twilio_orm.mirror.sqlite import tables as schema
from twilio_orm.mirror.store import Mirror
from twilio_orm.query.constraints import Constraints
from twilio_orm.schema.registry import SCHEMAS
from twilio_orm.testing import FakeTwilio

OWNER = account(7)
HERE = Path(__file__).parent


def mirror_at(path: Path | str, host: str = "api.twilio.com", region: str = "us1") -> Mirror:
    return Mirror(str(path), SCHEMAS, host, region)


def bytes_beside(path: Path) -> dict[str, bytes]:
    """Every file of the folder."""
    return {one.name: one.read_bytes() for one in path.parent.iterdir() if one.is_file()}


def refuse(request: object) -> object:
    raise AssertionError(f"nothing is sent: {request}")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# ---------------------------------------------------------------- privacy


def test_the_file_and_its_folder_are_private(tmp_path: Path) -> None:
    """The file, its journal and its shared memory are 0600 and a folder that is made 0700, whatever the umask says."""
    old = os.umask(0)
    try:
        path = tmp_path / "made" / "mirror.db"
        mirror = mirror_at(path)
        mirror.absorb(SCHEMA, rows(1, 3, OWNER), mirror.revision())
        assert {one.name: mode(one) for one in path.parent.iterdir()} == {
            "mirror.db": 0o600, "mirror.db-wal": 0o600, "mirror.db-shm": 0o600,
        }  # fmt: skip
        assert mode(path.parent) == 0o700
        mirror.close()
    finally:
        os.umask(old)


def wide(path: Path) -> None:
    path.touch()
    path.chmod(0o666)


def older(path: Path) -> None:
    """A mirror that anybody may read, with a WAL that was left behind."""
    mirror = mirror_at(path)
    mirror.absorb(SCHEMA, rows(1, 3, OWNER), mirror.revision())
    mirror.close()
    with contextlib.closing(sqlite3.connect(path)) as bare:
        bare.execute("INSERT INTO mirror_about VALUES ('some', 'word')")
        bare.commit()
        for end in ("", "-wal", "-shm"):
            shutil.copy(f"{path}{end}", f"{path}-left{end}")
            os.chmod(f"{path}-left{end}", 0o664)
    for end in ("", "-wal", "-shm"):
        if os.path.exists(f"{path}-left{end}"):
            os.replace(f"{path}-left{end}", f"{path}{end}")


def dangling(path: Path) -> None:
    path.symlink_to(path.parent / "away" / "below" / "real.db")


def linked(path: Path) -> None:
    wide(path.parent / "real.db")
    path.symlink_to(path.parent / "real.db")


@pytest.mark.parametrize("umask", [0, 0o022, 0o077, 0o777])
@pytest.mark.parametrize("there", [None, wide, older, dangling, linked])
@pytest.mark.parametrize("below", ["", "one/two/three"])
def test_whatever_is_there_the_files_and_new_folders_are_the_owners_alone(
    tmp_path: Path, there: Callable[[Path], None] | None, umask: int, below: str
) -> None:
    """A file or a link that is there, any umask, and folders that are not: the file and its journals are 0600, folders 0700."""
    folder = tmp_path / below
    if there is not None:
        folder.mkdir(parents=True, exist_ok=True)
        there(folder / "mirror.db")
    before = {one for one in tmp_path.rglob("*") if one.is_dir()}
    old = os.umask(umask)
    try:
        mirror = mirror_at(folder / "mirror.db")
        mirror.absorb(SCHEMA, rows(10, 3, OWNER), mirror.revision())
        mirror.rows()
    finally:
        os.umask(old)
    found = {one: mode(one) for one in tmp_path.rglob("*")}
    assert {bits for one, bits in found.items() if one.is_file()} == {0o600}
    assert {bits for one, bits in found.items() if one.is_dir() and one not in before} <= {0o700}
    assert sum(one.is_file() and not one.is_symlink() for one in found) == 3
    mirror.close()


def test_a_folder_in_which_anybody_may_write_is_refused(tmp_path: Path) -> None:
    """Unless only owners may take files away in it, as in /tmp. A folder below it is made, and is private."""
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(ConfigurationError, match="every user may write in .*open.*name a path in a folder below it"):
        mirror_at(folder / "mirror.db").rows()
    assert list(folder.iterdir()) == []
    for path, bits in ((folder / "mine" / "mirror.db", 0o777), (folder / "mirror.db", 0o1777), (folder / "other.db", 0o775)):
        folder.chmod(bits)
        mirror = mirror_at(path)
        mirror.rows()
        mirror.close()
        assert mode(path) == 0o600
    assert mode(folder / "mine") == 0o700


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal"])
def test_what_another_user_has_put_there_is_refused(tmp_path: Path, end: str) -> None:
    """In a folder where anybody may make files: the mirror's own name, that of a journal, and a link."""
    folder = tmp_path / "sticky"
    folder.mkdir()
    folder.chmod(0o1777)
    planted = folder / f"mirror.db{end}"
    planted.touch()
    os.chown(planted, 65534, 65534)
    with pytest.raises(ConfigurationError, match=f"mirror.db{end} belongs to another user .number 65534"):
        mirror_at(folder / "mirror.db").rows()
    os.symlink(folder / "elsewhere.db", folder / "link.db")
    os.chown(folder / "link.db", 65534, 65534, follow_symlinks=False)
    with pytest.raises(ConfigurationError, match="link.db belongs to another user"):
        mirror_at(folder / "link.db").rows()
    assert not (folder / "elsewhere.db").exists()
    folder.chmod(0o755)
    if not end:
        mirror_at(planted).rows()  # root works on a user's file where only the user could have put it
        assert planted.stat().st_uid == 65534


def test_a_mirror_that_others_hold_open_is_made_private_all_the_same(tmp_path: Path) -> None:
    """Nothing is opened to see whose a file is: closing it would drop the locks of whoever has it open in this process."""
    path = tmp_path / "mirror.db"
    first = mirror_at(path)
    first.rows()
    path.chmod(0o644)
    second = mirror_at(path)
    second.rows()
    assert mode(path) == 0o600
    assert first.absorb(SCHEMA, rows(1, 3, OWNER), first.revision()).new == 3
    assert second.rows()["call"] == 3
    first.close()
    second.close()


def test_nothing_is_opened_before_the_first_use(tmp_path: Path) -> None:
    """Connecting and building queries makes no file."""
    connection = twilio_orm.connect(OWNER, "7" * 32, transport=refuse, mirror=tmp_path / "mirror.db")
    Call.filter(status="completed")
    assert list(tmp_path.iterdir()) == []
    connection.close()
    assert list(tmp_path.iterdir()) == []


def test_the_journal_is_a_wal_and_commits_do_not_wait_for_the_disk(tmp_path: Path) -> None:
    """The settings that the design names are those of every connection."""
    mirror = mirror_at(tmp_path / "mirror.db")
    with mirror.open().reading() as connection:
        asked = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
        waits = connection.execute("PRAGMA busy_timeout /* anew */").fetchone()[0]
    assert asked == {"journal_mode": "wal", "synchronous": 1}
    assert waits == sqlite_limits.BUSY * 1000
    with mirror.open().writing() as connection:
        assert connection.execute("PRAGMA busy_timeout /* again */").fetchone()[0] == sqlite_limits.BUSY * 1000
    mirror.close()


# ---------------------------------------------------------------- versions


OLDER = range(1, schema.VERSION)
KEPT = 3
"""The first schema whose files keep what records were."""
OWNED = 5
"""The first schema whose checkpoints have owners."""


@pytest.fixture(params=OLDER)
def old(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of the file that a release with an earlier schema left."""
    return Path(shutil.copy(HERE / f"schema-{request.param}.db", tmp_path / "old.db"))


@pytest.mark.parametrize("old", range(1, KEPT), indirect=True)
def test_what_an_older_file_held_has_a_history_from_now_on(old: Path) -> None:
    """It changed unseen before, so that the mirror does not claim to know what it was."""
    connection = twilio_orm.connect(OWNER, "7" * 32, transport=refuse, mirror=old)
    with pytest.raises(NotCovered, match="has the versions of records from"):
        Call.as_of(sample.AT - timedelta(days=1), partial=True).count()
    assert sorted(call.sid for call in Call.as_of(sample.AT)) == [sid(1), sid(2)]
    connection.mirror.absorb(
        SCHEMA, rows(2, 4, OWNER, status="busy"), connection.mirror.revision(), sample.AT + timedelta(days=2)
    )
    assert Call.as_of(sample.AT + timedelta(days=1)).filter(status="busy").count() == 0
    assert Call.as_of(sample.AT + timedelta(days=2)).filter(status="busy").count() == 4
    kinds = [event.kind for event in Call.changes(since=sample.AT + timedelta(days=1))]
    assert sorted(kinds) == ["changed", "first seen", "first seen", "returned"]
    connection.close()


def test_a_file_of_an_earlier_schema_is_opened_asked_and_written(old: Path) -> None:
    """What it held is answered as it was, what is new goes in, and what it had not heard it still has not."""
    connection = twilio_orm.connect(OWNER, "7" * 32, transport=refuse, mirror=old)
    assert sorted(call.sid for call in Call.offline()) == [sid(1), sid(2)]
    assert Call.get_by_id(sid(2)).extras == {"novelty": {"by": "Twilio"}}
    with pytest.raises(DoesNotExist):
        Call.get_by_id(sid(3))
    asked = Call.offline()
    assert asked.count() == 2
    assert asked.as_of == sample.AT
    with pytest.raises(NotCovered):
        twilio_orm.Message.offline().count()
    done = connection.mirror.absorb(SCHEMA, rows(2, 4, OWNER), connection.mirror.revision())
    assert (done.new, done.changed, done.unchanged) == (2, 2, 0)  # 2 lost its novelty, 3 came back
    assert Call.offline().count() == 5
    connection.close()
    assert mirror_at(old, *sample.HOME).rows()["call"] == 5


@pytest.mark.parametrize("old", range(KEPT, OWNED), indirect=True)
def test_a_checkpoint_that_all_processes_shared_is_not_gone_on_with(old: Path) -> None:
    """Records that its list had shown may be lacking in it: they would be judged missing at the list's end."""
    with contextlib.closing(sqlite3.connect(old)) as bare:
        values = (OWNER, "call", *encode_constraints(Constraints()), "/next", "2026-06-01 12:00:00", 1)
        bare.execute("INSERT INTO mirror_cursors VALUES (1, ?, ?, ?, ?, ?, ?, ?)", values)
        bare.execute("INSERT INTO mirror_cursor_pages VALUES (1, x'')")
        bare.commit()
    mirror = mirror_at(old, *sample.HOME)
    assert mirror.checkpoints(OWNER, SCHEMA) == []
    with mirror.open().reading() as connection:
        assert connection.execute("SELECT count(*) FROM mirror_cursor_pages").fetchone() == (0,)
    mirror.close()


@pytest.mark.parametrize("old", range(KEPT, OWNED), indirect=True)
def test_what_rested_on_lists_of_some_statuses_is_claimed_no_more(old: Path) -> None:
    """That calls without a start time had been heard; windows alone do not hold those."""
    with contextlib.closing(sqlite3.connect(old)) as bare:
        bare.execute("DELETE FROM mirror_sweeps")
        for constraints in (Constraints({"start_time": None}), Constraints({}, {"start_time": (None, None)})):
            bare.execute(
                "INSERT INTO mirror_sweeps (account_sid, resource, equal, spans, began_at, ended_at, revision)"
                " VALUES (?, 'call', ?, ?, '2026-06-01 12:00:00', '2026-06-01 12:00:00', 1)",
                (OWNER, *encode_constraints(constraints)),
            )
        bare.commit()
    mirror = mirror_at(old, *sample.HOME)
    [windows] = mirror.sweeps(OWNER, SCHEMA)
    assert windows.constraints.spans and not mirror.coverage(OWNER, SCHEMA, Constraints()).complete
    mirror.close()


def test_records_of_every_schema_come_back_to_the_letter(old: Path) -> None:
    """As bodies, as typed values and as sums, money included; and money is a number for everybody's SQL."""
    wanted = {body["sid"]: body for body in (call(1, sample.OWNER), call(2, sample.OWNER, novelty={"by": "Twilio"}))}
    connection = twilio_orm.connect(OWNER, "7" * 32, transport=refuse, mirror=old)
    assert {one.sid: one.to_api() for one in Call.offline()} == wanted
    prices = {sid: Decimal(body["price"]) for sid, body in wanted.items()}
    assert (
        {one.sid: one.price for one in Call.offline()}
        == {one.sid: one.price for one in Call.select() if one.sid in prices}
        == prices
    )
    assert Call.offline().aggregate(cost=Sum("price"))["cost"] == {"USD": sum(prices.values())}
    assert [row[0] for row in connection.sql("SELECT price FROM call WHERE price < -0.000015 ORDER BY price")] == [
        -0.00003,
        -0.00002,
    ]
    connection.close()


def test_the_sample_of_the_present_schema_is_what_this_release_makes(tmp_path: Path) -> None:
    """Whoever changes a table without a new version sees it here: the sample would be no sample any more."""
    sample.make(tmp_path / "made.db")

    def tables(path: Path) -> list[tuple[str, str]]:
        with contextlib.closing(sqlite3.connect(path)) as bare:
            found = sorted(bare.execute("SELECT name, coalesce(sql, '') FROM sqlite_master"))
        return [(name, " ".join(re.sub(r'"|(?<=\()\s+|\s+(?=\))', "", sql).split())) for name, sql in found]

    kept = dict(tables(HERE / f"schema-{schema.VERSION}.db"))
    made = dict(tables(tmp_path / "made.db"))
    own = {name for name in made if name.startswith("mirror_")} - {*DESCRIBING}  # those have a version of their own
    assert {name: kept[name] for name in own} == {name: made[name] for name in own}
    assert kept.keys() <= made.keys()


def test_columns_and_tables_of_a_later_release_are_added(old: Path) -> None:
    """A file without a table, a column and an index that this release has gets them, and keeps its rows."""
    with contextlib.closing(sqlite3.connect(old)) as bare:
        bare.execute("DROP TABLE recording")
        bare.execute("ALTER TABLE call DROP COLUMN caller_name")
        bare.execute("DROP INDEX call_to")
        bare.commit()
    mirror = mirror_at(old)
    assert mirror.rows()["call"] == 3
    assert mirror.absorb(SCHEMA, [row(1, OWNER, caller_name="Anna")], mirror.revision()).changed == 1
    with mirror.open().reading() as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert {"recording", "call_to"} <= names
    mirror.close()


def test_a_file_of_a_later_release_is_refused_and_left_as_it_is(old: Path) -> None:
    """SchemaTooNew says both versions; not a byte of the file or beside it changes, in either kind of journal."""
    for journal in ("DELETE", "WAL"):
        with contextlib.closing(sqlite3.connect(old)) as bare:
            bare.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
            bare.execute(f"PRAGMA journal_mode = {journal}")
        before = bytes_beside(old)
        mirror = mirror_at(old)
        with pytest.raises(SchemaTooNew, match=rf"schema {schema.VERSION + 1}, this one knows {schema.VERSION}"):
            mirror.rows()
        with pytest.raises(SchemaTooNew):
            mirror.absorb(SCHEMA, rows(1, 1, OWNER), 0)
        mirror.close()
        assert {name: text for name, text in bytes_beside(old).items() if text} == before


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
@pytest.mark.parametrize("mark", ["", "PRAGMA application_id = 252006674", "PRAGMA user_version = 1"])
def test_the_database_of_another_application_is_refused_and_left_as_it_is(tmp_path: Path, mark: str, journal: str) -> None:
    """It is not turned into a mirror, nor its journal into ours."""
    path = tmp_path / "theirs.db"
    with contextlib.closing(sqlite3.connect(path)) as bare:
        bare.execute(f"PRAGMA journal_mode = {journal}")
        bare.execute("CREATE TABLE theirs (a)")
        bare.execute(mark)
        bare.commit()
    before = bytes_beside(path)
    mirror = mirror_at(path)
    with pytest.raises(ConfigurationError, match="something else, not a mirror"):
        mirror.rows()
    mirror.close()
    assert {name: text for name, text in bytes_beside(path).items() if text} == before


def test_a_file_mirrors_one_host_and_region(old: Path) -> None:
    """A file of one region is not mixed with another's."""
    with pytest.raises(ConfigurationError, match=r"mirrors api.twilio.com \(us1\), not api.ie1.twilio.com \(ie1\)"):
        mirror_at(old, "api.ie1.twilio.com", "ie1").rows()


def test_an_older_sqlite_is_refused_by_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """The least version of SQLite is said, and the one that was found."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 30, 1))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.30.1")
    with pytest.raises(ConfigurationError, match=r"SQLite 3\.31\.0 or later is needed, this Python has 3\.30\.1"):
        mirror_at(":memory:")
    monkeypatch.setattr(sqlite3, "sqlite_version_info", sqlite_limits.LEAST_SQLITE)
    mirror_at(":memory:").close()


# ---------------------------------------------------------------- files that are none


@pytest.mark.parametrize("text", [b"hello, I am a letter\n" * 300, b"x", b"SQLite format 3\x00" + b"\x01" * 5000])
def test_a_file_that_is_no_database_is_corrupt_and_left_as_it_is(tmp_path: Path, text: bytes) -> None:
    """A text file, or a database whose header is rubbish, is named as such and not overwritten."""
    path = tmp_path / "letter.db"
    path.write_bytes(text)
    with pytest.raises(MirrorCorrupt, match="Move it away, or name another path"):
        mirror_at(path).rows()
    assert path.read_bytes() == text


def test_a_damaged_mirror_is_corrupt(tmp_path: Path) -> None:
    """Rubbish in the middle of a mirror is MirrorCorrupt, not an error of SQLite's."""
    path = tmp_path / "mirror.db"
    mirror = mirror_at(path)
    mirror.absorb(SCHEMA, rows(1, 500, OWNER), mirror.revision())
    mirror.close()
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 8192))
    with pytest.raises(MirrorCorrupt, match="malformed"):
        mirror_at(path).find(SCHEMA, [(sid(number),) for number in range(1, 500)])


def test_a_directory_is_refused_by_name(tmp_path: Path) -> None:
    """The error says what to do: another path, or a mirror in memory. On a file system in memory, SQLite opens a directory."""
    with pytest.raises(ConfigurationError, match=r'it is no file.*name another path, or mirror=":memory:"'):
        mirror_at(tmp_path).rows()


def test_a_folder_that_is_a_file_is_refused_by_name(tmp_path: Path) -> None:
    """A path below a file cannot be made."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r'mirror=":memory:"'):
        mirror_at(tmp_path / "file" / "mirror.db").rows()


needs_users = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs users and forks")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@needs_users
def test_an_unwritable_folder_is_refused_by_name(open_folder: Path) -> None:
    """No file can be made there: ConfigurationError names the path and the mirror in memory."""
    open_folder.chmod(0o555)

    def work() -> str:
        try:
            mirror_at(open_folder / "mirror.db").rows()
        except ConfigurationError as error:
            return str(error)
        return "opened"

    assert 'Permission denied): name another path, or mirror=":memory:"' in as_nobody(work, open_folder)


@needs_users
def test_a_file_that_may_only_be_read_answers_and_says_so_when_written(open_folder: Path) -> None:
    """A read-only mirror is read; writing to it is MirrorFull with SQLite's reason."""
    path = open_folder / "mirror.db"
    mirror = mirror_at(path)
    mirror.absorb(SCHEMA, rows(1, 3, OWNER), mirror.revision())
    mirror.close()
    path.chmod(0o444)
    open_folder.chmod(0o777)

    def work() -> str:
        mirror = mirror_at(path)
        count = mirror.rows()["call"]
        try:
            mirror.absorb(SCHEMA, rows(9, 1, OWNER), 0)
        except MirrorFull as error:
            return f"{count} {error}"
        return "written"

    said = as_nobody(work, open_folder)
    assert said.startswith("3 ")
    assert "cannot be written: attempt to write a readonly database" in said


# ---------------------------------------------------------------- failing while in use


def fill(mirror: Mirror) -> None:
    """Let the file grow no more."""
    with mirror.open().reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_is_said_and_stores_nothing_of_the_page(tmp_path: Path) -> None:
    """MirrorFull, and the file is as it was; with room again the same page goes in."""
    mirror = mirror_at(tmp_path / "mirror.db")
    mirror.absorb(SCHEMA, rows(1, 10, OWNER), mirror.revision())
    fill(mirror)
    revision = mirror.revision()
    with pytest.raises(MirrorFull, match="database or disk is full"):
        mirror.absorb(SCHEMA, rows(100, 1000, OWNER), revision)
    assert (mirror.rows()["call"], mirror.revision()) == (10, revision)
    mirror.close()
    assert mirror.absorb(SCHEMA, rows(100, 1000, OWNER), mirror.revision()).new == 1000
    mirror.close()


def test_a_held_lock_is_said_after_the_timeout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever cannot write within the timeout gets MirrorLocked; reading goes on all the while."""
    monkeypatch.setattr(sqlite_limits, "BUSY", 0.2)
    mirror = mirror_at(tmp_path / "mirror.db")
    mirror.open()
    other = sqlite3.connect(tmp_path / "mirror.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(MirrorLocked, match="locked by another process"):
        mirror.absorb(SCHEMA, rows(1, 1, OWNER), 0)
    assert mirror.rows()["call"] == 0
    other.execute("COMMIT")
    assert mirror.absorb(SCHEMA, rows(1, 1, OWNER), 0).new == 1
    other.close()
    mirror.close()


@pytest.fixture
def seven(fake: FakeTwilio, tmp_path: Path) -> twilio_orm.Connection:
    """Seven calls at Twilio, and a connection with a file."""
    for number in range(7):
        fake.calls.add(to=f"+1555000000{number}", from_="+15550009999", status="completed")
    return twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=tmp_path / "mirror.db")


@pytest.mark.parametrize("good", [0, 1, 2])
def test_a_live_pass_outlives_the_disk(seven: twilio_orm.Connection, monkeypatch: pytest.MonkeyPatch, good: int) -> None:
    """The disk fails after some pages: every row is yielded, one warning is given, and nothing is claimed."""
    monkeypatch.setattr(Call.api_schema, "page_size", 2)
    absorb, calls = Mirror.absorb, []

    def failing(self: Mirror, *args: object, **words: object) -> object:
        calls.append(args)
        if len(calls) > good:
            raise MirrorFull("the disk is full")
        return absorb(self, *args, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(Mirror, "absorb", failing)
    with pytest.warns(MirrorWarning, match="not mirrored from here on: the disk is full") as warned:
        found = [call.sid for call in Call.all()]
    assert len(set(found)) == 7
    assert len(warned) == 1
    assert len(calls) == good + 1, "no page is tried after the disk failed"
    monkeypatch.setattr(Mirror, "absorb", absorb)
    with pytest.raises(NotCovered):
        Call.offline().count()
    assert Call.offline(partial=True).count() == 2 * good
    assert Call.sync().new == 7 - 2 * good
    assert Call.offline().count() == 7


def test_a_live_pass_outlives_a_disk_that_fails_at_its_end(seven: twilio_orm.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """All pages were stored and the last note was not: the rows are there, the claim is not."""

    def failing(*_: object, **__: object) -> None:
        raise MirrorFull("the disk is full")

    monkeypatch.setattr(Mirror, "finish_listing", failing)
    with pytest.warns(MirrorWarning):
        assert len(list(Call.all())) == 7
    with pytest.raises(NotCovered):
        Call.offline().count()


def test_sync_raises_where_the_disk_fails(seven: twilio_orm.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be stored is an error of ``sync``, the pages before it are kept."""
    monkeypatch.setattr(Call.api_schema, "page_size", 2)
    with seven.mirror.open().writing() as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON call WHEN (SELECT count(*) FROM call) >= 4"
            " BEGIN SELECT raise(ABORT, 'database or disk is full'); END"
        )
    with pytest.raises(MirrorFull):
        Call.sync(workers=1)
    assert Call.offline(partial=True).count() == 4
    with pytest.raises(NotCovered):
        Call.offline().count()


def test_closing_is_not_the_end(tmp_path: Path) -> None:
    """After ``close`` the next use opens the file anew; closing twice, or unopened, does nothing."""
    mirror = mirror_at(tmp_path / "mirror.db")
    mirror.close()
    for start in (1, 11, 21):
        mirror.absorb(SCHEMA, rows(start, 10, OWNER), mirror.revision())
        mirror.close()
        mirror.close()
        assert sorted(one.name for one in tmp_path.iterdir()) == ["mirror.db"]
    assert mirror.rows()["call"] == 30
    mirror.close()


def test_only_reading_statements_pass(tmp_path: Path) -> None:
    """``connection.sql`` reads; what would write is refused, and the connection writes as before afterwards."""
    mirror = mirror_at(tmp_path / "mirror.db")
    mirror.absorb(SCHEMA, rows(1, 3, OWNER), mirror.revision())
    database = mirror.open()
    assert database.select_only("SELECT count(*) AS n FROM call") == (["n"], [(3,)])
    for bad in (
        "DELETE FROM call",
        "PRAGMA user_version = 9",
        "ATTACH 'x' AS y",
        "SELECT load_extension('x')",
        "COMMIT",
    ):
        with pytest.raises(QueryError, match=r"only SELECT|no such function|not authorized"):
            database.select_only(bad)
    with pytest.raises(QueryError, match="syntax error"):
        database.select_only("SELEKT")
    assert mirror.absorb(SCHEMA, rows(4, 1, OWNER), mirror.revision()).new == 1
    mirror.close()


def test_words_in_a_question_are_not_taken_for_a_failing_disk(tmp_path: Path) -> None:
    """A column called ``locked`` or malformed JSON is no locked or damaged file."""
    judge = sqlite_errors.translate
    assert type(judge(sqlite3.OperationalError("no such column: locked"), "x")) is MirrorError
    assert type(judge(sqlite3.OperationalError("malformed JSON"), "x")) is MirrorError
    assert type(judge(sqlite3.OperationalError("no such column: full"), "x")) is MirrorError


if sys.platform == "win32":  # pragma: no cover
    pytest.skip("permissions are POSIX's", allow_module_level=True)
